// Two kinds of error, and only two.
//
// check: a mistake in the code (two shapes that do not fit, an index outside).
//        It names the file and the line and aborts, so that a debugger stops
//        at the place.
// die:   the world outside (a missing file, a damaged one, a bad number in
//        it). One line for a person, then exit status 1. Say which file,
//        where in it, what was found and what was expected.
//
// There are no status codes inside the numerics: a function that returns, has
// done its work.
#ifndef COMMON_CHECK_H
#define COMMON_CHECK_H

#include <stddef.h>

#define check(condition, ...)                                                  \
    ((condition) ? (void)0                                                     \
                 : check_failed(__FILE__, __LINE__, #condition, __VA_ARGS__))

// Prints "FILE:LINE: MESSAGE (CONDITION does not hold)" and aborts.
_Noreturn void check_failed(const char *file, int line, const char *condition,
                            const char *format, ...)
    __attribute__((format(printf, 4, 5)));

// Prints "PROGRAM: MESSAGE" on standard error and exits with status 1.
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

// Prints "PROGRAM: MESSAGE" on standard error and goes on.
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// malloc, calloc-style zeroing and realloc that die when memory is exhausted.
// new_array(n, size) is zeroed; n * size is checked for overflow.
void *new_array(size_t n, size_t size);
void *grow_array(void *old, size_t n, size_t size);

// An owned copy of s; dies when memory is exhausted.
char *copy_text(const char *s);

#endif
