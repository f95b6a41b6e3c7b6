// The checker: the grammar as one tree, and stories followed through it; see
// check.h.
//
// Everything in a Checker lives until checker_free.
#include "data/tales/check.h"

#include "common/check.h"
#include "data/tales/tales.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

// --- sets of rows -----------------------------------------------------------

// The rows of a table that still fit what was said.
typedef struct Rows {
    uint64_t bits[MAX_ROWS / 64];
} Rows;

static Rows all_rows(void)
{
    Rows r;
    memset(&r, 0xff, sizeof r);
    return r;
}

static void add_row(Rows *r, int row)
{
    r->bits[row / 64] |= (uint64_t)1 << (row % 64);
}

static bool has_row(Rows r, int row)
{
    return r.bits[row / 64] >> (row % 64) & 1;
}

static Rows both(Rows a, Rows b)
{
    for (int i = 0; i < MAX_ROWS / 64; i++)
        a.bits[i] &= b.bits[i];
    return a;
}

static bool any(Rows a)
{
    uint64_t sum = 0;
    for (int i = 0; i < MAX_ROWS / 64; i++)
        sum |= a.bits[i];
    return sum != 0;
}

// --- the tree ---------------------------------------------------------------

// A symbol of a sentence: a byte, or SYMBOLS + a slot.
enum { SYMBOLS = 256, MAX_SYMBOLS = 2048, MAX_SLOTS = 16 };

static int slot_symbol(Slot s)
{
    int place = s.variable * MAX_COLUMNS + s.column;
    return SYMBOLS + 4 * place + 2 * s.article + s.capital;
}

static Slot symbol_slot(int symbol)
{
    int x = symbol - SYMBOLS;
    return (Slot){.variable = x / 4 / MAX_COLUMNS,
                  .column = x / 4 % MAX_COLUMNS,
                  .article = x / 2 % 2,
                  .capital = x % 2};
}

// One branch: a symbol, what can follow it, and what can stand in its place.
typedef struct Node {
    int symbol;
    int child, next; // nodes, or 0
    int uses;        // the first of the places where a sentence ends, or 0
} Node;

// A sentence that ends at a node is said in this beat of this plot.
typedef struct Use {
    int plot, beat;
    int next;
} Use;

// A text that can stand in a slot, and the rows of the table that have it.
typedef struct Value {
    const char *text;
    size_t length;
    Rows rows;
} Value;

typedef struct Values {
    Value *value;
    int n;
} Values;

struct Checker {
    const Grammar *g;
    Node *node; // node 0 is the root
    int nodes;
    Use *use; // use 0 is nobody's
    int uses;
    Values values[MAX_TABLES][MAX_COLUMNS];
    Buffer words;   // every known word between two blanks
    uint32_t *hash; // where in `words`, by hash; 0: empty
    size_t hashes;
};

static int add_node(Checker *c, Node n)
{
    if ((c->nodes & (c->nodes - 1)) == 0) // room for a power of two
        c->node = grow_array(c->node, 2 * (size_t)c->nodes + 1, sizeof(Node));
    c->node[c->nodes] = n;
    return c->nodes++;
}

static int add_use(Checker *c, Use u)
{
    if ((c->uses & (c->uses - 1)) == 0)
        c->use = grow_array(c->use, 2 * (size_t)c->uses + 1, sizeof(Use));
    c->use[c->uses] = u;
    return c->uses++;
}

static void add_sentence(Checker *c, const int *symbol, size_t n, int plot,
                         int beat)
{
    int at = 0;
    for (size_t i = 0; i < n; i++) {
        int child = c->node[at].child;
        while (child && c->node[child].symbol != symbol[i])
            child = c->node[child].next;
        if (!child) {
            Node new = {.symbol = symbol[i], .next = c->node[at].child};
            child = add_node(c, new);
            c->node[at].child = child;
        }
        at = child;
    }
    for (int u = c->node[at].uses; u; u = c->use[u].next)
        if (c->use[u].plot == plot && c->use[u].beat == beat)
            return;
    Use new = {plot, beat, c->node[at].uses};
    c->node[at].uses = add_use(c, new);
}

// --- from the grammar to the tree -------------------------------------------

// A way to tell with its choices made, as symbols; `shape` has a letter for
// each symbol, a capital one where a capital letter will stand.
typedef struct Told {
    int symbol[MAX_SYMBOLS];
    char shape[MAX_SYMBOLS];
    size_t n;
} Told;

static void add_symbol(Told *t, int symbol, char shape)
{
    check(t->n < MAX_SYMBOLS, "a way to tell is too long");
    t->symbol[t->n] = symbol;
    t->shape[t->n++] = shape;
}

static void add_told(Checker *c, const Told *t, int plot, int beat)
{
    for (size_t from = 0; from < t->n;) {
        Text rest = {t->shape + from, t->n - from};
        size_t k = tale_sentence(rest);
        add_sentence(c, t->symbol + from, k, plot, beat);
        from += k + 1; // and the blank
    }
}

// Tells piece i and what follows in every way.
static void tell_all(Checker *c, const Line *line, int i, Told *t, int plot,
                     int beat)
{
    size_t n = t->n;
    for (; i < line->pieces; i++) {
        const Piece *p = &line->piece[i];
        if (p->kind == TEXT) {
            for (int k = 0; k < p->length; k++)
                add_symbol(t, (unsigned char)p->text[k], p->text[k]);
        } else if (p->kind == SLOT) {
            bool name = p->slot.variable <= FRIEND && p->slot.column == NAME;
            add_symbol(t, slot_symbol(p->slot),
                       name || p->slot.capital ? 'A' : 'a');
        } else if (p->kind == OPEN) {
            for (int k = 0; k < p->options; k++) {
                tell_all(c, line, i + 1, t, plot, beat);
                do
                    i++;
                while (line->piece[i].kind == TEXT ||
                       line->piece[i].kind == SLOT);
            }
            t->n = n;
            return;
        } else if (p->kind == BAR) {
            while (line->piece[i].kind != CLOSE)
                i++;
        }
    }
    add_told(c, t, plot, beat);
    t->n = n;
}

static void collect_values(Checker *c, int table, int column)
{
    const Table *t = &c->g->table[table];
    Values *v = &c->values[table][column];
    v->value = new_array((size_t)t->rows, sizeof(Value));
    for (int row = 0; row < t->rows; row++) {
        const char *text = t->cell[row][column];
        int k = 0;
        while (k < v->n && strcmp(v->value[k].text, text))
            k++;
        if (k == v->n)
            v->value[v->n++] = (Value){.text = text, .length = strlen(text)};
        add_row(&v->value[k].rows, row);
    }
}

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

static void read_table_in(Checker *c, int table)
{
    const Table *t = &c->g->table[table];
    for (int k = 0; k < t->columns; k++) {
        collect_values(c, table, k);
        for (int row = 0; row < t->rows; row++)
            learn_words(c, text_of(t->cell[row][k]));
    }
}

static void read_beat_in(Checker *c, int plot, int beat, Told *told)
{
    const Beat *b = &c->g->plot[plot].beat[beat];
    for (int i = 0; i < b->lines; i++) {
        told->n = 0;
        tell_all(c, &b->line[i], 0, told, plot, beat);
        for (int k = 0; k < b->line[i].pieces; k++) {
            const Piece *p = &b->line[i].piece[k];
            if (p->kind == TEXT)
                learn_words(c, (Text){p->text, (size_t)p->length});
        }
    }
}

Checker *checker_new(void)
{
    Checker *c = new_array(1, sizeof *c);
    c->g = tales_grammar();
    c->hashes = 8192; // several times the number of words
    c->hash = new_array(c->hashes, sizeof *c->hash);
    add_node(c, (Node){0});
    add_use(c, (Use){0});
    learn_words(c, text_of("a an"));
    for (int t = 0; t < c->g->tables; t++)
        read_table_in(c, t);
    Told *told = new_array(1, sizeof *told);
    for (int p = 0; p < c->g->plots; p++)
        for (int b = 0; b < c->g->plot[p].beats; b++)
            read_beat_in(c, p, b, told);
    free(told);
    return c;
}

void checker_free(Checker *c)
{
    for (int t = 0; t < c->g->tables; t++)
        for (int k = 0; k < MAX_COLUMNS; k++)
            free(c->values[t][k].value);
    free(c->node);
    free(c->use);
    free(c->hash);
    buffer_free(&c->words);
    free(c);
}

// --- following one sentence -------------------------------------------------

typedef struct Mention {
    int variable;
    Rows rows; // that it can mean
} Mention;

// One way to read a sentence.
typedef struct Reading {
    Mention mention[MAX_SLOTS];
    int mentions;
    int plot, beat;
} Reading;

enum { MAX_READINGS = 32 };

typedef struct Readings {
    Reading reading[MAX_READINGS];
    int n;
    size_t farthest; // the last place that the grammar reached
} Readings;

static void keep_readings(const Checker *c, int node, const Reading *now,
                          Readings *to)
{
    for (int u = c->node[node].uses; u; u = c->use[u].next) {
        if (to->n == MAX_READINGS)
            return;
        Reading *r = &to->reading[to->n++];
        *r = *now;
        r->plot = c->use[u].plot;
        r->beat = c->use[u].beat;
    }
}

// How many bytes of t the value takes as the slot wants it; 0 if it is not
// there.
static size_t value_length(Text t, Slot slot, const Value *v)
{
    char front[4] = "";
    size_t n = 0;
    if (slot.article) {
        strcpy(front, article_for(v->text));
        n = strlen(front);
        front[n++] = ' ';
    }
    if (t.length < n + v->length)
        return 0;
    char first = n ? front[0] : v->text[0];
    if (slot.capital && first >= 'a' && first <= 'z')
        first = (char)(first + 'A' - 'a');
    if (t.at[0] != first || (n > 1 && memcmp(t.at + 1, front + 1, n - 1)))
        return 0;
    size_t skip = n ? 0 : 1; // the first letter is compared already
    if (memcmp(t.at + n + skip, v->text + skip, v->length - skip))
        return 0;
    return n + v->length;
}

// Follows s from place `at` on below `node`, in every way.
static void follow(const Checker *c, Text s, size_t at, int node, Reading *now,
                   Readings *to)
{
    if (at > to->farthest)
        to->farthest = at;
    if (at == s.length) {
        keep_readings(c, node, now, to);
        return;
    }
    for (int k = c->node[node].child; k; k = c->node[k].next) {
        int symbol = c->node[k].symbol;
        if (symbol < SYMBOLS) {
            if (symbol == (unsigned char)s.at[at])
                follow(c, s, at + 1, k, now, to);
            continue;
        }
        if (now->mentions == MAX_SLOTS)
            continue;
        Slot slot = symbol_slot(symbol);
        Text rest = {s.at + at, s.length - at};
        const Values *v =
            &c->values[variable_table(slot.variable)][slot.column];
        for (int i = 0; i < v->n; i++) {
            size_t n = value_length(rest, slot, &v->value[i]);
            if (n == 0)
                continue;
            now->mention[now->mentions++] =
                (Mention){slot.variable, v->value[i].rows};
            follow(c, s, at + n, k, now, to);
            now->mentions--;
        }
    }
}

static void read_sentence(const Checker *c, Text s, Readings *to)
{
    Reading now = {.mentions = 0};
    to->n = 0;
    to->farthest = 0;
    follow(c, s, 0, 0, &now, to);
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
    return any(other) ? other : all_rows();
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
        Rows fits = both(said->rows[m->variable], m->rows);
        if (person && said->mentioned[!m->variable])
            fits = both(fits, other_gender(c->g, said->rows[!m->variable]));
        count->all++;
        if (!any(fits))
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
        if (!any(meant))
            continue;
        names->all++;
        for (int v = HERO; v <= FRIEND; v++)
            if (said->mentioned[v] && any(both(said->rows[v], meant))) {
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
        read_sentence(c, s, r);
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
        read_sentence(c, s, r);
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
