/* How peers are compiled: -O3 -ffast-math (meson.build), and by gcc on x86 once for each level of vector instructions, so that a program
 * built here is as strong on another machine. Other compilers build for the machine that their flags name. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <string.h>

#include "row.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) /* resolvers run before the sanitizer is ready */
#  define BENCH_STRONG
#elif defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && __GNUC__ >= 12
#  define BENCH_STRONG __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#  define BENCH_STRONG
#endif

/* 16 floats: four registers of SSE, two of AVX, one of AVX-512; unaligned in memory. */
typedef float bench_float16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t bench_int16 __attribute__((vector_size(64), aligned(4), may_alias));
/* The bits of an f32. */
typedef uint32_t bench_word __attribute__((may_alias));

#endif
