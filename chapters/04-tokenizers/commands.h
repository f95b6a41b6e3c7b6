// The tokenizers as a command-line tool: --train, --encode and --decode.
#ifndef TOKENIZERS_COMMANDS_H
#define TOKENIZERS_COMMANDS_H

#include <stdbool.h>

typedef struct Commands {
    int train;               // --train N: merges; 0: do not train
    const char *text, *save; // --text FILE, --save PREFIX
    int encode, decode;      // --encode, --decode: a Scheme + 1; 0: do not
    const char *vocab;       // --vocab FILE
    const char *merges;      // --merges FILE
    bool pieces;             // --pieces
} Commands;

// Does what was asked for and returns true; false if nothing was. Exits with
// status 2 if an option is missing that the command needs, or one is there that
// it does not use.
bool commands_run(const Commands *c);

#endif
