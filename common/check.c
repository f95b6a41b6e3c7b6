// Errors with one clear line; see check.h for which kind is which.
#include "common/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Noreturn void check_failed(const char *file, int line, const char *condition,
                            const char *format, ...)
{
    va_list args;
    fflush(stdout);
    fprintf(stderr, "%s:%d: ", file, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (%s does not hold)\n", condition);
    abort();
}

static void say(const char *format, va_list args)
{
    fflush(stdout); // keep what was printed before in front of the message
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    // On a terminal the message may stand on a progress bar: clear the rest.
    fputs(isatty(STDERR_FILENO) ? "\033[K\n" : "\n", stderr);
}

_Noreturn void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    exit(1);
}

void warn(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void *new_array(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size ? size : 1);
    if (!p)
        die("out of memory: %zu items of %zu bytes", n, size);
    return p;
}

void *grow_array(void *old, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size)
        die("out of memory: %zu items of %zu bytes", n, size);
    void *p = realloc(old, n && size ? n * size : 1);
    if (!p)
        die("out of memory: %zu items of %zu bytes", n, size);
    return p;
}

char *copy_text(const char *s)
{
    size_t n = strlen(s) + 1;
    return memcpy(new_array(n, 1), s, n);
}
