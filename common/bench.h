// Measuring speed against a peer.
//
// The one idea: on a machine that others use too, only a ratio means anything,
// and only between runs that lie close together. So contestants take turns,
// call by call, and the median of each one's times counts.
//
// A benchmark is a program bench_*.c beside the code it measures. It prints
// one row a result on standard output (bench_row), and what else there is to
// say on standard error; common/bench.sh runs them all and makes the table.
#ifndef COMMON_BENCH_H
#define COMMON_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads the command line: --name PREFIX restricts the rows to those whose
// names begin so. Exits with 2 and a hint on anything else.
void bench_begin(int argc, char **argv);

// Whether the row of this name is wanted.
bool bench_wanted(const char *name);

// One contestant: run(context) does the work once.
typedef struct Bench {
    void (*run)(void *context);
    void *context;
    double seconds; // the result: the median time of one call
} Bench;

// Lets the n contestants (at most 8) take turns for about `seconds` in all, at
// least 15 turns each, after one that does not count. Calls shorter than a
// tenth of a millisecond are timed several at a time.
void bench_race(Bench *contestants, int n, double seconds);

// A contestant that does nothing but read memory, on two threads, each one half
// of a block that should be far larger than the caches: {.run = bench_read,
// .context = &reading}. What it reaches is the most that anybody can.
typedef struct BenchReading {
    const uint64_t *block;
    size_t words;     // of 8 bytes
    uint64_t sums[2]; // so that the reading is not optimised away
} BenchReading;

void bench_read(void *reading);

// Prints a row: what we reached and what the peer did, both in `unit`; a unit
// of time ("ms") is better when lower, all others ("GB/s") when higher. ratio
// > 1 means that we are faster. A peer of 0 is one that is not there; `what`
// says in one line what was done and against whom, or what is missing.
void bench_row(const char *name, double ours, double peer, const char *unit,
               const char *what);

// A peer that is a program of its own, for example in Python. It prints one
// line when it is ready; then, for each line it reads, it does the work once
// and prints a line; at the end of its input it ends. bench_peer_turn makes it
// a contestant: {.run = bench_peer_turn, .context = &peer}.
typedef struct BenchPeer {
    int pid;
    int to, from; // its standard input and output
} BenchPeer;

// argv ends with NULL. False if the program cannot be started, or ends before
// it is ready (what it wrote on standard error is hidden): then it counts as
// not installed.
bool bench_peer_start(BenchPeer *peer, const char *const *argv);
void bench_peer_turn(void *peer);

// Starts a peer in Python: SCRIPT THREADS NOTE. Before its first line it writes
// its result, such as a loss, into the file NOTE; that must be ours, within
// `tolerance` times its size: a race is worth nothing if somebody computes
// something else. Dies if it is not.
bool bench_peer_noted(BenchPeer *peer, const char *script, const char *threads,
                      double ours, double tolerance);
void bench_peer_end(BenchPeer *peer);

#endif
