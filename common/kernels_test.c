// Tests of the kernels: every product against three plain loops in double, on
// shapes that fit no tile; the same bits for 1, 2 and 3 threads; the functions
// against libm in double over dense sweeps, within the units in the last place
// that kernels.h promises.
#include "common/testing.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/rng.h"
#include "common/threads.h"

#include <float.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

typedef void Gemm(int, int, int, const float *, int, const float *, int,
                  float *, int, bool);

// One product with everything around it: sizes, the form, and how much wider
// than necessary each matrix is.
typedef struct Product {
    int M, N, K;
    Gemm *gemm;
    bool a_flipped, b_flipped; // A is K x M, B is N x K
    int wider;
    bool accumulate;
} Product;

static const float GUARD = 12345.0f; // stands where nothing may be written

static float *random_floats(Rng *r, size_t n)
{
    float *x = new_array(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(r);
    return x;
}

static int a_stride(const Product *p)
{
    return (p->a_flipped ? p->M : p->K) + p->wider;
}

static int b_stride(const Product *p)
{
    return (p->b_flipped ? p->K : p->N) + 2 * p->wider;
}

static int c_stride(const Product *p)
{
    return p->N + 3 * p->wider;
}

// Exactly as many floats as the matrix has, so that reading past the last row
// is caught by AddressSanitizer.
static size_t floats(int rows, int cols, int stride)
{
    return rows ? (size_t)(rows - 1) * stride + cols : 0;
}

static size_t a_floats(const Product *p)
{
    return p->a_flipped ? floats(p->K, p->M, a_stride(p))
                        : floats(p->M, p->K, a_stride(p));
}

static size_t b_floats(const Product *p)
{
    return p->b_flipped ? floats(p->N, p->K, b_stride(p))
                        : floats(p->K, p->N, b_stride(p));
}

// Runs p on C, whose gaps between rows hold GUARD.
static void run(const Product *p, const float *a, const float *b, float *c)
{
    p->gemm(p->M, p->N, p->K, a, a_stride(p), b, b_stride(p), c, c_stride(p),
            p->accumulate);
}

// The element (i, j) as it must be, and how far rounding may move it.
static double want(const Product *p, const float *a, const float *b, float c,
                   int i, int j, double *slack)
{
    double sum = p->accumulate ? c : 0, size = fabs(sum);
    for (int k = 0; k < p->K; k++) {
        double x = p->a_flipped ? a[(size_t)k * a_stride(p) + i]
                                : a[(size_t)i * a_stride(p) + k];
        double y = p->b_flipped ? b[(size_t)j * b_stride(p) + k]
                                : b[(size_t)k * b_stride(p) + j];
        sum += x * y;
        size += fabs(x * y);
    }
    *slack = size * 6e-8 * (2 + sqrt(p->K)); // a random walk of half units
    return sum;
}

static void check_product(const Product *p)
{
    Rng r = rng_new(1);
    float *a = random_floats(&r, a_floats(p));
    float *b = random_floats(&r, b_floats(p));
    int ldc = c_stride(p);
    size_t n = floats(p->M, p->N, ldc);
    float *c = random_floats(&r, n), *old = new_array(n, sizeof *old);
    for (size_t i = 0; i < n; i++) {
        if ((int)(i % ldc) >= p->N)
            c[i] = GUARD;
        else if (!p->accumulate)
            c[i] = NAN; // what was there must not matter
    }
    memcpy(old, c, n * sizeof *c);
    run(p, a, b, c);
    for (size_t at = 0; at < n; at++) {
        int i = (int)(at / ldc), j = (int)(at % ldc);
        double slack = 0, exact = GUARD;
        if (j < p->N)
            exact = want(p, a, b, old[at], i, j, &slack);
        if (!(fabs(c[at] - exact) <= slack))
            fail_msg("%d x %d x %d%s%s, wider %d%s: C(%d, %d) is %.9g, not "
                     "%.9g +- %.2g",
                     p->M, p->N, p->K, p->a_flipped ? ", A flipped" : "",
                     p->b_flipped ? ", B flipped" : "", p->wider,
                     p->accumulate ? ", accumulated" : "", i, j, c[at], exact,
                     slack);
    }
    free(a);
    free(b);
    free(c);
    free(old);
}

// One shape in all three forms, packed and with strides, new and accumulated.
static void check_shape(int M, int N, int K)
{
    static const Product forms[] = {
        {.gemm = gemm_nn},
        {.gemm = gemm_nt, .b_flipped = true},
        {.gemm = gemm_tn, .a_flipped = true},
    };
    for (int form = 0; form < 3; form++) {
        for (int variant = 0; variant < 4; variant++) {
            Product p = forms[form];
            p.M = M, p.N = N, p.K = K;
            p.wider = variant & 1 ? 5 : 0;
            p.accumulate = variant & 2;
            check_product(&p);
        }
    }
}

static void small_products(void **state)
{
    (void)state;
    static const int sizes[] = {0, 1, 2, 3, 5, 6, 7, 13, 16, 17, 31, 37};
    enum { N = sizeof sizes / sizeof *sizes };
    for (int m = 0; m < N; m++)
        for (int n = 0; n < N; n++)
            for (int k = 0; k < N; k++)
                check_shape(sizes[m], sizes[n], sizes[k]);
}

// Sizes on both sides of every block size, and threads at work.
static void large_products(void **state)
{
    (void)state;
    static const int shapes[][3] = {
        {1, 1031, 523}, {2, 257, 769},  {127, 1, 263},   {61, 67, 1021},
        {97, 101, 89},  {131, 37, 127}, {64, 64, 64},    {96, 96, 96},
        {3, 2053, 67},  {331, 17, 53},  {113, 127, 389},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        check_shape(shapes[i][0], shapes[i][1], shapes[i][2]);
}

// What a product gives for one row of A must not depend on the other rows,
// nor on the columns beside it: a sequence in a batch equals itself alone.
static void rows_and_columns_stand_alone(void **state)
{
    (void)state;
    enum { M = 211, N = 467, K = 811 };
    Rng r = rng_new(2);
    float *a = random_floats(&r, M * K), *b = random_floats(&r, N * K);
    float *whole = new_array(M * N, sizeof *whole);
    float part[3 * 5];
    Product p = {M, N, K, gemm_nn, false, false, 0, false};
    run(&p, a, b, whole);
    for (int i = 0; i + 3 <= M; i += 26) {
        for (int j = 0; j + 5 <= N; j += 23) {
            gemm_nn(3, 5, K, a + i * K, K, b + j, N, part, 5, false);
            for (int row = 0; row < 3; row++)
                assert_memory_equal(part + row * 5, whole + (i + row) * N + j,
                                    5 * sizeof *part);
        }
    }
    float alone[N];
    for (int n = 1; n <= N; n += 6) { // one row has a kernel of its own
        for (int add = 0; add <= 1; add++) {
            gemm_nn(1, n, K, a, K, b, N, alone, n, add);
            if (!add)
                assert_memory_equal(alone, whole, n * sizeof *alone);
        }
        for (int j = 0; j < n; j++) // K terms in three parts, and then again
            assert_true(fabsf(alone[j] - 2 * whole[j]) <= 1e-4f);
    }
    free(a);
    free(b);
    free(whole);
}

static void same_bits_for_any_threads(void **state)
{
    (void)state;
    static const Product products[] = {
        {331, 217, 577, gemm_nn, false, false, 3, true},
        {331, 217, 577, gemm_nt, false, true, 3, false},
        {331, 217, 577, gemm_tn, true, false, 0, false},
        {29, 1531, 127, gemm_nt, false, true, 0, false},
        {1, 2003, 1009, gemm_nt, false, true, 0, false},
        {1, 2003, 1009, gemm_nn, false, false, 0, true},
        {1009, 1, 2003, gemm_tn, true, false, 0, true},
    };
    for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
        const Product *p = products + i;
        Rng r = rng_new(3);
        float *a = random_floats(&r, a_floats(p));
        float *b = random_floats(&r, b_floats(p));
        size_t n = floats(p->M, p->N, c_stride(p));
        float *start = random_floats(&r, n), *c[4];
        for (int t = 1; t <= 3; t++) {
            c[t] = new_array(n, sizeof *c[t]);
            memcpy(c[t], start, n * sizeof *start);
            threads_set(t);
            run(p, a, b, c[t]);
            assert_memory_equal(c[1], c[t], n * sizeof *start);
        }
        for (int t = 1; t <= 3; t++)
            free(c[t]);
        free(a);
        free(b);
        free(start);
    }
    threads_set(0);
}

// A layer is a product that is added to copies of its bias. With the weight
// packed it gives the same bits, and each row alone gives those of the row
// among others.
static void check_layer(int M, int N, int K, int wider)
{
    Rng r = rng_new(7);
    const int ldx = K + wider, ldw = K + 2 * wider, ldy = N + 3 * wider;
    float *x = random_floats(&r, floats(M, K, ldx));
    float *w = random_floats(&r, floats(N, K, ldw));
    float *bias = random_floats(&r, N);
    float *panels = new_array(prepacked_floats(N, K), sizeof *panels);
    const Prepacked p = prepack(N, K, w, ldw, panels);
    const size_t n = floats(M, N, ldy);
    float *want = new_array(n, sizeof *want), *got = new_array(n, sizeof *got);
    for (int biased = 0; biased < 2; biased++) {
        for (size_t i = 0; i < n; i++) {
            want[i] = got[i] = GUARD;
            if (biased && (int)(i % ldy) < N)
                want[i] = bias[i % ldy];
        }
        gemm_nt(M, N, K, x, ldx, w, ldw, want, ldy, biased);
        const float *b = biased ? bias : NULL;
        affine(M, N, K, x, ldx, w, ldw, b, got, ldy);
        assert_memory_equal(got, want, n * sizeof *got);
        affine_prepacked(M, &p, x, ldx, b, got, ldy);
        if (M > 1) // one row of gemm_nt has sums of its own
            assert_memory_equal(got, want, n * sizeof *got);
        for (int i = 0; i < M; i += 1 + M / 3) {
            float *alone = new_array(N, sizeof *alone);
            affine_prepacked(1, &p, x + (size_t)i * ldx, ldx, b, alone, N);
            assert_memory_equal(alone, got + (size_t)i * ldy,
                                N * sizeof *alone);
            free(alone);
        }
    }
    free(x);
    free(w);
    free(bias);
    free(panels);
    free(want);
    free(got);
}

static void layers(void **state)
{
    (void)state;
    static const int shapes[][3] = {
        {0, 3, 5},     {2, 0, 5},     {3, 5, 0},     {1, 1, 1},
        {5, 7, 13},    {3, 67, 131},  {17, 31, 389}, {19, 577, 67},
        {2, 613, 811}, {131, 97, 29},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int wider = 0; wider <= 5; wider += 5)
            check_layer(shapes[i][0], shapes[i][1], shapes[i][2], wider);
}

static void negative_size(void *context)
{
    (void)context;
    float x = 0;
    gemm_nn(-1, 1, 1, &x, 1, &x, 1, &x, 1, false);
}

static void refuses_negative_sizes(void **state)
{
    (void)state;
    assert_dies(negative_size, NULL, 128 + 6, "a product of -1 x 1 x 1");
}

// --- threads ----------------------------------------------------------------

typedef struct Count {
    int visits[1009];
    float product[1009]; // of a small gemm made inside a part
} Count;

static void count(void *context, int from, int to)
{
    Count *c = context;
    for (int i = from; i < to; i++) {
        float a[2] = {(float)i, 1}, b[2] = {3, 4};
        c->visits[i]++;
        gemm_nt(1, 1, 2, a, 2, b, 2, c->product + i, 1, false);
    }
}

static void visit(void *context)
{
    (void)context;
    static const int sizes[] = {0, 1, 2, 3, 7, 1009};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (int dear = 0; dear < 2; dear++) {
            Count c = {0};
            parallel_for(sizes[s], dear ? 1e9 : 1, count, &c);
            for (int i = 0; i < 1009; i++) {
                assert_int_equal(c.visits[i], i < sizes[s]);
                if (i < sizes[s])
                    assert_true(c.product[i] == (float)(3 * i + 4));
            }
        }
    }
}

static void parallel_for_visits_each_once(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        threads_set(threads);
        visit(NULL);
        with_crew(visit, NULL);
    }
    threads_set(0);
    assert_true(threads_count() >= 1);
}

// Products inside the parts of a parallel_for: each thread has its own panels.
enum { EACH = 67 };

static void product_apart(void *context, int from, int to)
{
    float(*c)[EACH * EACH] = context;
    for (int p = from; p < to; p++) {
        float a[EACH * EACH], b[EACH * EACH];
        for (int i = 0; i < EACH * EACH; i++)
            a[i] = (float)(i % 7 + p), b[i] = (float)(i % 5 - p);
        gemm_nt(EACH, EACH, EACH, a, EACH, b, EACH, c[p], EACH, false);
    }
}

enum { APART = 64 };

static void products_apart(void *products)
{
    parallel_for(APART, 1e9, product_apart, products);
}

static void products_by_a_crew(void *products)
{
    with_crew(products_apart, products); // the crew is there: the same one
}

static void products_inside_parallel_for(void **state)
{
    (void)state;
    static float one[APART][EACH * EACH], three[APART][EACH * EACH];
    threads_set(1);
    products_apart(one);
    threads_set(3);
    products_apart(three);
    assert_memory_equal(one, three, sizeof one);
    memset(three, 0, sizeof three);
    with_crew(products_by_a_crew, three);
    assert_memory_equal(one, three, sizeof one);
    threads_set(0);
}

// Many short loops, each of which needs what the one before it wrote.
typedef struct Chain {
    int length;
    long long x[257];
} Chain;

static void next_link(void *context, int from, int to)
{
    Chain *c = context;
    for (int i = from; i < to; i++)
        c->x[i] = 3 * c->x[i] + i + (c->length & 7);
}

static void links(void *context)
{
    Chain *c = context;
    for (c->length = 0; c->length < 2000; c->length++) {
        parallel_for(257, 1e9, next_link, c);
        for (int i = 0; i < 257; i++)
            c->x[i] = (c->x[i] + c->x[(i + 1) % 257]) % 1000003;
    }
}

static void loops_of_a_crew_follow_each_other(void **state)
{
    (void)state;
    Chain one = {0}, three = {0};
    threads_set(1);
    links(&one);
    threads_set(3);
    with_crew(links, &three);
    threads_set(0);
    assert_memory_equal(&one, &three, sizeof one);
}

// What the threads of a crew look at while they wait.
enum { ITEMS = 30000 };

typedef struct Looks {
    atomic_int times[ITEMS];
    bool seen_all; // before the next loop
} Looks;

static void look_once(const Ahead *a, int i)
{
    atomic_fetch_add((atomic_int *)a->what[0] + i, 1);
}

static void nothing(void *context, int from, int to)
{
    (void)context, (void)from, (void)to;
}

static void loops_of_nothing(void *context)
{
    for (int i = 0; i < 1000; i++)
        parallel_for(3, 1e9, nothing, context);
}

static void wait_for_looks(void *looks)
{
    Looks *l = looks;
    crew_ahead((Ahead){ITEMS, look_once, {l->times}});
    parallel_for(3, 1e9, nothing, NULL);
    parallel_for(3, 1e9, nothing, NULL); // names nothing: they go on after it
    for (int patience = 0; patience < 10000000 && !l->seen_all; patience++) {
        sched_yield();
        l->seen_all = true; // by two of three threads; this one does not wait
        for (int i = ITEMS / 3; i < ITEMS; i++)
            l->seen_all &= l->times[i] > 0;
    }
    crew_ahead((Ahead){ITEMS, look_once, {l->times}}); // no loop comes
}

static void a_crew_looks_ahead_while_it_waits(void **state)
{
    (void)state;
    static Looks looks;
    threads_set(3);
    if (threads_count() < 3) // no OpenMP
        skip();
    // There is no crew yet.
    crew_ahead((Ahead){ITEMS, look_once, {looks.times}});
    with_crew(loops_of_nothing, NULL);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(looks.times[i], 0);
    with_crew(wait_for_looks, &looks);
    with_crew(loops_of_nothing, NULL);
    assert_true(looks.seen_all);
    for (int i = 0; i < ITEMS; i++)
        assert_in_range(looks.times[i], i < ITEMS / 3 ? 0 : 1, 1);
    threads_set(0);
}

// A loop of fewer items than there are threads: the others have nothing of what
// comes next.
static void look_within(const Ahead *a, int i)
{
    atomic_int *outside = (atomic_int *)a->what[0];
    atomic_fetch_add(outside, i < 0 || i >= a->n);
}

static void two_items_for_four(void *context)
{
    atomic_int *outside = context;
    crew_ahead((Ahead){ITEMS, look_within, {outside}});
    parallel_for(2, 1e9, nothing, NULL);
    for (int patience = 0; patience < 20000 && !*outside; patience++)
        sched_yield();
}

static void a_small_loop_has_no_share_for_all(void **state)
{
    (void)state;
    static atomic_int outside;
    threads_set(4);
    with_crew(two_items_for_four, &outside);
    assert_int_equal(outside, 0);
    threads_set(0);
}

// --- one row ----------------------------------------------------------------

static void rows(void **state)
{
    (void)state;
    for (int n = 0; n < 300; n++) {
        Rng r = rng_new(4);
        float *a = random_floats(&r, n), *b = random_floats(&r, n);
        double sum = 0, size = 0;
        for (int i = 0; i < n; i++)
            sum += (double)a[i] * b[i], size += fabs((double)a[i] * b[i]);
        assert_true(fabs(dot(a, b, n) - sum) <= 1e-6 * size);
        float *y = new_array(n, sizeof *y);
        memcpy(y, b, n * sizeof *b);
        axpy(-1.5f, a, y, n);
        for (int i = 0; i < n; i++)
            assert_true(fabs(y[i] - (b[i] - 1.5 * a[i])) <=
                        1.2e-7 * (fabs(b[i]) + 1.5 * fabs(a[i])));
        free(a);
        free(b);
        free(y);
    }
}

// matvec is one row of gemm_nt, and each output is the dot of its row.
static void matvec_is_dots(void **state)
{
    (void)state;
    static const int sizes[][2] = {{0, 5},  {5, 0},   {1, 1},     {7, 130},
                                   {3, 64}, {97, 61}, {613, 1021}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        int N = sizes[s][0], K = sizes[s][1], ldw = K + 3;
        Rng r = rng_new(5);
        float *w = random_floats(&r, floats(N, K, ldw));
        float *x = random_floats(&r, K), *y = random_floats(&r, N);
        float *z = new_array(N, sizeof *z);
        memcpy(z, y, N * sizeof *y);
        matvec(N, K, w, ldw, x, y, true);
        gemm_nt(1, N, K, x, K, w, ldw, z, N, true);
        assert_memory_equal(y, z, N * sizeof *y);
        matvec(N, K, w, ldw, x, y, false);
        for (int i = 0; i < N; i++)
            assert_true(y[i] == dot(w + (size_t)i * ldw, x, K));
        free(w);
        free(x);
        free(y);
        free(z);
    }
}

// --- functions --------------------------------------------------------------

// The error of got in units in the last place of the exact value.
static double units_off(float got, double exact)
{
    float size = fabsf((float)exact);
    double unit = (double)nextafterf(size, INFINITY) - size;
    return fabs(got - exact) / unit;
}

// The worst error over a sweep of all kinds of floats in [low, high].
static double worst_error(void (*f)(const float *, float *, int),
                          double (*exact)(double), float low, float high,
                          int steps)
{
    enum { BLOCK = 1021 };
    static float x[BLOCK], y[BLOCK];
    double worst = 0;
    for (int at = 0; at < steps; at += BLOCK) {
        for (int i = 0; i < BLOCK; i++)
            x[i] = (float)(low +
                           ((double)high - low) * (at + i) / (steps + BLOCK));
        f(x, y, BLOCK);
        for (int i = 0; i < BLOCK; i++)
            worst = fmax(worst, units_off(y[i], exact(x[i])));
    }
    return worst;
}

// The same for floats of every size from 2^-30 to 2^top, of both signs.
static double worst_error_small(void (*f)(const float *, float *, int),
                                double (*exact)(double), int top)
{
    double worst = 0;
    for (int e = -30; e < top; e++) {
        float low = ldexpf(1, e);
        worst = fmax(worst, worst_error(f, exact, low, 2 * low, 4000));
        worst = fmax(worst, worst_error(f, exact, -low, -2 * low, 4000));
    }
    return worst;
}

static void exp_is_accurate(void **state)
{
    (void)state;
    double worst = worst_error(exp_each, exp, -87.3f, 88.7f, 2000000);
    worst = fmax(worst, worst_error_small(exp_each, exp, 6));
    print_message("exp: at most %.3f units in the last place\n", worst);
    assert_true(worst <= 2);
}

static void tanh_is_accurate(void **state)
{
    (void)state;
    double worst = worst_error(tanh_each, tanh, -10, 10, 2000000);
    worst = fmax(worst, worst_error_small(tanh_each, tanh, 20));
    print_message("tanh: at most %.3f units in the last place\n", worst);
    assert_true(worst <= 4);
}

static void special_values(void **state)
{
    (void)state;
    float x[] = {0,      -0.0f, INFINITY, -INFINITY, NAN,    -87.3f, 88.7f,
                 -87.4f, 88.8f, 1e30f,    -FLT_MAX,  1e-40f, -1e-40f};
    enum { N = sizeof x / sizeof *x };
    float e[N], t[N];
    exp_each(x, e, N);
    tanh_each(x, t, N);
    assert_true(e[0] == 1 && e[1] == 1 && e[11] == 1 && e[12] == 1);
    assert_true(e[2] == INFINITY && e[3] == 0 && isnan(e[4]));
    assert_true(units_off(e[5], exp(x[5])) <= 2 && e[5] >= FLT_MIN);
    assert_true(units_off(e[6], exp(x[6])) <= 2 && e[6] <= FLT_MAX);
    assert_true(e[7] == 0 && e[8] == INFINITY && e[9] == INFINITY);
    assert_true(e[10] == 0 && !signbit(e[10]));
    assert_true(t[0] == 0 && !signbit(t[0]) && t[1] == 0 && signbit(t[1]));
    assert_true(t[2] == 1 && t[3] == -1 && isnan(t[4]));
    assert_true(t[9] == 1 && t[10] == -1 && t[11] == x[11] && t[12] == x[12]);
}

// An element's value depends neither on its place nor on its neighbours, and
// x and y may be the same; nothing is written past the end.
static void functions_go_element_by_element(void **state)
{
    (void)state;
    enum { N = 67 };
    void (*const functions[])(const float *, float *, int) = {exp_each,
                                                              tanh_each};
    for (int f = 0; f < 2; f++) {
        Rng r = rng_new(6);
        float *x = random_floats(&r, N), one[N], y[N + 1];
        for (int i = 0; i < N; i++)
            functions[f](x + i, one + i, 1);
        for (int n = 0; n <= N; n++) {
            y[n] = GUARD;
            functions[f](x, y, n);
            assert_memory_equal(y, one, n * sizeof *y);
            assert_true(y[n] == GUARD);
        }
        functions[f](x, x, N);
        assert_memory_equal(x, one, N * sizeof *x);
        free(x);
    }
}

// --- softmax ----------------------------------------------------------------

static void softmax_rows(void **state)
{
    (void)state;
    for (int n = 1; n < 400; n += n < 70 ? 1 : 37) {
        Rng r = rng_new(n);
        float *x = random_floats(&r, n), *y = new_array(n + 1, sizeof *y);
        double sum = 0, max = -INFINITY;
        for (int i = 0; i < n; i++) {
            x[i] = 20 * x[i] + 500; // e^x itself would overflow
            max = fmax(max, x[i]);
        }
        for (int i = 0; i < n; i++)
            sum += exp(x[i] - max);
        y[n] = GUARD;
        float log_sum = softmax_row(x, y, n);
        assert_true(fabs(log_sum - (max + log(sum))) <= 1e-6 * fabs(log_sum));
        for (int i = 0; i < n; i++) {
            double p = exp(x[i] - max) / sum;
            assert_true(fabs(y[i] - p) <= 1e-6 * p + 1e-37);
        }
        assert_true(y[n] == GUARD);
        float again = softmax_row(x, x, n);
        assert_memory_equal(&again, &log_sum, sizeof again);
        assert_memory_equal(x, y, n * sizeof *x);
        free(x);
        free(y);
    }
}

static void softmax_special_rows(void **state)
{
    (void)state;
    assert_true(softmax_row(NULL, NULL, 0) == -INFINITY);
    assert_true(dot(NULL, NULL, 0) == 0);
    for (int n = 1; n < 70; n++) {
        float x[70], y[70];
        for (int i = 0; i < n; i++)
            x[i] = -INFINITY;
        assert_true(softmax_row(x, y, n) == -INFINITY);
        for (int i = 0; i < n; i++)
            assert_true(y[i] == 0);
        int one = n / 2; // only this key may be seen
        x[one] = -1000;
        assert_true(softmax_row(x, y, n) == -1000);
        for (int i = 0; i < n; i++)
            assert_true(y[i] == (i == one));
        x[n - 1] = NAN; // an error shows; it does not vanish
        assert_true(isnan(softmax_row(x, y, n)));
        assert_true(isnan(y[n - 1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_products),
        cmocka_unit_test(large_products),
        cmocka_unit_test(rows_and_columns_stand_alone),
        cmocka_unit_test(same_bits_for_any_threads),
        cmocka_unit_test(layers),
        cmocka_unit_test(refuses_negative_sizes),
        cmocka_unit_test(parallel_for_visits_each_once),
        cmocka_unit_test(products_inside_parallel_for),
        cmocka_unit_test(loops_of_a_crew_follow_each_other),
        cmocka_unit_test(a_crew_looks_ahead_while_it_waits),
        cmocka_unit_test(a_small_loop_has_no_share_for_all),
        cmocka_unit_test(rows),
        cmocka_unit_test(matvec_is_dots),
        cmocka_unit_test(exp_is_accurate),
        cmocka_unit_test(tanh_is_accurate),
        cmocka_unit_test(special_values),
        cmocka_unit_test(functions_go_element_by_element),
        cmocka_unit_test(softmax_rows),
        cmocka_unit_test(softmax_special_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
