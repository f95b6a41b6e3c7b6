// Contestants take turns, medians count; see bench.h.
#include "common/bench.h"

#include "common/check.h"
#include "common/folder.h"
#include "common/text.h"
#include "common/threads.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *prefix = "";

void bench_begin(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--name") == 0) {
        prefix = argv[2];
    } else if (argc != 1) {
        fprintf(stderr, "%s: usage: %s [--name PREFIX]\n", argv[0], argv[0]);
        exit(2);
    }
    setvbuf(stdout, NULL, _IOLBF, 0); // a row is seen when it is there
    // These two make OpenBLAS, which most peers use, take the machine for
    // another one.
    unsetenv("OPENBLAS_CORETYPE");
    unsetenv("OPENBLAS_L2_SIZE");
}

bool bench_wanted(const char *name)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

// --- taking turns -----------------------------------------------------------

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// The seconds that `calls` calls take.
static double turn(const Bench *b, int calls)
{
    double start = now();
    for (int i = 0; i < calls; i++)
        b->run(b->context);
    return now() - start;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_race(Bench *contestants, int n, double seconds)
{
    enum { MOST = 8, TURNS = 100000 };
    check(n >= 1 && n <= MOST, "bench_race: %d contestants", n);
    int calls[MOST], turns = 0;
    double *times[MOST];
    for (int i = 0; i < n; i++) {
        turn(contestants + i, 1); // pages are touched, caches filled
        double once = turn(contestants + i, 1);
        calls[i] = once < 1e-4 ? (int)(1e-4 / fmax(once, 1e-7)) + 1 : 1;
        times[i] = new_array(TURNS, sizeof **times);
    }
    for (double end = now() + seconds;
         turns < 15 || (now() < end && turns < TURNS); turns++)
        for (int i = 0; i < n; i++)
            times[i][turns] = turn(contestants + i, calls[i]) / calls[i];
    for (int i = 0; i < n; i++) {
        qsort(times[i], turns, sizeof *times[i], ascending);
        contestants[i].seconds = times[i][turns / 2];
        free(times[i]);
    }
}

static void read_half(void *context, int from, int to)
{
    BenchReading *r = context;
    for (int half = from; half < to; half++) {
        const uint64_t *w = r->block + r->words / 2 * half;
        uint64_t sum = 0;
        for (size_t i = 0; i < r->words / 2; i++)
            sum ^= w[i];
        r->sums[half] = sum;
    }
}

void bench_read(void *reading)
{
    parallel_for(2, 1e9, read_half, reading);
}

void bench_row(const char *name, double ours, double peer, const char *unit,
               const char *what)
{
    const char *last = unit + strlen(unit) - 1;
    bool time = *last == 's' && !strchr(unit, '/'); // s, ms, us
    printf("%s\t%.4g\t", name, ours);
    if (peer > 0)
        printf("%.4g\t%.3f\t", peer, time ? peer / ours : ours / peer);
    else
        printf("-\t-\t");
    printf("%s\t%s\n", unit, what);
}

// --- peers that are programs ------------------------------------------------

// Waits for a line of the peer; false if there comes none.
static bool peer_line(const BenchPeer *peer)
{
    char c = 0;
    while (c != '\n')
        if (read(peer->from, &c, 1) != 1)
            return false;
    return true;
}

static _Noreturn void become(const char *const *argv, int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    int null = open("/dev/null", O_WRONLY);
    if (null >= 0)
        dup2(null, STDERR_FILENO);
    char *words[32] = {0};
    for (int i = 0; i < 31 && argv[i]; i++)
        words[i] = copy_text(argv[i]);
    execvp(words[0], words);
    _exit(127);
}

bool bench_peer_start(BenchPeer *peer, const char *const *argv)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
        die("no pipe for %s", argv[0]);
    signal(SIGPIPE, SIG_IGN); // a peer that ended is no reason to end
    peer->pid = fork();
    if (peer->pid < 0)
        die("cannot start %s", argv[0]);
    if (peer->pid == 0)
        become(argv, to[0], from[1]);
    close(to[0]);
    close(from[1]);
    peer->to = to[1];
    peer->from = from[0];
    if (peer_line(peer))
        return true;
    bench_peer_end(peer);
    return false;
}

bool bench_peer_noted(BenchPeer *peer, const char *script, const char *threads,
                      double ours, double tolerance)
{
    Buffer note = file_of_this_run("note"), b = {0};
    const char *const argv[] = {"/usr/bin/python3", script, threads, note.at,
                                NULL};
    bool there = bench_peer_start(peer, argv);
    const bool said = text_read_if(note.at, &b) && b.length > 0;
    const double theirs = said ? atof(b.at) : NAN;
    remove(note.at); // the next peer is to write its own
    buffer_free(&note);
    buffer_free(&b);
    if (there && !(fabs(theirs - ours) <= tolerance * fabs(theirs)))
        die("%s: its result is %g, ours %g", script, theirs, ours);
    return there;
}

void bench_peer_turn(void *peer)
{
    BenchPeer *p = peer;
    if (write(p->to, "\n", 1) != 1 || !peer_line(p))
        die("a peer ended in the middle of its work");
}

void bench_peer_end(BenchPeer *peer)
{
    close(peer->to);
    close(peer->from);
    waitpid(peer->pid, NULL, 0);
}
