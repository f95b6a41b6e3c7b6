// Chapter 2: machine learning before neural networks, each algorithm first on
// a few points that can be drawn, then all of them on digits.
//
// Read from top to bottom: a line through points, overfitting and its cure, two
// ways downhill, regions in the plane, groups, words, and pictures of digits:
// their principal components, one table, one confusion matrix, curves.
#include "02-machine-learning/bayes.h"
#include "02-machine-learning/cluster.h"
#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/linear.h"
#include "02-machine-learning/logistic.h"
#include "02-machine-learning/methods.h"
#include "02-machine-learning/pca.h"
#include "02-machine-learning/texts.h"
#include "common/check.h"
#include "common/cli.h"
#include "common/digits.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Run run = {.seed = 1};

// --- 1. a line --------------------------------------------------------------

// Hours of work and pages written, of five people.
static const float hours[] = {1, 2, 3, 4, 5};
static const float pages[] = {2, 3, 5, 4, 6};

static void print_line(const char *way, const Planes *p)
{
    double sum = 0;
    for (int i = 0; i < 5; i++) {
        const double off = (double)(p->w[0] * hours[i] + p->b[0] - pages[i]);
        sum += off * off;
    }
    printf("  %-28s  pages = %.4f hours + %.4f     %7.4f\n", way,
           (double)p->w[0], (double)p->b[0], sum);
}

static void a_line(void)
{
    static const int steps[] = {1, 10, 100, 1000};
    puts("1. A line through five points: hours 1 2 3 4 5, pages 2 3 5 4 6\n");
    puts("                                                          sum of "
         "squares");
    Planes p = ridge_fit(hours, 5, 1, pages, 1, 0);
    print_line("normal equations", &p);
    planes_free(&p);
    for (int k = 0; k < 4; k++) {
        char way[40];
        snprintf(way, sizeof way, "gradient descent, %d step%s", steps[k],
                 k ? "s" : "");
        p = ridge_descend(hours, 5, 1, pages, 0, 0.05, steps[k], NULL);
        print_line(way, &p);
        planes_free(&p);
    }
    puts("");
}

// --- 2. overfitting ---------------------------------------------------------

enum { DEGREE = 9, FEW = 12, MANY = 200 };

// x, x^2, ... x^9 for each of n numbers between -1 and 1.
static void powers(const float *x, int n, float *to)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < DEGREE; j++)
            to[i * DEGREE + j] = j == 0 ? x[i] : to[i * DEGREE + j - 1] * x[i];
}

static double mean_square(const Planes *p, const float *x, const float *y,
                          int n)
{
    float *features = new_array((size_t)n * DEGREE, sizeof *features);
    float *guess = new_array(n, sizeof *guess);
    double sum = 0;
    powers(x, n, features);
    planes_score(p, features, n, guess);
    for (int i = 0; i < n; i++)
        sum += pow((double)(guess[i] - y[i]), 2) / n;
    free(features), free(guess);
    return sum;
}

// A curve of degree 9 through 12 noisy points of a sine, with more and more
// ridge: the more, the worse it fits these points, and up to some value the
// better it fits others.
static void overfitting(void)
{
    static const double lambda[] = {0, 1e-4, 1e-3, 1e-2, 0.1, 1, 10};
    float x[FEW], y[FEW], new_x[MANY], new_y[MANY], features[FEW * DEGREE];
    double px[MANY], py[MANY];
    Rng rng = rng_new(run.seed + 3);
    for (int i = 0; i < FEW; i++) {
        x[i] = 2 * ((float)i + rng_uniform(&rng)) / FEW - 1;
        y[i] = sinf(3 * x[i]) + 0.25f * rng_normal(&rng);
    }
    for (int i = 0; i < MANY; i++) {
        new_x[i] = 2 * (float)i / (MANY - 1) - 1;
        new_y[i] = sinf(3 * new_x[i]) + 0.25f * rng_normal(&rng);
    }
    powers(x, FEW, features);
    puts("2. A curve of degree 9 through 12 points, with ridge\n");
    puts("    lambda   error on the 12   error on 200 new   largest weight");
    Plot *plot = plot_new("Degree 9, with and without ridge", "x", "y");
    for (int i = 0; i < FEW; i++)
        px[i] = (double)x[i], py[i] = (double)y[i];
    plot_points(plot, "the 12 points", FEW, px, py);
    for (int l = 0; l < 7; l++) {
        Planes p = ridge_fit(features, FEW, DEGREE, y, 1, lambda[l]);
        double largest = 0;
        for (int j = 0; j < DEGREE; j++)
            largest = fmax(largest, fabs((double)p.w[j]));
        printf("  %8g  %16.4f  %17.4f  %15.1f\n", lambda[l],
               mean_square(&p, x, y, FEW), mean_square(&p, new_x, new_y, MANY),
               largest);
        if (l == 0 || l == 3 || l == 6) {
            float all[MANY * DEGREE], guess[MANY];
            char label[32];
            powers(new_x, MANY, all);
            planes_score(&p, all, MANY, guess);
            for (int i = 0; i < MANY; i++)
                px[i] = (double)new_x[i], py[i] = (double)guess[i];
            snprintf(label, sizeof label, "lambda = %g", lambda[l]);
            plot_line(plot, label, MANY, px, py);
        }
        planes_free(&p);
    }
    puts("");
    plot_range(plot, -1, 1, -2, 2);
    plot_save(plot, run.plots, "ridge");
}

// --- 3. two ways downhill ---------------------------------------------------

// Softmax regression of two classes has two planes w and -w where logistic
// regression has 2 w: for the same sum its lambda is twice as large.
static void two_ways(const Examples *moons)
{
    enum { STEPS = 60 };
    double newton[STEPS], gradient[STEPS], step[STEPS];
    Planes a = logistic_newton(moons, 0.1, STEPS, newton);
    Planes b = softmax_fit(moons, 0.2, STEPS, gradient);
    puts("3. Logistic regression on two half moons: mean loss after so many "
         "steps\n");
    puts("  steps   Newton   gradient");
    for (int s = 0; s < STEPS; s++) {
        step[s] = s;
        newton[s] /= moons->n;
        if (s <= 5 || s == 10 || s == 20 || s == STEPS - 1)
            printf("  %5d   %.4f   %8.4f\n", s, newton[s], gradient[s]);
    }
    puts("");
    Plot *p = plot_new("Newton's method needs few steps", "step", "mean loss");
    plot_line(p, "Newton", STEPS, step, newton);
    plot_line(p, "gradient with momentum", STEPS, step, gradient);
    plot_save(p, run.plots, "newton");
    planes_free(&a), planes_free(&b);
}

// --- 4. regions -------------------------------------------------------------

// The guess of a model for each cell of a grid over the plane.
static Plot *region_plot(const char *title, const Method *m, void *model,
                         const Examples *e)
{
    enum { GRID = 100 };
    const float x0 = -1.6f, x1 = 2.6f, y0 = -1.2f, y1 = 1.7f;
    float *at = new_array(GRID * GRID * 2, sizeof *at);
    float *score = new_array(GRID * GRID * 2, sizeof *score);
    float *map = new_array(GRID * GRID, sizeof *map);
    for (int i = 0; i < GRID * GRID; i++) {
        at[2 * i] = x0 + (x1 - x0) * ((float)(i % GRID) + 0.5f) / GRID;
        at[2 * i + 1] = y1 - (y1 - y0) * ((float)(i / GRID) + 0.5f) / GRID;
    }
    m->score(model, at, GRID * GRID, score);
    for (int i = 0; i < GRID * GRID; i++)
        map[i] = score[2 * i + 1] > score[2 * i] ? 0.85f : 0.35f;
    Plot *p = plot_new(title, NULL, NULL);
    plot_heat(p, GRID, GRID, map, NULL, NULL);
    plot_range(p, (double)x0, (double)x1, (double)y0, (double)y1);
    plot_size(p, 300, 270);
    double *px = new_array(e->n, sizeof *px), *py = new_array(e->n, sizeof *py);
    for (int c = 0; c < 2; c++) {
        int n = 0;
        for (int i = 0; i < e->n && n < 25; i++) // more would hide the map
            if (e->label[i] == c) {
                px[n] = (double)e->x[2 * i];
                py[n++] = (double)e->x[2 * i + 1];
            }
        plot_points(p, NULL, n, px, py);
    }
    free(at), free(score), free(map), free(px), free(py);
    return p;
}

static void regions(const Examples *train, const Examples *test)
{
    Plot *plots[METHODS];
    int *guess = new_array(test->n, sizeof *guess), count = 0;
    printf("4. Nine classifiers on the moons: %d points to learn from, %d new "
           "ones\n\n",
           train->n, test->n);
    puts("                            right, of those seen   of new ones");
    for (int i = 0; i < METHODS; i++) {
        const Method *m = &methods[i];
        if (i == WORD_BAYES || i == PCA_NEAREST)
            continue;
        float *score = new_array((size_t)test->n * 2, sizeof *score);
        void *model = m->fit(train, &for_plane);
        m->score(model, train->x, train->n, score);
        choose(score, train->n, 2, guess);
        double seen = accuracy(guess, train->label, train->n);
        m->score(model, test->x, test->n, score);
        choose(score, test->n, 2, guess);
        printf("  %-24s  %18.1f %%  %10.1f %%\n", m->name, 100 * seen,
               100 * accuracy(guess, test->label, test->n));
        plots[count++] = region_plot(m->name, m, model, train);
        m->free(model);
        free(score);
    }
    puts("");
    plot_save_grid(plots, count, 3, run.plots, "regions");
    free(guess);
}

// --- 5. groups --------------------------------------------------------------

static Plot *group_plot(const char *title, const Examples *e, const int *label,
                        int k, const float *centre)
{
    Plot *p = plot_new(title, NULL, NULL);
    double *px = new_array(e->n, sizeof *px), *py = new_array(e->n, sizeof *py);
    for (int c = 0; c <= k; c++) {
        int n = 0;
        for (int i = 0; c < k && i < e->n; i++)
            if (label[i] == c) {
                px[n] = (double)e->x[2 * i];
                py[n++] = (double)e->x[2 * i + 1];
            }
        for (int i = 0; c == k && i < k; i++) {
            px[n] = (double)centre[2 * i];
            py[n++] = (double)centre[2 * i + 1];
        }
        plot_points(p, NULL, n, px, py);
    }
    plot_range(p, -5, 5, -4.5, 4.5);
    plot_size(p, 360, 320);
    free(px), free(py);
    return p;
}

// How often k-means finds nine small clouds, from points drawn at random or by
// k-means++.
static void many_starts(bool spread)
{
    enum { STARTS = 100, POINTS = 180, CLOUDS = 9 };
    float middle[2 * CLOUDS], centre[2 * CLOUDS];
    int label[POINTS], good = 0;
    double sum = 0;
    Rng rng = rng_new(run.seed + 6);
    for (int c = 0; c < CLOUDS; c++) {
        middle[2 * c] = (float)(c % 3);
        middle[2 * c + 1] = (float)(c / 3);
    }
    Examples e = examples_clouds(&rng, POINTS, CLOUDS, middle, 0.1f);
    for (int s = 0; s < STARTS; s++) {
        if (spread)
            kmeans_start(e.x, POINTS, 2, CLOUDS, &rng, centre);
        for (int c = 0; c < CLOUDS && !spread; c++)
            memcpy(centre + 2 * c, e.x + 2 * rng_below(&rng, POINTS),
                   2 * sizeof *centre);
        double now = kmeans(e.x, POINTS, 2, CLOUDS, 100, centre, label, NULL);
        good += now < 1.5 * 2 * 0.1 * 0.1 * POINTS; // the clouds' own squares
        sum += now / STARTS;
    }
    printf("  %-26s  %3d of %d starts find them; mean sum of squares %.1f\n",
           spread ? "k-means++" : "centres drawn at random", good, STARTS, sum);
    examples_free(&e);
}

// The curve where component c has fallen to e^-2 of its height.
static void ellipse(Plot *p, const Mixture *m, int c)
{
    enum { POINTS = 61 };
    double x[POINTS], y[POINTS], L[4];
    memcpy(L, m->cov + 4 * c, sizeof L);
    if (!cholesky(L, 2))
        return;
    for (int i = 0; i < POINTS; i++) { // mean + 2 L (cos, sin)
        const double a = 2 * 3.14159265358979 * i / (POINTS - 1);
        x[i] = m->mean[2 * c] + 2 * L[0] * cos(a);
        y[i] = m->mean[2 * c + 1] + 2 * (L[2] * cos(a) + L[3] * sin(a));
    }
    plot_line(p, NULL, POINTS, x, y);
}

static void em_plot(Plot **plot, const char *title, const Examples *e,
                    const Mixture *m)
{
    double *px = new_array(e->n, sizeof *px), *py = new_array(e->n, sizeof *py);
    for (int i = 0; i < e->n; i++) {
        px[i] = (double)e->x[2 * i];
        py[i] = (double)e->x[2 * i + 1];
    }
    *plot = plot_new(title, NULL, NULL);
    plot_points(*plot, NULL, e->n, px, py);
    for (int c = 0; c < m->k; c++)
        ellipse(*plot, m, c);
    plot_range(*plot, -5, 5, -4.5, 4.5);
    plot_size(*plot, 360, 320);
    free(px), free(py);
}

// Round clouds for k-means, and two long ones that cross for EM.
static void groups(void)
{
    enum { CLOUDS = 4 };
    const float middle[2 * CLOUDS] = {-2.5f, -2, 2.5f, -2, -2, 2, 2.2f, 2.2f};
    Rng rng = rng_new(run.seed + 5);
    Examples e = examples_clouds(&rng, 240, CLOUDS, middle, 0.75f);
    float centre[2 * CLOUDS], start[2 * CLOUDS];
    int label[240], rounds;
    for (int i = 0; i < 2 * CLOUDS; i++) // a poor start: four neighbours
        start[i] = middle[i % 2] + 0.3f * rng_normal(&rng);
    Plot *plots[4];
    puts("5. Groups without labels: 240 points, four clouds\n");
    puts(
        "  rounds of k-means, from four centres in one cloud   sum of squares");
    for (int i = 0; i < 4; i++) {
        static const int most[] = {0, 1, 3, 100};
        char title[40];
        memcpy(centre, start, sizeof centre);
        double sum =
            kmeans(e.x, e.n, 2, CLOUDS, most[i], centre, label, &rounds);
        printf("  %6d %59.1f\n", rounds, sum);
        snprintf(title, sizeof title, "after %d rounds", rounds);
        plots[i] = group_plot(title, &e, label, CLOUDS, centre);
    }
    plot_save_grid(plots, 4, 2, run.plots, "kmeans");
    puts("\n  Nine small clouds:");
    many_starts(false);
    many_starts(true);

    for (int i = 0; i < e.n; i++) { // a cross
        const float along = 1.7f * rng_normal(&rng);
        const float beside = 0.35f * rng_normal(&rng);
        e.label[i] = i % 2;
        e.x[2 * i] = i % 2 ? along : beside;
        e.x[2 * i + 1] = i % 2 ? beside : along;
    }
    for (int i = 0; i < e.n; i++)
        label[i] = e.x[2 * i] > 0; // left and right: wrong
    Mixture m = mixture_new(e.x, e.n, 2, 2, label, 1e-3);
    puts("\n  rounds of EM on two crossing clouds   mean log density");
    for (int round = 0; round <= 40; round++) {
        char title[40];
        snprintf(title, sizeof title, "after %d rounds", round);
        int at = round == 0 ? 0 : round == 5 ? 1 : round == 15 ? 2 : 3;
        if (round == 0 || round == 5 || round == 15 || round == 40)
            em_plot(&plots[at], title, &e, &m);
        double mean = mixture_step(&m, e.x, e.n, 1e-3);
        if (round == 0 || round == 5 || round == 15 || round == 40)
            printf("  %6d %44.4f\n", round, mean);
    }
    puts("");
    plot_save_grid(plots, 4, 2, run.plots, "em");
    mixture_free(&m);
    examples_free(&e);
}

// --- 6. words ---------------------------------------------------------------

// The words that speak most for subject c: whose log p(word | c) is most above
// the mean of the others'.
static void telling_words(const Planes *p, const Words *w, int c)
{
    double *telling = new_array(w->n, sizeof *telling);
    for (int j = 0; j < w->n; j++)
        for (int k = 0; k < p->k; k++)
            telling[j] += k == c ? (double)p->w[k * w->n + j]
                                 : -(double)p->w[k * w->n + j] / (p->k - 1);
    for (int shown = 0; shown < 6 && shown < w->n; shown++) {
        int best = 0;
        for (int j = 1; j < w->n; j++)
            if (telling[j] > telling[best])
                best = j;
        printf(" %s", w->word[best]);
        telling[best] = -INFINITY;
    }
    puts("");
    free(telling);
}

static double words(void)
{
    Rng rng = rng_new(run.seed + 6);
    Texts t = {0};
    if (!run.quick || run.data)
        t = texts_brown(&run);
    if (t.n == 0)
        t = texts_made(&rng, 600);
    if (t.n < 100)
        die("%s: %d texts, at least 100 are needed", t.source, t.n);
    int *order = shuffled(&rng, t.n), half = t.n / 2;
    Words w = words_of(&t, order, half, 5000);
    Examples train = words_count(&w, &t, order, half);
    Examples test = words_count(&w, &t, order + half, t.n - half);
    Planes p = word_bayes_fit(&train, 1);
    float *score = new_array((size_t)test.n * p.k, sizeof *score);
    int *guess = new_array(test.n, sizeof *guess);
    planes_score(&p, test.x, test.n, score);
    choose(score, test.n, p.k, guess);
    const double right = accuracy(guess, test.label, test.n);
    printf("6. Naive Bayes on words: %s, %d texts to learn from, %d new "
           "ones\n\n",
           t.source, train.n, test.n);
    for (int c = 0; c < t.subjects; c++) {
        printf("  %-10s ", t.name[c]);
        telling_words(&p, &w, c);
    }
    printf("\n  %.1f %% of the new ones are put in the right place.\n\n",
           100 * right);
    planes_free(&p);
    examples_free(&train), examples_free(&test);
    words_free(&w), texts_free(&t);
    free(order), free(score), free(guess);
    return right;
}

// --- 7. digits: principal components ----------------------------------------

static void show_pca(const Examples *e)
{
    enum { AXES = 60 };
    Pca p = pca_fit(e->x, e->n, e->d, AXES);
    double sum = 0, x[AXES], y[AXES];
    puts("  Principal components of the digits: how much of the variance do\n"
         "  the first ones hold?\n");
    for (int i = 0; i < AXES; i++) {
        sum += 100 * (double)p.variance[i] / p.total;
        x[i] = i + 1;
        y[i] = sum;
        if (i == 0 || i == 1 || i == 4 || i == 9 || i == 19 || i == 39)
            printf("  %4d  %5.1f %%\n", i + 1, sum);
    }
    puts("");
    Plot *plot =
        plot_new("Variance that the first components hold", "components", "%");
    plot_line(plot, NULL, AXES, x, y);
    plot_range(plot, 0, AXES, 0, 100);
    plot_save(plot, run.plots, "variance");

    enum { SHOWN = 600 };
    const int n = e->n < SHOWN ? e->n : SHOWN;
    float *z = new_array((size_t)n * AXES, sizeof *z);
    double px[SHOWN], py[SHOWN];
    pca_apply(&p, e->x, n, z);
    plot =
        plot_new("Digits along their first two components", "first", "second");
    for (int digit = 0; digit < 7; digit++) {
        char label[2] = {(char)('0' + digit), 0};
        int count = 0;
        for (int i = 0; i < n; i++)
            if (e->label[i] == digit) {
                px[count] = (double)z[i * AXES];
                py[count++] = (double)z[i * AXES + 1];
            }
        plot_points(plot, label, count, px, py);
    }
    plot_size(plot, 720, 600);
    plot_save(plot, run.plots, "pca");

    Plot *faces[6];
    for (int i = 0; i < 6; i++) { // the mean, five directions
        char title[24];
        snprintf(title, sizeof title, i ? "component %d" : "the mean", i);
        faces[i] = plot_new(title, NULL, NULL);
        plot_heat(faces[i], SIDE, SIDE,
                  i ? p.axis + (size_t)(i - 1) * PIXELS : p.mean, NULL, NULL);
        plot_size(faces[i], 260, 260);
    }
    plot_save_grid(faces, 6, 3, run.plots, "components");
    free(z);
    pca_free(&p);
}

// --- 8. digits: the table ---------------------------------------------------

typedef struct Score {
    double right, worst, best, fit, predict; // accuracies, seconds a fold
} Score;

// Ctrl-C ends the program after the fit that is under way.
static void stop_if_interrupted(void)
{
    if (interrupted())
        die("stopped; what is printed above stands");
}

// Learns and guesses on every fold; the guesses for all examples go to guess.
static Score over_folds(const Method *m, const Setting *s, const Examples *e,
                        const int *order, int folds, int *guess, Progress *bar,
                        int64_t *done)
{
    Score all = {0, 1, 0, 0, 0};
    int *train_on = new_array(e->n, sizeof *train_on);
    for (int fold = 0; fold < folds; fold++) {
        int from, to;
        int n = fold_part(order, e->n, folds, fold, train_on, &from, &to);
        Examples train = examples_pick(e, train_on, n);
        Examples test = examples_pick(e, order + from, to - from);
        int *fold_guess = new_array(test.n, sizeof *fold_guess);
        double fit, predict;
        learn_and_guess(m, s, &train, test.x, test.n, fold_guess, &fit,
                        &predict);
        const double right = accuracy(fold_guess, test.label, test.n);
        for (int i = from; i < to; i++)
            guess[order[i]] = fold_guess[i - from];
        all.right += right * test.n / e->n;
        all.worst = fmin(all.worst, right);
        all.best = fmax(all.best, right);
        all.fit += fit / folds;
        all.predict += predict / folds;
        examples_free(&train), examples_free(&test);
        free(fold_guess);
        progress(bar, ++*done, 100 * right);
        stop_if_interrupted();
    }
    free(train_on);
    return all;
}

static void plot_confusion(const int *guess, const Examples *e,
                           const char *name)
{
    static const char *const digit[] = {"0", "1", "2", "3", "4",
                                        "5", "6", "7", "8", "9"};
    int table[100];
    float wrong[100];
    char title[80];
    confusion(guess, e->label, e->n, 10, table);
    for (int i = 0; i < 100; i++)
        wrong[i] = i / 10 == i % 10 ? NAN : (float)table[i];
    snprintf(title, sizeof title, "Mistakes of %s", name);
    Plot *p = plot_new(title, "taken for", "is");
    plot_heat(p, 10, 10, wrong, digit, digit);
    plot_size(p, 620, 560);
    plot_save(p, run.plots, "confusion");
}

// Returns the best accuracy and its method's number.
static double table(const Examples *e, const Setting *s, int folds, int *best)
{
    Rng rng = rng_new(run.seed + 9);
    int *order = shuffled(&rng, e->n), *guess = new_array(e->n, sizeof *guess);
    int *best_guess = new_array(e->n, sizeof *best_guess);
    double most = 0;
    int64_t done = 0;
    Progress bar = progress_new("folds", (int64_t)METHODS * folds, "fits");
    printf("  Each method on the same %d folds: %d to learn from, %d new "
           "ones\n\n",
           folds, e->n - e->n / folds, e->n / folds);
    puts("                            right   worst    best   learning   "
         "guessing");
    for (int i = 0; i < METHODS; i++) {
        Score r =
            over_folds(&methods[i], s, e, order, folds, guess, &bar, &done);
        progress_end(&bar);
        printf("  %-24s %5.1f %% %5.1f %% %5.1f %%   ~%.3f s   ~%.3f s\n",
               methods[i].name, 100 * r.right, 100 * r.worst, 100 * r.best,
               r.fit, r.predict);
        fflush(stdout);
        if (r.right > most) {
            most = r.right;
            *best = i;
            memcpy(best_guess, guess, e->n * sizeof *guess);
        }
    }
    puts("");
    plot_confusion(best_guess, e, methods[*best].name);
    free(order), free(guess), free(best_guess);
    return most;
}

// --- 9. digits: curves ------------------------------------------------------

// Is it an 8? Every method gives the 8 a score; the threshold is ours.
static void roc_curves(const Examples *train, const Examples *test,
                       const Setting *s)
{
    static const int shown[] = {GAUSS_BAYES, LEAST_SQUARES, ONE_TREE,
                                RANDOM_FOREST};
    Examples eights = {train->n, train->d, 2, train->x,
                       new_array(train->n, sizeof(int))};
    int *is_eight = new_array(test->n, sizeof *is_eight);
    for (int i = 0; i < train->n; i++)
        eights.label[i] = train->label[i] == 8;
    int seen = 0, there = 0;
    for (int i = 0; i < train->n; i++)
        seen += eights.label[i];
    for (int i = 0; i < test->n; i++)
        there += is_eight[i] = test->label[i] == 8;
    puts("  Is it an 8? One digit in ten is.\n");
    if (seen == 0 || there == 0) {
        printf("  Not one of the %d %s digits is.\n\n",
               there == 0 ? test->n : train->n, there == 0 ? "new" : "seen");
        free(eights.label), free(is_eight);
        return;
    }
    float *score = new_array((size_t)test->n * 2, sizeof *score);
    float *margin = new_array(test->n, sizeof *margin);
    double *x = new_array((size_t)test->n + 1, sizeof *x);
    double *y = new_array((size_t)test->n + 1, sizeof *y);
    Plot *p = plot_new("Is it an 8?", "false alarms", "eights found");
    puts("                            right   precision   recall      F1     "
         "AUC");
    for (int k = 0; k < 4; k++) {
        const Method *m = &methods[shown[k]];
        int *guess = new_array(test->n, sizeof *guess);
        void *model = m->fit(&eights, s);
        m->score(model, test->x, test->n, score);
        m->free(model);
        choose(score, test->n, 2, guess);
        for (int i = 0; i < test->n; i++)
            margin[i] = score[2 * i + 1] - score[2 * i];
        Finding f = finding(guess, is_eight, test->n);
        printf("  %-24s %5.1f %%   %9.3f   %6.3f   %5.3f   %5.3f\n", m->name,
               100 * accuracy(guess, is_eight, test->n), f.precision, f.recall,
               f.f1, auc(margin, is_eight, test->n));
        stop_if_interrupted();
        plot_line(p, m->name, roc(margin, is_eight, test->n, x, y), x, y);
        free(guess);
    }
    puts("");
    plot_range(p, 0, 1, 0, 1);
    plot_save(p, run.plots, "roc");
    free(eights.label), free(is_eight), free(score), free(margin);
    free(x), free(y);
}

// Accuracy on the same new digits over the number of digits to learn from.
static void learning_curves(const Examples *train, const Examples *test,
                            const Setting *s)
{
    static const int shown[] = {SOFTMAX_REGRESSION, GAUSS_BAYES, ONE_TREE,
                                RANDOM_FOREST,      MIXTURES,    PCA_NEAREST};
    enum { SIZES = 6, SHOWN = 6 };
    double n[SIZES], right[SIZES];
    int sizes = 0, guess_room = test->n, *guess;
    guess = new_array(guess_room, sizeof *guess);
    for (int size = 125; size <= train->n && sizes < SIZES; size *= 2)
        n[sizes++] = size;
    Plot *p =
        plot_new("More digits to learn from", "digits", "right, % of new ones");
    printf("  Right, in %%, after learning from so many digits:\n\n  %-22s",
           "");
    for (int k = 0; k < sizes; k++)
        printf(" %7.0f", n[k]);
    puts("");
    for (int m = 0; m < SHOWN; m++) {
        printf("  %-22s", methods[shown[m]].name);
        for (int k = 0; k < sizes; k++) {
            Examples part = *train;
            part.n = (int)n[k];
            learn_and_guess(&methods[shown[m]], s, &part, test->x, test->n,
                            guess, NULL, NULL);
            right[k] = 100 * accuracy(guess, test->label, test->n);
            printf(" %7.1f", right[k]);
            stop_if_interrupted();
        }
        puts("");
        plot_line(p, methods[shown[m]].name, sizes, n, right);
    }
    puts("");
    plot_log(p, true, false);
    plot_save(p, run.plots, "learning");
    free(guess);
}

static void digits(char *result, size_t size, int folds, int count)
{
    Digits d = {0};
    Setting s = for_digits;
    Rng rng = rng_new(run.seed + 7);
    if (!run.quick || run.data)
        d = digits_mnist(&run);
    if (run.data && d.n == 0)
        data_missing("mnist");
    if (d.n == 0)
        d = digits_drawn(&rng, run.quick ? 1500 : 10000);
    if (d.n < 250)
        die("%s: %d digits, at least 250 are needed", d.source, d.n);
    digits_shuffle(&d, &rng);
    Examples all = {count < d.n ? count : d.n, PIXELS, 10, d.pixel, d.label};
    printf("7. %d digits of 28 x 28 pixels, %s\n\n", all.n, d.source);
    if (!run.quick && d.source[0] != 'M')
        puts("  (make data NAME=mnist brings digits that people wrote.)\n");
    if (run.quick) {
        s.trees = 30;
        s.rounds = 15;
        s.steps = 60;
    }
    int best = 0;
    show_pca(&all);
    const double right = table(&all, &s, folds, &best);
    const int part = all.n / 5 * 4;
    Examples train = all, test = all;
    train.n = part;
    test.n = all.n - part;
    test.x += (size_t)part * PIXELS;
    test.label += part;
    roc_curves(&train, &test, &s);
    learning_curves(&train, &test, &s);
    snprintf(result, size, "%s read by %s: %.1f %%",
             d.source[0] == 'M' ? "MNIST" : "digits", methods[best].name,
             100 * right);
    digits_free(&d);
}

// --- the program ------------------------------------------------------------

int main(int argc, char **argv)
{
    int folds = 5, count = 70000;
    char result[100];
    const Option own[] = {{"folds", "N", OPTION_INT, &folds, 2, 20, NULL,
                           "parts of the cross-validation"},
                          {"digits", "N", OPTION_INT, &count, 250, 70000, NULL,
                           "use at most so many of the digits"},
                          {0}};
    cli_parse(argc, argv,
              "The classic algorithms of machine learning: on points that can "
              "be drawn, on\nwords, and on pictures of digits, all of them in "
              "one table.",
              own, &run);
    printf("The classics of machine learning: about %s of memory.\n"
           "A tilde marks what depends on the machine.\n\n",
           run.quick ? "4 seconds and 60 MB" : "50 seconds and 250 MB");
    fflush(stdout);
    a_line();
    overfitting();
    Rng rng = rng_new(run.seed + 1);
    Examples train = examples_moons(&rng, 200, 0.25f);
    Examples test = examples_moons(&rng, 1000, 0.25f);
    two_ways(&train);
    regions(&train, &test);
    examples_free(&train), examples_free(&test);
    groups();
    words();
    digits(result, sizeof result, folds, count);
    printf("=> %s\n", result);
    return 0;
}
