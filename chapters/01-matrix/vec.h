// Vector types: several floats that one machine instruction handles at once.
//
// A Vec is a portable extension of GCC and clang. + - * work on all its lanes,
// `2.5f * v` uses the one number for every lane, and the compiler chooses the
// instructions: AVX-512, AVX2, SSE or NEON, whatever the build machine has.
#ifndef CHAPTER_01_VEC_H
#define CHAPTER_01_VEC_H

#include <string.h>

#ifdef __AVX512F__
enum { LANES = 16 };
#else
enum { LANES = 8 };
#endif

typedef float Vec __attribute__((vector_size(LANES * sizeof(float))));

// memcpy of a constant size is no call: it becomes one load or one store that
// does not ask for an aligned address.
static inline Vec vec_load(const float *from)
{
    Vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

static inline void vec_store(float *to, Vec v)
{
    memcpy(to, &v, sizeof v);
}

// Put before a loop with a constant number of rounds: the compiler then writes
// the rounds one after another, and an array indexed by the loop's counter can
// live in registers.
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#endif
