// What the tests share: cmocka with its headers in the right order, closeness
// of float arrays with a useful message, golden tensors, and catching the end
// of a program that dies.
#ifndef COMMON_TESTING_H
#define COMMON_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/matrix.h"

// How many of the n numbers are not close: |got - want| > tolerance *
// max(1, |want|). NaN is never close. *worst is the place of the largest error.
size_t testing_wrong(const float *got, const float *want, size_t n,
                     double tolerance, size_t *worst);

// Fails, naming the worst place, unless all n numbers are close.
#define assert_close(got, want, n, tolerance)                                  \
    testing_close(#got, got, want, n, tolerance, __FILE__, __LINE__)

void testing_close(const char *what, const float *got, const float *want,
                   size_t n, double tolerance, const char *file, int line);

// Runs body(context) in a child process and returns its exit status (or 128 +
// the signal that ended it), with what it wrote on standard error in `message`
// (zero-terminated, cut to size). body must not use cmocka's assertions: they
// would go on with the tests in the child.
int testing_outcome(void (*body)(void *), void *context, char *message,
                    size_t size);

// Fails unless body dies with `status` and a one-line message that contains
// `part`.
#define assert_dies(body, context, status, part)                               \
    testing_dies(body, context, status, part, __FILE__, __LINE__)

void testing_dies(void (*body)(void *), void *context, int status,
                  const char *part, const char *file, int line);

// A directory for the test's files, made empty, under build/.
const char *testing_dir(const char *name);

// The number of allocations in this process so far; the difference of two
// calls is what happened between. Needs AddressSanitizer, as all tests have.
long testing_allocations(void);

#endif
