// Find the bug: it works with 7 billion (20 minutes)
//
// Somebody wrote a program that runs Llamas. The stories ran, the model with 7
// billion weights ran, and everybody was delighted. With 13 billion it wrote
// nonsense, or crashed. The file was right: another program ran it. Every line
// below was read again and again, and every line says what it should.
//
// The function says where in the file each kind of weights begins. Find out
// what goes wrong between 7 and 13 billion, and mend it in the gap; the less
// you change, the better.
//
// (A true story: llama2.c, July 2023. The chapter says where to read about it.)
#include "3_find_the_bug.h"

void weight_places(const LlamaShape *s, size_t place[WEIGHTS + 1])
{
    // TODO: everything is here, but it is not right.
    const unsigned layers = s->layers, d = s->width, hidden = s->hidden;
    const unsigned pieces = s->pieces, keys = d / s->heads * s->groups;
    const int size[WEIGHTS] = {
        // END
        [PIECES] = pieces * d,
        [ATTENTION_NORMS] = layers * d,
        [QUERIES] = layers * d * d,
        [KEYS] = layers * keys * d,
        [VALUES] = layers * keys * d,
        [OUTS] = layers * d * d,
        [FEED_NORMS] = layers * d,
        [GATES] = layers * hidden * d,
        [DOWNS] = layers * d * hidden,
        [UPS] = layers * hidden * d,
        [LAST_NORM] = d,
    };
    place[0] = 0;
    for (int w = 0; w < WEIGHTS; w++)
        place[w + 1] = place[w] + size[w];
}
