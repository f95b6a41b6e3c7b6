// Threads: who works, and on which part.
//
// The one idea: a loop is cut into parts, and no part waits for another. What
// the parts write does not depend on who does which, so results do not depend
// on the number of threads. OpenMP lives here.
#ifndef COMMON_THREADS_H
#define COMMON_THREADS_H

#include <stddef.h>

// The number of threads, at most THREADS_MOST; the default is one a core.
// Without OpenMP always 1.
enum { THREADS_MOST = 64 };
void threads_set(int n);
int threads_count(void);

// Calls body(context, from, to) for parts of 0 .. n - 1, on several threads if
// the whole is worth it: cost is the approximate number of floating-point
// operations for one item. The parts may run in any order, so items must not
// write to the same place.
void parallel_for(int n, double cost, void (*body)(void *, int, int),
                  void *context);

// Runs body(context) with a crew: the other threads stay awake and wait for its
// parallel_for's, which begin some times faster so. For work in many small
// steps, such as one token's way through a model; between them the threads of
// the crew look for the next one, and keep their cores busy. Within a
// parallel_for or another crew, or with one thread, body is just called.
void with_crew(void (*body)(void *), void *context);

// What comes after the next loop of a crew: n items, shared out like those of a
// loop. Who has to wait after that loop calls look(&it, i) for the items of its
// own share, in their order, until there is something else to do: to bring them
// from memory into its cache. So memory need not rest while the threads wait
// for one of them. look must only read, and what it reads must stay until other
// items are named or the crew ends. Without a crew, nothing is done.
typedef struct Ahead {
    int n;
    void (*look)(const struct Ahead *a, int i);
    const void *what[3]; // look may need to know
} Ahead;

void crew_ahead(Ahead a);

// Reads one byte of each line of the cache. To prefetch the same is no more
// than to ask for it, which a processor declines when it has much to do.
void touch(const void *from, size_t bytes);

// How many threads work of this cost should have: one if it is small, or if
// this is already one of several threads.
int threads_for(double cost);

#endif
