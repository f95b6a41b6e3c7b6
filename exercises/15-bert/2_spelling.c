// One model, four spellings (15 minutes)
//
// You load a BERT, no program complains, and the vectors are rubbish. The file
// called its norms "gamma" and "beta", the loader looked for "weight" and
// "bias", found none, and left them as they were. It happened to many.
//
// Checkpoints of BERT spell the names of their tensors in two ways times two:
//
//     bert.embeddings.LayerNorm.weight     our name
//     bert.embeddings.LayerNorm.gamma      converted from TensorFlow
//     embeddings.LayerNorm.weight          the encoder was saved by itself
//     embeddings.LayerNorm.gamma           both
//
// gamma is the weight of a norm, beta its bias. Without heads, the names begin
// with "embeddings.", "encoder." or "pooler."; with heads "bert." stands in
// front of these. Names of heads ("cls. ...", "classifier. ...") never have it.
//
// Write the name as we spell it. Only the ending of a norm counts,
// "LayerNorm.gamma" or "LayerNorm.beta": a parameter that somebody called
// "classifier.beta", or "cls.gamma.weight", keeps its name. snprintf, strncmp
// and strlen are enough.
#include "2_spelling.h"

#include <stdio.h>
#include <string.h>

void our_name(const char *theirs, char *ours, size_t size)
{
    snprintf(ours, size, "%s", theirs);
    // TODO: "bert." in front where it is missing; then the ending.
    // END
}
