// The checker: sentences read by the tree, and what they say held against what
// was said before; see check.h.
//
// Everything in a Checker lives until checker_free.
#include "data/tales/check.h"

#include "common/check.h"
#include "data/tales/tales.h"
#include "data/tales/tree.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct Checker {
    const Grammar *g;
    Tree *tree;
    Buffer words;   // every known word between two blanks
    uint32_t *hash; // where in `words`, by hash; 0: empty
    size_t hashes;
};

// --- known words ------------------------------------------------------------

static bool in_word(unsigned char b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') ||
           (b >= '0' && b <= '9') || b == '\'' || b >= 128;
}

// Cuts the next word off *rest, in small letters, into `word`; words that are
// longer than any known one are cut short.
static bool next_word(Text *rest, char word[32], size_t *length)
{
    while (rest->length && !in_word((unsigned char)*rest->at))
        rest->at++, rest->length--;
    size_t n = 0, kept = 0;
    for (; n < rest->length && in_word((unsigned char)rest->at[n]); n++) {
        char b = rest->at[n];
        if (kept < 31)
            word[kept++] = (char)(b >= 'A' && b <= 'Z' ? b + 32 : b);
    }
    rest->at += n;
    rest->length -= n;
    word[kept] = 0;
    *length = kept;
    return n > 0;
}

// The place of a word in the hash table: where it is or would be.
static uint32_t *word_place(const Checker *c, const char *word, size_t n)
{
    size_t h = text_hash((Text){word, n}) & (c->hashes - 1);
    while (c->hash[h]) {
        const char *known = c->words.at + c->hash[h];
        if (strncmp(known, word, n) == 0 && known[n] == ' ')
            break;
        h = (h + 1) & (c->hashes - 1);
    }
    return &c->hash[h];
}

static void learn_words(Checker *c, Text text)
{
    char word[32];
    for (size_t n; next_word(&text, word, &n);) {
        uint32_t *place = word_place(c, word, n);
        if (*place)
            continue;
        buffer_add(&c->words, " ", 1);
        *place = (uint32_t)c->words.length;
        buffer_print(&c->words, "%s ", word);
    }
}

// --- making a checker -------------------------------------------------------

static void learn_table(Checker *c, const Table *t)
{
    for (int row = 0; row < t->rows; row++)
        for (int k = 0; k < t->columns; k++)
            learn_words(c, text_of(t->cell[row][k]));
}

static void learn_beat(Checker *c, const Beat *b)
{
    for (int i = 0; i < b->lines; i++)
        for (int k = 0; k < b->line[i].pieces; k++) {
            const Piece *p = &b->line[i].piece[k];
            if (p->kind == TEXT)
                learn_words(c, (Text){p->text, (size_t)p->length});
        }
}

Checker *checker_new(void)
{
    Checker *c = new_array(1, sizeof *c);
    c->g = tales_grammar();
    c->tree = tree_new(c->g);
    c->hashes = 8192; // several times the number of words
    c->hash = new_array(c->hashes, sizeof *c->hash);
    learn_words(c, text_of("a an"));
    for (int t = 0; t < c->g->tables; t++)
        learn_table(c, &c->g->table[t]);
    for (int p = 0; p < c->g->plots; p++)
        for (int b = 0; b < c->g->plot[p].beats; b++)
            learn_beat(c, &c->g->plot[p].beat[b]);
    return c;
}

void checker_free(Checker *c)
{
    tree_free(c->tree);
    free(c->hash);
    buffer_free(&c->words);
    free(c);
}

// --- what the story has said so far -----------------------------------------

typedef struct Count {
    int right, all;
} Count;

typedef struct Said {
    Rows rows[MAX_VARIABLES];
    bool mentioned[MAX_VARIABLES];
} Said;

// The rows of the people that are of another gender than everyone in `rows`;
// all of them while that can still be both.
static Rows other_gender(const Grammar *g, Rows rows)
{
    Rows other = {{0}};
    for (int i = 0; i < g->table[PEOPLE].rows; i++) {
        bool differs = true;
        for (int k = 0; differs && k < g->table[PEOPLE].rows; k++)
            differs = !has_row(rows, k) || !same_gender(g, i, k);
        if (differs)
            add_row(&other, i);
    }
    return any_row(other) ? other : all_rows();
}

// Takes a reading into what was said: counts the mentions of the two people
// and of things that fit. One that does not fit changes nothing.
static void take(const Checker *c, const Reading *r, Said *said, Count *names,
                 Count *things)
{
    for (int i = 0; i < r->mentions; i++) {
        const Mention *m = &r->mention[i];
        bool person = m->variable <= FRIEND;
        Count *count = person ? names : things;
        Rows fits = both_rows(said->rows[m->variable], m->rows);
        if (person && said->mentioned[!m->variable])
            fits =
                both_rows(fits, other_gender(c->g, said->rows[!m->variable]));
        count->all++;
        if (!any_row(fits))
            continue;
        count->right++;
        said->rows[m->variable] = fits;
        said->mentioned[m->variable] = true;
    }
}

// The reading that agrees best with what was said; of those, one of this plot;
// of those, one that goes on from beat `last`, and the sooner the better.
static int best_reading(const Checker *c, const Readings *r, const Said *said,
                        int plot, int last)
{
    int best = 0, most = INT_MIN;
    for (int i = 0; i < r->n; i++) {
        const Reading *a = &r->reading[i];
        Said then = *said;
        Count names = {0, 0}, things = {0, 0};
        take(c, a, &then, &names, &things);
        int wrong = names.all - names.right + things.all - things.right;
        int score = -1000 * wrong + 100 * (a->plot == plot);
        if (a->beat >= last)
            score += MAX_BEATS + last - a->beat;
        if (score > most) {
            most = score;
            best = i;
        }
    }
    return best;
}

// The people that a word can mean: a name, with its capital letter, or a
// pronoun. `raw` is the word as it stands, `word` in small letters.
static Rows people_meant(const Grammar *g, const char *raw, const char *word,
                         size_t n)
{
    const Table *t = &g->table[PEOPLE];
    Rows meant = {{0}};
    for (int row = 0; row < t->rows; row++) {
        const char *name = t->cell[row][NAME];
        bool is = strlen(name) == n && memcmp(name, raw, n) == 0;
        for (int k = PRONOUNS; k < PRONOUNS_END; k++)
            is = is || strcmp(word, t->cell[row][k]) == 0;
        if (is)
            add_row(&meant, row);
    }
    return meant;
}

// Counts the names and pronouns of a sentence that the grammar does not have.
static void loose_names(const Checker *c, Text s, const Said *said,
                        Count *names)
{
    char word[32];
    for (size_t n; next_word(&s, word, &n);) {
        Rows meant = people_meant(c->g, s.at - n, word, n);
        if (!any_row(meant))
            continue;
        names->all++;
        for (int v = HERO; v <= FRIEND; v++)
            if (said->mentioned[v] &&
                any_row(both_rows(said->rows[v], meant))) {
                names->right++;
                break;
            }
    }
}

// --- a whole story ----------------------------------------------------------

enum { MAX_SENTENCES = 256 };

static bool next_sentence(Text *rest, Text *sentence)
{
    while (rest->length && *rest->at == ' ')
        rest->at++, rest->length--;
    *sentence = (Text){rest->at, tale_sentence(*rest)};
    rest->at += sentence->length;
    rest->length -= sentence->length;
    return sentence->length > 0;
}

// The plot of the first wish, or the one with the most sentences; -1 if no
// sentence is whole. *wished tells which of the two.
static int find_plot(const Checker *c, Text story, bool *wished)
{
    int votes[MAX_PLOTS] = {0}, best = -1;
    bool wish[MAX_PLOTS] = {false};
    Readings *r = new_array(1, sizeof *r);
    *wished = false;
    for (Text s; next_sentence(&story, &s);) {
        tree_read(c->tree, s, r);
        bool first = !*wished;
        for (int i = 0; i < r->n; i++) {
            const Reading *a = &r->reading[i];
            votes[a->plot]++;
            if (first && c->g->plot[a->plot].beat[a->beat].kind == WISH)
                *wished = wish[a->plot] = true;
        }
    }
    free(r);
    for (int p = 0; p < c->g->plots; p++)
        if (votes[p] && (!*wished || wish[p]) &&
            (best < 0 || votes[p] > votes[best]))
            best = p;
    return best;
}

static double share(Count a)
{
    return a.all ? (double)a.right / a.all : 0;
}

static double known_words(const Checker *c, Text story)
{
    Count known = {0, 0};
    char word[32];
    for (size_t n; next_word(&story, word, &n); known.all++)
        known.right += *word_place(c, word, n) != 0;
    return share(known);
}

// The length of the longest run of beats (others left out, also those that are
// -1) that never goes backwards.
static int longest_run(const int *beat, int n)
{
    int run[MAX_SENTENCES], longest = 0;
    for (int i = 0; i < n; i++) {
        run[i] = beat[i] >= 0;
        for (int k = 0; k < i; k++)
            if (beat[i] >= 0 && beat[k] >= 0 && beat[k] <= beat[i] &&
                run[k] + 1 > run[i])
                run[i] = run[k] + 1;
        if (run[i] > longest)
            longest = run[i];
    }
    return longest;
}

// Line ends become blanks, and blanks at the ends go.
static Buffer one_line(Text story)
{
    Buffer b = {0};
    buffer_add(&b, story.at, story.length);
    for (size_t i = 0; i < b.length; i++)
        if (b.at[i] == '\n' || b.at[i] == '\r' || b.at[i] == '\t')
            b.at[i] = ' ';
    while (b.length && b.at[b.length - 1] == ' ')
        b.length--;
    return b;
}

// Reads the sentences in order and fills in everything but the words.
static void mark_sentences(const Checker *c, Text story, Marks *m)
{
    bool wished;
    int plot = find_plot(c, story, &wished), beat[MAX_SENTENCES];
    int end = plot < 0 ? -1 : c->g->plot[plot].beats - 1;
    Count names = {0, 0}, things = {0, 0}, ending = {0, 0};
    bool ended = false;
    int last = 0;
    double letters = 0, followed = 0;
    Said *said = new_array(1, sizeof *said);
    Readings *r = new_array(1, sizeof *r);
    for (int v = 0; v < MAX_VARIABLES; v++)
        said->rows[v] = all_rows();
    for (Text s; m->sentences < MAX_SENTENCES && next_sentence(&story, &s);) {
        tree_read(c->tree, s, r);
        letters += (double)s.length;
        followed += (double)(r->n ? s.length : r->farthest);
        m->whole += r->n > 0;
        beat[m->sentences] = -1;
        ended = false;
        if (r->n == 0) {
            loose_names(c, s, said, &names);
        } else {
            const Reading *best =
                &r->reading[best_reading(c, r, said, plot, last)];
            Count before = {names.right + things.right, names.all + things.all};
            take(c, best, said, &names, &things);
            if (best->plot == plot) {
                beat[m->sentences] = best->beat;
                last = best->beat > last ? best->beat : last;
            }
            ended = best->plot == plot && best->beat == end;
            if (ended) {
                ending.right += names.right + things.right - before.right;
                ending.all += names.all + things.all - before.all;
            }
        }
        m->sentences++;
    }
    m->plot = plot < 0 ? NULL : c->g->plot[plot].name;
    m->grammar = letters > 0 ? followed / letters : 0;
    m->names = share(names);
    m->things = share(things);
    m->order = share((Count){longest_run(beat, m->sentences), m->sentences});
    if (wished && ended)
        m->ending = ending.all ? share(ending) : 1;
    free(said);
    free(r);
}

Marks tale_marks(const Checker *c, Text story)
{
    Marks m = {0};
    Buffer line = one_line(story);
    Text text = {line.at, line.length};
    m.words = known_words(c, text);
    mark_sentences(c, text, &m);
    buffer_free(&line);
    return m;
}
