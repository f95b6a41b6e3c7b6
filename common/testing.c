// What the tests share; see testing.h.
#include "common/testing.h"

#include "common/check.h"
#include "common/kernels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static double error_of(float got, float want)
{
    if (got == want) // also for equal infinities
        return 0;
    double e = fabs((double)got - want) / fmax(1, fabs((double)want));
    return isnan(e) ? INFINITY : e;
}

size_t testing_wrong(const float *got, const float *want, size_t n,
                     double tolerance, size_t *worst)
{
    size_t wrong = 0;
    *worst = 0;
    for (size_t i = 0; i < n; i++) {
        wrong += error_of(got[i], want[i]) > tolerance;
        if (error_of(got[i], want[i]) > error_of(got[*worst], want[*worst]))
            *worst = i;
    }
    return wrong;
}

void testing_close(const char *what, const float *got, const float *want,
                   size_t n, double tolerance, const char *file, int line)
{
    size_t at, wrong = testing_wrong(got, want, n, tolerance, &at);
    if (wrong == 0)
        return;
    print_error("%s: %zu of %zu numbers are wrong; the worst is number %zu: "
                "%.9g, expected %.9g (off by %.2g, allowed is %.2g)\n",
                what, wrong, n, at, (double)got[at], (double)want[at],
                error_of(got[at], want[at]), tolerance);
    _fail(file, line);
}

// LeakSanitizer asks this at the end of a process: a child that dies cleans up
// nothing, and need not.
static int in_child;
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return in_child;
}

int testing_outcome(void (*body)(void *), void *context, char *message,
                    size_t size)
{
    int ends[2];
    fflush(NULL);
    check(pipe(ends) == 0, "pipe: %s", strerror(errno));
    pid_t child = fork();
    check(child >= 0, "fork: %s", strerror(errno));
    if (child == 0) {
        in_child = 1;
        alarm(60);          // a child that hangs is killed
        kernels_threads(1); // the others do not live in a child
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        body(context);
        fflush(NULL);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    char piece[512];
    for (ssize_t n; (n = read(ends[0], piece, sizeof piece)) > 0;)
        for (ssize_t i = 0; i < n && used + 1 < size; i++)
            message[used++] = piece[i];
    message[used] = 0;
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void testing_dies(void (*body)(void *), void *context, int status,
                  const char *part, const char *file, int line)
{
    char message[2048];
    int got = testing_outcome(body, context, message, sizeof message);
    const char *end = strchr(message, '\n');
    if (got == status && strstr(message, part) && end && end[1] == 0)
        return;
    print_error("expected exit status %d and one line with \"%s\"; got %d "
                "and:\n%s\n",
                status, part, got, message);
    _fail(file, line);
}

const char *testing_dir(const char *name)
{
    static char path[256];
    const char *build = getenv("BUILD");
    snprintf(path, sizeof path, "%s/tmp/%s", build ? build : "build", name);
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s'", path,
             path);
    check(system(command) == 0, "cannot make %s", path);
    return path;
}

static long allocations;

void __sanitizer_malloc_hook(const volatile void *address, size_t size);

// AddressSanitizer calls this at every allocation.
void __sanitizer_malloc_hook(const volatile void *address, size_t size)
{
    (void)address;
    (void)size;
    __atomic_add_fetch(&allocations, 1, __ATOMIC_RELAXED);
}

long testing_allocations(void)
{
    return __atomic_load_n(&allocations, __ATOMIC_RELAXED);
}
