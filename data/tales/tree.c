// Building the tree and following sentences through it; see tree.h.
//
// Everything in a Tree lives until tree_free.
#include "data/tales/tree.h"

#include "common/check.h"
#include "data/tales/tales.h"

#include <stdlib.h>
#include <string.h>

// --- sets of rows -----------------------------------------------------------

Rows all_rows(void)
{
    Rows r;
    memset(&r, 0xff, sizeof r);
    return r;
}

void add_row(Rows *r, int row)
{
    r->bits[row / 64] |= (uint64_t)1 << (row % 64);
}

bool has_row(Rows r, int row)
{
    return r.bits[row / 64] >> (row % 64) & 1;
}

Rows both_rows(Rows a, Rows b)
{
    for (int i = 0; i < MAX_ROWS / 64; i++)
        a.bits[i] &= b.bits[i];
    return a;
}

bool any_row(Rows a)
{
    uint64_t sum = 0;
    for (int i = 0; i < MAX_ROWS / 64; i++)
        sum |= a.bits[i];
    return sum != 0;
}

// --- the tree ---------------------------------------------------------------

// A symbol of a sentence: a byte, or SYMBOLS + a slot.
enum { SYMBOLS = 256, MAX_SYMBOLS = 2048 };

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

struct Tree {
    const Grammar *g;
    Node *node; // node 0 is the root
    int nodes;
    Use *use; // use 0 is nobody's
    int uses;
    Values values[MAX_TABLES][MAX_COLUMNS];
};

static int add_node(Tree *tree, Node n)
{
    if ((tree->nodes & (tree->nodes - 1)) == 0) // room for a power of two
        tree->node =
            grow_array(tree->node, 2 * (size_t)tree->nodes + 1, sizeof(Node));
    tree->node[tree->nodes] = n;
    return tree->nodes++;
}

static int add_use(Tree *tree, Use u)
{
    if ((tree->uses & (tree->uses - 1)) == 0)
        tree->use =
            grow_array(tree->use, 2 * (size_t)tree->uses + 1, sizeof(Use));
    tree->use[tree->uses] = u;
    return tree->uses++;
}

static void add_sentence(Tree *tree, const int *symbol, size_t n, int plot,
                         int beat)
{
    int at = 0;
    for (size_t i = 0; i < n; i++) {
        int child = tree->node[at].child;
        while (child && tree->node[child].symbol != symbol[i])
            child = tree->node[child].next;
        if (!child) {
            Node new = {.symbol = symbol[i], .next = tree->node[at].child};
            child = add_node(tree, new);
            tree->node[at].child = child;
        }
        at = child;
    }
    for (int u = tree->node[at].uses; u; u = tree->use[u].next)
        if (tree->use[u].plot == plot && tree->use[u].beat == beat)
            return;
    Use new = {plot, beat, tree->node[at].uses};
    tree->node[at].uses = add_use(tree, new);
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

static void add_told(Tree *tree, const Told *t, int plot, int beat)
{
    for (size_t from = 0; from < t->n;) {
        Text rest = {t->shape + from, t->n - from};
        size_t k = tale_sentence(rest);
        add_sentence(tree, t->symbol + from, k, plot, beat);
        from += k + 1; // and the blank
    }
}

// Tells piece i and what follows in every way.
static void tell_all(Tree *tree, const Line *line, int i, Told *t, int plot,
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
                tell_all(tree, line, i + 1, t, plot, beat);
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
    add_told(tree, t, plot, beat);
    t->n = n;
}

static void collect_values(Tree *tree, int table, int column)
{
    const Table *t = &tree->g->table[table];
    Values *v = &tree->values[table][column];
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

// --- making a tree ----------------------------------------------------------

static void add_beat(Tree *tree, int plot, int beat, Told *told)
{
    const Beat *b = &tree->g->plot[plot].beat[beat];
    for (int i = 0; i < b->lines; i++) {
        told->n = 0;
        tell_all(tree, &b->line[i], 0, told, plot, beat);
    }
}

Tree *tree_new(const Grammar *g)
{
    Tree *tree = new_array(1, sizeof *tree);
    tree->g = g;
    add_node(tree, (Node){0});
    add_use(tree, (Use){0});
    for (int t = 0; t < g->tables; t++)
        for (int k = 0; k < g->table[t].columns; k++)
            collect_values(tree, t, k);
    Told *told = new_array(1, sizeof *told);
    for (int p = 0; p < g->plots; p++)
        for (int b = 0; b < g->plot[p].beats; b++)
            add_beat(tree, p, b, told);
    free(told);
    return tree;
}

void tree_free(Tree *tree)
{
    for (int t = 0; t < tree->g->tables; t++)
        for (int k = 0; k < MAX_COLUMNS; k++)
            free(tree->values[t][k].value);
    free(tree->node);
    free(tree->use);
    free(tree);
}

// --- following one sentence -------------------------------------------------

static void keep_readings(const Tree *tree, int node, const Reading *now,
                          Readings *to)
{
    for (int u = tree->node[node].uses; u; u = tree->use[u].next) {
        if (to->n == MAX_READINGS)
            return;
        Reading *r = &to->reading[to->n++];
        *r = *now;
        r->plot = tree->use[u].plot;
        r->beat = tree->use[u].beat;
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
static void follow(const Tree *tree, Text s, size_t at, int node, Reading *now,
                   Readings *to)
{
    if (at > to->farthest)
        to->farthest = at;
    if (at == s.length) {
        keep_readings(tree, node, now, to);
        return;
    }
    for (int k = tree->node[node].child; k; k = tree->node[k].next) {
        int symbol = tree->node[k].symbol;
        if (symbol < SYMBOLS) {
            if (symbol == (unsigned char)s.at[at])
                follow(tree, s, at + 1, k, now, to);
            continue;
        }
        if (now->mentions == MAX_MENTIONS)
            continue;
        Slot slot = symbol_slot(symbol);
        Text rest = {s.at + at, s.length - at};
        const Values *v =
            &tree->values[variable_table(slot.variable)][slot.column];
        for (int i = 0; i < v->n; i++) {
            size_t n = value_length(rest, slot, &v->value[i]);
            if (n == 0)
                continue;
            now->mention[now->mentions++] =
                (Mention){slot.variable, v->value[i].rows};
            follow(tree, s, at + n, k, now, to);
            now->mentions--;
        }
    }
}

void tree_read(const Tree *tree, Text s, Readings *to)
{
    Reading now = {.mentions = 0};
    to->n = 0;
    to->farthest = 0;
    follow(tree, s, 0, 0, &now, to);
}
