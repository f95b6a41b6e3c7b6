// The chronicles of a valley; see evidence.h.
#include "16-long-text/evidence.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

const char *const place_names[PLACES] = {"head", "middle", "tail", "two facts",
                                         "revised"};
const char *const fate_names[FATES] = {"sold in spring", "sold in autumn",
                                       "rebuilt in spring",
                                       "rebuilt in autumn"};
const char *const key_words[KEY_WORDS] = {"sold", "rebuilt", "spring",
                                          "autumn"};

// --- words ------------------------------------------------------------------

#define PICK(r, list) ((list)[rng_below(r, sizeof(list) / sizeof *(list))])

static const char *const building[] = {"bridge", "inn", "barn", "tower",
                                       "chapel"};
static const char *const person[] = {"anna", "bruno", "clara", "david",
                                     "emil", "frida", "georg", "hedwig"};
static const char *const animal[] = {"goat", "cat",   "dog",  "horse",
                                     "owl",  "goose", "hare", "crow"};
static const char *const moved[] = {"slept", "waited", "walked",
                                    "sat",   "played", "hid"};
static const char *const near[] = {"near", "behind", "beside", "under"};
static const char *const thing[] = {"river", "oak",  "wall",  "mill",
                                    "road",  "gate", "field", "bridge",
                                    "inn",   "barn", "tower", "chapel"};
static const char *const goods[] = {"bread",  "cheese", "wool",    "honey",
                                    "apples", "salt",   "candles", "milk"};
static const char *const weather[] = {"rain", "snow", "wind", "fog", "frost"};
static const char *const day[] = {"monday",   "tuesday", "wednesday",
                                  "thursday", "friday",  "saturday"};
static const char *const mood[] = {"glad", "tired", "late", "quiet", "hungry"};

static const char *const done[] = {"sold", "rebuilt"};
static const char *const season[] = {"spring", "autumn"};

void filler(Rng *r, Buffer *to)
{
    switch (rng_below(r, 5)) {
    case 0:
        buffer_print(to, "the %s %s %s the %s .\n", PICK(r, animal),
                     PICK(r, moved), PICK(r, near), PICK(r, thing));
        break;
    case 1:
        buffer_print(to, "on %s %s brought %s to the market .\n", PICK(r, day),
                     PICK(r, person), PICK(r, goods));
        break;
    case 2:
        buffer_print(to, "the %s came over the %s on %s .\n", PICK(r, weather),
                     PICK(r, thing), PICK(r, day));
        break;
    case 3:
        buffer_print(to, "%s met %s %s the %s .\n", PICK(r, person),
                     PICK(r, person), PICK(r, near), PICK(r, thing));
        break;
    default:
        buffer_print(to, "%s was %s and asked for %s .\n", PICK(r, person),
                     PICK(r, mood), PICK(r, goods));
    }
}

// --- claims -----------------------------------------------------------------

// Something that is said of a building: that it will be sold or rebuilt (what,
// or -1), in spring or in autumn (when, or -1).
typedef struct Claim {
    int what, when;
    bool counts; // it is the evidence
} Claim;

// In three voices: that it will be so, that it was so, that it may be so.
typedef enum Voice { WILL, WAS, MAY, VOICES } Voice;

static void say(const Claim *c, const char *who, Voice voice, Buffer *to)
{
    static const char *const be[VOICES] = {"will be", "was", "may be"};
    static const char *const have[VOICES] = {"has", "had", "may have"};
    buffer_print(to, "the %s ", who);
    if (c->what < 0)
        buffer_print(to, "%s its turn", have[voice]);
    else
        buffer_print(to, "%s %s", be[voice], done[c->what]);
    if (c->when >= 0)
        buffer_print(to, " in %s", season[c->when]);
    buffer_print(to, " .\n");
}

static void say_claim(Rng *r, const Claim *c, Buffer *to)
{
    const int kind = rng_below(r, 5);
    if (c->counts)
        say(c, "mill", WILL, to);
    else if (kind < 2)
        say(c, "mill", kind == 0 ? WAS : MAY, to);
    else
        say(c, PICK(r, building), WILL, to);
}

enum {
    WHOLE = 8,  // whole claims in a document: two of each fate
    HALVES = 8, // half claims: two of each word
    CLAIMS = WHOLE + HALVES
};

// All claims of a document, those that count first. Each key word is in equally
// many, whatever the fate.
static int make_claims(Rng *r, Place place, int fate, Claim *c)
{
    Claim all[CLAIMS];
    int rank[CLAIMS], first = 0, other = fate;
    while (other == fate)
        other = rng_below(r, FATES);
    for (int i = 0; i < WHOLE; i++)
        all[i] = (Claim){i / 2 % 2, i % 2, false};
    for (int i = 0; i < HALVES; i++)
        all[WHOLE + i] = i < HALVES / 2 ? (Claim){i % 2, -1, false}
                                        : (Claim){-1, i % 2, false};
    for (int i = 0; i < CLAIMS; i++)
        rank[i] = i;
    rng_shuffle(r, rank, CLAIMS);
    const Claim whole = {fate / 2, fate % 2, true};
    const Claim old = {other / 2, other % 2, true};
    const Claim wanted[PLACES][2] = {
        {whole},      {whole},
        {whole},      {{fate / 2, -1, true}, {-1, fate % 2, true}},
        {old, whole},
    };
    const int n = place >= IN_TWO ? 2 : 1;
    for (int k = 0; k < n; k++) // take what is wanted out of all
        for (int i = 0; i < CLAIMS; i++) {
            Claim *a = &all[rank[i]];
            if (a->what == wanted[place][k].what &&
                a->when == wanted[place][k].when) {
                a->counts = true;
                c[first++] = *a;
                break;
            }
        }
    for (int i = 0, at = first; i < CLAIMS; i++)
        if (!all[rank[i]].counts)
            c[at++] = all[rank[i]];
    return n;
}

// --- documents --------------------------------------------------------------

static int between(Rng *r, int n, double from, double to)
{
    const int a = (int)(from * n);
    return a + rng_below(r, (int)(to * n) - a);
}

static void choose_where(Rng *r, Place place, int n, int where[2])
{
    where[1] = -1;
    if (place == AT_HEAD)
        where[0] = rng_below(r, 2);
    else if (place == AT_TAIL)
        where[0] = n - 1 - rng_below(r, 2);
    else if (place == AT_MIDDLE)
        where[0] = between(r, n, 0.3, 0.7);
    else {
        where[0] = between(r, n, 0.15, 0.4);
        where[1] = between(r, n, 0.6, 0.85);
    }
    if (place == IN_TWO && rng_below(r, 2)) {
        const int swap = where[0];
        where[0] = where[1];
        where[1] = swap;
    }
}

void chronicle(Rng *r, Place place, int fate, int sentences, Buffer *to,
               int where[2])
{
    check(sentences >= 40, "a chronicle of %d sentences", sentences);
    check(fate >= 0 && fate < FATES, "fate %d of %d", fate, FATES);
    Claim claim[CLAIMS];
    const int counts = make_claims(r, place, fate, claim);
    int *what = new_array((size_t)sentences, sizeof *what); // claim + 1, or 0
    choose_where(r, place, sentences, where);
    for (int k = 0; k < counts; k++)
        what[where[k]] = k + 1;
    for (int k = counts; k < CLAIMS; k++) {
        int at;
        do
            at = rng_below(r, sentences);
        while (what[at]);
        what[at] = k + 1;
    }
    for (int s = 0; s < sentences; s++)
        if (what[s])
            say_claim(r, &claim[what[s] - 1], to);
        else
            filler(r, to);
    free(what);
}

int note(Rng *r, int sentences, Buffer *to)
{
    enum { MOST = 16 };
    check(sentences > 0 && sentences <= MOST, "a note of %d sentences",
          sentences);
    const int said = rng_below(r, NOTE_CLASSES);
    const int what = said / 3 - 1, when = said % 3 - 1;
    const bool whole = rng_below(r, 2);
    Claim claim[MOST];
    bool claims[MOST];
    for (int s = 0; s < sentences; s++) {
        const int half = rng_below(r, 3);
        claims[s] = rng_below(r, 2);
        claim[s] = (Claim){half == 1 ? -1 : rng_below(r, 2),
                           half == 2 ? -1 : rng_below(r, 2), false};
    }
    const int at = rng_below(r, sentences), other = rng_below(r, sentences);
    if (what >= 0 && when >= 0 && (whole || at == other)) {
        claims[at] = true;
        claim[at] = (Claim){what, when, true};
    } else {
        if (what >= 0) {
            claims[at] = true;
            claim[at] = (Claim){what, -1, true};
        }
        if (when >= 0) {
            claims[other] = true;
            claim[other] = (Claim){-1, when, true};
        }
    }
    for (int s = 0; s < sentences; s++)
        if (claims[s])
            say_claim(r, &claim[s], to);
        else
            filler(r, to);
    return said;
}

Chronicles chronicles_new(int n, int sentences, uint64_t seed)
{
    Chronicles c = {.n = n};
    Rng r = rng_new(seed);
    size_t *end = new_array((size_t)n, sizeof *end);
    c.d = new_array((size_t)n, sizeof *c.d);
    c.where = new_array((size_t)n, sizeof *c.where);
    for (int i = 0; i < n; i++) {
        const int tenth = sentences / 10;
        const int length = sentences - tenth + rng_below(&r, 2 * tenth + 1);
        c.d[i].place = i % PLACES;
        c.d[i].class = i / PLACES % FATES;
        chronicle(&r, i % PLACES, c.d[i].class, length, &c.text, c.where[i]);
        end[i] = c.text.length;
        buffer_add(&c.text, "\n", 1);
    }
    for (int i = 0; i < n; i++) { // the buffer does not move any more
        const size_t from = i ? end[i - 1] + 1 : 0;
        c.d[i].text = (Text){c.text.at + from, end[i] - from};
    }
    free(end);
    return c;
}

void chronicles_encode(Chronicles *c, WordPiece *w)
{
    for (int i = 0; i < c->n; i++)
        documents_add(&c->pieces, w, c->d[i].text);
    const Documents *p = &c->pieces;
    int *start = new_array((size_t)p->sentences + (size_t)c->n, sizeof *start);
    c->starts = start;
    for (int i = 0; i < c->n; i++) {
        const int first = p->document.at[i], end = p->document.at[i + 1];
        const int from = p->sentence.at[first];
        Document *d = &c->d[i];
        d->id = p->id.at + from;
        d->n = p->sentence.at[end] - from;
        d->sentences = end - first;
        d->sentence = start;
        for (int s = first; s <= end; s++)
            *start++ = p->sentence.at[s] - from;
    }
}

void chronicles_free(Chronicles *c)
{
    free(c->d);
    free(c->where);
    free(c->starts);
    buffer_free(&c->text);
    documents_free(&c->pieces);
    *c = (Chronicles){0};
}
