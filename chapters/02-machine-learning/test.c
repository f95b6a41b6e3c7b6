// Tests of chapter 2: every algorithm against scikit-learn on the same data
// and settings (golden/classics.py), against cases worked out by hand, and
// against laws that must hold.
#include "common/testing.h"

#include "02-machine-learning/bayes.h"
#include "02-machine-learning/cluster.h"
#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/examples.h"
#include "02-machine-learning/forest.h"
#include "02-machine-learning/linear.h"
#include "02-machine-learning/logistic.h"
#include "02-machine-learning/methods.h"
#include "02-machine-learning/neighbours.h"
#include "02-machine-learning/pca.h"
#include "02-machine-learning/svm.h"
#include "02-machine-learning/texts.h"
#include "02-machine-learning/tree.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>

enum { N = 151, M = 53, D = 7, K = 3 };

static Safetensors file;
static Examples e, two; // 3 classes; class 1 against the others
static float *x2, *number;

static const Tensor *tensor(const char *name)
{
    const Tensor *t = safetensors_find(&file, name);
    if (!t)
        fail_msg("there is no golden %s", name);
    return t;
}

static float *golden(const char *name)
{
    const Tensor *t = tensor(name);
    float *to = test_malloc(t->count * sizeof *to + 1);
    tensor_read(&file, t, to, t->count);
    return to;
}

static int *whole_numbers(const char *name)
{
    const Tensor *t = tensor(name);
    float *from = golden(name);
    int *to = test_malloc(t->count * sizeof *to + 1);
    for (size_t i = 0; i < t->count; i++)
        to[i] = (int)from[i];
    test_free(from);
    return to;
}

// Compares `got` with all of the golden tensor; says what scikit-learn has.
static void same(const char *name, const float *got, double tolerance)
{
    const Tensor *t = tensor(name);
    float *want = golden(name);
    size_t worst;
    const size_t wrong = testing_wrong(got, want, t->count, tolerance, &worst);
    if (wrong)
        fail_msg("%s: %zu of %zu differ; number %zu is %.8g, scikit-learn has "
                 "%.8g",
                 name, wrong, t->count, worst, (double)got[worst],
                 (double)want[worst]);
    test_free(want);
}

static void same_doubles(const char *name, const double *got, double tolerance)
{
    const size_t n = tensor(name)->count;
    float *rounded = test_malloc(n * sizeof *rounded);
    for (size_t i = 0; i < n; i++)
        rounded[i] = (float)got[i];
    same(name, rounded, tolerance);
    test_free(rounded);
}

static void same_int(const char *name, const int *got)
{
    int *want = whole_numbers(name);
    for (size_t i = 0; i < tensor(name)->count; i++)
        if (got[i] != want[i])
            fail_msg("%s: number %zu is %d, scikit-learn has %d", name, i,
                     got[i], want[i]);
    test_free(want);
}

static int open_golden(void **state)
{
    (void)state;
    file = safetensors_open(
        "chapters/02-machine-learning/golden/classics.safetensors");
    e = (Examples){N, D, K, golden("x"), whole_numbers("label")};
    two = (Examples){N, D, 2, golden("x"), whole_numbers("label")};
    for (int i = 0; i < N; i++)
        two.label[i] = two.label[i] == 1;
    x2 = golden("x2");
    number = golden("number");
    return 0;
}

static int close_golden(void **state)
{
    (void)state;
    test_free(e.x), test_free(e.label), test_free(two.x), test_free(two.label);
    test_free(x2), test_free(number);
    safetensors_close(&file);
    return 0;
}

// Rows of scores to probabilities.
static void to_probabilities(float *score, int n, int k)
{
    for (int i = 0; i < n; i++)
        softmax_row(score + i * k, score + i * k, k);
}

// --- linear -----------------------------------------------------------------

// A = [[4, 2], [2, 5]] has L = [[2, 0], [1, 2]].
static void cholesky_by_hand(void **state)
{
    (void)state;
    double A[4] = {4, 99, 2, 5}, b[2] = {8, 12};
    assert_true(cholesky(A, 2));
    assert_true(A[0] == 2 && A[2] == 1 && A[3] == 2);
    cholesky_solve(A, 2, b); // 4 + 4 = 8, 2 + 10 = 12
    assert_true(fabs(b[0] - 1) < 1e-15 && fabs(b[1] - 2) < 1e-15);
    double not_positive[4] = {1, 0, 2, 1};
    assert_false(cholesky(not_positive, 2));
    double one[1] = {9};
    assert_true(cholesky(one, 1) && one[0] == 3);
    assert_true(cholesky(NULL, 0));
}

static void cholesky_solves_at_random(void **state)
{
    (void)state;
    enum { SIZE = 23 };
    Rng rng = rng_new(3);
    double B[SIZE * SIZE], A[SIZE * SIZE] = {0}, want[SIZE], b[SIZE] = {0};
    for (int i = 0; i < SIZE * SIZE; i++)
        B[i] = (double)rng_normal(&rng);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            for (int k = 0; k < SIZE; k++)
                A[i * SIZE + j] +=
                    B[i * SIZE + k] * B[j * SIZE + k] + (i == j ? 0.1 : 0);
    for (int i = 0; i < SIZE; i++)
        want[i] = (double)rng_normal(&rng);
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++)
            b[i] += A[i * SIZE + j] * want[j];
    assert_true(cholesky(A, SIZE));
    cholesky_solve(A, SIZE, b);
    for (int i = 0; i < SIZE; i++)
        assert_true(fabs(b[i] - want[i]) < 1e-9);
}

static void ridge_equals_sklearn(void **state)
{
    (void)state;
    float all[D + 1], guess[M];
    Planes p = ridge_fit(e.x, N, D, number, 1, 0);
    memcpy(all, p.w, sizeof all - sizeof *all);
    all[D] = p.b[0];
    same("least_squares", all, 2e-6);
    planes_free(&p);
    p = ridge_fit(e.x, N, D, number, 1, 3.5);
    memcpy(all, p.w, sizeof all - sizeof *all);
    all[D] = p.b[0];
    same("ridge", all, 2e-6);
    planes_score(&p, x2, M, guess);
    same("ridge.predict", guess, 4e-6);
    planes_free(&p);
}

// Many columns of y at once give what each gives alone.
static void ridge_of_two_targets(void **state)
{
    (void)state;
    float both[N * 2];
    for (int i = 0; i < N; i++) {
        both[2 * i] = number[i];
        both[2 * i + 1] = (float)e.label[i];
    }
    Planes p = ridge_fit(e.x, N, D, both, 2, 3.5);
    Planes q = ridge_fit(e.x, N, D, number, 1, 3.5);
    assert_close(p.w, q.w, D, 1e-6);
    assert_close(p.b, q.b, 1, 1e-6);
    planes_free(&p), planes_free(&q);
}

static void descent_comes_to_the_apart(void **state)
{
    (void)state;
    double loss[3000];
    float all[D + 1];
    Planes p = ridge_descend(e.x, N, D, number, 3.5, 0.05, 3000, loss);
    memcpy(all, p.w, sizeof all - sizeof *all);
    all[D] = p.b[0];
    same("ridge", all, 5e-6);
    for (int s = 1; s < 3000; s++)
        assert_true(loss[s] <= loss[s - 1] * (1 + 1e-12));
    planes_free(&p);
}

static void no_single_answer(void *unused)
{
    (void)unused;
    const float x[] = {1, 2, 2, 4, 3, 6}, y[] = {1, 2, 3};
    ridge_fit(x, 3, 2, y, 1, 0);
}

static void least_squares_needs_independent_features(void **state)
{
    (void)state;
    assert_dies(no_single_answer, NULL, 1, "no single answer");
}

static void logistic_equals_sklearn(void **state)
{
    (void)state;
    float all[D + 1], score[M];
    double loss[12];
    Planes p = logistic_newton(&two, 0.5, 12, loss);
    memcpy(all, p.w, sizeof all - sizeof *all);
    all[D] = p.b[0];
    same("logistic", all, 2e-5);
    planes_score(&p, x2, M, score);
    for (int i = 0; i < M; i++)
        score[i] = 1 / (1 + expf(-score[i]));
    same("logistic.p", score, 1e-5);
    assert_true(fabs(loss[0] - N * log(2)) < 1e-9); // all p are 1/2
    assert_true(loss[11] <= loss[5] && loss[5] < loss[0]);
    planes_free(&p);
}

static void softmax_equals_sklearn(void **state)
{
    (void)state;
    float score[M * K];
    Planes p = softmax_fit(&e, 0.5, 1000, NULL);
    same("softmax.w", p.w, 2e-4);
    same("softmax.b", p.b, 2e-4);
    planes_score(&p, x2, M, score);
    to_probabilities(score, M, K);
    same("softmax.p", score, 5e-5);
    planes_free(&p);
}

// The objective of Pegasos against the optimum that LIBLINEAR finds, and the
// same guesses but for points next to the plane.
static void svm_comes_near_the_optimum(void **state)
{
    (void)state;
    const double lambda = 0.01;
    float *best = golden("svm.objective"), *theirs = golden("svm.score");
    float score[M];
    Planes p = svm_fit(&two, lambda, 2000, 1);
    const double got = svm_objective(&two, &p, 0, 1, lambda);
    if (!(got >= (double)*best * 0.99999 && got < (double)*best * 1.005))
        fail_msg("the objective is %.6f, the optimum %.6f", got, (double)*best);
    planes_score(&p, x2, M, score);
    for (int i = 0; i < M; i++)
        if (fabsf(theirs[i]) > 0.2f && (score[i] > 0) != (theirs[i] > 0))
            fail_msg("point %d: score %.3f, LIBLINEAR has %.3f", i,
                     (double)score[i], (double)theirs[i]);
    planes_free(&p);
    test_free(best), test_free(theirs);
}

// --- neighbours, Bayes ------------------------------------------------------

static void neighbours_equal_sklearn(void **state)
{
    (void)state;
    int near[M * 5];
    float share[M * K];
    neighbours(&e, 5, x2, M, near);
    same_int("near", near);
    neighbours_vote(&e, 5, x2, M, share);
    same("near.p", share, 1e-6);
}

// On a line, with equal distances: the smaller number comes first. All are
// asked for.
static void neighbours_by_hand(void **state)
{
    (void)state;
    float at[] = {0, 2, 4, 10};
    int label[] = {0, 1, 1, 0}, near[4];
    Examples line = {4, 1, 2, at, label};
    neighbours(&line, 4, &(float){3}, 1, near);
    assert_true(near[0] == 1 && near[1] == 2 && near[2] == 0 && near[3] == 3);
    float share[2];
    neighbours_vote(&line, 3, &(float){3}, 1, share);
    assert_close(share, ((float[]){1 / 3.0f, 2 / 3.0f}), 2, 1e-6);
}

static void gauss_bayes_equals_sklearn(void **state)
{
    (void)state;
    float score[M * K];
    GaussBayes m = gauss_bayes_fit(&e, 1e-3);
    same_doubles("gauss.mean", m.mean, 2e-7);
    same_doubles("gauss.var", m.var, 2e-7);
    gauss_bayes_score(&m, x2, M, score);
    to_probabilities(score, M, K);
    same("gauss.p", score, 1e-5);
    gauss_bayes_free(&m);
}

static void word_bayes_equals_sklearn(void **state)
{
    (void)state;
    float *count = golden("count"), *count2 = golden("count2"), score[M * K];
    Examples words = {N, 5, K, count, e.label};
    Planes p = word_bayes_fit(&words, 1);
    same("word.w", p.w, 2e-7);
    same("word.b", p.b, 2e-7);
    planes_score(&p, count2, M, score);
    to_probabilities(score, M, K);
    same("word.p", score, 1e-5);
    planes_free(&p);
    test_free(count), test_free(count2);
}

// --- trees ------------------------------------------------------------------

static int *counted(int n)
{
    int *which = new_array(n, sizeof *which);
    for (int i = 0; i < n; i++)
        which[i] = i;
    return which;
}

static Tree tree_on(const float *x, int n, int d, Targets t, TreeSetting s)
{
    Columns c = columns_new(x, n, d);
    int *which = counted(n);
    Rng rng = rng_new(1);
    Tree tree = tree_grow(&c, &t, which, n, s, &rng);
    columns_free(&c);
    free(which);
    return tree;
}

static void same_tree(const char *name, const Tree *t)
{
    static const char *const part[] = {".feature", ".threshold", ".left",
                                       ".right", ".value"};
    for (int k = 0; k < 5; k++) {
        char full[64];
        snprintf(full, sizeof full, "%s%s", name, part[k]);
        const size_t n = tensor(full)->count;
        assert_int_equal(n, t->nodes * (k == 4 ? t->k : 1));
        double *got = new_array(n, sizeof *got);
        for (size_t i = 0; i < n; i++)
            got[i] = k == 0   ? t->node[i].feature
                     : k == 1 ? t->node[i].threshold
                     : k == 2 ? t->node[i].left
                     : k == 3 ? t->node[i].right
                              : t->value[i];
        same_doubles(full, got, k == 4 ? 1e-6 : 1e-7);
        free(got);
    }
}

static void trees_equal_sklearn(void **state)
{
    (void)state;
    double target[N];
    for (int i = 0; i < N; i++)
        target[i] = (double)number[i];
    Tree t =
        tree_on(e.x, N, D, (Targets){K, e.label, NULL}, (TreeSetting){4, 5, 0});
    same_tree("tree", &t);
    cart_free(&t);
    t = tree_on(e.x, N, D, (Targets){1, NULL, target}, (TreeSetting){4, 3, 0});
    same_tree("number_tree", &t);
    cart_free(&t);
}

// With repeated values and ties: as good a question, by Gini.
static void coarse_values(void **state)
{
    (void)state;
    float x[N * D];
    for (int i = 0; i < N * D; i++)
        x[i] = rintf(e.x[i] * 4) / 4; // halves to even, as NumPy does
    Tree t =
        tree_on(x, N, D, (Targets){K, e.label, NULL}, (TreeSetting){1, 1, 0});
    float *want = golden("stump.impurity"), *size = golden("stump.count");
    double gini[3];
    for (int i = 0; i < 3; i++) {
        gini[i] = 1;
        for (int c = 0; c < K; c++)
            gini[i] -= t.value[i * K + c] * t.value[i * K + c];
    }
    int left = 0;
    for (int i = 0; i < N; i++)
        left += tree_leaf(&t, x + i * D) == 1;
    const double got = (left * gini[1] + (N - left) * gini[2]) / N;
    const double best = (double)(size[1] * want[1] + size[2] * want[2]) / N;
    assert_true(fabs(gini[0] - (double)want[0]) < 1e-6);
    if (fabs(got - best) > 1e-6)
        fail_msg("the question leaves Gini %.7f, scikit-learn's %.7f", got,
                 best);
    test_free(want), test_free(size);
    cart_free(&t);
}

// A small node is sorted, a large one counted: the same tree must come out if
// all values are spread so that there are many more places than examples.
static void few_examples_of_many(void **state)
{
    (void)state;
    enum { MANY = 1009, FEW = 61 };
    Rng rng = rng_new(5);
    float *x = new_array(MANY * 3, sizeof *x), few[FEW * 3];
    int label[MANY], which[FEW], small_label[FEW];
    for (int i = 0; i < MANY * 3; i++)
        x[i] = rng_normal(&rng);
    for (int i = 0; i < MANY; i++)
        label[i] = x[3 * i] * x[3 * i + 1] > 0;
    for (int i = 0; i < FEW; i++) {
        which[i] = 7 * i + 3;
        small_label[i] = label[which[i]];
        memcpy(few + 3 * i, x + 3 * which[i], 3 * sizeof *x);
    }
    Columns c = columns_new(x, MANY, 3);
    Tree a = tree_grow(&c, &(Targets){2, label, NULL}, which, FEW,
                       (TreeSetting){0, 1, 0}, NULL);
    Tree b = tree_on(few, FEW, 3, (Targets){2, small_label, NULL},
                     (TreeSetting){0, 1, 0});
    assert_int_equal(a.nodes, b.nodes);
    assert_true(a.nodes > 10);
    for (int i = 0; i < a.nodes; i++) {
        assert_int_equal(a.node[i].feature, b.node[i].feature);
        assert_true(a.node[i].threshold == b.node[i].threshold);
    }
    for (int i = 0; i < FEW; i++) { // nothing is left impure
        int leaf = tree_leaf(&a, few + 3 * i);
        assert_true(a.value[2 * leaf + small_label[i]] == 1);
    }
    cart_free(&a), cart_free(&b);
    columns_free(&c);
    free(x);
}

static void trees_of_one_and_of_the_same(void **state)
{
    (void)state;
    float x[] = {1, 1, 1, 1};
    int label[] = {0, 1, 1, 1};
    Tree t =
        tree_on(x, 1, 1, (Targets){2, label, NULL}, (TreeSetting){0, 1, 0});
    assert_int_equal(t.nodes, 1);
    assert_true(t.value[0] == 1);
    cart_free(&t);
    t = tree_on(x, 4, 1, (Targets){2, label, NULL}, (TreeSetting){0, 1, 1});
    assert_int_equal(t.nodes, 1); // there is nothing to ask
    assert_true(t.value[0] == 0.25);
    cart_free(&t);
    float zeros[] = {-0.0f, 0, -1, 1}; // -0 is 0, and no value of its own
    Columns c = columns_new(zeros, 4, 1);
    assert_int_equal(c.start[1], 3);
    assert_true(c.place[0] == 1 && c.place[1] == 1 && c.place[2] == 0);
    columns_free(&c);
}

static void forest_equals_sklearn(void **state)
{
    (void)state;
    float score[M * K];
    int *draw = whole_numbers("forest.draw");
    Forest f = forest_grow_on(&e, 5, (TreeSetting){3, 1, 0}, 1, draw);
    forest_score(&f, x2, M, D, score);
    same("forest.p", score, 1e-6);
    forest_free(&f);
    test_free(draw);
}

static void boosting_equals_sklearn(void **state)
{
    (void)state;
    float *least2 = golden("boost2.least"), *least3 = golden("boost3.least");
    float score[M * K], second[M];
    double loss[20];
    Boost b =
        boost_fit(&two, 20, 0.1, (TreeSetting){2, (int)*least2, 0}, 1, loss);
    boost_score(&b, x2, M, D, score);
    for (int i = 0; i < M; i++) {
        assert_true(score[2 * i] == 0);
        second[i] = score[2 * i + 1];
    }
    same("boost2.score", second, 2e-6);
    for (int r = 1; r < 20; r++)
        assert_true(loss[r] < loss[r - 1]);
    boost_free(&b);
    b = boost_fit(&e, 20, 0.1, (TreeSetting){2, (int)*least3, 0}, 1, NULL);
    boost_score(&b, x2, M, D, score);
    same("boost3.score", score, 2e-6);
    boost_free(&b);
    test_free(least2), test_free(least3);
}

// --- groups and directions --------------------------------------------------

static void kmeans_equals_sklearn(void **state)
{
    (void)state;
    float *centre = golden("kmeans.start"), *want = golden("kmeans.inertia");
    int label[N], rounds;
    double sum = kmeans(e.x, N, D, 4, 100, centre, label, &rounds);
    same_int("kmeans.label", label);
    same("kmeans.centre", centre, 2e-6);
    if (fabs(sum - (double)*want) > 1e-6 * sum)
        fail_msg("the sum of squares is %.6f, scikit-learn's %.6f", sum,
                 (double)*want);
    assert_true(rounds > 2 && rounds < 100);
    test_free(centre), test_free(want);
}

// 0, 1, 10, 11 from the centres 0 and 1: in one round the groups are {0} and
// {1, 10, 11}, in the next {0, 1} and {10, 11}.
static void kmeans_by_hand(void **state)
{
    (void)state;
    const float x[] = {0, 1, 10, 11};
    float centre[] = {0, 1};
    int label[4];
    double sum = kmeans(x, 4, 1, 2, 10, centre, label, NULL);
    assert_true(centre[0] == 0.5f && centre[1] == 10.5f && sum == 1);
    float apart[] = {5, 99}; // the second centre gets nothing and stays
    kmeans(x, 4, 1, 2, 10, apart, label, NULL);
    assert_true(apart[0] == 5.5f && apart[1] == 99);
}

// A point that is a centre already is never chosen again, and far points are
// chosen in proportion to the square of their distance.
static void kmeans_start_prefers_far_points(void **state)
{
    (void)state;
    const float x[] = {0, 0, 0, 1, 3}; // from 0: squares 1 and 9
    Rng rng = rng_new(1);
    int far = 0, of = 0;
    for (int i = 0; i < 4000; i++) {
        float centre[2];
        kmeans_start(x, 5, 1, 2, &rng, centre);
        assert_true(centre[0] != centre[1]);
        of += centre[0] == 0;
        far += centre[0] == 0 && centre[1] == 3;
    }
    const double share = (double)far / of; // 0.9 +- 0.006
    if (fabs(share - 0.9) > 0.03)
        fail_msg("3 follows 0 in %.3f of the cases, not in 0.9", share);
}

// The distance to the nearest centre counts, not to the last one: from 0 and
// 100, the points 1 and 99 are equally far.
static void kmeans_start_looks_at_all_centres(void **state)
{
    (void)state;
    const float x[] = {0, 100, 1, 99};
    Rng rng = rng_new(3);
    int one = 0, ends = 0;
    for (int i = 0; i < 6000; i++) {
        float c[3];
        kmeans_start(x, 4, 1, 3, &rng, c);
        ends += c[0] == 0 && c[1] == 100;
        one += c[0] == 0 && c[1] == 100 && c[2] == 99;
    }
    if (!(fabs((double)one / ends - 0.5) < 0.1))
        fail_msg("99 follows 0 and 100 in %d of %d cases", one, ends);
}

static void mixture_equals_sklearn(void **state)
{
    (void)state;
    const double floor = 1e-3;
    int *label = whole_numbers("mixture.label");
    double bound = 0, before = -INFINITY, density[M];
    Mixture m = mixture_new(e.x, N, D, 3, label, floor);
    for (int round = 0; round < 10; round++) {
        bound = mixture_step(&m, e.x, N, floor);
        assert_true(bound > before - 1e-3); // the floor may cost a little
        before = bound;
    }
    same_doubles("mixture.weight", m.weight, 1e-6);
    same_doubles("mixture.mean", m.mean, 1e-6);
    same_doubles("mixture.cov", m.cov, 1e-6);
    same_doubles("mixture.bound", &bound, 1e-6);
    mixture_density(&m, x2, M, density);
    same_doubles("mixture.density", density, 2e-6);
    mixture_free(&m);
    test_free(label);
}

static void pca_equals_sklearn(void **state)
{
    (void)state;
    Pca p = pca_fit(e.x, N, D, D);
    same("pca.axis", p.axis, 2e-6);
    same("pca.variance", p.variance, 2e-6);
    float z[M * D], back[M * D];
    pca_apply(&p, x2, M, z);
    pca_undo(&p, z, M, back); // all directions: nothing is lost
    assert_close(back, x2, M * D, 4e-6);
    pca_free(&p);

    float *wide = golden("wide");
    p = pca_fit(wide, N, 97, 6);
    same("wide.axis", p.axis, 5e-6);
    same("wide.variance", p.variance, 5e-6);
    pca_free(&p);
    test_free(wide);
}

// [[2, 1], [1, 2]]: 3 along (1, 1), 1 along (1, -1).
static void eigenvectors_by_hand(void **state)
{
    (void)state;
    double A[] = {2, 1, 1, 2}, value[2], vector[4], v[2] = {1, 0.2};
    assert_true(fabs(power_iteration(A, 2, v, 40) - 3) < 1e-12);
    assert_true(fabs(v[0] - sqrt(0.5)) < 1e-9 && fabs(v[1] - v[0]) < 1e-9);
    jacobi(A, 2, value, vector);
    assert_true(fabs(value[0] - 3) < 1e-12 && fabs(value[1] - 1) < 1e-12);
    assert_true(fabs(vector[0] - vector[1]) < 1e-12);
    assert_true(fabs(vector[2] + vector[3]) < 1e-12);
}

// A V^T = V^T diag(value) for a random symmetric matrix.
static void jacobi_at_random(void **state)
{
    (void)state;
    enum { SIZE = 29 };
    Rng rng = rng_new(9);
    double A[SIZE * SIZE], kept[SIZE * SIZE], value[SIZE], V[SIZE * SIZE];
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j <= i; j++)
            A[i * SIZE + j] = A[j * SIZE + i] = (double)rng_normal(&rng);
    memcpy(kept, A, sizeof A);
    jacobi(A, SIZE, value, V);
    for (int i = 0; i < SIZE; i++) {
        assert_true(i == 0 || value[i] <= value[i - 1]);
        for (int j = 0; j < SIZE; j++) {
            double sum = 0, product = 0;
            for (int k = 0; k < SIZE; k++) {
                sum += kept[j * SIZE + k] * V[i * SIZE + k];
                product += V[i * SIZE + k] * V[j * SIZE + k];
            }
            assert_true(fabs(sum - value[i] * V[i * SIZE + j]) < 1e-9);
            assert_true(fabs(product - (i == j)) < 1e-9);
        }
    }
}

// --- judging ----------------------------------------------------------------

static void judging_equals_sklearn(void **state)
{
    (void)state;
    float *score = golden("roc.score");
    int *truth = whole_numbers("judge.truth");
    int *guess = whole_numbers("judge.guess"), table[4];
    double x[M + 1], y[M + 1], area = auc(score, truth, M);
    assert_int_equal(roc(score, truth, M, x, y), tensor("roc.x")->count);
    same_doubles("roc.x", x, 1e-7);
    same_doubles("roc.y", y, 1e-7);
    same_doubles("roc.auc", &area, 1e-7);
    confusion(guess, truth, M, 2, table);
    same_int("judge.table", table);
    Finding f = finding(guess, truth, M);
    same_doubles("judge.found", (double[]){f.precision, f.recall, f.f1}, 1e-7);
    test_free(score), test_free(truth), test_free(guess);
}

// The area is the share of pairs in the right order, equal ones half.
static void area_counts_pairs(void **state)
{
    (void)state;
    const float score[] = {0.9f, 0.8f, 0.5f, 0.5f, 0.5f, 0.1f};
    const int label[] = {1, 0, 1, 1, 0, 0};
    // 0.9 beats 3; each 0.5 beats 0.1, loses to 0.8, and half beats 0.5.
    const double want = (3 + 2 * 1.5) / 9;
    assert_true(fabs(auc(score, label, 6) - want) < 1e-12);
    const int guess[] = {0, 0, 0};
    Finding f = finding(guess, label, 3);
    assert_true(f.precision == 0 && f.recall == 0 && f.f1 == 0);
}

static void folds_part_everything(void **state)
{
    (void)state;
    enum { ALL = 23 };
    Rng rng = rng_new(1);
    int *order = shuffled(&rng, ALL), train[ALL], seen[ALL] = {0};
    for (int fold = 0; fold < 5; fold++) {
        int from, to, n = fold_part(order, ALL, 5, fold, train, &from, &to);
        assert_int_equal(n + to - from, ALL);
        assert_true(to - from == 4 || to - from == 5);
        for (int i = from; i < to; i++) {
            seen[order[i]]++;
            for (int k = 0; k < n; k++)
                assert_true(train[k] != order[i]);
        }
    }
    for (int i = 0; i < ALL; i++)
        assert_int_equal(seen[i], 1);
    free(order);
}

// --- texts ------------------------------------------------------------------

static Texts three_texts(void)
{
    static const char *const said[] = {"the cat the hat ", "a cat ", " "};
    Texts t = {3,    2, new_array(3, sizeof(Buffer)), new_array(3, sizeof(int)),
               NULL, ""};
    for (int i = 0; i < 3; i++) {
        buffer_add(&t.text[i], said[i], strlen(said[i]));
        t.subject[i] = i % 2;
    }
    return t;
}

static void words_by_hand(void **state)
{
    (void)state;
    Texts t = three_texts();
    Words w = words_of(&t, (int[]){0, 1, 2}, 3, 3);
    assert_int_equal(w.n, 3); // the: 2, cat: 2, then a and hat: 1
    assert_string_equal(w.word[0], "cat");
    assert_string_equal(w.word[1], "the");
    assert_string_equal(w.word[2], "a");
    Examples count = words_count(&w, &t, (int[]){1, 0, 2}, 3);
    assert_close(count.x, ((float[]){1, 0, 1, 1, 2, 0, 0, 0, 0}), 9, 0);
    assert_true(count.label[0] == 1 && count.label[1] == 0);
    words_free(&w);
    examples_free(&count);
    w = words_of(&t, (int[]){2}, 1, 3); // no word at all
    assert_int_equal(w.n, 0);
    words_free(&w);
    texts_free(&t);
}

static void letters_are_repeatable(void **state)
{
    (void)state;
    Rng a = rng_new(7), b = rng_new(7);
    Texts one = texts_made(&a, 20), two_of = texts_made(&b, 20);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(one.subject[i], two_of.subject[i]);
        assert_int_equal(one.text[i].length, two_of.text[i].length);
        assert_memory_equal(one.text[i].at, two_of.text[i].at,
                            one.text[i].length);
        assert_true(one.text[i].length > 12 * 2);
    }
    texts_free(&one), texts_free(&two_of);
}

static void write_to(const char *dir, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    text_write(path, text, strlen(text));
}

static void read_brown(void *context)
{
    Run run = {.data = context};
    Texts t = texts_brown(&run);
    texts_free(&t);
}

static void brown_from_a_folder(void **state)
{
    (void)state;
    char dir[512];
    snprintf(dir, sizeof dir, "%s", testing_dir("brown"));
    Run run = {.data = dir};
    Texts t = texts_brown(&run);
    assert_int_equal(t.n, 0); // nothing is there
    write_to(dir, "cats.txt", "cj01 learned\ncr02 humor\n");
    assert_dies(read_brown, dir, 1, "cj01 is missing");
    write_to(dir, "cj01", "\n\tThe/at Co-op/nn ,/, isn't/bez 3/cd ./.\n");
    write_to(dir, "cr02", "");
    t = texts_brown(&run);
    assert_int_equal(t.n, 2);
    assert_true(t.subject[0] == 3 && t.subject[1] == 4);
    assert_int_equal(t.text[0].length, 14);
    assert_memory_equal(t.text[0].at, "the coop isnt ", 14);
    assert_int_equal(t.text[1].length, 0);
    texts_free(&t);
    assert_refused(1, "the Brown corpus: 2 texts, at least 100 are needed",
                   "02-machine-learning --quick --data %s", dir);
    write_to(dir, "cats.txt", "cj01 learned\n\n");
    assert_dies(read_brown, dir, 1, "cats.txt");
}

// --- all methods ------------------------------------------------------------

static Setting small(void)
{
    Setting s = for_plane;
    s.trees = s.rounds = 11;
    s.epochs = 5;
    return s;
}

static float *scores_of(const Method *m, const Setting *s, int threads)
{
    float *score = new_array(M * K, sizeof *score);
    threads_set(threads);
    void *model = m->fit(&e, s);
    m->score(model, x2, M, score);
    m->free(model);
    threads_set(0);
    return score;
}

static void threads_change_nothing(void **state)
{
    (void)state;
    Setting s = small();
    for (int i = 0; i < METHODS; i++) {
        s.components = i == PCA_NEAREST ? 3 : 0;
        if (i == WORD_BAYES) // has counts for features
            continue;
        float *one = scores_of(&methods[i], &s, 1);
        float *many = scores_of(&methods[i], &s, 7);
        if (memcmp(one, many, M * K * sizeof *one) != 0)
            fail_msg("%s: 7 threads give other scores than 1", methods[i].name);
        free(one), free(many);
    }
}

// Three round clouds far apart: everybody tells them apart.
static void everybody_parts_clouds(void **state)
{
    (void)state;
    const float centre[] = {1, 9, 9, 1, 9, 9};
    Rng rng = rng_new(4);
    Examples train = examples_clouds(&rng, 99, 3, centre, 0.7f);
    Examples test = examples_clouds(&rng, 61, 3, centre, 0.7f);
    Setting s = small();
    for (int i = 0; i < METHODS; i++) {
        int guess[61];
        s.components = i == PCA_NEAREST ? 2 : 0;
        if (i == WORD_BAYES) // knows directions only: two lie in the same one
            continue;
        learn_and_guess(&methods[i], &s, &train, test.x, test.n, guess, NULL,
                        NULL);
        const double got = accuracy(guess, test.label, test.n);
        if (got < 0.98)
            fail_msg("%s: only %.3f are right", methods[i].name, got);
    }
    examples_free(&train), examples_free(&test);
}

static void fewer_digits_are_refused(void **state)
{
    (void)state;
    testing_dir("02-digits"); // ten black ones
    assert_refused(1, "MNIST: 10 digits, at least 250 are needed",
                   "for k in 0 1 2 3 4 5 6 7 8 9; do { printf '{\"data\":[0'; "
                   "yes ,0 | head -n 783 | tr -d '\\n'; echo ']}'; } > "
                   "$HERE/$k.json; done; "
                   "02-machine-learning --quick --data $HERE");
}

// With this seed none of the 50 digits that are judged is an 8.
static void few_digits_without_an_eight(void **state)
{
    (void)state;
    static char said[10000];
    assert_int_equal(testing_run(said, sizeof said,
                                 "02-machine-learning --quick --digits 250 "
                                 "--seed 163"),
                     0);
    assert_non_null(strstr(said, "Not one of the 50 new digits is."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_digits_are_refused),
        cmocka_unit_test(few_digits_without_an_eight),
        cmocka_unit_test(cholesky_by_hand),
        cmocka_unit_test(cholesky_solves_at_random),
        cmocka_unit_test(ridge_equals_sklearn),
        cmocka_unit_test(ridge_of_two_targets),
        cmocka_unit_test(descent_comes_to_the_apart),
        cmocka_unit_test(least_squares_needs_independent_features),
        cmocka_unit_test(logistic_equals_sklearn),
        cmocka_unit_test(softmax_equals_sklearn),
        cmocka_unit_test(svm_comes_near_the_optimum),
        cmocka_unit_test(neighbours_equal_sklearn),
        cmocka_unit_test(neighbours_by_hand),
        cmocka_unit_test(gauss_bayes_equals_sklearn),
        cmocka_unit_test(word_bayes_equals_sklearn),
        cmocka_unit_test(trees_equal_sklearn),
        cmocka_unit_test(coarse_values),
        cmocka_unit_test(few_examples_of_many),
        cmocka_unit_test(trees_of_one_and_of_the_same),
        cmocka_unit_test(forest_equals_sklearn),
        cmocka_unit_test(boosting_equals_sklearn),
        cmocka_unit_test(kmeans_equals_sklearn),
        cmocka_unit_test(kmeans_by_hand),
        cmocka_unit_test(kmeans_start_prefers_far_points),
        cmocka_unit_test(kmeans_start_looks_at_all_centres),
        cmocka_unit_test(mixture_equals_sklearn),
        cmocka_unit_test(pca_equals_sklearn),
        cmocka_unit_test(eigenvectors_by_hand),
        cmocka_unit_test(jacobi_at_random),
        cmocka_unit_test(judging_equals_sklearn),
        cmocka_unit_test(area_counts_pairs),
        cmocka_unit_test(folds_part_everything),
        cmocka_unit_test(words_by_hand),
        cmocka_unit_test(letters_are_repeatable),
        cmocka_unit_test(brown_from_a_folder),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(everybody_parts_clouds),
    };
    return cmocka_run_group_tests(tests, open_golden, close_golden);
}
