// table CHAPTER...: runs the quick form of each chapter, one after the other,
// and prints what it showed, how long it took and how much memory it needed.
//
// What a chapter showed is the last line it prints, behind "=> ". All it
// printed is kept in BUILD/logs/CHAPTER.run and, what went to standard
// error, in CHAPTER.err. A chapter that
// fails, or does not say what it showed, makes the exit status 1.
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/check.h"
#include "common/cli.h"
#include "common/progress.h"
#include "common/text.h"

// How one chapter went.
typedef struct Result {
    char *words; // what it showed, or why it failed
    bool good;
    double seconds;
    long kilobytes; // peak of resident memory
} Result;

// BUILD/sub/NAME.ending; BUILD is where this program is: BUILD/bin/table.
static char *path_of(const char *sub, const char *name, const char *ending)
{
    char self[4096];
    Buffer path = {0};
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n <= 0)
        die("/proc/self/exe: %s", strerror(errno));
    self[n] = 0;
    buffer_print(&path, "%s/%s", dirname(dirname(self)), sub);
    mkdir(path.at, 0777);
    buffer_print(&path, "/%s%s", name, ending);
    return path.at;
}

// --- running one chapter ----------------------------------------------------

// In the child: becomes the chapter's program.
static _Noreturn void become(char *program, const char *out, const char *err)
{
    const char *files[] = {out, err};
    char quick[] = "--quick", *argv[] = {program, quick, NULL};
    for (int i = 0; i < 2; i++) {
        int f = open(files[i], O_WRONLY | O_CREAT | O_TRUNC, 0666);
        if (f < 0 || dup2(f, i + 1) < 0)
            die("%s: %s", files[i], strerror(errno));
    }
    execv(program, argv);
    die("the program cannot be started: %s", strerror(errno));
}

// Waits for the child and meanwhile shows on a terminal that time passes.
static int wait_for(pid_t child, const char *name, double began,
                    struct rusage *usage)
{
    bool terminal = isatty(STDERR_FILENO);
    char took[24];
    int status;
    for (pid_t p; (p = wait4(child, &status, WNOHANG, usage)) != child;) {
        if (p < 0 && errno != EINTR)
            die("waiting for %s: %s", name, strerror(errno));
        if (terminal)
            fprintf(stderr, "\r%s is running, %s\033[K\r", name,
                    seconds_text(seconds_now() - began, took));
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    if (terminal)
        fprintf(stderr, "\r\033[K");
    return status;
}

// The last line of a file that begins with `mark` and is not empty behind it,
// without the mark; NULL if there is none.
static char *last_line(const char *path, const char *mark)
{
    Buffer all = {0};
    char *found = NULL;
    if (!text_read_if(path, &all))
        return NULL;
    Text rest = {all.at, all.length}, line;
    size_t n = strlen(mark);
    while (text_line(&rest, &line)) {
        if (line.length <= n || memcmp(line.at, mark, n) != 0)
            continue;
        free(found);
        found = strndup(line.at + n, line.length - n);
    }
    buffer_free(&all);
    return found;
}

static char *why_failed(int status, const char *err)
{
    char *said = last_line(err, "");
    Buffer words = {0};
    if (WIFSIGNALED(status))
        buffer_print(&words, "FAILED: %s%s", strsignal(WTERMSIG(status)),
                     said ? "; " : "");
    else
        buffer_print(&words, "FAILED%s", said ? ": " : "");
    buffer_print(&words, "%s", said ? said : "");
    if (!WIFSIGNALED(status) && !said)
        buffer_print(&words, " with exit status %d", WEXITSTATUS(status));
    free(said);
    return words.at;
}

static Result run(const char *name)
{
    char *program = path_of("bin", name, ""),
         *out = path_of("logs", name, ".run");
    char *err = path_of("logs", name, ".err");
    double began = seconds_now();
    struct rusage usage = {0};
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        die("fork: %s", strerror(errno));
    if (child == 0)
        become(program, out, err);
    int status = wait_for(child, name, began, &usage);
    Result r = {.seconds = seconds_now() - began,
                .kilobytes = usage.ru_maxrss,
                .good = WIFEXITED(status) && WEXITSTATUS(status) == 0};
    r.words = r.good ? last_line(out, "=> ") : why_failed(status, err);
    if (!r.words) {
        r.words = copy_text("FAILED: it printed no line that begins with =>");
        r.good = false;
    }
    free(program);
    free(out);
    free(err);
    return r;
}

// --- printing ---------------------------------------------------------------

// How wide the column of results is: what the terminal leaves for it.
static int words_width(int names)
{
    struct winsize w = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col == 0)
        return 60;
    int width = w.ws_col - names - 26;
    return width < 20 ? 20 : width > 60 ? 60 : width;
}

static int columns_of(const char *s, size_t n)
{
    Text rest = {s, n};
    int columns = 0;
    while (utf8_next(&rest) >= 0)
        columns++;
    return columns;
}

// The number of bytes of whole words that fit in so many columns; at least one
// word. *used is the number of columns they take.
static size_t fitting(const char *s, int columns, int *used)
{
    size_t best = 0;
    for (size_t at = 0; s[at]; at += s[at] == ' ') {
        at += strcspn(s + at, " ");
        int wide = columns_of(s, at);
        if (best && wide > columns)
            break;
        best = at;
        *used = wide;
    }
    return best;
}

static void print_row(const char *name, int names, const Result *r, int width)
{
    int used = 0;
    const char *rest = r->words;
    char took[24], memory[32];
    snprintf(memory, sizeof memory, "%ld MB", (r->kilobytes + 1023) / 1024);
    size_t n = fitting(rest, width, &used);
    printf("%-*s  %.*s%*s  %11s  %8s\n", names, name, (int)n, rest,
           used < width ? width - used : 0, "", seconds_text(r->seconds, took),
           memory);
    for (rest += n; *rest; rest += n) {
        rest += strspn(rest, " ");
        n = fitting(rest, width, &used);
        if (n)
            printf("%-*s  %.*s\n", names, "", (int)n, rest);
    }
    fflush(stdout);
}

static int usage(int status)
{
    fprintf(status ? stderr : stdout,
            "Usage: table CHAPTER...\n\n"
            "Runs BUILD/bin/CHAPTER --quick for each chapter and prints a "
            "table.\n");
    return status;
}

int main(int argc, char **argv)
{
    int names = 7, failed = 0, done = 0;
    Result total = {.words = NULL};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' || strchr(argv[i], '/'))
            return usage(strcmp(argv[i], "--help") == 0 ? 0 : 2);
        if ((int)strlen(argv[i]) > names)
            names = (int)strlen(argv[i]);
    }
    if (argc < 2) {
        puts("There are no chapters to run.");
        return 0;
    }
    int width = words_width(names);
    printf("%-*s  %-*s  %11s  %8s\n", names, "chapter", width, "what it showed",
           "time", "memory");
    fflush(stdout);
    for (interrupted(); done < argc - 1 && !interrupted(); done++) {
        Result r = run(argv[done + 1]);
        print_row(argv[done + 1], names, &r, width);
        total.seconds += r.seconds;
        failed += !r.good;
        if (r.kilobytes > total.kilobytes)
            total.kilobytes = r.kilobytes;
        free(r.words);
    }
    char words[64];
    snprintf(words, sizeof words, "%d of %d chapters ran well", done - failed,
             argc - 1);
    total.words = words;
    print_row("", names, &total, width);
    if (failed)
        puts("All they printed is in logs/CHAPTER.run and logs/CHAPTER.err of "
             "the build.");
    if (fflush(stdout) || ferror(stdout))
        die("standard output cannot be written");
    return done - failed == argc - 1 ? 0 : 1;
}
