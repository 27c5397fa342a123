#ifndef SBR_REF_RANDOM_H
#define SBR_REF_RANDOM_H

#include <stdint.h>

typedef struct sbr_ref_words { uint32_t at[4]; } sbr_ref_words;

/* Philox 4x32-10 (Salmon et al. 2011). */
sbr_ref_words sbr_ref_philox(sbr_ref_words counter, uint32_t key_0, uint32_t key_1);

#endif
