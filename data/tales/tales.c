// The generator: draw a plot, draw the rows it needs, tell its beats; see
// tales.h.
#include "data/tales/tales.h"

#include "common/check.h"
#include "data/tales/grammar.h"

#include <stdbool.h>
#include <string.h>

// A story before it is told: the plot, and the row of every variable.
typedef struct Tale {
    const Plot *plot;
    int row[MAX_VARIABLES];
} Tale;

// --- drawing ----------------------------------------------------------------

// A person of the cast; as the friend, not of the hero's gender.
static int draw_person(Rng *r, const Grammar *g, const char *cast, int hero)
{
    for (;;) {
        int row = rng_below(r, g->table[PEOPLE].rows);
        if (person_of_cast(g, row, cast) &&
            (hero < 0 || !same_gender(g, row, hero)))
            return row;
    }
}

static const char *cell(const Grammar *g, const Tale *t, int variable,
                        int column)
{
    return g->table[variable_table(variable)].cell[t->row[variable]][column];
}

// True if the row of pick i begins like that of an earlier one: the mole's
// friend is no mole.
static bool taken(const Grammar *g, const Tale *t, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(cell(g, t, t->plot->pick[k], 0),
                   cell(g, t, t->plot->pick[i], 0)) == 0)
            return true;
    return false;
}

static Tale draw(Rng *r, const Grammar *g)
{
    Tale t = {.plot = &g->plot[rng_below(r, g->plots)]};
    t.row[HERO] = draw_person(r, g, t.plot->cast, -1);
    t.row[FRIEND] = draw_person(r, g, t.plot->cast, t.row[HERO]);
    for (int i = 0; i < t.plot->picks; i++) {
        int v = t.plot->pick[i];
        do
            t.row[v] = rng_below(r, g->table[variable_table(v)].rows);
        while (taken(g, &t, i));
    }
    return t;
}

// --- telling ----------------------------------------------------------------

static void tell_slot(const Grammar *g, const Tale *t, Slot s, Buffer *to)
{
    const char *said = cell(g, t, s.variable, s.column);
    size_t begin = to->length;
    if (s.article)
        buffer_print(to, "%s ", article_for(said));
    buffer_add(to, said, strlen(said));
    if (s.capital && to->at[begin] >= 'a' && to->at[begin] <= 'z')
        to->at[begin] = (char)(to->at[begin] + 'A' - 'a');
}

static void tell_line(Rng *r, const Grammar *g, const Tale *t, const Line *line,
                      Buffer *to)
{
    for (int i = 0; i < line->pieces; i++) {
        const Piece *p = &line->piece[i];
        if (p->kind == TEXT) {
            buffer_add(to, p->text, (size_t)p->length);
        } else if (p->kind == SLOT) {
            tell_slot(g, t, p->slot, to);
        } else if (p->kind == OPEN) {
            // Go on behind as many bars as were drawn.
            for (int skip = rng_below(r, p->options); skip > 0; skip--)
                do
                    i++;
                while (line->piece[i].kind != BAR);
        } else if (p->kind == BAR) {
            while (line->piece[i].kind != CLOSE)
                i++;
        }
    }
}

static void tell(Rng *r, const Grammar *g, const Tale *t, Buffer *to)
{
    size_t begin = to->length;
    for (int i = 0; i < t->plot->beats; i++) {
        const Beat *b = &t->plot->beat[i];
        if (b->kind == MAYBE && rng_below(r, 3))
            continue;
        if (to->length > begin)
            buffer_add(to, " ", 1);
        tell_line(r, g, t, &b->line[rng_below(r, b->lines)], to);
    }
}

// --- measuring --------------------------------------------------------------

int tale_words(Text t)
{
    int n = 0;
    for (size_t i = 0; i < t.length; i++)
        n += t.at[i] != ' ' && (i == 0 || t.at[i - 1] == ' ');
    return n;
}

size_t tale_sentence(Text t)
{
    bool quoted = false;
    for (size_t i = 0; i < t.length; i++) {
        char c = t.at[i], before = i ? t.at[i - 1] : ' ';
        if (c == '"')
            quoted = before == ' ';
        if (quoted || !strchr(".!?", c == '"' ? before : c) || c == 0)
            continue;
        if (i + 1 == t.length)
            break;
        char next = i + 2 < t.length ? t.at[i + 2] : '"';
        if (t.at[i + 1] == ' ' && (next == '"' || (next >= 'A' && next <= 'Z')))
            return i + 1;
    }
    return t.length;
}

static int sentences(Text t)
{
    int n = 0;
    for (size_t k; (k = tale_sentence(t)); n++) {
        if (k < t.length)
            k++;
        t.at += k;
        t.length -= k;
    }
    return n;
}

void tales_story(Rng *r, Buffer *to)
{
    const Grammar *g = tales_grammar();
    size_t begin = to->length;
    for (;;) {
        Tale t = draw(r, g);
        tell(r, g, &t, to);
        Text told = {to->at + begin, to->length - begin};
        int w = tale_words(told), s = sentences(told);
        if (w >= TALE_MIN_WORDS && w <= TALE_MAX_WORDS &&
            s >= TALE_MIN_SENTENCES && s <= TALE_MAX_SENTENCES)
            return;
        to->length = begin; // too short or too long: tell another
    }
}
