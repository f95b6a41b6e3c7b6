// A progress bar with rate and time left, on standard error so that standard
// output stays the result. On a terminal one line is drawn again and again, at
// most ten times a second; elsewhere nothing for the first ten seconds, then
// one plain line every ten seconds.
#ifndef COMMON_PROGRESS_H
#define COMMON_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Progress {
    const char *what; // "training"
    const char *unit; // "steps"
    int64_t total;
    int64_t first;              // where it started, when a run is resumed
    double began, drawn, value; // seconds, seconds, the last value shown
    bool terminal, shown;
} Progress;

Progress progress_new(const char *what, int64_t total, const char *unit);

// `done` of total are done; value is shown beside it (a loss), NAN for none.
void progress(Progress *p, int64_t done, double value);

// Removes the bar (or ends the line) so that the program can print its result.
void progress_end(Progress *p);

// Seconds from some fixed point, for measuring.
double seconds_now(void);

// "850 ms", "12.3 s", "4 min 10 s", "1 h 05 min", in a buffer of the caller's.
const char *seconds_text(double seconds, char to[24]);

#endif
