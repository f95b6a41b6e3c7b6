// Loops over several threads, and crews that wait awake for them; see
// threads.h.
//
// The one idea: to hand out a loop is to count up a number that the others
// watch; to take a part of it is to count up another. Nothing is allocated,
// and no lock is held.
#include "common/threads.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#ifdef _OPENMP
#include <omp.h>
#else // one thread: the pragmas below mean nothing
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
static int omp_in_parallel(void)
{
    return 0;
}

static int omp_get_thread_num(void)
{
    return 0;
}

static int omp_get_num_threads(void)
{
    return 1;
}
#endif

static int min(int a, int b)
{
    return a < b ? a : b;
}

// Below about this many floating-point operations, waking other threads takes
// longer than doing the work; handing work to a crew that is awake is faster.
static const double WORTH_THREADS = 1e6, WORTH_CREW = 5e4;

static int threads; // 0: not set yet, one a core

void threads_set(int n)
{
    threads = n;
}

int threads_count(void)
{
#ifdef _OPENMP
    if (threads <= 0)
        threads = omp_get_num_procs();
    return min(threads, THREADS_MOST);
#else
    return 1;
#endif
}

// Parts next .. end - 1 of a loop are still to be done. Each has a line of the
// cache of its own: the threads would else wait for each other's counting.
typedef struct Share {
    _Alignas(64) atomic_int next;
    int end;
} Share;

typedef struct Loop {
    void (*body)(void *, int, int);
    void *context;
    int n, parts, team;
    Share *share; // one for each thread
    Ahead ahead;
} Loop;

// Each thread begins with a stretch of its own, the same in every loop over the
// same things, which its cache may still hold; who finishes early takes parts
// of the others.
static void do_parts(Loop *l, int me)
{
    for (int t = 0; t < l->team; t++) {
        Share *s = &l->share[(me + t) % l->team];
        for (int i; (i = atomic_fetch_add(&s->next, 1)) < s->end;)
            l->body(l->context, (int)((long long)l->n * i / l->parts),
                    (int)((long long)l->n * (i + 1) / l->parts));
    }
}

// A crew waits awake for the loops of its leader.
static struct {
    _Alignas(64) atomic_uint loops; // handed out so far
    Loop *loop;                     // the last of them; NULL: no more come
    _Alignas(64) atomic_int busy;   // threads that have not finished it
} crew;
static _Thread_local int led;     // how many threads this thread leads, or 0
static _Thread_local Ahead ahead; // of the next loop that it hands out

// One round of waiting. Another program may need the core, so not for long.
static void wait_a_bit(int *rounds)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
    if (++*rounds % 1024 == 0)
        sched_yield();
}

// The items that a thread has still to look at.
typedef struct View {
    Ahead of;
    int next, end;
} View;

static View view_of(const Loop *l, int me)
{
    const long long n = l->ahead.n;
    if (me >= l->team) // a small loop: it has no share for this thread
        return (View){0};
    return (View){l->ahead, (int)(n * me / l->team),
                  (int)(n * (me + 1) / l->team)};
}

static void wait_looking(View *v, int *rounds)
{
    if (v->next < v->end)
        v->of.look(&v->of, v->next++);
    else
        wait_a_bit(rounds);
}

void crew_ahead(Ahead a)
{
    if (led > 0)
        ahead = a;
}

void touch(const void *from, size_t bytes)
{
    const volatile char *p = from; // volatile: to be read, though for nothing
    for (size_t i = 0; i < bytes; i += 64)
        (void)p[i];
}

static void hand_out(Loop *l, int helpers)
{
    crew.loop = l;
    atomic_store(&crew.busy, helpers);
    atomic_fetch_add(&crew.loops, 1);
}

static void await_crew(View v)
{
    for (int rounds = 0; atomic_load(&crew.busy) > 0;)
        wait_looking(&v, &rounds);
}

static void serve(int me, unsigned done)
{
    View v = {0};
    for (int rounds = 0;; rounds = 0) {
        while (atomic_load(&crew.loops) == done)
            wait_looking(&v, &rounds);
        done++;
        Loop *l = crew.loop;
        if (l) {
            do_parts(l, me);
            if (l->ahead.n > 0)
                v = view_of(l, me);
        }
        atomic_fetch_sub(&crew.busy, 1);
        if (!l)
            return;
    }
}

void with_crew(void (*body)(void *), void *context)
{
    const int team = threads_count();
    if (team == 1 || omp_in_parallel()) {
        body(context);
        return;
    }
    const unsigned done = atomic_load(&crew.loops);
#pragma omp parallel num_threads(team)
    if (omp_get_thread_num() > 0) {
        serve(omp_get_thread_num(), done);
    } else {
        const int helpers = omp_get_num_threads() - 1;
        led = helpers + 1;
        body(context);
        led = 0;
        ahead = (Ahead){0};
        hand_out(NULL, helpers);
    }
}

int threads_for(double cost)
{
    if (led > 0)
        return cost < WORTH_CREW ? 1 : led;
    bool alone = cost < WORTH_THREADS || omp_in_parallel();
    return alone ? 1 : threads_count();
}

void parallel_for(int n, double cost, void (*body)(void *, int, int),
                  void *context)
{
    const int team = min(threads_for(cost * n), n);
    if (team <= 1) {
        if (n > 0)
            body(context, 0, n);
        return;
    }
    // Many more parts than threads: who finishes early takes another.
    Share share[THREADS_MOST];
    Loop l = {body, context, n, min(n, 32 * team), team, share, {0}};
    for (int t = 0; t < team; t++) {
        atomic_init(&share[t].next, l.parts * t / team);
        share[t].end = l.parts * (t + 1) / team;
    }
    if (led > 0) {
        const int all = led;
        led = 0; // loops within this one are for one thread
        l.ahead = ahead;
        ahead = (Ahead){0};
        hand_out(&l, all - 1);
        do_parts(&l, 0);
        await_crew(view_of(&l, 0));
        led = all;
        return;
    }
#pragma omp parallel num_threads(team)
    do_parts(&l, omp_get_thread_num());
}
