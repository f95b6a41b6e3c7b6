// A layer of the encoder (30 minutes)
//
// You have the parts: multi_head, feed_forward, layer_norm, dropout, add. A
// layer is self-attention and then the feed-forward network, each wrapped in
// the same way. As in the paper (l->norm_first is false), for f one of the two
// and its own norm:
//
//     x = norm(x + dropout(f(x)))
//
// and with the norm first, as nearly everybody does since 2019:
//
//     x = x + dropout(f(norm(x)))
//
// In the second form one path from the layer's input to its output has nothing
// on it but additions; what does that mean for the gradient of a model of 100
// layers?
//
// l->self with l->self_norm, l->feed with l->feed_norm; `mask` is for the
// attention. See chapters/09-transformer/transformer.h.
#include "09-transformer/transformer.h"

Matrix *encoder_layer(const EncoderLayer *l, Matrix *x, Mask mask)
{
    // SOLUTION
    Matrix *h = l->norm_first ? layer_norm(x, l->self_norm) : x;
    x = add(x, dropout(multi_head(&l->self, h, h, mask), l->dropout));
    if (!l->norm_first)
        x = layer_norm(x, l->self_norm);
    h = l->norm_first ? layer_norm(x, l->feed_norm) : x;
    x = add(x, dropout(feed_forward(&l->feed, h), l->dropout));
    if (!l->norm_first)
        x = layer_norm(x, l->feed_norm);
    // END
    return x; // T x d
}
