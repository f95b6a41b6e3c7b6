// Showing where a text was cut: with colours on a terminal, with bars in a
// file, and as a picture for the book.
#ifndef TOKENIZERS_SHOW_H
#define TOKENIZERS_SHOW_H

#include "04-tokenizers/vocab.h"

// What is printed for one piece: its bytes, but <E6> for a byte that is not
// UTF-8 by itself and for control characters, and a space for U+2581.
void show_piece(Text piece, Buffer *to);

// A row of pieces with a name before it.
typedef struct CutLine {
    const char *name;
    Buffer shown; // the pieces as show_piece gives them, one after the other
    Ids end;      // where in `shown` each piece ends
} CutLine;

void cut_add(CutLine *line, Text piece);
void cut_free(CutLine *line);

// Prints the name and the pieces: in alternating colours if `colour`, else
// with | between them.
void cut_print(const CutLine *line, bool colour);

// Writes the lines as a picture, DIR/NAME.svg. DIR NULL: does nothing.
void cut_draw(const CutLine *lines, int n, const char *dir, const char *name);

#endif
