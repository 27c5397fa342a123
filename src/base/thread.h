/* Mutexes, condition variables and a clock, over C11-style pthreads. */
#ifndef SBR_THREAD_H
#define SBR_THREAD_H

#include <pthread.h>

#include "base.h"

typedef pthread_mutex_t sbr_mutex;
static inline bool sbr_mutex_init(sbr_mutex *mutex) { return pthread_mutex_init(mutex, NULL) == 0; }
static inline void sbr_mutex_destroy(sbr_mutex *mutex) { pthread_mutex_destroy(mutex); }
static inline void sbr_lock(sbr_mutex *mutex) { pthread_mutex_lock(mutex); }
static inline void sbr_unlock(sbr_mutex *mutex) { pthread_mutex_unlock(mutex); }

uint64_t sbr_clock_ns(void); /* monotonic */
long sbr_process_id(void);   /* to notice a fork without exec */
#endif
