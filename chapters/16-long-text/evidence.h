// Long documents whose class stands in one sentence, or in two, at a known
// place: so one can see which remedy finds it where.
//
// A document is a chronicle of a small valley, a sentence a line. Its class is
// what will become of the mill: will it be sold or rebuilt, and is it in spring
// or in autumn: four classes. One sentence says so,
//
//     the mill will be rebuilt in autumn .
//
// or two do, each one half. All around it stand distractors: the same said of
// other buildings, of the mill in the past, or as an open question; and many
// sentences about other things.
//
// The one idea: in every document, whatever its class, each of the words sold,
// rebuilt, spring and autumn occurs equally often. So counting words tells
// nothing about the class, exactly; only who it is said of does.
//
// Lifetime: a Chronicles owns everything its documents point to.
#ifndef LONG_TEXT_EVIDENCE_H
#define LONG_TEXT_EVIDENCE_H

#include "16-long-text/remedy.h"

#include "15-bert/documents.h"

#include "common/rng.h"

typedef enum Place {
    AT_HEAD,   // one of the first two sentences
    AT_MIDDLE, // between three and seven tenths of the document
    AT_TAIL,   // one of the last two
    IN_TWO,    // what and when: one in the first part, one in the last, in
               // either order, neither of them at the head or the tail
    REVISED,   // said twice, far apart, and differently: the later counts
    PLACES
} Place;

enum {
    FATES = 4, // classes: 2 * (sold or rebuilt) + (spring or autumn)
    KEY_WORDS = 4
};

extern const char *const place_names[PLACES];
extern const char *const fate_names[FATES];
extern const char *const key_words[KEY_WORDS];

// Appends a sentence about something else.
void filler(Rng *r, Buffer *to);

// Appends one document of so many sentences (at least 40), a line each.
// where[0] is the sentence with the evidence, where[1] the second one, or -1.
void chronicle(Rng *r, Place place, int fate, int sentences, Buffer *to,
               int where[2]);

// Appends a note: a page of the same kind, of so many sentences, short enough
// for a window. Returns what it says of the mill, one of NOTE_CLASSES:
// 3 * (nothing, sold or rebuilt) + (nothing, spring or autumn).
enum { NOTE_CLASSES = 9 };
int note(Rng *r, int sentences, Buffer *to);

typedef struct Chronicles {
    int n;
    Document *d;
    int (*where)[2]; // of each: the sentences with the evidence
    Buffer text;
    Documents pieces;
    int *starts; // of the sentences, each document from 0
} Chronicles;

// n documents: place and fate go round, so each pair is as frequent as any
// other if 20 divides n; the lengths vary by a tenth. Without pieces yet.
Chronicles chronicles_new(int n, int sentences, uint64_t seed);
void chronicles_free(Chronicles *c);

// Gives them their pieces.
void chronicles_encode(Chronicles *c, WordPiece *w);

#endif
