/* The only place where the library reads the environment: SABIR_DEBUG and the user's cache folder. */
#ifndef SBR_ENVIRONMENT_H
#define SBR_ENVIRONMENT_H

#include "base.h"

typedef struct sbr_environment {
    char cache_folder[1024]; /* "" where no place is known */
    bool debug_log;          /* SABIR_DEBUG contains "log": log to standard error where no callback is set */
    bool debug_validation;   /* contains "validation" */
    bool debug_poison;       /* contains "poison": fill gaps of the memory plan and guard every tensor's end */
} sbr_environment;

void sbr_environment_read(sbr_environment *environment);
#endif
