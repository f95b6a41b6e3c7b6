// Tests of 08-positions: the laws of each way, the two memory layouts, the
// whole small model against slopes, and the program's behaviour.
#include "common/testing.h"

#include "08-positions/echo.h"
#include "common/gradcheck.h"

#include <stdio.h>

static void fill(float *x, size_t n, uint64_t seed)
{
    Rng r = rng_new(seed);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&r);
}

static Matrix *random_matrix(Tape *t, int rows, int cols, uint64_t seed)
{
    Matrix *m = matrix(t, rows, cols);
    fill(m->val, (size_t)rows * cols, seed);
    return m;
}

static double dot_of(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// --- sinusoids --------------------------------------------------------------

static void sinusoids_are_the_papers(void **state)
{
    (void)state;
    float row[4];
    sinusoid(3, 4, row);
    assert_close(row, ((float[]){0.14112f, -0.989992f, 0.0299955f, 0.99955f}),
                 4, 1e-6);
}

// PE(p + k) is PE(p) with each pair turned by k times its speed, whatever p is.
static void sinusoids_of_a_later_place_are_turned(void **state)
{
    (void)state;
    enum { WIDTH = 14 };
    for (int p = 0; p < 90; p += 13)
        for (int k = -5; k <= 31; k += 9) {
            float at[WIDTH], later[WIDTH], turned[WIDTH];
            sinusoid(p, WIDTH, at);
            sinusoid(p + k, WIDTH, later);
            for (int i = 0; i < WIDTH; i += 2) {
                double a = k * pow(10000, -(double)i / WIDTH);
                turned[i] = (float)(cos(a) * at[i] + sin(a) * at[i + 1]);
                turned[i + 1] = (float)(cos(a) * at[i + 1] - sin(a) * at[i]);
            }
            assert_close(turned, later, WIDTH, 1e-6);
        }
}

static void the_table_is_added_row_by_row(void **state)
{
    (void)state;
    enum { LENGTH = 9, WIDTH = 6, ROWS = 5, FIRST = 4 };
    for (PositionKind kind = SINUSOIDAL; kind <= LEARNED; kind++) {
        Params *params = params_new(1);
        Arena a = arena_new(1 << 20);
        Tape *t = tape_new(0, 1);
        Positions p = positions_new(kind, params, &a, LENGTH, WIDTH, 1);
        Matrix *x = random_matrix(t, ROWS, WIDTH, 2);
        const int start[] = {0, 2, ROWS}; // two sequences: 2 and 3 rows
        x->seq = (Spans){2, start};
        Matrix *y = positions_add(&p, x, FIRST);
        for (int r = 0; r < ROWS; r++) {
            int place = FIRST + r - (r >= 2 ? 2 : 0);
            float want[WIDTH];
            if (kind == SINUSOIDAL)
                sinusoid(place, WIDTH, want);
            else
                memcpy(want, p.learned->val + place * WIDTH, sizeof want);
            for (int c = 0; c < WIDTH; c++)
                want[c] += x->val[r * WIDTH + c];
            assert_close(y->val + r * WIDTH, want, WIDTH, 1e-6);
        }
        assert_ptr_equal(positions_turn(&p, x, FIRST), x);
        assert_null(positions_mask(&p, CAUSAL).slope);
        tape_free(t);
        arena_free(&a);
        params_free(params);
    }
}

// --- rotations --------------------------------------------------------------

enum { HEADS = 3, HEAD = 10, WIDE = HEADS * HEAD };

// The score of q at position m and k at position n, head 0.
static double turned(const Positions *p, Tape *t, int m, int n)
{
    Matrix *q = positions_turn(p, random_matrix(t, 1, WIDE, 5), m);
    Matrix *k = positions_turn(p, random_matrix(t, 1, WIDE, 6), n);
    return dot_of(q->val, k->val, HEAD);
}

static void turned_scores_depend_on_the_distance_alone(void **state)
{
    (void)state;
    for (RopeLayout layout = ADJACENT; layout <= HALVES; layout++) {
        Arena a = arena_new(1 << 20);
        Tape *t = tape_new(0, 1);
        Positions p = positions_new(ROTARY, NULL, &a, 300, WIDE, HEADS);
        p.layout = layout;
        for (int distance = -3; distance <= 12; distance += 5) {
            double want = turned(&p, t, 20 + distance, 20);
            for (int n = 3; n < 280; n += 31)
                assert_true(fabs(turned(&p, t, n + distance, n) - want) < 1e-4);
        }
        assert_true(fabs(turned(&p, t, 25, 20) - turned(&p, t, 26, 20)) > 0.1);
        tape_free(t);
        arena_free(&a);
    }
}

static void a_stretched_place_is_a_place_between(void **state)
{
    (void)state;
    enum { LENGTH = 23 };
    Arena a = arena_new(1 << 20);
    Tape *t = tape_new(0, 1);
    Positions p = positions_new(ROTARY, NULL, &a, LENGTH, WIDE, HEADS);
    Positions same = positions_stretched(p, &a, 1);
    Positions half = positions_stretched(p, &a, 0.5f);
    Matrix *x = random_matrix(t, 1, WIDE, 7);
    for (int m = 0; 2 * m < LENGTH; m++) {
        Matrix *plain = positions_turn(&p, x, m);
        assert_memory_equal(positions_turn(&same, x, m)->val, plain->val,
                            WIDE * sizeof(float));
        assert_memory_equal(positions_turn(&half, x, 2 * m)->val, plain->val,
                            WIDE * sizeof(float));
    }
    tape_free(t);
    arena_free(&a);
}

// --- the two layouts --------------------------------------------------------

static void layouts_map_onto_each_other_exactly(void **state)
{
    (void)state;
    enum { ROWS = 7 };
    Arena a = arena_new(1 << 20);
    Tape *t = tape_new(0, 1);
    Positions p = positions_new(ROTARY, NULL, &a, 50, WIDE, HEADS);
    Matrix *x = random_matrix(t, ROWS, WIDE, 8), *y = matrix(t, ROWS, WIDE);
    Matrix *adjacent = positions_turn(&p, x, 40);
    for (int r = 0; r < ROWS; r++)
        rows_to_halves(x->val + r * WIDE, y->val + r * WIDE, HEADS, HEAD, 1);
    p.layout = HALVES;
    Matrix *halves = positions_turn(&p, y, 40);
    for (int r = 0; r < ROWS; r++) {
        float want[WIDE];
        rows_to_halves(adjacent->val + r * WIDE, want, HEADS, HEAD, 1);
        assert_close(halves->val + r * WIDE, want, WIDE, 0);
    }
    tape_free(t);
    arena_free(&a);
}

static void layouts_by_hand_and_back(void **state)
{
    (void)state;
    // Two heads of width 6, three columns.
    float w[36], there[36], back[36];
    for (int i = 0; i < 36; i++)
        w[i] = (float)i;
    rows_to_halves(w, there, 2, 6, 3);
    const int row[12] = {0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11};
    for (int i = 0; i < 12; i++)
        for (int c = 0; c < 3; c++)
            assert_true(there[3 * i + c] == (float)(3 * row[i] + c));
    rows_to_adjacent(there, back, 2, 6, 3);
    assert_close(back, w, 36, 0);
}

static const WriterShape small = {11, 2, 12, 2, 19, {.causal = true}};

static Tokens tokens(int n, uint64_t seed)
{
    static int id[64];
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++)
        id[i] = rng_below(&r, small.letters);
    return (Tokens){n, id, {0}};
}

static void a_model_moves_to_the_other_layout(void **state)
{
    (void)state;
    enum { N = 17, ALL = N * 11 };
    Writer w = writer_new(small, ROTARY, 3);
    Tape *t = tape_new(0, 1);
    Matrix *want = writer_logits(&w, t, tokens(N, 4));
    writer_change_layout(&w, HALVES);
    assert_close(writer_logits(&w, t, tokens(N, 4))->val, want->val, ALL, 1e-5);
    w.positions.layout = ADJACENT; // the weights of one, the pairs of the other
    size_t worst;
    Matrix *wrong = writer_logits(&w, t, tokens(N, 4));
    assert_true(testing_wrong(wrong->val, want->val, ALL, 0.01, &worst) > N);
    w.positions.layout = HALVES;
    writer_change_layout(&w, ADJACENT);
    assert_close(writer_logits(&w, t, tokens(N, 4))->val, want->val, ALL, 1e-6);
    tape_free(t);
    writer_free(&w);
}

// --- ALiBi ------------------------------------------------------------------

static void slopes_are_the_papers(void **state)
{
    (void)state;
    float got[12];
    alibi_slopes(1, got);
    assert_close(got, ((float[]){1 / 256.0f}), 1, 1e-7);
    alibi_slopes(8, got);
    for (int h = 0; h < 8; h++)
        assert_close(got + h, ((float[]){1 / (float)(2 << h)}), 1, 1e-7);
    alibi_slopes(12, got); // those of 8, then every second one of 16
    const float want[12] = {0.5f,        0.25f,       0.125f,      0.0625f,
                            0.03125f,    0.015625f,   0.0078125f,  0.00390625f,
                            0.70710678f, 0.35355339f, 0.17677670f, 0.08838835f};
    assert_close(got, want, 12, 1e-7);
}

// ALiBi is attention with slope * distance taken off each score.
static void alibi_is_a_bias(void **state)
{
    (void)state;
    enum { T = 13 };
    Arena a = arena_new(1 << 20);
    Tape *t = tape_new(0, 1);
    Positions p = positions_new(ALIBI, NULL, &a, T, WIDE, HEADS);
    Matrix *q = random_matrix(t, T, WIDE, 1), *k = random_matrix(t, T, WIDE, 2);
    Matrix *v = random_matrix(t, T, WIDE, 3), *want = matrix(t, T, WIDE);
    float slope[HEADS];
    alibi_slopes(HEADS, slope);
    for (int i = 0; i < T; i++)
        for (int h = 0; h < HEADS; h++) {
            double sum = 0, y[HEAD] = {0};
            for (int j = 0; j <= i; j++) {
                double s = dot_of(q->val + i * WIDE + h * HEAD,
                                  k->val + j * WIDE + h * HEAD, HEAD);
                double e = exp(s / sqrt(HEAD) - (double)slope[h] * (i - j));
                sum += e;
                for (int c = 0; c < HEAD; c++)
                    y[c] += e * (double)v->val[j * WIDE + h * HEAD + c];
            }
            for (int c = 0; c < HEAD; c++)
                want->val[i * WIDE + h * HEAD + c] = (float)(y[c] / sum);
        }
    Matrix *got = attention(positions_turn(&p, q, 0), positions_turn(&p, k, 0),
                            v, HEADS, positions_mask(&p, CAUSAL));
    assert_close(got->val, want->val, T * WIDE, 1e-5);
    assert_ptr_equal(positions_add(&p, v, 1000), v); // no table, no end
    tape_free(t);
    arena_free(&a);
}

// --- the whole model --------------------------------------------------------

// Without positions and masks a model answers each token alike, wherever it
// stands; with any positions it does not.
static void without_positions_it_is_a_bag(void **state)
{
    (void)state;
    enum { N = 13, V = 11 };
    WriterShape shape = small;
    shape.mask = FULL;
    for (int kind = 0; kind < POSITION_KINDS; kind++) {
        Writer w = writer_new(shape, kind, 3);
        if (kind == LEARNED)
            fill(w.positions.learned->val, (size_t)shape.length * shape.width,
                 9);
        Tape *t = tape_new(0, 1);
        int order[N], id[N], moved[N];
        Rng r = rng_new(6);
        for (int i = 0; i < N; i++) {
            order[i] = i;
            id[i] = rng_below(&r, V);
        }
        rng_shuffle(&r, order, N);
        for (int i = 0; i < N; i++)
            moved[i] = id[order[i]];
        Matrix *a = writer_logits(&w, t, (Tokens){N, id, {0}});
        Matrix *b = writer_logits(&w, t, (Tokens){N, moved, {0}});
        size_t wrong = 0, worst;
        for (int i = 0; i < N; i++)
            wrong += testing_wrong(b->val + i * V, a->val + order[i] * V, V,
                                   1e-5, &worst);
        if (kind == NO_POSITIONS)
            assert_int_equal(wrong, 0);
        else
            assert_true(wrong > N * V / 2);
        tape_free(t);
        writer_free(&w);
    }
}

// Sequences that are packed under each other begin at position 0 each.
static void packed_is_alone(void **state)
{
    (void)state;
    enum { N = 20, V = 11 };
    const int start[] = {0, 7, 7, 8, N}; // 7 letters, none, 1, 12
    for (int kind = 0; kind < POSITION_KINDS; kind++) {
        Writer w = writer_new(small, kind, 3);
        Tape *t = tape_new(0, 1);
        Tokens all = tokens(N, 4);
        all.seq = (Spans){4, start};
        Matrix *packed = writer_logits(&w, t, all);
        for (int s = 0; s < 4; s++) {
            const int n = start[s + 1] - start[s];
            Matrix *alone =
                writer_logits(&w, t, (Tokens){n, all.id + start[s], {0}});
            assert_close(packed->val + start[s] * V, alone->val, n * V, 1e-5);
        }
        tape_free(t);
        writer_free(&w);
    }
}

// Rows that begin at `first` get what they had inside a longer text.
static void positions_go_on_at_first(void **state)
{
    (void)state;
    enum { N = 11, FIRST = 4, WIDTH = 12 };
    for (int kind = 0; kind < POSITION_KINDS; kind++) {
        Writer w = writer_new(small, kind, 3);
        Tape *t = tape_new(0, 1);
        Matrix *x = random_matrix(t, N, WIDTH, 5);
        Matrix *tail = slice_rows(x, FIRST, N);
        const size_t bytes = (N - FIRST) * WIDTH * sizeof(float);
        assert_memory_equal(
            positions_add(&w.positions, tail, FIRST)->val,
            positions_add(&w.positions, x, 0)->val + FIRST * WIDTH, bytes);
        assert_memory_equal(
            positions_turn(&w.positions, tail, FIRST)->val,
            positions_turn(&w.positions, x, 0)->val + FIRST * WIDTH, bytes);
        tape_free(t);
        writer_free(&w);
    }
}

static void later_letters_change_nothing(void **state)
{
    (void)state;
    enum { N = 9, V = 11 };
    for (int kind = 0; kind < POSITION_KINDS; kind++) {
        Writer w = writer_new(small, kind, 3);
        Tape *t = tape_new(0, 1);
        Tokens x = tokens(N, 4);
        Matrix *a = writer_logits(&w, t, x);
        ((int *)x.id)[N - 1] = (x.id[N - 1] + 1) % V;
        Matrix *b = writer_logits(&w, t, x);
        assert_memory_equal(a->val, b->val, (N - 1) * V * sizeof(float));
        assert_memory_not_equal(a->val + (N - 1) * V, b->val + (N - 1) * V,
                                V * sizeof(float));
        tape_free(t);
        writer_free(&w);
    }
}

static Matrix *loss_of(Tape *t, void *context)
{
    static const int target[] = {3, 1, 4, -1, 5, 9, 2};
    static const int start[] = {0, 4, 7};
    Tokens x = tokens(7, 4);
    x.seq = (Spans){2, start};
    return cross_entropy(writer_logits(context, t, x), target, 0);
}

static void every_gradient_is_the_slope(void **state)
{
    (void)state;
    for (int kind = 0; kind < POSITION_KINDS; kind++)
        for (int layout = ADJACENT; layout <= HALVES; layout++) {
            if (layout == HALVES && kind != ROTARY)
                continue;
            Writer w = writer_new(small, kind, 3);
            w.positions.layout = layout;
            GradError e = gradcheck(w.params, loss_of, &w, 1e-2, 12, 5);
            if (!(e.worst < 5e-3))
                fail_msg("%s: %s", position_names[kind], e.where);
            writer_free(&w);
        }
}

static void only_rows_that_were_used_learn(void **state)
{
    (void)state;
    Writer w = writer_new(small, LEARNED, 3);
    Tape *t = tape_new(0, 1);
    backward(loss_of(t, &w)); // rows 0 to 2 have answers
    const float *g = w.positions.learned->grad, zero[12] = {0};
    for (int r = 0; r < small.length; r++) {
        bool none = memcmp(g + r * 12, zero, sizeof zero) == 0;
        assert_int_equal(none, r >= 3);
    }
    tape_free(t);
    writer_free(&w);
}

// --- lessons ----------------------------------------------------------------

static void windows_ask_for_the_next_letter(void **state)
{
    (void)state;
    Lesson l = lesson_tales(40, 1);
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(2);
    Windows x = lesson_windows(&l, t, &r, 5, 17);
    assert_int_equal(x.in.n, 85);
    assert_int_equal(x.in.seq.n, 5);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 16; k++)
            assert_int_equal(x.target[i * 17 + k], x.letter[i * 17 + k + 1]);
    assert_true(l.helds > l.texts / 20 && l.helds < l.texts / 5);
    for (int i = 0; i < l.alphabet.n; i++)
        assert_int_equal(l.alphabet.id[l.alphabet.byte[i]], i);
    tape_free(t);
    lesson_free(&l);
}

// A model that sees one letter only cannot profit from a longer window; so
// equal scores prove that the same letters were counted.
static void scores_count_the_same_letters_at_each_length(void **state)
{
    (void)state;
    Lesson l = lesson_tales(40, 1);
    WriterShape shape = {
        l.alphabet.n, 1, 8, 2, LONGEST, {.causal = true, .window = 1}};
    Writer w = writer_new(shape, NO_POSITIONS, 3);
    double want = lesson_score(&l, &w, 3, COUNTED);
    assert_true(fabs(lesson_score(&l, &w, 3, 67) - want) < 1e-5);
    assert_true(fabs(lesson_score(&l, &w, 3, LONGEST) - want) < 1e-5);
    writer_free(&w);
    lesson_free(&l);
}

static void an_echo_is_five_letters_old(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(2);
    Windows x = echo_windows(t, &r, 3, 23, 19);
    for (int i = 0; i < 3 * 23; i++)
        if (i % 23 < BACK)
            assert_int_equal(x.target[i], -1);
        else
            assert_int_equal(x.target[i], x.letter[i - BACK]);
    x = echo_windows(t, &r, 1, 23, 4);
    for (int i = 0; i < 23; i++)
        assert_int_equal(x.target[i] >= 0, i >= 19);
    tape_free(t);
}

static void the_echo_is_learnt_with_positions_only(void **state)
{
    (void)state;
    const WriterShape shape = {ECHO_LETTERS, 1, 32, 1, COUNTED, CAUSAL};
    const PositionKind kind[2] = {ROTARY, NO_POSITIONS};
    for (int i = 0; i < 2; i++) {
        Writer w = writer_new(shape, kind[i], 1);
        Adam adam = adam_new(w.params, 0.9f, 0.99f, 1e-8f, 0);
        Tape *t = tape_new(0, 1);
        Rng r = rng_new(2);
        for (int step = 0; step < 60; step++)
            windows_step(echo_windows(t, &r, 8, COUNTED, COUNTED), &w, &adam, t,
                         1.5e-2f);
        double share = echo_score(&w, 16, COUNTED);
        assert_true(kind[i] == ROTARY ? share > 0.9 : share < 0.4);
        tape_free(t);
        adam_free(&adam);
        writer_free(&w);
    }
}

// --- misuse -----------------------------------------------------------------

static void beyond_the_table(void *context)
{
    Writer w = writer_new(small, *(PositionKind *)context, 3);
    writer_logits(&w, tape_new(0, 1), tokens(small.length + 1, 4));
}

static void a_place_without_a_row_is_a_mistake(void **state)
{
    (void)state;
    char said[1000];
    for (PositionKind kind = 0; kind < POSITION_KINDS; kind++) {
        bool table = kind != NO_POSITIONS && kind != ALIBI;
        int status = testing_outcome(beyond_the_table, &kind, said, 1000);
        assert_int_equal(status, table ? 128 + 6 : 0);
        if (table)
            assert_non_null(strstr(said, "position 19, the table has 19"));
    }
}

static void text_too_short(void *context)
{
    (void)context;
    lesson_new((Text){"short", 5}, 4, "note.txt");
}

static void unknown_letter(void *context)
{
    Lesson l = lesson_tales(40, 1);
    WriterShape shape = {l.alphabet.n, 1, 8, 2, LONGEST, CAUSAL};
    Writer w = writer_new(shape, NO_POSITIONS, 3);
    char to[4];
    (void)context;
    lesson_write(&l, &w, "#", 3, to);
}

static void bad_text_is_told_in_a_line(void **state)
{
    (void)state;
    assert_dies(text_too_short, NULL, 1, "note.txt: 5 bytes are no text");
    assert_dies(unknown_letter, NULL, 1, "no letter '#'");
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    testing_dir("08");
    testing_write("empty", "");
    assert_refused(2, "--positions", "08-positions --positions up");
    assert_refused(2, "--steps", "08-positions --steps 0");
    assert_refused(2, "--positions", "08-positions --resume x");
    assert_refused(2, "--positions", "08-positions --quick --text /nowhere");
    assert_refused(1, "/nowhere",
                   "08-positions --positions none --text /nowhere");
    assert_refused(1, "empty: 0 bytes are no text",
                   "08-positions --positions none --text $HERE/empty");
    assert_refused(1, "/nowhere: there is no such checkpoint",
                   "08-positions --positions none --steps 1 --resume /nowhere");
    assert_refused(1, "/nowhere/x: cannot be written",
                   "08-positions --positions none --save /nowhere/x");
}

static void a_stopped_training_goes_on(void **state)
{
    (void)state;
    static char said[20000];
    testing_dir("08");
    assert_int_equal(testing_press(said, sizeof said, "  length  ",
                                   "08-positions --threads 1 --positions ALiBi "
                                   "--steps 100000 --save $HERE/point"),
                     1);
    assert_non_null(strstr(said, "go on with --positions ALiBi --resume"));
    int learnt = 0; // steps
    sscanf(strstr(said, "at step"), "at step %d", &learnt);
    // A model of another kind has other parameters, or at least says so.
    assert_refused(1, "positions",
                   "08-positions --positions learned --steps 1 --resume "
                   "$HERE/point");
    assert_refused(1, "other positions than RoPE",
                   "08-positions --positions RoPE --steps 1 --resume "
                   "$HERE/point");
    // A checkpoint that is already past the last step only scores.
    assert_int_equal(testing_run(said, sizeof said,
                                 "08-positions --positions ALiBi --steps 1 "
                                 "--resume $HERE/point"),
                     0);
    char end[60];
    snprintf(end, sizeof end, "=> ALiBi trained for %d steps",
             learnt > 1 ? learnt : 1);
    assert_non_null(strstr(said, end));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sinusoids_are_the_papers),
        cmocka_unit_test(sinusoids_of_a_later_place_are_turned),
        cmocka_unit_test(the_table_is_added_row_by_row),
        cmocka_unit_test(turned_scores_depend_on_the_distance_alone),
        cmocka_unit_test(a_stretched_place_is_a_place_between),
        cmocka_unit_test(layouts_map_onto_each_other_exactly),
        cmocka_unit_test(layouts_by_hand_and_back),
        cmocka_unit_test(a_model_moves_to_the_other_layout),
        cmocka_unit_test(slopes_are_the_papers),
        cmocka_unit_test(alibi_is_a_bias),
        cmocka_unit_test(without_positions_it_is_a_bag),
        cmocka_unit_test(packed_is_alone),
        cmocka_unit_test(positions_go_on_at_first),
        cmocka_unit_test(later_letters_change_nothing),
        cmocka_unit_test(every_gradient_is_the_slope),
        cmocka_unit_test(only_rows_that_were_used_learn),
        cmocka_unit_test(windows_ask_for_the_next_letter),
        cmocka_unit_test(scores_count_the_same_letters_at_each_length),
        cmocka_unit_test(an_echo_is_five_letters_old),
        cmocka_unit_test(the_echo_is_learnt_with_positions_only),
        cmocka_unit_test(a_place_without_a_row_is_a_mistake),
        cmocka_unit_test(bad_text_is_told_in_a_line),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(a_stopped_training_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
