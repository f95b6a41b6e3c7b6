// What the tests share; see testing.h.
#include "common/testing.h"

#include "common/check.h"
#include "common/text.h"
#include "common/threads.h"

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

// --- golden tensors ---------------------------------------------------------

const float *testing_golden(const Safetensors *s, size_t n, const char *name,
                            ...)
{
    static float *at;
    char full[300];
    va_list args;
    va_start(args, name);
    vsnprintf(full, sizeof full, name, args);
    va_end(args);
    const Tensor *t = safetensors_find(s, full);
    if (!t)
        fail_msg("%s: there is no golden %s", s->path, full);
    if (t->count != n)
        fail_msg("%s: golden %s has %zu numbers, expected %zu", s->path, full,
                 t->count, n);
    at = grow_array(at, n, sizeof *at);
    tensor_read(s, t, at, n);
    return at;
}

void testing_golden_params(Params *p, const Safetensors *s, const char *prefix,
                           ...)
{
    char before[200];
    va_list args;
    va_start(args, prefix);
    vsnprintf(before, sizeof before, prefix, args);
    va_end(args);
    for (int i = 0; i < p->n; i++) {
        Matrix *m = &p->item[i]->m;
        const size_t n = (size_t)m->rows * m->cols;
        memcpy(m->val, testing_golden(s, n, "%s%s", before, p->item[i]->name),
               n * sizeof *m->val);
    }
}

void testing_golden_close(const Params *p, ParamPart part, const Safetensors *s,
                          double tolerance, const char *file, int line,
                          const char *prefix, ...)
{
    char before[200], full[400];
    va_list args;
    va_start(args, prefix);
    vsnprintf(before, sizeof before, prefix, args);
    va_end(args);
    for (int i = 0; i < p->n; i++) {
        const Matrix *m = &p->item[i]->m;
        const size_t n = (size_t)m->rows * m->cols;
        snprintf(full, sizeof full, "%s%s", before, p->item[i]->name);
        testing_close(full, part == PARAM_VALUES ? m->val : m->grad,
                      testing_golden(s, n, "%s", full), n, tolerance, file,
                      line);
    }
}

// --- the end of a function, and of a program --------------------------------

// LeakSanitizer asks this at the end of a process: a child that dies cleans up
// nothing, and need not.
static int in_child;
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
    return in_child;
}

// And this: whose leaks do not count. LLVM's OpenMP keeps some of its own.
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libomp";
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
        alarm(60);      // a child that hangs is killed
        threads_set(1); // the others do not live in a child
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

static char directory[256]; // that was made last

static int run_line(char *said, size_t size, const char *only, const char *line,
                    va_list args)
{
    Buffer command = {0};
    const char *build = getenv("BUILD");
    char *text;
    check(vasprintf(&text, line, args) >= 0, "no memory");
    buffer_print(&command,
                 "PATH=%s/bin:$PATH HERE='%s'; { %s\n} < /dev/null %s",
                 build ? build : "build", directory, text, only);
    free(text);
    fflush(NULL);
    FILE *from = popen(command.at, "r");
    check(from, "popen: %s", strerror(errno));
    size_t used = 0;
    for (int c; (c = getc(from)) != EOF;) // all of it, so that nothing breaks
        if (used + 1 < size)
            said[used++] = (char)c;
    said[used] = 0;
    buffer_free(&command);
    const int status = pclose(from);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int testing_run(char *said, size_t size, const char *line, ...)
{
    va_list args;
    va_start(args, line);
    const int status = run_line(said, size, "2>&1", line, args);
    va_end(args);
    return status;
}

int testing_press(char *said, size_t size, const char *when, const char *line,
                  ...)
{
    // The program says its process number first and its status last; it stands
    // in front of the reader, for what runs in the background ignores Ctrl-C.
    Buffer all = {0};
    buffer_print(&all,
                 "{ sh -c 'echo $$; exec \"$@\" 2>&1' - %s; echo \"= $?\"; } | "
                 "{ read pid; while IFS= read -r l; do "
                 "case $l in '= '*[!0-9]*) ;; '= '*) exit ${l#= };; esac; "
                 "printf '%%%%s\\n' \"$l\"; "
                 "case $pid$l in [0-9]*'%s'*) kill -INT $pid; pid=-;; esac; "
                 "done; }",
                 line, when);
    va_list args;
    va_start(args, line);
    const int status = run_line(said, size, "2>&1", all.at, args);
    va_end(args);
    buffer_free(&all);
    return status;
}

void testing_refused(int status, const char *part, const char *file, int line,
                     const char *command, ...)
{
    char said[4000];
    va_list args;
    va_start(args, command);
    const int got =
        run_line(said, sizeof said, "2>&1 > /dev/null", command, args);
    va_end(args);
    const char *end = strchr(said, '\n');
    if (got == status && strstr(said, part) && end && end[1] == 0)
        return;
    print_error("%s\nexpected exit status %d and one line with \"%s\"; got %d "
                "and:\n%s\n",
                command, status, part, got, said);
    _fail(file, line);
}

// --- the test's own files ---------------------------------------------------

const char *testing_dir(const char *name)
{
    const char *build = getenv("BUILD");
    snprintf(directory, sizeof directory, "%s/tmp/%s", build ? build : "build",
             name);
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s' && mkdir -p '%s'", directory,
             directory);
    check(system(command) == 0, "cannot make %s", directory);
    return directory;
}

const char *testing_path(const char *name)
{
    static char path[600];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

const char *testing_write(const char *name, const char *content)
{
    const char *path = testing_path(name);
    text_write(path, content, strlen(content));
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
