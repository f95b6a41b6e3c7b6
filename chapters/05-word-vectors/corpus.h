// A text as word numbers: which words there are, how often each occurs, and
// the text as a row of their ids, sentence by sentence.
//
// The one idea: words are numbered by falling frequency, so a small id is a
// frequent word, and cutting off the tail of the list cuts off the rare ones.
//
// Lifetime: a Lexicon and Sentences own what they hold until their _free.
#ifndef WORD_VECTORS_CORPUS_H
#define WORD_VECTORS_CORPUS_H

#include "04-tokenizers/vocab.h"

#include "common/rng.h"
#include "common/text.h"

// --- words ------------------------------------------------------------------

// Cuts the next word off *rest; false at the end of the text. A word is a run
// of letters and digits (every byte from 0x80 on counts as a letter); any
// other sign belongs to it if one of them stands on both sides (don't,
// over-all, U.S, 3.5). Elsewhere, a run of equal signs is a word of its own:
// "," and "--". A line's end is the word "\n".
bool next_word(Text *rest, Text *word);

// The id of words that are not in the list.
enum { UNKNOWN = 0 };

// Word id is word.piece[id]; word 0 is "<unk>". All are in lower case (ASCII).
typedef struct Lexicon {
    Vocab word;
    int64_t *count; // how often each occurs in the text it was made from
    int64_t total;  // the sum of these
} Lexicon;

// The words that occur at least `least` times; the others count as <unk>.
// Signs alone (",") are left out if words_only.
Lexicon lexicon_new(Text text, int least, bool words_only);
void lexicon_free(Lexicon *l);

// The id of a word as it is spelled, else of its lower case, else UNKNOWN.
int lexicon_find(const Lexicon *l, Text word);

// --- sentences --------------------------------------------------------------

// Sentence i is the ids from id[start[i]] up to, not including,
// id[start[i + 1]]. A sentence is a line of the text that holds a word.
typedef struct Sentences {
    Ids ids;
    Ids start; // n + 1 places
    int n;
} Sentences;

// The text in ids of the lexicon. Unknown words become UNKNOWN, or are left
// out, as if they were not there, if known_only.
Sentences sentences_new(Text text, const Lexicon *l, bool known_only);
void sentences_free(Sentences *s);

// --- the two texts of this chapter ------------------------------------------

// A text to learn from and one to be tested on, a sentence a line.
typedef struct TwoTexts {
    Buffer learn, test;
    const char *name;
} TwoTexts;

// The Brown corpus if it is there: every tenth document is for the test.
bool brown_texts(const char *data, TwoTexts *to);

// Stories of the course's own, `bytes` of them, and a tenth more for the test.
TwoTexts tales_texts(size_t bytes, uint64_t seed);

#endif
