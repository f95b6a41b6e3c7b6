// BERT (Devlin et al. 2018): a transformer's encoder that reads a text in both
// directions at once, and small heads on top of it that answer questions.
//
// The one idea: the encoder is trained once, to fill blanks in plain text, and
// then serves for everything. What changes from task to task is a head of one
// layer or two.
//
// A batch is inputs packed under each other: [CLS] a [SEP], or
// [CLS] a [SEP] b [SEP]. T is the number of rows (tokens) of all of them, n
// how many they are, d the width, V the number of pieces.
//
// Lifetime: parameters belong to the model's Params and live until bert_free;
// what the functions below return lives on the tape.
#ifndef BERT_BERT_H
#define BERT_BERT_H

#include "04-tokenizers/wordpiece.h"
#include "08-positions/positions.h"
#include "09-transformer/transformer.h"

// --- the model --------------------------------------------------------------

typedef struct BertShape {
    int pieces;    // V
    int width;     // d
    int heads;     // divides width
    int hidden;    // of the feed-forward layers
    int layers;    //
    int positions; // the longest input in tokens; 512 in the paper
    int segments;  // 2 in the paper
    bool pools;    // has a pooler
    bool fills;    // has the masked-language-model head
    bool follows;  // has the next-sentence head; needs the pooler
    int classes;   // of a classifier on the pooler; 0: none
    float dropout; // while training
    float eps;     // of the norms
} BertShape;

// Post-norm, and GELU where the paper of 2017 has ReLU.
typedef struct BertLayer {
    MultiHead self;
    FeedForward feed;
    Norm self_norm, feed_norm;
} BertLayer;

typedef struct Bert {
    BertShape shape;
    Params *params;
    Matrix *word, *segment; // V x d, segments x d
    Positions positions;    // learned: positions x d
    Norm norm;              // of the three embeddings' sum
    BertLayer *layer;
    Linear pooler;    // d -> d
    Linear transform; // of the head that fills blanks: d -> d,
    Norm transform_norm;
    Linear fill;       // d -> V: the table `word` again, and a bias
    Linear follow;     // d -> 2: b follows a, b is from elsewhere
    Linear classifier; // d -> classes
    char **label;      // the names of the classes, or NULL
} Bert;

// With random parameters, named as Hugging Face's BertForPreTraining does.
Bert bert_new(BertShape shape, uint64_t seed);
void bert_free(Bert *m);

// --- what it reads ----------------------------------------------------------

// Tokens, and for each of them its segment: 0 for the first text of its input,
// 1 for the second. NULL: all are 0.
typedef struct BertInput {
    Tokens tokens;
    const int *segment;
} BertInput;

// Inputs under each other while they are put together; starts with {0}.
typedef struct BertBatch {
    int n; // inputs
    Ids id, segment, start;
} BertBatch;

// Appends the pieces of a text. "[MASK]" in it becomes that piece.
void bert_pieces(WordPiece *w, Text text, Ids *to);

// Appends [CLS] a [SEP], or [CLS] a [SEP] b [SEP] if b is not NULL.
void bert_add(BertBatch *x, const WordPiece *w, const Ids *a, const Ids *b);

// Of all of them; valid until the next bert_add.
BertInput bert_input(const BertBatch *x);

void bert_batch_clear(BertBatch *x); // keeps the memory
void bert_batch_free(BertBatch *x);

// --- what it makes of it ----------------------------------------------------

// The hidden states of the last layer: T x d. An input has 1 to
// shape.positions tokens.
Matrix *bert_encode(const Bert *m, Tape *t, BertInput x);

// The same, with the hidden states after `layers` layers; 0: the embeddings.
Matrix *bert_encode_part(const Bert *m, Tape *t, BertInput x, int layers);

// The pooler: tanh of a layer on the first row, [CLS], of each input: n x d.
Matrix *bert_pool(const Bert *m, Matrix *hidden);

// The mean of the rows of each sequence: T x d -> n x d. Zeros for one without
// rows.
Matrix *mean_rows(Matrix *x);

// The scores of what stands at some rows of the hidden states: k x d -> k x V.
Matrix *bert_fill(const Bert *m, Matrix *rows);

// Scores of "b follows a" and "b is from elsewhere": n x d -> n x 2.
Matrix *bert_follow(const Bert *m, Matrix *pooled);

// Scores of the classes: n x d -> n x classes.
Matrix *bert_classify(const Bert *m, Matrix *pooled);

// With which weights each row of one input looks at each other one, in one
// head of layer 0, 1 ...: writes rows x rows numbers.
void bert_weights(const Bert *m, Tape *t, BertInput x, int input, int layer,
                  int head, float *weights);

// --- files ------------------------------------------------------------------

// A model as Hugging Face's library keeps it: config.json, model.safetensors
// and vocab.txt in a directory. Tensors may have the prefix "bert." or not, and
// norms weight and bias, or gamma and beta. It has the heads that the file has.
// Dies with one line that names the file and what is wrong with it.
Bert bert_load(const char *directory);

// The vocabulary of such a directory. A tokenizer_config.json says whether it
// is in lower case; without one it is. Warns if it has fewer pieces than the
// model: published models are padded to round numbers, but it may be cut.
WordPiece bert_load_pieces(const char *directory, const Bert *m);

// Writes the three files, and tokenizer_config.json.
void bert_save(const Bert *m, const WordPiece *w, const char *directory);

#endif
