// A collection: documents and their classes, from files.
//
// Lifetime: a Collection owns all it holds until collection_free.
#ifndef LONG_TEXT_COLLECTION_H
#define LONG_TEXT_COLLECTION_H

#include "05-word-vectors/corpus.h"

#include "common/cli.h"

typedef struct Collection {
    int n, classes;
    Buffer *text; // a sentence a line
    int *label;
    char **name; // of the classes
    char *source;
    Lexicon words;  // numbers for the words of all documents, nothing more
    Sentences *ids; // of each document, in these numbers
} Collection;

// The Brown corpus in five groups: press (genres a, b, c), general prose (d to
// g), government (h), learned (j), fiction (k to r): 500 documents. n == 0 if
// it is not there.
Collection collection_brown(const Run *run);

// A directory of classes: DIR/CLASS/FILE, plain text in UTF-8. Dies with one
// line that names what is wrong: fewer than two classes, a class of fewer than
// `least` documents, a file without words or that is no text.
Collection collection_folder(const char *directory, int least);

void collection_free(Collection *c);

// Appends the text, a sentence a line: a line's end ends a sentence, and so
// does . ! or ? before a blank and an upper-case letter.
void add_sentences(Text text, Buffer *to);

#endif
