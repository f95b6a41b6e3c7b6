// The progress bar. The time left is what the average rate since the start
// (of this run, not of the training it resumes) predicts.
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LEAST_BAR = 8, MOST_BAR = 30 };

double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

const char *seconds_text(double seconds, char to[24])
{
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(to, 24, "?");
        return to;
    }
    unsigned whole = (unsigned)lround(seconds);
    unsigned minutes = (unsigned)lround(seconds / 60);
    // The borders are where the rounded text would show 1000 ms, 60.0 s ...
    if (seconds < 0.00995)
        snprintf(to, 24, "%.2f ms", 1000 * seconds);
    else if (seconds < 0.9995)
        snprintf(to, 24, "%.0f ms", 1000 * seconds);
    else if (seconds < 59.95)
        snprintf(to, 24, "%.1f s", seconds);
    else if (seconds < 3599.5)
        snprintf(to, 24, "%u min %02u s", whole / 60, whole % 60);
    else
        snprintf(to, 24, "%u h %02u min", minutes / 60, minutes % 60);
    return to;
}

Progress progress_new(const char *what, int64_t total, const char *unit)
{
    const char *term = getenv("TERM");
    double now = seconds_now();
    return (Progress){
        .what = what,
        .unit = unit,
        .total = total,
        .began = now,
        .drawn = now,
        .value = NAN,
        .terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0,
    };
}

// "12.3 steps/s", or per minute or hour where that is easier to imagine.
static void rate_text(double rate, const char *unit, char *to, size_t size)
{
    if (rate >= 1e6)
        snprintf(to, size, "%.3g million %s/s", rate / 1e6, unit);
    else if (rate >= 100)
        snprintf(to, size, "%.0f %s/s", rate, unit);
    else if (rate >= 1)
        snprintf(to, size, "%.3g %s/s", rate, unit);
    else if (rate * 60 >= 1)
        snprintf(to, size, "%.3g %s/min", rate * 60, unit);
    else
        snprintf(to, size, "%.3g %s/h", rate * 3600, unit);
}

// "1200 of 5000 steps, 2.345, 312 steps/s, 12.2 s left".
static void numbers_text(const Progress *p, int64_t done, double now, char *to,
                         size_t size)
{
    char rate[64] = "", left[24], value[32] = "", total[32] = "";
    double took = now - p->began, went = (double)(done - p->first);
    if (p->total > 0)
        snprintf(total, sizeof total, " of %lld", (long long)p->total);
    if (!isnan(p->value))
        snprintf(value, sizeof value, ", %.4g", p->value);
    int n = snprintf(to, size, "%lld%s %s%s", (long long)done, total, p->unit,
                     value);
    if (went <= 0 || took <= 0 || n < 0 || (size_t)n >= size)
        return;
    rate_text(went / took, p->unit, rate, sizeof rate);
    n += snprintf(to + n, size - (size_t)n, ", %s", rate);
    if (p->total > done && (size_t)n < size)
        snprintf(to + n, size - (size_t)n, ", %s left",
                 seconds_text((double)(p->total - done) * took / went, left));
}

static int terminal_columns(void)
{
    struct winsize w = {0};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col
                                                                     : 80;
}

// "training [#####.....] numbers", cut to the terminal's width. The cursor
// goes back to the line's start, so that a message overwrites the bar.
static void draw(const Progress *p, int64_t done, const char *numbers)
{
    int columns = terminal_columns() - 1;
    int room = columns - (int)strlen(p->what) - (int)strlen(numbers) - 5;
    int bar = room < MOST_BAR ? room : MOST_BAR;
    char line[512];
    int n = snprintf(line, sizeof line, "%s ", p->what);
    if (p->total > 0 && bar >= LEAST_BAR) {
        double share = (double)done / (double)p->total;
        int full = (int)(bar * fmin(fmax(share, 0), 1));
        line[n++] = '[';
        for (int i = 0; i < bar; i++)
            line[n++] = i < full ? '#' : '.';
        line[n++] = ']';
        line[n++] = ' ';
    }
    snprintf(line + n, sizeof line - (size_t)n, "%s", numbers);
    fprintf(stderr, "\r%.*s\033[K\r", columns, line);
    fflush(stderr);
}

void progress(Progress *p, int64_t done, double value)
{
    double now = seconds_now();
    char numbers[256];
    if (!isnan(value))
        p->value = value;
    if (now - p->drawn < (p->terminal ? 0.1 : 10.0))
        return;
    p->drawn = now;
    p->shown = true;
    numbers_text(p, done, now, numbers, sizeof numbers);
    if (p->terminal)
        draw(p, done, numbers);
    else
        fprintf(stderr, "%s: %s\n", p->what, numbers);
}

void progress_end(Progress *p)
{
    if (p->terminal && p->shown)
        fprintf(stderr, "\r\033[K");
    p->shown = false;
}
