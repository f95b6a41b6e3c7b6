// The grammar of the tales as one tree of letters.
//
// The one idea: a branch is a letter or a slot, and every way to the end of a
// sentence is a sentence that the grammar can say. A given sentence is followed
// from the root; where it passes a slot, it mentions something: the rows of the
// slot's table that have what stands there.
#ifndef TALES_TREE_H
#define TALES_TREE_H

#include "common/text.h"
#include "data/tales/grammar.h"

// A set of rows of a table.
typedef struct Rows {
    uint64_t bits[MAX_ROWS / 64];
} Rows;

Rows all_rows(void);
Rows both_rows(Rows a, Rows b); // those that are in a and in b
void add_row(Rows *r, int row);
bool has_row(Rows r, int row);
bool any_row(Rows r);

// A slot that a sentence passed: its variable, and what was said of it.
typedef struct Mention {
    int variable;
    Rows rows;
} Mention;

enum { MAX_MENTIONS = 16, MAX_READINGS = 32 };

// One way to read a sentence: as said in this beat of this plot.
typedef struct Reading {
    Mention mention[MAX_MENTIONS];
    int mentions;
    int plot, beat;
} Reading;

typedef struct Readings {
    Reading reading[MAX_READINGS];
    int n; // 0: the grammar does not have the sentence
    size_t
        farthest; // bytes of it that some sentence of the grammar begins with
} Readings;

typedef struct Tree Tree;

// The tree of a grammar; the grammar must live as long.
Tree *tree_new(const Grammar *g);
void tree_free(Tree *t);

// Reads one sentence in every way; any bytes are welcome.
void tree_read(const Tree *t, Text sentence, Readings *to);

#endif
