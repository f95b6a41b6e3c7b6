// The words and the grammar of the tales, as data: data/tales/grammar.txt read
// into tables.
//
// The one idea: a story is a plot; a plot is a list of beats (who it is about,
// the wish, the trouble, the help, the end); a beat is a list of ways to tell
// it. A way is plain text with slots in it. The generator fills the slots; the
// checker (check.h) reads the very same text the other way round. How the file
// is written stands at its top.
//
// The grammar is compiled into the program, read at the first call of
// tales_grammar and kept to the end. That first call must not come from
// several threads at once.
#ifndef TALES_GRAMMAR_H
#define TALES_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MAX_ROWS = 128,
    MAX_COLUMNS = 10,
    MAX_TABLES = 48,
    MAX_PICKS = 6,
    MAX_BEATS = 16,
    MAX_PLOTS = 32,
    MAX_STATEMENTS = 4096,
    // Two people, and two rows of every table.
    MAX_VARIABLES = 2 + 2 * MAX_TABLES,
};

// Things that go together stand in one row, so that no kite is ever eaten.
typedef struct Table {
    const char *name;
    int columns, rows;
    const char *column[MAX_COLUMNS];
    const char *cell[MAX_ROWS][MAX_COLUMNS];
} Table;

// Table 0 holds the people: their names and the words that stand for them.
enum { PEOPLE, NAME = 0, PRONOUNS = 1, PRONOUNS_END = 5 };

// A variable is a row that a story chose. Variables HERO and FRIEND are rows
// of the people; the hero and the friend are never both "he" or both "she", so
// every pronoun has one meaning. Variables 2t + 2 and 2t + 3 are the first and
// the second row chosen from table t.
enum { HERO, FRIEND };

static inline int variable_table(int variable)
{
    return variable < 2 ? PEOPLE : (variable - 2) / 2;
}

// "[the thing]", "[a thing]", "[Thing]": a cell of a chosen row.
typedef struct Slot {
    int variable, column;
    bool article; // with "a" or "an" in front
    bool capital; // begins with a capital letter
} Slot;

typedef enum PieceKind { TEXT, SLOT, OPEN, BAR, CLOSE } PieceKind;

// "{in the morning|at noon}" is OPEN, TEXT, BAR, TEXT, CLOSE.
typedef struct Piece {
    PieceKind kind;
    const char *text; // TEXT: `length` bytes
    int length;
    Slot slot;   // SLOT
    int options; // OPEN: how many
} Piece;

// One way to tell a beat: one sentence or a few that belong together.
typedef struct Line {
    Piece *piece;
    int pieces;
} Line;

typedef enum BeatKind {
    BEAT,  // always told
    MAYBE, // told in a third of the stories
    WISH,  // always told: what the hero wants
    END,   // always told, the last: how it comes out
} BeatKind;

typedef struct Beat {
    const char *name;
    BeatKind kind;
    Line *line;
    int lines;
} Beat;

typedef struct Plot {
    const char *name;
    const char *cast;    // "child" or "animal": which people it is about
    int pick[MAX_PICKS]; // the variables it needs beside the two people
    int picks;
    Beat beat[MAX_BEATS];
    int beats;
} Plot;

typedef struct Grammar {
    Table table[MAX_TABLES];
    int tables;
    Plot plot[MAX_PLOTS];
    int plots;
    char *statement[MAX_STATEMENTS]; // the text that all the rest points into
    int statements;
} Grammar;

const Grammar *tales_grammar(void);

// True if row `row` of the people belongs to the cast "child" or "animal".
bool person_of_cast(const Grammar *g, int row, const char *cast);

// True if the people in rows a and b are both "he" or both "she".
bool same_gender(const Grammar *g, int a, int b);

// "a" or "an", by the sound that `next` begins with. The grammar has no word
// whose first letter and first sound disagree ("hour", "useful").
const char *article_for(const char *next);

#endif
