// How fast the methods of this chapter learn, and that they guess as well:
// against scikit-learn (bench_classics.py beside this) on the same numbers and
// settings, 2 threads each. MNIST's 8,000 digits to learn from and 2,000 new
// ones, or the course's own digits where MNIST is not.
//
// A race is worth nothing if somebody computes something else: the peer notes
// how many of the new digits it reads rightly, and ours may not differ by
// more than one in a hundred (for k-means: the sum of squares, by more than one
// in a hundred).
#include "02-machine-learning/cluster.h"
#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/methods.h"
#include "02-machine-learning/pca.h"

#include "common/bench.h"
#include "common/check.h"
#include "common/cli.h"
#include "common/digits.h"
#include "common/folder.h"
#include "common/progress.h"
#include "common/text.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = 5, COMPONENTS = 40, GROUPS = 10 };

static Examples train, test;

// Trains one method: its number, or one of these two.
enum { GROUPING = METHODS, DIRECTIONS };

typedef struct Job {
    int method;
    double result; // right ones of the new digits, or what the method made
} Job;

static const char *key_of(int method)
{
    return method == GROUPING     ? "kmeans"
           : method == DIRECTIONS ? "pca"
                                  : methods[method].key;
}

// The first ten digits are the starting centres, of both contestants.
static double group(void)
{
    float *centre = new_array((size_t)GROUPS * train.d, sizeof *centre);
    int *label = new_array(train.n, sizeof *label);
    memcpy(centre, train.x, (size_t)GROUPS * train.d * sizeof *centre);
    double sum =
        kmeans(train.x, train.n, train.d, GROUPS, 30, centre, label, NULL);
    free(centre), free(label);
    return sum;
}

static double directions(void)
{
    Pca p = pca_fit(train.x, train.n, train.d, COMPONENTS);
    double sum = 0;
    for (int i = 0; i < COMPONENTS; i++)
        sum += (double)p.variance[i];
    pca_free(&p);
    return sum;
}

static double seconds_of_ours(Job *j)
{
    const double began = seconds_now();
    double fit;
    if (j->method == GROUPING)
        j->result = group();
    if (j->method == DIRECTIONS)
        j->result = directions();
    if (j->method >= METHODS)
        return seconds_now() - began;
    int *guess = new_array(test.n, sizeof *guess);
    learn_and_guess(&methods[j->method], &for_digits, &train, test.x, test.n,
                    guess, &fit, NULL);
    j->result = accuracy(guess, test.label, test.n);
    free(guess);
    return fit;
}

static double seconds_of_peer(BenchPeer *p)
{
    const double began = seconds_now();
    bench_peer_turn(p);
    return seconds_now() - began;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median_of(double *x, int n)
{
    qsort(x, n, sizeof *x, by_size);
    return n % 2 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

static void agree(const char *key, double ours, const char *note, bool share)
{
    Buffer b = text_read(note);
    const double theirs = atof(b.at);
    buffer_free(&b);
    fprintf(stderr, "  %s: ours %.6g, scikit-learn's %.6g\n", key, ours,
            theirs);
    const double allowed = share ? 0.0100001 : 0.01 * theirs;
    if (!(fabs(ours - theirs) <= allowed))
        die("%s: ours comes to %g, scikit-learn to %g", key, ours, theirs);
}

static void row(int method, const char *data, const char *source)
{
    char name[40], what[240];
    const char *key = key_of(method);
    snprintf(name, sizeof name, "ml-train-%s", key);
    if (!bench_wanted(name))
        return;
    Buffer note = file_of_this_run("note");
    const char *const argv[] = {
        "/usr/bin/python3",
        "chapters/02-machine-learning/bench_classics.py",
        key,
        data,
        note.at,
        NULL};
    Job job = {method, 0};
    BenchPeer peer;
    double ours[TURNS], theirs[TURNS] = {0};
    seconds_of_ours(&job); // one that does not count
    const bool there = bench_peer_start(&peer, argv);
    if (there)
        agree(key, job.result, note.at, method < METHODS);
    int turns = 0;
    for (double spent = 0; turns < TURNS && (turns < 1 || spent < 20);
         turns++) {
        ours[turns] = seconds_of_ours(&job);
        theirs[turns] = there ? seconds_of_peer(&peer) : 0;
        spent += ours[turns] + theirs[turns];
    }
    if (there)
        bench_peer_end(&peer);
    buffer_free(&note);
    snprintf(what, sizeof what, "%d digits (%s) learnt by %s, 2 threads%s",
             train.n, source, method < METHODS ? methods[method].name : key,
             there ? ", against scikit-learn"
                   : " (not installed: python3-sklearn)");
    bench_row(name, 1e3 * median_of(ours, turns),
              1e3 * median_of(theirs, turns), "ms", what);
}

int main(int argc, char **argv)
{
    static const float shape_of[] = {8000, 2000, PIXELS};
    bench_begin(argc, argv);
    if (!bench_wanted("ml-train-"))
        for (int m = 0;; m++) {
            char name[40];
            if (m > DIRECTIONS)
                return 0;
            snprintf(name, sizeof name, "ml-train-%s", key_of(m));
            if (bench_wanted(name))
                break;
        }
    threads_set(2);
    Run run = {.seed = 1};
    Rng rng = rng_new(1);
    Digits d = digits_mnist(&run);
    if (d.n < 10000) {
        digits_free(&d);
        d = digits_drawn(&rng, 10000);
    }
    digits_shuffle(&d, &rng);
    train = (Examples){8000, PIXELS, 10, d.pixel, d.label};
    test =
        (Examples){2000, PIXELS, 10, d.pixel + 8000 * PIXELS, d.label + 8000};
    Buffer all = {0};
    float label[10000];
    for (int i = 0; i < 10000; i++)
        label[i] = (float)d.label[i];
    buffer_add(&all, shape_of, sizeof shape_of);
    buffer_add(&all, label, sizeof label);
    buffer_add(&all, d.pixel, 10000 * PIXELS * sizeof *d.pixel);
    Buffer data = file_of_this_run("digits");
    text_write(data.at, all.at, all.length);
    buffer_free(&all);
    for (int m = 0; m <= DIRECTIONS; m++)
        row(m, data.at, d.source);
    buffer_free(&data);
    digits_free(&d);
    return 0;
}
