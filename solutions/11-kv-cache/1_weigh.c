// What a cache weighs (10 minutes)
//
// Before you rent a machine, you want to know how many texts fit into it.
// A cache keeps a key and a value for each layer and each position; each of
// them is `width` floats wide (groups times the width of a head), and a float
// has 4 bytes.
//
// With 1 layer of width 3, a text of 5 positions needs
// 2 x 1 x 3 x 5 x 4 = 120 bytes. Mind the size of the result: the cache of a
// large model has more bytes than an int can count, and a product of ints is
// an int, whatever it is assigned to.
//
// `make run-11 MINE=1` weighs real models with your function.
#include "11-kv-cache/kv_cache.h"

size_t kv_bytes(int layers, int width, int positions)
{
    // SOLUTION: the first factor is a size_t, so all products are.
    return (size_t)2 * layers * width * positions * sizeof(float);
    // END
}
