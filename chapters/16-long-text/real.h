// The table of remedies on real documents: all of them behind one interface,
// on the same folds, with the same frozen encoder, each with its price.
#ifndef LONG_TEXT_REAL_H
#define LONG_TEXT_REAL_H

#include "common/cli.h"

// On the Brown corpus in five groups; or, if run->data is a directory of
// CLASS/FILE.txt, on that. Needs the Universal Sentence Encoder Lite (`make
// data NAME=use-lite`). Five folds, five times (once if run->quick). Prints the
// table and draws accuracy over cost. `brown`: only the Brown corpus will do.
// `kept` is the directory for the vectors, so that the next run need not encode
// again; NULL: they are not kept.
//
// Dies with one line if something is missing or is no text.
void real_table(const Run *run, bool brown, const char *kept);

#endif
