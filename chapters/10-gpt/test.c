// Tests of 10-gpt: the model against PyTorch's and against slopes, the laws it
// must obey, GPT-2's files, every way of sampling by hand, texts and windows,
// and the program's behaviour.
#include "common/testing.h"

#include "10-gpt/book.h"
#include "10-gpt/generate.h"
#include "10-gpt/gpt2.h"
#include "10-gpt/gpt_train.h"
#include "10-gpt/methods.h"
#include "10-gpt/sampler.h"

#include "common/check.h"
#include "common/gradcheck.h"
#include "common/safetensors.h"

#include <signal.h>
#include <stdio.h>

// --- the model --------------------------------------------------------------

// The batch of golden/gpt.py.
enum { PIECES = 11, TOKENS = 12 };
static const int input_id[TOKENS] = {3, 4, 5, 6, 7, 10, 2, 0, 1, 1, 8, 9};
static const int output_id[TOKENS] = {4, 5, 6, 7, 3, 2, 0, 1, 1, 8, 9, 5};
static const int input_start[] = {0, 5, 12};
static const Tokens input = {TOKENS, input_id, {2, input_start}};

static const GptShape plain = {.pieces = PIECES,
                               .context = 7,
                               .width = 12,
                               .heads = 3,
                               .groups = 3,
                               .layers = 2,
                               .hidden = 20};

static GptShape variant(int groups, int window)
{
    GptShape s = plain;
    s.groups = groups;
    s.window = window;
    return s;
}

// Away from 0 and from 1, where mistakes could hide.
static Gpt rough(GptShape shape, uint64_t seed)
{
    Gpt m = gpt_new(shape, seed);
    for (int i = 0; i < m.params->n; i++) {
        Matrix *p = &m.params->item[i]->m;
        for (int j = 0; j < p->rows * p->cols; j++)
            p->val[j] += 0.2f * rng_normal(&m.params->rng);
    }
    return m;
}

static void the_whole_model_equals_pytorch(void **state)
{
    (void)state;
    const char *path = "chapters/10-gpt/golden/gpt.safetensors";
    Safetensors s = safetensors_open(path);
    Gpt m = gpt_new(plain, 1);
    params_load(m.params, path);
    Tape *t = tape_new(0, 1);
    // Adam's eps is large here: the gradient of k's bias is 0 but for
    // rounding, and with a small eps Adam would make whole steps of that.
    Adam adam = adam_new(m.params, 0.9f, 0.95f, 1e-4f, 0.1f);
    for (int step = 0; step < 3; step++) {
        Matrix *logits = gpt_forward(&m, t, input);
        Matrix *loss = cross_entropy(logits, output_id, 0);
        backward(loss);
        if (step == 0) {
            assert_close(logits->val,
                         testing_golden(&s, TOKENS * PIECES, "logits"),
                         TOKENS * PIECES, 5e-6);
            assert_close(loss->val, testing_golden(&s, 1, "loss"), 1, 1e-6);
            assert_golden_params(m.params, PARAM_GRADIENTS, &s, 5e-6, "grad.");
        }
        adam_step(&adam, 0.01f);
        tape_reset(t);
    }
    assert_golden_params(m.params, PARAM_VALUES, &s, 2e-5, "after.");
    adam_free(&adam);
    tape_free(t);
    gpt_free(&m);
    safetensors_close(&s);
}

static Matrix *loss_of(Tape *t, void *model)
{
    return cross_entropy(gpt_forward(model, t, input), output_id, 0);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    const GptShape shape[] = {plain, variant(1, 0), variant(1, 3)};
    for (int k = 0; k < 3; k++) {
        Gpt m = rough(shape[k], 3 + k);
        GradError e = gradcheck(m.params, loss_of, &m, 0.01, 12, 5);
        if (!(e.worst < 2e-3))
            fail_msg("groups %d, window %d: %s", shape[k].groups,
                     shape[k].window, e.where);
        gpt_free(&m);
    }
}

// The scores after each token, as n x PIECES numbers of the caller's.
static void scores(const Gpt *m, Tokens text, float *to)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    memcpy(to, gpt_forward(m, t, text)->val,
           (size_t)text.n * m->shape.pieces * sizeof *to);
    tape_free(t);
}

static void packed_equals_alone(void **state)
{
    (void)state;
    Gpt m = rough(plain, 4);
    float all[TOKENS * PIECES], one[TOKENS * PIECES];
    scores(&m, input, all);
    for (int s = 0; s < 2; s++) {
        const int from = input_start[s], n = input_start[s + 1] - from;
        scores(&m, (Tokens){n, input_id + from, {0}}, one);
        assert_close(one, all + from * PIECES, (size_t)n * PIECES, 2e-6);
    }
    gpt_free(&m);
}

static void the_future_does_not_matter_and_the_past_does(void **state)
{
    (void)state;
    Gpt m = rough(plain, 5);
    float before[7 * PIECES], after[7 * PIECES];
    int text[7] = {3, 1, 4, 1, 5, 9, 2};
    scores(&m, (Tokens){7, text, {0}}, before);
    text[3] = 8;
    scores(&m, (Tokens){7, text, {0}}, after);
    assert_memory_equal(before, after, 3 * PIECES * sizeof(float));
    for (int i = 3; i < 7; i++) {
        size_t worst;
        if (!testing_wrong(after + i * PIECES, before + i * PIECES, PIECES,
                           1e-3, &worst))
            fail_msg("row %d does not see that token 3 has changed", i);
    }
    gpt_free(&m);
}

static void a_window_forgets_what_is_far(void **state)
{
    (void)state;
    // Each layer sees 2 back at most, itself included, so two see 3.
    Gpt m = rough(variant(3, 2), 5), full = rough(variant(3, 7), 5);
    Gpt none = rough(plain, 5);
    float before[7 * PIECES], after[7 * PIECES];
    int text[7] = {3, 1, 4, 1, 5, 9, 2};
    scores(&full, (Tokens){7, text, {0}}, before);
    scores(&none, (Tokens){7, text, {0}}, after);
    assert_close(before, after, 7 * PIECES, 1e-6); // window >= T: no window
    scores(&m, (Tokens){7, text, {0}}, before);
    text[1] = 8;
    scores(&m, (Tokens){7, text, {0}}, after);
    size_t worst;
    assert_true(testing_wrong(after + 3 * PIECES, before + 3 * PIECES, PIECES,
                              1e-3, &worst) > 0);
    assert_memory_equal(before + 4 * PIECES, after + 4 * PIECES,
                        3 * PIECES * sizeof(float));
    gpt_free(&m);
    gpt_free(&full);
    gpt_free(&none);
}

static void groups_are_shared_keys(void **state)
{
    (void)state;
    // A grouped model equals a whole one whose heads have copies.
    Gpt few = rough(variant(1, 0), 6), many = gpt_new(plain, 1);
    const int d = plain.width, w = d / plain.heads;
    for (int i = 0; i < few.params->n; i++) {
        const Matrix *from = &few.params->item[i]->m;
        Matrix *to = &many.params->item[i]->m;
        const size_t n = (size_t)from->rows * from->cols;
        assert_string_equal(few.params->item[i]->name,
                            many.params->item[i]->name);
        const size_t copies = (size_t)to->rows * to->cols / n;
        assert_true(copies == 1 || (copies == 3 && n % (size_t)w == 0));
        for (size_t k = 0; k < copies; k++)
            memcpy(to->val + k * n, from->val, n * sizeof *to->val);
    }
    float a[TOKENS * PIECES], b[TOKENS * PIECES];
    scores(&few, input, a);
    scores(&many, input, b);
    assert_close(a, b, TOKENS * PIECES, 2e-6);
    gpt_free(&few);
    gpt_free(&many);
}

static void too_long(void *model)
{
    scores(model, (Tokens){8, (int[8]){0}, {0}}, (float[8 * PIECES]){0});
}

static void odd_heads(void *unused)
{
    (void)unused;
    gpt_new(variant(2, 0), 1);
}

static void misuse_is_a_mistake_in_the_code(void **state)
{
    (void)state;
    Gpt m = gpt_new(plain, 1);
    char said[400];
    assert_int_equal(testing_outcome(too_long, &m, said, sizeof said), 134);
    assert_non_null(strstr(said, "a text of 8 tokens, the context is 7"));
    assert_int_equal(testing_outcome(odd_heads, NULL, said, sizeof said), 134);
    assert_non_null(strstr(said, "2 groups do not divide 3 heads"));
    float none[1];
    scores(&m, (Tokens){0}, none); // no text, no scores
    gpt_free(&m);
}

// --- GPT-2's files ----------------------------------------------------------

static const char tiny[] = "chapters/10-gpt/golden/tiny-gpt2";

static void a_checkpoint_of_gpt2_is_read(void **state)
{
    (void)state;
    enum { V = 256, T = 13 };
    const int id[T] = {10, 255, 0, 77, 32, 1, 200, 201, 5, 5, 131, 9, 250};
    static float got[T * V];
    Gpt m = gpt2_load(tiny);
    assert_int_equal(m.shape.context, T);
    assert_int_equal(m.shape.hidden, 80);
    scores(&m, (Tokens){T, id, {0}}, got);
    Safetensors s =
        safetensors_open("chapters/10-gpt/golden/tiny-gpt2.safetensors");
    assert_close(got, testing_golden(&s, T * V, "logits"), T * V, 1e-5);
    safetensors_close(&s);
    gpt_free(&m);
}

static char here[300];

static void load_here(void *unused)
{
    (void)unused;
    Gpt m = gpt2_load(here);
    gpt_free(&m);
}

static void what_is_saved_is_read_again(void **state)
{
    (void)state;
    snprintf(here, sizeof here, "%s", testing_dir("10-gpt2"));
    Gpt m = rough(plain, 8);
    gpt2_save(&m, here);
    Gpt same = gpt2_load(here);
    assert_int_equal(same.params->n, m.params->n);
    assert_memory_equal(same.params->val, m.params->val,
                        m.params->count * sizeof(float));
    assert_true(same.norm.eps == m.norm.eps);
    gpt_free(&same);
    gpt_free(&m);
    // The tokenizer beside it.
    const char *text = "the cat and the other cat and the cat";
    Bpe b = bpe_train(text_of(text), 10);
    gpt2_save_bpe(&b, here);
    Bpe c = gpt2_load_bpe(here, b.vocab.n);
    Ids x = {0}, y = {0};
    bpe_encode(&b, text_of(text), &x);
    bpe_encode(&c, text_of(text), &y);
    assert_int_equal(x.n, y.n);
    assert_memory_equal(x.at, y.at, x.n * sizeof *x.at);
    ids_free(&x);
    ids_free(&y);
    bpe_free(&b);
    bpe_free(&c);
}

#define CONFIG(more)                                                           \
    "{\"vocab_size\": 11, \"n_positions\": 7, \"n_embd\": 12, \"n_layer\": "   \
    "2, \"n_head\": 3, \"n_inner\": 20" more "}"

static void bad_files_are_told_in_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *config, *says;
    } bad[] = {
        {"", "config.json: is not a JSON object"},
        {"[1, 2]", "is not a JSON object"},
        {"{\"vocab_size\": 11", "is not a JSON object"},
        {"{\"vocab_size\": 11}", "\"n_positions\" must be a whole number"},
        {CONFIG(", \"n_head\": 3") "x", "is not a JSON object"},
        {CONFIG(", \"model_type\": \"llama\""), "\"model_type\" is not"},
        {CONFIG(", \"activation_function\": \"relu\""), "is not \"gelu_new\""},
        {CONFIG(", \"tie_word_embeddings\": false"), "is not true"},
        {CONFIG(", \"scale_attn_by_inverse_layer_idx\": true"), "is not false"},
        {CONFIG(", \"layer_norm_epsilon\": -1"), "must be above 0"},
        {"{\"vocab_size\": 1e300}", "must be a whole number"},
        {"{\"vocab_size\": 11, \"n_positions\": 7, \"n_embd\": 12, "
         "\"n_layer\": 2, \"n_head\": 5}",
         "5 heads do not divide a width of 12"},
        {"{\"vocab_size\": 12, \"n_positions\": 7, \"n_embd\": 12, "
         "\"n_layer\": 2, \"n_head\": 3, \"n_inner\": 20}",
         "\"wte.weight\" does not have the shape that config.json says: 12 x "
         "12"},
        {"{\"vocab_size\": 11, \"n_positions\": 7, \"n_embd\": 12, "
         "\"n_layer\": 1000000, \"n_head\": 3, \"n_inner\": 20}",
         "has no tensor \"h.2.mlp.c_fc.weight\""},
        {"{\"vocab_size\": 11, \"n_positions\": 7, \"n_embd\": 12, "
         "\"n_layer\": 2, \"n_head\": 3}",
         "\"h.0.mlp.c_fc.weight\" does not have the shape"},
    };
    snprintf(here, sizeof here, "%s", testing_dir("10-gpt2"));
    assert_dies(load_here, NULL, 1, "config.json: there is no such file");
    Gpt m = gpt_new(plain, 1);
    gpt2_save(&m, here);
    gpt_free(&m);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        testing_write("config.json", bad[i].config);
        assert_dies(load_here, NULL, 1, bad[i].says);
    }
    testing_write("config.json", CONFIG(""));
    load_here(NULL); // this one is right
    testing_write("model.safetensors", "cut");
    assert_dies(load_here, NULL, 1, "model.safetensors");
}

// --- choosing ---------------------------------------------------------------

static void close_to(const char *what, const float *got, const float *want,
                     int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) < 2e-6))
            fail_msg("%s: number %d is %.6f, expected %.6f", what, i,
                     (double)got[i], (double)want[i]);
}

#define HALVES                                                                 \
    {                                                                          \
        0.125f, 0.5f, 0.0625f, 0.25f, 0.0625f                                  \
    }

static void cuts_by_hand(void **state)
{
    (void)state;
    float k3[] = HALVES, p7[] = HALVES, p75[] = HALVES, m[] = HALVES,
          t[] = HALVES, all[] = HALVES, k0[] = HALVES, none[] = HALVES;
    keep_top_k(k3, 5, 3);
    close_to("top-k 3", k3, (float[]){1.f / 7, 4.f / 7, 0, 2.f / 7, 0}, 5);
    keep_top_k(k0, 5, 0);
    close_to("top-k 0 keeps one", k0, (float[]){0, 1, 0, 0, 0}, 5);
    keep_top_p(p7, 5, 0.7f);
    close_to("top-p 0.7", p7, (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
    keep_top_p(p75, 5, 0.76f); // one more than 0.75
    close_to("top-p 0.76", p75, (float[]){1.f / 7, 4.f / 7, 0, 2.f / 7, 0}, 5);
    float p751[] = HALVES;
    keep_top_p(p751, 5, 0.75f); // two are just enough
    close_to("top-p 0.75", p751, (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
    keep_top_p(all, 5, 1);
    close_to("top-p 1", all, (float[])HALVES, 5);
    keep_top_p(none, 5, 0);
    close_to("top-p 0 keeps one", none, (float[]){0, 1, 0, 0, 0}, 5);
    keep_min_p(m, 5, 0.3f); // at least 0.15
    close_to("min-p 0.3", m, (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
    // The entropy is 1.875 bits; surprises are 3, 1, 4, 2, 4 bits. The nearest
    // is the one of 2 bits, then 1 (0.875 off), then 3 (1.125 off).
    keep_typical(t, 5, 0.2f);
    close_to("typical 0.2", t, (float[]){0, 0, 0, 1, 0}, 5);
    float t2[] = HALVES, t3[] = HALVES;
    keep_typical(t2, 5, 0.7f);
    close_to("typical 0.7", t2, (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
    keep_typical(t3, 5, 0.8f);
    close_to("typical 0.8", t3, (float[]){1.f / 7, 4.f / 7, 0, 2.f / 7, 0}, 5);
}

static void equals_are_kept_from_the_left(void **state)
{
    (void)state;
    float p[] = {0.25f, 0.25f, 0.25f, 0.25f};
    keep_top_k(p, 4, 2);
    close_to("top-k 2 of equals", p, (float[]){0.5f, 0.5f, 0, 0}, 4);
    float flat[] = {0.2f, 0.2f, 0.2f, 0.2f, 0.2f};
    keep_top_p(flat, 5, 0.3f);
    close_to("top-p 0.3 of five equals", flat, (float[]){0.5f, 0.5f, 0, 0, 0},
             5);
    float one[] = {1};
    keep_top_k(one, 1, 5);
    keep_top_p(one, 1, 0.5f);
    keep_min_p(one, 1, 1);
    keep_typical(one, 1, 0.5f);
    close_to("a vocabulary of one", one, (float[]){1}, 1);
    float sure[] = {0, 1, 0};
    keep_typical(sure, 3, 0.9f);
    keep_top_p(sure, 3, 0.9f);
    close_to("nothing but one", sure, (float[]){0, 1, 0}, 3);
}

static void cuts_keep_what_they_should_of_many(void **state)
{
    (void)state;
    enum { V = 997 };
    float logits[V], p[V], cut[V];
    Rng r = rng_new(3);
    for (int i = 0; i < V; i++)
        logits[i] = 3 * rng_normal(&r);
    double sum = 0;
    for (int i = 0; i < V; i++)
        sum += exp((double)logits[i]);
    for (int i = 0; i < V; i++)
        p[i] = (float)(exp((double)logits[i]) / sum);
    for (int k = 0; k < 4; k++) {
        const float mass = 0.2f + 0.25f * (float)k;
        memcpy(cut, p, sizeof p);
        keep_top_p(cut, V, mass);
        double kept = 0, least = 1, most = 0, total = 0;
        for (int i = 0; i < V; i++) {
            total += (double)cut[i];
            if (cut[i] > 0) {
                kept += (double)p[i];
                least = fmin(least, (double)p[i]);
            } else {
                most = fmax(most, (double)p[i]);
            }
        }
        assert_true(fabs(total - 1) < 1e-5);
        assert_true(most <= least);               // the likeliest
        assert_true(kept >= (double)mass);        // enough
        assert_true(kept - least < (double)mass); // and no more
    }
}

static void bends_by_hand(void **state)
{
    (void)state;
    float x[] = {2, -1, 0, 4};
    apply_temperature(x, 4, 0.5f);
    close_to("temperature", x, (float[]){4, -2, 0, 8}, 4);
    const int past[] = {1, 0, 1, 1};
    penalize_repetition(x, past, 4, 2);
    close_to("repetition", x, (float[]){2, -4, 0, 8}, 4); // 1 only once
    penalize_presence(x, past, 4, 1, 0.25f);
    close_to("presence and frequency", x, (float[]){0.75f, -5.75f, 0, 8}, 4);
}

static void draws_are_as_often_as_they_should(void **state)
{
    (void)state;
    enum { N = 20000 };
    const float p[] = {0.1f, 0, 0.6f, 0.3f};
    int seen[4] = {0};
    Rng r = rng_new(9);
    for (int i = 0; i < N; i++)
        seen[draw(&r, p, 4)]++;
    assert_int_equal(seen[1], 0);
    for (int i = 0; i < 4; i++) { // five standard deviations
        const double want = N * (double)p[i];
        if (fabs(seen[i] - want) > 5 * sqrt(want))
            fail_msg("piece %d came %d times, expected about %.0f", i, seen[i],
                     want);
    }
    const float short_of_one[] = {0.5f, 0.4f, 0};
    for (int i = 0; i < 200; i++) // rounding may leave a rest
        assert_true(draw(&r, short_of_one, 3) < 2);
}

static void a_sampler_does_all_in_order(void **state)
{
    (void)state;
    const float logits[] = {logf(0.5f), logf(0.25f), logf(0.125f),
                            logf(0.125f)};
    float x[4];
    Sampler s = {.temperature = 0, .rng = rng_new(1)};
    memcpy(x, logits, sizeof x);
    assert_int_equal(sample(&s, x, 4, NULL, 0), 0);
    s = (Sampler){.temperature = 1}; // a zeroed rest is: nothing else
    memcpy(x, logits, sizeof x);
    sampler_probabilities(&s, x, 4, NULL, 0);
    close_to("temperature 1", x, (float[]){0.5f, 0.25f, 0.125f, 0.125f}, 4);
    s = (Sampler){.temperature = 0.5f, .top_k = 2};
    memcpy(x, logits, sizeof x);
    sampler_probabilities(&s, x, 4, NULL, 0);
    close_to("temperature 0.5, top-k 2", x, (float[]){0.8f, 0.2f, 0, 0}, 4);
    s = (Sampler){.temperature = 1e-40f}; // nearly 0
    memcpy(x, logits, sizeof x);
    assert_int_equal(sample(&s, x, 4, NULL, 0), 0);
    close_to("temperature 1e-40", x, (float[]){1, 0, 0, 0}, 4);
    // Only the last look_back tokens are penalised.
    const int past[] = {0, 1};
    s = (Sampler){.temperature = 1, .presence = 100, .look_back = 1};
    memcpy(x, logits, sizeof x);
    sampler_probabilities(&s, x, 4, past, 2);
    close_to("presence", x, (float[]){2.f / 3, 0, 1.f / 6, 1.f / 6}, 4);
    // The same seed draws the same.
    int drawn[2][50];
    for (int k = 0; k < 2; k++) {
        s = (Sampler){.temperature = 2, .rng = rng_new(5)};
        for (int i = 0; i < 50; i++) {
            memcpy(x, logits, sizeof x);
            drawn[k][i] = sample(&s, x, 4, NULL, 0);
        }
    }
    assert_memory_equal(drawn[0], drawn[1], sizeof drawn[0]);
}

// --- continuing -------------------------------------------------------------

static double log_p(const Gpt *m, const Ids *text, int given)
{
    double sum = 0;
    float all[7 * PIECES];
    scores(m, (Tokens){text->n, text->at, {0}}, all);
    for (int i = given; i < text->n; i++) {
        const float *x = all + (i - 1) * PIECES;
        double total = 0;
        for (int k = 0; k < PIECES; k++)
            total += exp((double)x[k]);
        sum += (double)x[text->at[i]] - log(total);
    }
    return sum;
}

static Ids some_ids(int n, const int *id)
{
    Ids x = {0};
    for (int i = 0; i < n; i++)
        ids_add(&x, id[i]);
    return x;
}

static void texts_go_on_as_if_alone(void **state)
{
    (void)state;
    Gpt m = rough(plain, 11);
    Sampler greedy = {.temperature = 0};
    Ids all[2] = {some_ids(3, input_id), some_ids(1, input_id + 5)};
    gpt_continue(&m, &greedy, all, 2, 12, -1); // longer than the context
    for (int k = 0; k < 2; k++) {
        Ids one = some_ids(k ? 1 : 3, input_id + 5 * k);
        for (int i = 0; i < 12; i++) {
            float x[PIECES];
            gpt_scores(&m, &one, x);
            ids_add(&one, greatest(x, PIECES));
        }
        assert_int_equal(one.n, all[k].n);
        assert_memory_equal(one.at, all[k].at, one.n * sizeof *one.at);
        // It ends with the token that it should stop at.
        const int stop = one.at[one.n - 3];
        Ids cut = some_ids(k ? 1 : 3, input_id + 5 * k);
        gpt_continue(&m, &greedy, &cut, 1, 12, stop);
        assert_int_equal(cut.at[cut.n - 1], stop);
        for (int i = k ? 1 : 3; i < cut.n - 1; i++)
            assert_int_not_equal(cut.at[i], stop);
        ids_free(&cut);
        ids_free(&one);
        ids_free(&all[k]);
    }
    gpt_free(&m);
}

static void of_a_long_text_the_end_counts(void **state)
{
    (void)state;
    Gpt m = rough(plain, 14);
    Ids text = some_ids(TOKENS, input_id);
    float got[PIECES], want[7 * PIECES];
    gpt_scores(&m, &text, got);
    scores(&m, (Tokens){7, input_id + TOKENS - 7, {0}}, want);
    assert_close(got, want + 6 * PIECES, PIECES, 2e-6);
    ids_free(&text);
    gpt_free(&m);
}

// The best of all continuations by n tokens, by trying each.
static double best_of_all(const Gpt *m, Ids *text, int n, int stop)
{
    const int given = text->n;
    double best = -INFINITY;
    if (n == 0)
        return 0;
    for (int k = 0; k < PIECES; k++) {
        ids_add(text, k);
        double score = log_p(m, text, given);
        if (k != stop)
            score += best_of_all(m, text, n - 1, stop);
        best = fmax(best, score);
        text->n = given;
    }
    return best;
}

static void a_wide_beam_finds_the_best(void **state)
{
    (void)state;
    Gpt m = rough(plain, 12);
    for (int stop = -1; stop < PIECES; stop++) {
        Ids text = some_ids(2, input_id), greedy = some_ids(2, input_id);
        Ids narrow = some_ids(2, input_id);
        const double best = best_of_all(&m, &text, 3, stop);
        const double found = gpt_beam(&m, &text, 400, 3, stop);
        if (!(fabs(best - found) < 1e-4))
            fail_msg("stop %d: the best is %.5f, beam search found %.5f", stop,
                     best, found);
        assert_true(fabs(found - log_p(&m, &text, 2)) < 1e-4);
        Sampler s = {.temperature = 0};
        gpt_continue(&m, &s, &greedy, 1, 3, stop);
        const double one = gpt_beam(&m, &narrow, 1, 3, stop);
        assert_int_equal(greedy.n, narrow.n);
        assert_memory_equal(greedy.at, narrow.at, greedy.n * sizeof(int));
        assert_true(one <= found + 1e-5);
        ids_free(&text);
        ids_free(&greedy);
        ids_free(&narrow);
    }
    gpt_free(&m);
}

// --- texts ------------------------------------------------------------------

static void windows_are_cut_and_shifted_by_one(void **state)
{
    (void)state;
    enum { N = 29, LENGTH = 7, WINDOWS = 50 };
    int text[N], in[WINDOWS * LENGTH], out[WINDOWS * LENGTH];
    bool first = false, last = false;
    for (int i = 0; i < N; i++)
        text[i] = 100 + i;
    Rng r = rng_new(4);
    for (int round = 0; round < 4; round++) {
        gpt_windows(&r, text, N, WINDOWS, LENGTH, in, out);
        for (int w = 0; w < WINDOWS; w++) {
            const int *x = in + w * LENGTH, *y = out + w * LENGTH;
            first = first || x[0] == 100;
            last = last || y[LENGTH - 1] == 100 + N - 1;
            for (int i = 0; i < LENGTH; i++) {
                assert_int_equal(x[i], x[0] + i);
                assert_int_equal(y[i], x[i] + 1);
                assert_true(x[i] >= 100 && y[i] < 100 + N);
            }
        }
    }
    assert_true(first && last); // every place comes
}

static void the_loss_of_a_book_counts_every_token_once(void **state)
{
    (void)state;
    Gpt m = rough(plain, 13);
    Ids text = some_ids(TOKENS, input_id);
    for (int i = 0; i < 60; i++)
        ids_add(&text, (i * i + 3 * i) % PIECES);
    // By hand: windows of 7, each alone.
    double sum = 0;
    float x[7 * PIECES];
    for (int at = 0; at < text.n - 1; at += 7) {
        const int n = text.n - 1 - at < 7 ? text.n - 1 - at : 7;
        scores(&m, (Tokens){n, text.at + at, {0}}, x);
        for (int i = 0; i < n; i++) {
            double total = 0;
            for (int k = 0; k < PIECES; k++)
                total += exp((double)x[i * PIECES + k]);
            sum += log(total) - (double)x[i * PIECES + text.at[at + i + 1]];
        }
    }
    const double got = book_loss(&m, &text, 1000);
    assert_true(fabs(got - sum / (text.n - 1)) < 1e-5);
    // The first window alone.
    const double one = book_loss(&m, &text, 1);
    Ids begin = some_ids(8, text.at);
    assert_true(fabs(one - book_loss(&m, &begin, 9)) < 1e-6);
    // 3 tokens of ln 4 nats, 2 bits each, on 12 bytes.
    assert_true(fabs(bits_per_byte(log(4), 3, 12) - 0.5) < 1e-9);
    ids_free(&begin);
    ids_free(&text);
    gpt_free(&m);
}

static void tales_of_the_test_are_new(void **state)
{
    (void)state;
    Buffer train = {0}, test = {0}, again = {0}, other = {0};
    book_tales(5, 40, 7, &train, &test);
    book_tales(5, 40, 7, &again, &other);
    assert_string_equal(train.at, again.at);
    assert_string_equal(test.at, other.at);
    Text rest = {test.at, test.length}, line;
    int lines = 0;
    while (text_line(&rest, &line)) {
        char tale[2000];
        snprintf(tale, sizeof tale, "%.*s", (int)line.length, line.at);
        assert_null(strstr(train.at, tale));
        lines++;
    }
    assert_int_equal(lines, 7);
    Book b = book_of((Text){train.at, train.length},
                     (Text){test.at, test.length}, 50);
    Buffer back = {0};
    bpe_decode(&b.bpe, b.test.at, b.test.n, &back);
    assert_int_equal(back.length, test.length);
    assert_memory_equal(back.at, test.at, test.length);
    book_free(&b);
    Book bytes = book_of((Text){train.at, train.length},
                         (Text){test.at, test.length}, 0);
    assert_int_equal(bytes.train.n, (int)bytes.train_bytes);
    book_free(&bytes);
    buffer_free(&back);
    buffer_free(&train);
    buffer_free(&test);
    buffer_free(&again);
    buffer_free(&other);
}

// --- training ---------------------------------------------------------------

static Ids counting(int n)
{
    Ids x = {0};
    for (int i = 0; i < n; i++)
        ids_add(&x, i % 5 + (i / 20 % 2 ? 5 : 0));
    return x;
}

static const GptRecipe small = {.windows = 3,
                                .warmup = 5,
                                .steps = 100,
                                .rate = 0.01f,
                                .decay = 0.1f,
                                .clip = 1,
                                .seed = 3};

static void training_learns(void **state)
{
    (void)state;
    Gpt m = gpt_new(plain, 1);
    Ids text = counting(300);
    const double before = book_loss(&m, &text, 100);
    GptTraining t = gpt_training_new(&m, &text, small);
    for (int i = 0; i < 100; i++)
        gpt_train_step(&t);
    const double after = book_loss(&m, &text, 100);
    if (!(before > 2 && after < 0.5))
        fail_msg("the loss was %.3f, after 100 steps it is %.3f", before,
                 after);
    assert_true(gpt_train_loss(&t) > 0 && gpt_train_loss(&t) == 0);
    gpt_training_free(&t);
    ids_free(&text);
    gpt_free(&m);
}

static void a_saved_training_goes_on_bit_for_bit(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s/state", testing_dir("10-training"));
    GptShape shape = plain;
    shape.dropout = 0.3f;
    Ids text = counting(300);
    Gpt m[2];
    double loss[2];
    for (int k = 0; k < 2; k++) {
        m[k] = gpt_new(shape, 1);
        GptTraining t = gpt_training_new(&m[k], &text, small);
        for (int step = 0; step < 13; step++) {
            if (k == 1 && step == 6) { // everything is lost but the file
                t.number[2] = 42;
                gpt_training_save(&t, path);
                gpt_training_free(&t);
                gpt_free(&m[k]);
                m[k] = gpt_new(shape, 77);
                t = gpt_training_new(&m[k], &text, small);
                assert_true(gpt_training_load(&t, path));
                assert_true(t.number[2] == 42);
            }
            gpt_train_step(&t);
        }
        assert_int_equal(t.step, 13);
        loss[k] = gpt_train_loss(&t);
        gpt_training_free(&t);
    }
    assert_true(loss[0] == loss[1]);
    assert_memory_equal(m[0].params->val, m[1].params->val,
                        m[0].params->count * sizeof(float));
    GptTraining t = gpt_training_new(&m[0], &text, small);
    assert_false(gpt_training_load(&t, "build/no/such/file"));
    gpt_training_free(&t);
    gpt_free(&m[0]);
    gpt_free(&m[1]);
    ids_free(&text);
}

// --- the program ------------------------------------------------------------

static void a_killed_training_ends_as_an_unbroken_one(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("10");
    Buffer text = {0}, more = {0}, model[2];
    book_tales(3, 30, 1, &text, &more);
    testing_write("text", text.at);
    for (int k = 0; k < 2; k++) {
        char train[400], path[40];
        snprintf(train, sizeof train,
                 "10-gpt --threads 1 --file $HERE/text --save $HERE/%d "
                 "--merges 20 --layers 1 --width 12 --heads 3 --context 16 "
                 "--windows 4 --steps 120 --every 5 --dropout 0.1",
                 k);
        if (k == 1) // twice it gets as far as it gets
            for (int i = 0; i < 2; i++)
                testing_run(said, sizeof said, "timeout -s KILL 0.4 %s", train);
        if (testing_run(said, sizeof said, "%s", train) != 0)
            fail_msg("%s", said);
        assert_non_null(strstr(said, "bits a byte"));
        snprintf(path, sizeof path, "%d/model.safetensors", k);
        model[k] = text_read(testing_path(path));
    }
    assert_int_equal(model[0].length, model[1].length);
    assert_memory_equal(model[0].at, model[1].at, model[0].length);
    // The trained model can be used.
    assert_int_equal(
        testing_run(said, sizeof said,
                    "10-gpt --load $HERE/0 --prompt 'Once a' --tokens 9"),
        0);
    assert_true(strncmp(said, "Once a", 6) == 0 && strlen(said) > 12);
    assert_int_equal(testing_run(said, sizeof said,
                                 "10-gpt --load $HERE/0 --beam 3 --tokens 5"),
                     0);
    for (int k = 0; k < 2; k++)
        buffer_free(&model[k]);
    buffer_free(&text);
    buffer_free(&more);
}

#define SMALL                                                                  \
    "10-gpt --threads 1 --quick --layers 1 --width 12 --heads 3 --tales 64 "

static void ctrl_c_ends_the_step_then_the_program(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("10");
    // While it learns it waits for the end of the step, says so, and keeps all.
    const char train[] = SMALL "--steps 500 --every 1 --save $HERE/kept";
    assert_int_equal(testing_press(said, sizeof said, "     2  ~", train), 1);
    assert_non_null(strstr(said, "10-gpt: stops after this step; a second"));
    assert_non_null(strstr(said, "steps; the same command goes on"));
    gpt_free(&(Gpt[]){gpt2_load(testing_path("kept"))}[0]);
    // What is not kept is shown as far as it came.
    assert_int_equal(testing_press(said, sizeof said, "     2  ~",
                                   SMALL "--steps 500 --every 1"),
                     0);
    assert_non_null(strstr(said, "steps of 500; this is how far it came"));
    assert_non_null(strstr(said, "=> tales"));
    // Afterwards there is nothing to wait for.
    assert_int_equal(testing_press(said, sizeof said, "  greedy  ",
                                   SMALL "--steps 2 --every 2"),
                     128 + SIGINT);
    assert_null(strstr(said, "stops after"));
    assert_null(strstr(said, "=> tales"));
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--beam", "10-gpt --beam x");
    assert_refused(2, "--top-p", "10-gpt --load x --top-p 0"); // 0 is not off
    assert_refused(2, "--text", "10-gpt --text hamlet");
    assert_refused(2, "5 heads do not divide a width of", "10-gpt --heads 5");
    assert_refused(1, "/nowhere/config.json: there is no such",
                   "10-gpt --load /nowhere");
    assert_refused(1, "/nowhere", "10-gpt --file /nowhere");
    assert_refused(1, "make data NAME=moby-dick",
                   "10-gpt --text moby-dick --data /nowhere");
    testing_dir("10");
    testing_write("short", "too short");
    testing_write("empty", "");
    assert_refused(1, "9 bytes are too short a text",
                   "10-gpt --file $HERE/short --save $HERE/x");
    assert_refused(1, "0 bytes are too short a text",
                   "10-gpt --file $HERE/empty --save $HERE/x");
    assert_refused(1, "", "10-gpt --load %s --prompt ''", tiny);
    assert_refused(1, "learning would need some",
                   "10-gpt --quick --layers 100 --width 8192 --heads 1");
    assert_refused(1, "learning would need some",
                   "10-gpt --quick --windows 65536 --context 65536");
}

static void what_is_kept_is_not_spoilt(void **state)
{
    (void)state;
    char said[4000];
    testing_dir("10");
    const char *const name[] = {"one", "two"};
    for (int k = 0; k < 2; k++) {
        Buffer text = {0}, more = {0};
        book_tales(3 + (uint64_t)k, 20, 1, &text, &more);
        text_write(testing_path(name[k]), text.at, text.length);
        buffer_free(&text);
        buffer_free(&more);
    }
    const struct {
        const char *file, *more, *says;
        int status;
    } run[] = {
        {"one", "", "bits a byte", 0},
        {"two", "", "keeps a model that learns another text", 1},
        {"one", "--width 24", "width 12, 3 heads and context 16, not 1, 24", 1},
        {"one", "--merges 0", "in other pieces", 1},
        {"one", "--steps 4", "goes on after step 3", 0},
    };
    for (int k = 0; k < 5; k++) {
        const int status = testing_run(
            said, sizeof said,
            "10-gpt --file $HERE/%s --save $HERE/kept --merges 20 --layers 1 "
            "--width 12 --heads 3 --context 16 --windows 4 --steps 3 %s",
            run[k].file, run[k].more);
        assert_int_equal(status, run[k].status);
        if (!strstr(said, run[k].says))
            fail_msg("run %d does not say \"%s\": %s", k, run[k].says, said);
    }
    assert_refused(2, "", "10-gpt --load $HERE/kept --prompt ''");
    // Where nothing can be kept, nothing is learned first.
    assert_int_equal(
        testing_run(said, sizeof said, "10-gpt --quick --save $HERE/one"), 1);
    assert_null(strstr(said, "bits     marks"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_model_equals_pytorch),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(packed_equals_alone),
        cmocka_unit_test(the_future_does_not_matter_and_the_past_does),
        cmocka_unit_test(a_window_forgets_what_is_far),
        cmocka_unit_test(groups_are_shared_keys),
        cmocka_unit_test(misuse_is_a_mistake_in_the_code),
        cmocka_unit_test(a_checkpoint_of_gpt2_is_read),
        cmocka_unit_test(what_is_saved_is_read_again),
        cmocka_unit_test(bad_files_are_told_in_a_line),
        cmocka_unit_test(cuts_by_hand),
        cmocka_unit_test(equals_are_kept_from_the_left),
        cmocka_unit_test(cuts_keep_what_they_should_of_many),
        cmocka_unit_test(bends_by_hand),
        cmocka_unit_test(draws_are_as_often_as_they_should),
        cmocka_unit_test(a_sampler_does_all_in_order),
        cmocka_unit_test(texts_go_on_as_if_alone),
        cmocka_unit_test(of_a_long_text_the_end_counts),
        cmocka_unit_test(a_wide_beam_finds_the_best),
        cmocka_unit_test(windows_are_cut_and_shifted_by_one),
        cmocka_unit_test(the_loss_of_a_book_counts_every_token_once),
        cmocka_unit_test(tales_of_the_test_are_new),
        cmocka_unit_test(training_learns),
        cmocka_unit_test(a_saved_training_goes_on_bit_for_bit),
        cmocka_unit_test(a_killed_training_ends_as_an_unbroken_one),
        cmocka_unit_test(ctrl_c_ends_the_step_then_the_program),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(what_is_kept_is_not_spoilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
