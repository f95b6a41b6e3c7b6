// The Brown corpus (Francis and Kucera 1961): 500 documents of about 2,000
// words each, in 15 genres, every word with a tag: "The/at jury/nn said/vbd".
// `make data NAME=brown` brings it; here it is read as plain text.
#ifndef COMMON_BROWN_H
#define COMMON_BROWN_H

#include "common/cli.h"
#include "common/text.h"

// The letters of the genres, and the highest number of a document in any.
#define BROWN_GENRES "abcdefghjklmnpr"
enum { BROWN_MOST = 80 };

// Appends document `number` (1, 2, ...) of a genre to *to: one sentence a line,
// one blank between two words, no tags. False if there is no such document.
bool brown_document(const Run *run, char genre, int number, Buffer *to);

// Appends the text of a tagged file in the same form.
void brown_untag(Text tagged, Buffer *to);

#endif
