// Documents that do not fit into an encoder's window, and remedies for that.
//
// The one idea: whatever a remedy does inside (cuts, chooses, pools, reads all
// of it), from outside it learns from documents and gives scores to a document,
// and says what that cost. So all of them can stand in one table.
//
// Lifetime: a Document points to what somebody else owns. What learn() returns
// belongs to the caller, until forget().
#ifndef LONG_TEXT_REMEDY_H
#define LONG_TEXT_REMEDY_H

#include "common/text.h"

#include <stdint.h>

// One document. A remedy uses those of its parts that it needs; the others may
// be empty.
typedef struct Document {
    int class;
    int place; // where its evidence stands (evidence.h); -1: nobody knows
    Text text; // as it was written

    int n;         // pieces, without [CLS] and [SEP]
    const int *id; // n
    int sentences;
    const int *sentence; // sentences + 1 places: sentence s is the pieces
                         // sentence[s] up to, not including, sentence[s + 1]

    int chunks, width;       // what a frozen encoder has made of it
    const float *chunk;      // chunks x width
    const int *chunk_tokens; // how many tokens each was, [CLS] and all
} Document;

// What a remedy has done for one document, or for many: added to what is there.
typedef struct Cost {
    double tokens; // that went through an encoder, one read twice counts twice
                   // (for bags of words: words)
    double madds;  // multiply-adds, by formula from the shapes
    double bytes;  // of memory: the largest of all; 0: nobody counted
} Cost;

typedef struct Remedy {
    const char *name;
    const void *plan; // what it knows before it learns: encoder, numbers

    // Learns from the documents d[which[0]] .. d[which[n - 1]], whose classes
    // are 0 .. classes - 1, all by the one seed.
    void *(*learn)(const void *plan, const Document *d, const int *which, int n,
                   int classes, uint64_t seed);

    // Writes `classes` scores, the largest for the class it believes in.
    void (*scores)(void *learnt, const Document *d, float *score, Cost *cost);

    void (*forget)(void *learnt);
} Remedy;

#endif
