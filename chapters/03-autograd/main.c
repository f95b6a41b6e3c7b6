// 03-autograd: backpropagation, from single numbers to a network that reads
// digits.
//
// Read from top to bottom: one expression whose gradients are printed, a tiny
// network on single numbers and the same one on matrices, gradients checked
// against slopes, four optimisers on two spirals, and the digits.
#include "03-autograd/checks.h"
#include "03-autograd/rmsprop.h"
#include "03-autograd/scalar.h"

#include "common/check.h"
#include "common/checkpoint.h"
#include "common/cli.h"
#include "common/digits.h"
#include "common/folder.h"
#include "common/ops.h"
#include "common/plot.h"
#include "common/progress.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- 1. one expression ------------------------------------------------------

// y = tanh(a b + c), and how y changes with a, b and c.
static void one_expression(void)
{
    Scalars t = scalars_new();
    Scalar *a = scalar(&t, 2), *b = scalar(&t, -0.5), *c = scalar(&t, 1.5);
    Scalar *product = scalar_mul(&t, a, b);
    Scalar *total = scalar_add(&t, product, c);
    Scalar *y = scalar_tanh(&t, total);
    scalar_backward(&t, y);

    puts("1. One expression: y = tanh(a b + c)\n");
    puts("             value   dy/d(this)");
    const struct {
        const char *name;
        const Scalar *s;
    } rows[] = {{"a", a},         {"b", b},           {"c", c},
                {"a b", product}, {"a b + c", total}, {"y", y}};
    for (int i = 0; i < 6; i++)
        printf("  %-8s %8.4f   %8.4f\n", rows[i].name, rows[i].s->val,
               rows[i].s->grad);

    const double h = 1e-6;
    double slope =
        (tanh((2 + h) * -0.5 + 1.5) - tanh((2 - h) * -0.5 + 1.5)) / (2 * h);
    printf("\n  Moving a a little to both sides gives the slope %.4f.\n\n",
           slope);
    scalars_free(&t);
}

// --- 2. one network, twice --------------------------------------------------

enum { HIDDEN = 4, CASES = 4, WEIGHTS = HIDDEN * 4 + 1 };

// Exclusive or: the smallest task that no single layer can learn.
static const float xor_in[CASES][2] = {{-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
static const float xor_out[CASES] = {-1, 1, 1, -1};

// The loss of the network 2 - HIDDEN - 1 for weights w, in this order: input
// weights (HIDDEN x 2), their biases, output weights, output bias.
static Scalar *xor_on_scalars(Scalars *t, Scalar **w)
{
    Scalar **bias = w + 2 * HIDDEN, **up = bias + HIDDEN, *last = up[HIDDEN];
    Scalar *loss = scalar(t, 0);
    for (int i = 0; i < CASES; i++) {
        Scalar *y = last;
        for (int j = 0; j < HIDDEN; j++) {
            Scalar *h = bias[j];
            for (int k = 0; k < 2; k++)
                h = scalar_add(t, h,
                               scalar_mul(t, w[2 * j + k],
                                          scalar(t, (double)xor_in[i][k])));
            y = scalar_add(t, y, scalar_mul(t, up[j], scalar_tanh(t, h)));
        }
        Scalar *error = scalar_add(t, y, scalar(t, -(double)xor_out[i]));
        loss = scalar_add(t, loss, scalar_mul(t, error, error));
    }
    return scalar_mul(t, loss, scalar(t, 1.0 / CASES));
}

// The same network on matrices: three lines in place of three loops.
static Matrix *xor_on_matrices(Tape *t, Linear first, Linear second)
{
    Matrix *x = matrix_of(t, CASES, 2, xor_in[0]); // 4 x 2
    Matrix *h = tanh_of(linear(x, first));         // 4 x HIDDEN
    return mean_squared_error(linear(h, second), xor_out);
}

static void two_engines(uint64_t seed)
{
    enum { STEPS = 200 };
    const float rate = 0.1f;
    Params *p = params_new(seed);
    Linear first = linear_new(p, 2, HIDDEN, "first");
    Linear second = linear_new(p, HIDDEN, 1, "second");
    Sgd sgd = sgd_new(p, 0);
    Tape *tape = tape_new(0, seed);

    Scalars t = scalars_new();
    double w[WEIGHTS] = {0};
    for (int i = 0; i < 2 * HIDDEN; i++)
        w[i] = first.w->val[i];
    for (int i = 0; i < HIDDEN; i++)
        w[3 * HIDDEN + i] = second.w->val[i];

    puts("2. Exclusive or, learnt on single numbers and on matrices\n");
    puts("  step   loss, scalars   loss, matrices");
    for (int step = 0; step <= STEPS; step++) {
        Scalar *leaf[WEIGHTS];
        for (int i = 0; i < WEIGHTS; i++)
            leaf[i] = scalar(&t, w[i]);
        Scalar *loss = xor_on_scalars(&t, leaf);
        scalar_backward(&t, loss);
        for (int i = 0; i < WEIGHTS; i++)
            w[i] -= (double)rate * leaf[i]->grad;

        Matrix *same = xor_on_matrices(tape, first, second);
        backward(same);
        sgd_step(&sgd, rate);
        if (step % 50 == 0)
            printf("  %4d   %13.5f   %14.5f\n", step, loss->val,
                   (double)same->val[0]);
        scalars_reset(&t);
        tape_reset(tape);
    }
    puts("");
    scalars_free(&t);
    tape_free(tape);
    sgd_free(&sgd);
    params_free(p);
}

// --- 3. gradients against slopes --------------------------------------------

enum { SIZES = 13 };

// The step h = 10^-k/2 for k = 0 .. SIZES - 1, and the error it gives.
static void errors_over_step(int op, uint64_t seed, double *h, double *error)
{
    for (int k = 0; k < SIZES; k++) {
        h[k] = pow(10, -k / 2.0);
        error[k] = check_op(op, h[k], seed).worst;
    }
}

static void one_check(int op, uint64_t seed)
{
    double h[SIZES], error[SIZES];
    printf("The gradient of %s against its slope\n\n", check_name(op));
    puts("  step h     largest error");
    errors_over_step(op, seed, h, error);
    for (int k = 0; k < SIZES; k++)
        printf("  %-8.1e   %.1e\n", h[k], error[k]);
    printf("\n  At h = 1e-2: %s\n", check_op(op, 1e-2, seed).where);
}

static double all_checks(uint64_t seed, const char *plots)
{
    puts("3. Every operation's gradient against its slope, moving by 0.01\n");
    double worst = 0;
    for (int i = 0; i < check_count(); i++) {
        double e = check_op(i, 1e-2, seed).worst;
        worst = fmax(worst, e);
        printf("  %-19s %-5s%s", check_name(i), e < 5e-3 ? "agrees" : "WRONG",
               i % 2 ? "\n" : "    ");
    }
    puts("");

    Plot *p = plot_new("A slope is hardest to measure at both ends", "step h",
                       "largest error");
    const char *shown[] = {"tanh", "softmax", "layer_norm"};
    for (int i = 0; i < check_count(); i++)
        for (int k = 0; k < 3; k++)
            if (strcmp(check_name(i), shown[k]) == 0) {
                double h[SIZES], error[SIZES];
                errors_over_step(i, seed, h, error);
                plot_line(p, shown[k], SIZES, h, error);
            }
    plot_log(p, true, true);
    plot_save(p, plots, "gradcheck");
    return worst;
}

// --- 4. four optimisers on two spirals --------------------------------------

enum { POINTS = 400, ARM = 32 };

typedef struct Spirals {
    float at[POINTS][2];
    int arm[POINTS];
} Spirals;

static Spirals spirals_new(uint64_t seed)
{
    Spirals s;
    Rng r = rng_new(seed);
    for (int i = 0; i < POINTS; i++) {
        double along = sqrt((i / 2 + 0.5) / (POINTS / 2.0));
        double angle = along * 9.5 + (i % 2) * 3.14159265;
        s.at[i][0] = (float)(along * cos(angle)) + 0.02f * rng_normal(&r);
        s.at[i][1] = (float)(along * sin(angle)) + 0.02f * rng_normal(&r);
        s.arm[i] = i % 2;
    }
    return s;
}

typedef struct SpiralNet {
    Linear in, middle, out;
} SpiralNet;

static SpiralNet spiral_net(Params *p)
{
    return (SpiralNet){linear_new(p, 2, ARM, "in"),
                       linear_new(p, ARM, ARM, "middle"),
                       linear_new(p, ARM, 2, "out")};
}

static Matrix *spiral_logits(SpiralNet n, Matrix *x)
{
    Matrix *h = tanh_of(linear(scale(x, 4), n.in)); // T x ARM
    h = tanh_of(linear(h, n.middle));               // T x ARM
    return linear(h, n.out);                        // T x 2
}

enum { SGD, MOMENTUM, RMSPROP, ADAM, OPTIMISERS };

static const struct {
    const char *name;
    float rate; // the best of 1, 0.3, 0.1, ... after 600 steps
} optimisers[OPTIMISERS] = {{"SGD", 0.3f},
                            {"momentum 0.9", 0.3f},
                            {"RMSProp", 0.003f},
                            {"Adam", 0.01f}};

// Trains a fresh network with one optimiser; writes the loss of each step.
static void train_spirals(int which, const Spirals *s, int steps, uint64_t seed,
                          double *loss, Params **trained, SpiralNet *net)
{
    Params *p = params_new(seed);
    *net = spiral_net(p);
    Sgd sgd = sgd_new(p, which == MOMENTUM ? 0.9f : 0);
    RmsProp rms = rmsprop_new(p, 0.99f);
    Adam adam = adam_new(p, 0.9f, 0.999f, 1e-8f, 0);
    Tape *t = tape_new(0, seed);
    const float rate = optimisers[which].rate;
    for (int step = 0; step < steps; step++) {
        Matrix *x = matrix_of(t, POINTS, 2, s->at[0]);
        Matrix *l = cross_entropy(spiral_logits(*net, x), s->arm, 0);
        loss[step] = (double)l->val[0];
        backward(l);
        if (which == ADAM)
            adam_step(&adam, rate);
        else if (which == RMSPROP)
            rmsprop_step(&rms, rate);
        else
            sgd_step(&sgd, rate);
        tape_reset(t);
    }
    tape_free(t);
    sgd_free(&sgd);
    rmsprop_free(&rms);
    adam_free(&adam);
    *trained = p;
}

// The probability of the second arm at the centres of a grid's cells, and the
// points on top.
static void plot_boundary(SpiralNet net, const Spirals *s, const char *plots)
{
    enum { GRID = 96 };
    const float edge = 1.2f, cell = 2 * edge / GRID;
    if (!plots)
        return;
    Tape *t = tape_new(0, 1);
    t->training = false;
    Matrix *x = matrix(t, GRID * GRID, 2);
    for (int i = 0; i < GRID * GRID; i++) { // from the top left, as heat maps
        x->val[2 * i] = cell * ((float)(i % GRID) + 0.5f) - edge;
        x->val[2 * i + 1] = edge - cell * ((float)(i / GRID) + 0.5f);
    }
    Matrix *p = slice_cols(softmax(spiral_logits(net, x)), 1, 2);
    Plot *plot = plot_new("Two spirals, told apart by a network", "", "");
    plot_heat(plot, GRID, GRID, p->val, NULL, NULL);
    plot_range(plot, (double)-edge, (double)edge, (double)-edge, (double)edge);
    plot_equal(plot);
    for (int arm = 0; arm < 2; arm++) {
        double px[POINTS], py[POINTS];
        int n = 0;
        for (int i = 0; i < POINTS; i++)
            if (s->arm[i] == arm) {
                px[n] = (double)s->at[i][0];
                py[n++] = (double)s->at[i][1];
            }
        plot_points(plot, NULL, n, px, py);
    }
    plot_size(plot, 600, 600);
    plot_save(plot, plots, "spirals");
    tape_free(t);
}

static void four_optimisers(const Run *run)
{
    const int steps = run->quick ? 300 : 1200;
    Spirals s = spirals_new(run->seed);
    double *step = new_array(steps, sizeof *step);
    double *loss = new_array(steps, sizeof *loss);
    for (int i = 0; i < steps; i++)
        step[i] = i + 1;
    printf("4. Two spirals, four optimisers, %d steps\n\n", steps);
    puts("  optimiser       rate    loss at the end");
    Plot *plot =
        plot_new("The same network, four ways downhill", "step", "loss");
    for (int which = 0; which < OPTIMISERS; which++) {
        Params *p;
        SpiralNet net;
        train_spirals(which, &s, steps, run->seed, loss, &p, &net);
        printf("  %-13s %6.3f    ~%.3f\n", optimisers[which].name,
               (double)optimisers[which].rate, loss[steps - 1]);
        plot_line(plot, optimisers[which].name, steps, step, loss);
        if (which == ADAM)
            plot_boundary(net, &s, run->plots);
        params_free(p);
    }
    puts("");
    plot_log(plot, false, true);
    plot_save(plot, run->plots, "optimisers");
    free(step);
    free(loss);
}

// --- 5. digits --------------------------------------------------------------

enum { BATCH = 64, CLASSES = 10 };

// What was chosen by looking at digits kept apart for it (--validate), and not
// at those of the test.
static int hidden = 256; // numbers in the first hidden layer, twice the second
static float drop = 0.2f, rate = 2e-3f;

typedef struct Reader {
    Params *p;
    Linear one, two, three;
} Reader;

static Reader reader_new(uint64_t seed)
{
    Reader r = {.p = params_new(seed)};
    r.one = linear_new(r.p, PIXELS, hidden, "one");
    r.two = linear_new(r.p, hidden, hidden / 2, "two");
    r.three = linear_new(r.p, hidden / 2, CLASSES, "three");
    return r;
}

// T x PIXELS -> T x CLASSES
static Matrix *reader_logits(const Reader *r, Matrix *x)
{
    Matrix *h = dropout(relu(linear(x, r->one)), drop); // T x hidden
    h = dropout(relu(linear(h, r->two)), drop);         // T x hidden / 2
    return linear(h, r->three);
}

// What a checkpoint notes beside the network: which run it belongs to, and how
// far that had come.
enum {
    SEED,
    COUNT,
    EPOCHS,
    RATE,
    DROPOUT,
    MOVED,
    PLAIN_SCORE,
    EPOCH_LOSS,
    NOTES
};

typedef struct Training {
    const Digits *digits;
    int epochs;
    bool moved; // show moved and turned copies
    uint64_t seed;
    const char *resume; // a checkpoint to go on from, or NULL
    const char *save;   // where Ctrl-C leaves one
    int64_t stop;       // the step after which to do as at Ctrl-C, or 0
    double *note;       // NOTES numbers
} Training;

// Fills `point` from the checkpoint that is asked for, if one is. False: it
// was saved when this training was over and the next one was under way.
static bool resume_training(const Training *job, const Checkpoint *point)
{
    double mine[NOTES];
    if (!job->resume)
        return true;
    memcpy(mine, job->note, sizeof mine);
    if (!checkpoint_load(point, job->resume))
        die("%s: there is no such checkpoint", job->resume);
    const double *its = job->note;
    for (int i = SEED; i <= DROPOUT; i++)
        if (its[i] != mine[i])
            die("%s: saved with --seed %.0f on %.0f digits, --epochs %.0f, "
                "--rate %g and --dropout %g, not %.0f, %.0f, %.0f, %g and %g",
                job->resume, its[SEED], its[COUNT], its[EPOCHS], its[RATE],
                its[DROPOUT], mine[SEED], mine[COUNT], mine[EPOCHS], mine[RATE],
                mine[DROPOUT]);
    return job->moved || job->note[MOVED] == 0;
}

// Each epoch has its own order of the n digits.
static void new_order(int *order, int n, uint64_t seed)
{
    Rng rng = rng_new(seed);
    for (int i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
}

// A batch of the digits `which`, as they are or moved: BATCH x PIXELS.
static Matrix *batch_of(Tape *t, const Training *job, const int *which,
                        Rng *moves, int *label)
{
    Matrix *x = matrix(t, BATCH, PIXELS);
    for (int i = 0; i < BATCH; i++) {
        const int k = which[i];
        const float *from = job->digits->pixel + (size_t)k * PIXELS;
        float *to = x->val + i * PIXELS;
        label[i] = job->digits->label[k];
        if (job->moved)
            digit_moved(moves, from, to);
        else
            memcpy(to, from, PIXELS * sizeof *to);
    }
    return x;
}

// Trains r; the mean loss of each epoch goes to `curve`. Ends the program, with
// a checkpoint, at Ctrl-C. False: the checkpoint says that it is done.
static bool reader_train(Reader *r, const Training *job, double *curve)
{
    const int per_epoch = job->digits->n / BATCH;
    const int64_t total = (int64_t)job->epochs * per_epoch;
    Adam adam = adam_new(r->p, 0.9f, 0.999f, 1e-8f, 0.01f);
    Tape *t = tape_new(0, job->seed + 1);
    Rng moves = rng_new(job->seed + 2);
    int64_t step = 0;
    double *sum = &job->note[EPOCH_LOSS]; // of this epoch's losses so far
    *sum = 0;
    const Checkpoint point = {.params = r->p,
                              .adam = &adam,
                              .rng = {&t->rng, &moves},
                              .step = &step,
                              .number = job->note,
                              .numbers = NOTES};
    const bool here = resume_training(job, &point);
    int *order = new_array(job->digits->n, sizeof *order);
    Progress bar = progress_new("training", total, "steps");
    bar.first = step;
    for (int64_t shuffled = -1; here && step < total;) {
        const int64_t epoch = step / per_epoch;
        const int done = (int)(step % per_epoch);
        if (epoch != shuffled)
            new_order(order, job->digits->n,
                      job->seed + 1000 + (uint64_t)epoch);
        shuffled = epoch;
        int label[BATCH];
        Matrix *x = batch_of(t, job, order + done * BATCH, &moves, label);
        Matrix *loss = cross_entropy(reader_logits(r, x), label, 0);
        *sum += (double)loss->val[0];
        backward(loss);
        adam_step(&adam, rate_cosine(step + 1, 100, total, rate, 1e-5f));
        tape_reset(t);
        progress(&bar, ++step, *sum / (done + 1));
        if (done + 1 == per_epoch) {
            curve[epoch] = *sum / per_epoch;
            *sum = 0;
        }
        if (interrupted() || step == job->stop) {
            progress_end(&bar);
            checkpoint_save(&point, job->save);
            die("stopped after %lld of %lld steps; go on with --resume %s",
                (long long)step, (long long)total, job->save);
        }
    }
    progress_end(&bar);
    interrupt_at_once();
    free(order);
    adam_free(&adam);
    tape_free(t);
    return here;
}

// The share of digits read rightly; what each was taken for goes to `read`.
static double reader_test(const Reader *r, const Digits *d, int *read)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    int right = 0;
    for (int from = 0; from < d->n; from += 500) {
        int n = d->n - from < 500 ? d->n - from : 500;
        Matrix *y = reader_logits(
            r, matrix_of(t, n, PIXELS, d->pixel + (size_t)from * PIXELS));
        for (int i = 0; i < n; i++) {
            const float *p = y->val + i * CLASSES;
            int best = 0;
            for (int k = 1; k < CLASSES; k++)
                best = p[k] > p[best] ? k : best;
            read[from + i] = best;
            right += best == d->label[from + i];
        }
        tape_reset(t);
    }
    tape_free(t);
    return (double)right / d->n;
}

// Up to three digits side by side, in characters; two pixel rows a line.
static void show_digits(const Digits *d, const int *which, const int *read,
                        int n)
{
    static const char ink[] = " .:-=+*#%@";
    for (int i = 0; i < n; i++)
        printf("  %d, taken for a %d%*s", d->label[which[i]], read[which[i]],
               10, "");
    puts("");
    for (int y = 2; y < SIDE - 2; y += 2) {
        for (int i = 0; i < n; i++) {
            const float *p = d->pixel + (size_t)which[i] * PIXELS + y * SIDE;
            char line[SIDE - 3] = {0};
            for (int x = 2; x < SIDE - 2; x++)
                line[x - 2] = ink[(int)(4.99f * (p[x] + p[x + SIDE]))];
            printf("  %s ", line);
        }
        puts("");
    }
}

// Trains a reader and tests it; returns its score.
static double read_digits(const Training *job, const Digits *test,
                          const char *how, Plot *plot, int *read)
{
    Reader r = reader_new(job->seed);
    double *curve = new_array(job->epochs, sizeof *curve);
    double *epoch = new_array(job->epochs, sizeof *epoch);
    for (int i = 0; i < job->epochs; i++) {
        epoch[i] = i + 1;
        curve[i] = NAN; // stays so in epochs before a checkpoint
    }
    double began = seconds_now();
    bool here = reader_train(&r, job, curve);
    double took = seconds_now() - began;
    double score = here ? reader_test(&r, test, read) : job->note[PLAIN_SCORE];
    printf("  %-22s %3d epochs   %6.2f %% of %d unseen ones   ~%.1f s\n", how,
           job->epochs, 100 * score, test->n, took);
    if (here)
        plot_line(plot, how, job->epochs, epoch, curve);
    free(curve);
    free(epoch);
    params_free(r.p);
    return score;
}

// `validate`: the digits of the test stay unseen, an eighth of the others takes
// their place.
static void digits(const Run *run, Training plain, int stop, bool validate,
                   char *result, size_t size)
{
    Digits all = {0};
    if (!run->quick || run->data)
        all = digits_mnist(run);
    if (run->data && all.n == 0)
        data_missing("mnist");
    Rng rng = rng_new(run->seed + 7);
    if (all.n == 0)
        all = digits_drawn(&rng, run->quick ? 2500 : 10000);
    digits_shuffle(&all, &rng);
    Digits train = digits_part(&all, 0, all.n / 5 * 4);
    Digits test = digits_part(&all, all.n / 5 * 4, all.n);
    if (validate) {
        test = digits_part(&train, train.n / 8 * 7, train.n);
        train = digits_part(&train, 0, train.n / 8 * 7);
    }
    if (train.n < BATCH || test.n < 1)
        die("%s: %d digits are too few: of %d to learn from no batch of %d can "
            "be made",
            all.source, all.n, train.n, BATCH);
    (void)interrupted(); // from here on, Ctrl-C waits for a step's end
    printf("5. %d digits, %s: %d to learn from, %d %s\n\n", all.n, all.source,
           train.n, test.n, validate ? "to choose by" : "held out");
    if (!run->quick && all.source[0] != 'M')
        puts("  (make data NAME=mnist brings digits that people wrote.)\n");
    fflush(stdout);

    int *read = new_array(test.n, sizeof *read);
    Plot *plot = plot_new("Learning to read digits", "epoch", "training loss");
    if (plain.epochs == 0)
        plain.epochs = run->quick ? 4 : 15;
    double note[NOTES] = {(double)run->seed, train.n + test.n, plain.epochs,
                          (double)rate, (double)drop};
    plain.digits = &train;
    plain.seed = run->seed;
    plain.note = note;
    plain.stop = stop;
    double one = read_digits(&plain, &test, "as they are", plot, read);

    const int steps = plain.epochs * (train.n / BATCH);
    Training more = plain;
    more.moved = true;
    more.epochs = 4 * plain.epochs;
    more.resume = note[MOVED] != 0 ? plain.resume : NULL;
    more.stop = stop > steps ? stop - steps : 0;
    note[MOVED] = 1;
    note[PLAIN_SCORE] = one;
    double two = read_digits(&more, &test, "shifted and turned", plot, read);
    plot_log(plot, false, true);
    plot_save(plot, run->plots, "digits");

    int wrong[3], n = 0;
    for (int i = 0; i < test.n && n < 3; i++)
        if (read[i] != test.label[i])
            wrong[n++] = i;
    if (n > 0)
        puts("\n  Some that it still misreads:\n");
    show_digits(&test, wrong, read, n);
    snprintf(result, size, "%s: %.1f %% read, %.1f %% with moved copies",
             all.source[0] == 'M' ? "MNIST" : "digits", 100 * one, 100 * two);
    free(read);
    digits_free(&all);
}

// --- the program ------------------------------------------------------------

int main(int argc, char **argv)
{
    static const char usual[] = "03-autograd.checkpoint";
    Run run = {.seed = 1};
    int op = -1, stop = 0;
    bool validate = false;
    Training job = {.save = usual};
    const Option own[] = {
        {"gradcheck", "OP", OPTION_CHOICE, &op, 0, 0, check_names,
         "only compare one operation's gradient with its slope"},
        {"epochs", "N", OPTION_INT, &job.epochs, 0, 10000, NULL,
         "passes over the digits as they are, moved copies get four times as "
         "many; 0: 15, or 4 if --quick"},
        {"hidden", "N", OPTION_INT, &hidden, 2, 4096, NULL,
         "numbers in the first hidden layer, the second has half as many"},
        {"dropout", "P", OPTION_FLOAT, &drop, 0, 0.9, NULL,
         "the share of hidden numbers that each step leaves out"},
        {"rate", "R", OPTION_FLOAT, &rate, 1e-5, 1, NULL, "of learning"},
        {"validate", NULL, OPTION_FLAG, &validate, 0, 0, NULL,
         "test with an eighth of the digits to learn from, kept apart, to "
         "choose these numbers by"},
        {"stop", "N", OPTION_INT, &stop, 0, INT_MAX, NULL,
         "end after N steps of the digits' training, as Ctrl-C does; 0: never"},
        {"save", "FILE", OPTION_TEXT, &job.save, 0, 0, NULL,
         "where Ctrl-C leaves a checkpoint of the digits' training"},
        {"resume", "FILE", OPTION_TEXT, &job.resume, 0, 0, NULL,
         "go on from a checkpoint, with the same seed, digits and settings"},
        {0}};
    cli_parse(argc, argv,
              "Backpropagation: from single numbers over gradient checking to "
              "a network\nthat reads digits.",
              own, &run);
    if (op >= 0) {
        one_check(op, run.seed);
        return 0;
    }
    if (job.save != usual)
        need_file(job.save);
    printf("Backpropagation from scratch: about %s of memory.\n\n",
           run.quick ? "2 seconds and 30 MB" : "15 seconds and 120 MB");
    one_expression();
    two_engines(run.seed);
    double worst = all_checks(run.seed, run.plots);
    four_optimisers(&run);
    char result[100];
    digits(&run, job, stop, validate, result, sizeof result);
    printf("\n=> %d gradients right; %s\n", worst < 5e-3 ? check_count() : 0,
           result);
    return 0;
}
