// Tests of progress.c: times in words, the plain lines without a terminal and
// the bar on one (a pseudo-terminal). Time is moved by setting `began` and
// `drawn` back, so nothing waits.
#include "common/testing.h"

#include "common/check.h"
#include "common/progress.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_seconds_text(void **state)
{
    (void)state;
    const struct {
        double seconds;
        const char *want;
    } cases[] = {
        {0, "0.00 ms"},
        {0.00123, "1.23 ms"},
        {0.85, "850 ms"},
        {0.99949, "999 ms"},
        {0.9996, "1.0 s"},
        {12.34, "12.3 s"},
        {59.94, "59.9 s"},
        {59.96, "1 min 00 s"},
        {250, "4 min 10 s"},
        {119.6, "2 min 00 s"},
        {3599.4, "59 min 59 s"},
        {3599.6, "1 h 00 min"},
        {3900, "1 h 05 min"},
        {360000, "100 h 00 min"},
        {NAN, "?"},
        {INFINITY, "?"},
        {-1, "?"},
    };
    char text[24];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(seconds_text(cases[i].seconds, text),
                            cases[i].want);
}

static void test_clock(void **state)
{
    (void)state;
    double a = seconds_now(), b = seconds_now();
    assert_true(a > 0 && b >= a && b - a < 60);
}

static Progress past(const char *what, int64_t total, double ago)
{
    Progress p = progress_new(what, total, "steps");
    p.began -= ago;
    p.drawn -= ago;
    return p;
}

// Writes what a plain log gets.
static void plain(void *context)
{
    (void)context;
    Progress p = progress_new("training", 1000, "steps");
    progress(&p, 1, 2.5); // too early for a line
    p.began -= 20;
    p.drawn -= 9.5;
    progress(&p, 100, NAN); // still
    p.drawn -= 1;
    progress(&p, 200, NAN);  // 200 in 20 s; the last value is kept
    progress(&p, 201, 2.25); // a line was just written
    progress_end(&p);
    Progress resumed = past("again", 1000, 10);
    resumed.first = 900;
    progress(&resumed, 950, 0.125);
    Progress unknown = past("reading", 0, 100);
    progress(&unknown, 5, NAN);
    Progress late = past("late", 10, 1000);
    late.first = 3;
    progress(&late, 3, NAN); // nothing done yet: no rate
}

static void test_plain(void **state)
{
    (void)state;
    char text[1024];
    assert_int_equal(testing_outcome(plain, NULL, text, sizeof text), 0);
    assert_string_equal(text, "training: 200 of 1000 steps, 2.5, 10 steps/s, "
                              "1 min 20 s left\n"
                              "again: 950 of 1000 steps, 0.125, 5 steps/s, "
                              "10.0 s left\n"
                              "reading: 5 steps, 3 steps/min\n"
                              "late: 3 of 10 steps\n");
}

// What body writes on a terminal of so many columns.
static void on_terminal(void (*body)(void), int columns, char *text,
                        size_t size)
{
    int ours = posix_openpt(O_RDWR | O_NOCTTY);
    if (ours < 0) // no /dev/pts here
        skip();
    assert_true(grantpt(ours) == 0 && unlockpt(ours) == 0);
    int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
    struct winsize w = {.ws_row = 24, .ws_col = (unsigned short)columns};
    assert_true(theirs >= 0 && ioctl(theirs, TIOCSWINSZ, &w) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        dup2(theirs, STDERR_FILENO);
        setenv("TERM", "xterm", 1);
        body();
        _exit(0);
    }
    close(theirs);
    size_t used = 0;
    for (ssize_t n;
         used + 1 < size && (n = read(ours, text + used, size - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = 0;
    close(ours);
    waitpid(child, NULL, 0);
}

static void half(void)
{
    Progress p = past("training", 1000, 50);
    progress(&p, 500, 1.5);
    progress(&p, 501, 1.5); // within a tenth of a second: not drawn
    warn("a message");
    progress_end(&p);
    progress_end(&p);
}

static void test_bar(void **state)
{
    (void)state;
    char text[2048];
    on_terminal(half, 100, text, sizeof text);
    assert_string_equal(
        text, "\rtraining [###############...............] 500 of 1000 steps, "
              "1.5, 10 steps/s, 50.0 s left\033[K\r"
              "progress_test: a message\033[K\r\n"
              "\r\033[K");
    // No room for a bar, and then not even for the numbers.
    on_terminal(half, 68, text, sizeof text);
    assert_non_null(strstr(text, "\rtraining 500 of 1000 steps, 1.5, 10 "
                                 "steps/s, 50.0 s left\033[K\r"));
    on_terminal(half, 21, text, sizeof text);
    assert_non_null(strstr(text, "\rtraining 500 of 1000\033[K\r"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seconds_text),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_bar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
