// Query and key weights of one layer, in one block each.
#ifndef EXERCISE_08_2_GIBBERISH_H
#define EXERCISE_08_2_GIBBERISH_H

typedef struct Layer {
    int width;  // of the model: columns of both weights
    int heads;  // of queries
    int groups; // of keys: heads / groups heads share the keys of one group
    float *q;   // width x width
    float *k;   // (groups * width / heads) x width
} Layer;

// From pairs in halves (as files of the transformers library have them) to
// adjacent pairs (as our program turns them), in place.
void convert_layer(Layer *l);

#endif
