// What the tests share: cmocka with its headers in the right order, closeness
// of float arrays with a useful message, golden tensors, catching the end of a
// function that dies, the test's own files, and running the programs.
#ifndef COMMON_TESTING_H
#define COMMON_TESTING_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "common/params.h"
#include "common/safetensors.h"

// How many of the n numbers are not close: |got - want| > tolerance *
// max(1, |want|). NaN is never close. *worst is the place of the largest error.
size_t testing_wrong(const float *got, const float *want, size_t n,
                     double tolerance, size_t *worst);

// Fails, naming the worst place, unless all n numbers are close.
#define assert_close(got, want, n, tolerance)                                  \
    testing_close(#got, got, want, n, tolerance, __FILE__, __LINE__)

void testing_close(const char *what, const float *got, const float *want,
                   size_t n, double tolerance, const char *file, int line);

// --- golden tensors ---------------------------------------------------------

// The n numbers of the tensor of that name (printf-style), until the next call.
// Fails if there is none, or if it has another size.
const float *testing_golden(const Safetensors *s, size_t n, const char *name,
                            ...) __attribute__((format(printf, 3, 4)));

// Gives every parameter the values of the tensor that is called like it, after
// `prefix` (printf-style, "post." for example).
void testing_golden_params(Params *p, const Safetensors *s, const char *prefix,
                           ...) __attribute__((format(printf, 3, 4)));

typedef enum ParamPart { PARAM_VALUES, PARAM_GRADIENTS } ParamPart;

// Fails, naming the worst place, unless the values or the gradients of every
// parameter are close to the tensor that is called like it, after the prefix
// (printf-style, the last argument).
#define assert_golden_params(p, part, s, tolerance, ...)                       \
    testing_golden_close(p, part, s, tolerance, __FILE__, __LINE__, __VA_ARGS__)

void testing_golden_close(const Params *p, ParamPart part, const Safetensors *s,
                          double tolerance, const char *file, int line,
                          const char *prefix, ...)
    __attribute__((format(printf, 7, 8)));

// --- the end of a function, and of a program --------------------------------

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

// Runs a line of the shell (printf-style) that finds the course's programs by
// their names, "15-bert --help | head -n 1", and in which $HERE is the test's
// directory (see below). Returns its exit status (or 128 + the signal that
// ended it). What it writes, on standard output and on standard error, goes to
// `said` (zero-terminated, cut to size). Standard input is empty where the line
// gives none.
int testing_run(char *said, size_t size, const char *line, ...)
    __attribute__((format(printf, 3, 4)));

// The same for one program and its arguments, but presses Ctrl-C when it has
// written a line that contains `when`, for the first time.
int testing_press(char *said, size_t size, const char *when, const char *line,
                  ...) __attribute__((format(printf, 4, 5)));

// Fails unless the line (printf-style, the last argument) ends with `status`
// and says one line on standard error, which contains `part`. Its standard
// output does not count.
#define assert_refused(status, part, ...)                                      \
    testing_refused(status, part, __FILE__, __LINE__, __VA_ARGS__)

void testing_refused(int status, const char *part, const char *file, int line,
                     const char *command, ...)
    __attribute__((format(printf, 5, 6)));

// --- the test's own files ---------------------------------------------------

// A directory for the test's files, made empty, under build/.
const char *testing_dir(const char *name);

// The path of a file in the directory that was made last, until the next call.
const char *testing_path(const char *name);

// Writes that file, or a new one of that name, and returns its path likewise.
const char *testing_write(const char *name, const char *content);

// The number of allocations in this process so far; the difference of two
// calls is what happened between. Needs AddressSanitizer, as all tests have.
long testing_allocations(void);

#endif
