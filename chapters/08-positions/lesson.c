// Learning letters; see lesson.h.
#include "08-positions/lesson.h"

#include "common/check.h"
#include "data/tales/tales.h"

#include <stdlib.h>
#include <string.h>

// --- the text ---------------------------------------------------------------

static Alphabet alphabet_of(Text text)
{
    Alphabet a = {0};
    bool seen[256] = {false};
    for (size_t i = 0; i < text.length; i++)
        seen[(unsigned char)text.at[i]] = true;
    for (int b = 0; b < 256; b++) {
        a.id[b] = seen[b] ? a.n : -1;
        if (seen[b])
            a.byte[a.n++] = (unsigned char)b;
    }
    return a;
}

Lesson lesson_new(Text text, size_t learn, const char *name)
{
    if (learn > text.length || learn <= LONGEST ||
        text.length - learn <= LONGEST || text.length > 1 << 30)
        die("%s: %zu bytes are no text to learn from: of the parts to learn "
            "and to be tested with, %zu and %zu, each takes %d, and all "
            "at most 1 GiB",
            name, text.length, learn, text.length - learn, LONGEST + 1);
    Lesson l = {.alphabet = alphabet_of(text)};
    l.texts = (int)learn;
    l.helds = (int)(text.length - learn);
    l.text = new_array(text.length, sizeof *l.text);
    l.held = l.text + learn;
    for (size_t i = 0; i < text.length; i++)
        l.text[i] = l.alphabet.id[(unsigned char)text.at[i]];
    return l;
}

Lesson lesson_tales(int stories, uint64_t seed)
{
    Buffer b = {0};
    Rng r = rng_new(seed);
    size_t learn = 0;
    for (int i = 0; i < stories; i++) {
        if (i == stories - stories / 10)
            learn = b.length;
        tales_story(&r, &b);
        buffer_add(&b, "\n", 1);
    }
    Lesson l = lesson_new((Text){b.at, b.length}, learn, "the tales");
    buffer_free(&b);
    return l;
}

Lesson lesson_file(const char *path)
{
    Buffer b = text_read(path);
    Lesson l =
        lesson_new((Text){b.at, b.length}, b.length - b.length / 10, path);
    buffer_free(&b);
    return l;
}

void lesson_free(Lesson *l)
{
    free(l->text);
}

// --- windows ----------------------------------------------------------------

Windows windows_new(Tape *t, int n, int length)
{
    Windows x = {.n = n, .length = length};
    int *start = arena_take(&t->arena, n + 1, sizeof *start);
    for (int i = 0; i <= n; i++)
        start[i] = i * length;
    x.letter = arena_take(&t->arena, (size_t)n * length, sizeof(int));
    x.target = arena_take(&t->arena, (size_t)n * length, sizeof(int));
    x.in = (Tokens){n * length, x.letter, {n, start}};
    return x;
}

double windows_step(Windows x, Writer *w, Adam *adam, Tape *t, float rate)
{
    Matrix *loss = cross_entropy(writer_logits(w, t, x.in), x.target, 0);
    double value = (double)loss->val[0];
    backward(loss);
    params_clip(w->params, 1);
    adam_step(adam, rate);
    tape_reset(t);
    return value;
}

// Window i becomes the letters from `from` on.
static void window_fill(Windows *x, int i, const int *from)
{
    const size_t size = x->length * sizeof(int);
    memcpy(x->letter + i * x->length, from, size);
    memcpy(x->target + i * x->length, from + 1, size);
}

Windows lesson_windows(const Lesson *l, Tape *t, Rng *rng, int n, int length)
{
    Windows x = windows_new(t, n, length);
    for (int i = 0; i < n; i++)
        window_fill(&x, i, l->text + rng_below(rng, l->texts - length));
    return x;
}

double lesson_score(const Lesson *l, const Writer *w, int windows, int length)
{
    check(length >= COUNTED && length <= LONGEST, "a score at length %d",
          length);
    enum { AT_ONCE = 16 };
    Tape *t = tape_new(0, 0);
    t->training = false;
    Rng rng = rng_new(1); // the same places at each length
    double sum = 0;
    for (int done = 0; done < windows; done += AT_ONCE) {
        const int n = windows - done < AT_ONCE ? windows - done : AT_ONCE;
        Windows x = windows_new(t, n, length);
        for (int i = 0; i < n; i++) {
            int end = LONGEST + rng_below(&rng, l->helds - LONGEST);
            window_fill(&x, i, l->held + end - length);
            for (int k = 0; k < length - COUNTED; k++)
                x.target[i * length + k] = -1; // only the last ones count
        }
        Matrix *logits = writer_logits(w, t, x.in);
        sum += n * (double)cross_entropy(logits, x.target, 0)->val[0];
        tape_reset(t);
    }
    tape_free(t);
    return sum / windows;
}

// --- writing ----------------------------------------------------------------

int likeliest(const float *score, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        if (score[i] > score[best])
            best = i;
    return best;
}

void lesson_write(const Lesson *l, const Writer *w, const char *prompt, int n,
                  char *to)
{
    const int begin = (int)strlen(prompt), all = begin + n;
    check(begin >= 1 && n >= 0, "%d letters from %d on", n, begin);
    int *id = new_array(all, sizeof *id);
    Tape *t = tape_new(0, 0);
    t->training = false;
    for (int i = 0; i < begin; i++) {
        id[i] = l->alphabet.id[(unsigned char)prompt[i]];
        if (id[i] < 0)
            die("the text has no letter '%c' to begin with", prompt[i]);
    }
    for (int i = begin; i < all; i++) {
        const int seen = i < LEARNT ? i : LEARNT;
        Tokens past = {seen, id + i - seen, {0}};
        Matrix *logits = writer_logits(w, t, past);
        id[i] = likeliest(logits->val + (size_t)(seen - 1) * logits->cols,
                          logits->cols);
        to[i - begin] = (char)l->alphabet.byte[id[i]];
        tape_reset(t);
    }
    to[n] = 0;
    tape_free(t);
    free(id);
}
