// Stretch the slow, keep the fast: NTK-aware RoPE (45 minutes)
//
// Position interpolation squeezes all positions by the same factor. The chapter
// has shown the price: neighbours come so close that a model which must find
// the letter five places ago no longer can, and it was only the slow pairs that
// were in trouble on long texts; the fast ones have turned full circle many
// times within the length that was learnt.
//
// In 2023 somebody known as bloc97 proposed to leave the positions alone and
// raise the base instead. The speed of pair i is base^(-2 i / w). Choose a new
// base so that
//
//     - the fastest pair, i = 0, keeps its speed, which is 1;
//     - the slowest, i = w/2 - 1, gets its old speed times `stretch`.
//
// Find the new base (two lines on paper), and make the table. stretch is in
// 0 .. 1, as in the chapter: 1/8 makes 8 times the length fit. A head of width
// 2 has one pair only, the fastest and the slowest at once: leave it as it is.
//
// The function is the chapter's own, declared in 08-positions/positions.h. When
// the test passes, `make run-08 MINE=08-3 ARGS=--quick` puts yours in its
// place: look at the line "RoPE, stretched to fit" in part 5.
#include "08-positions/positions.h"

#include "common/check.h"

#include <math.h>

Positions positions_stretched(Positions p, Arena *a, float stretch)
{
    check(p.kind == ROTARY, "only rotations stretch, not %s",
          position_names[p.kind]);
    const int width = p.table.width; // of a head
    // TODO: the new base
    (void)width, (void)stretch;
    double base = 10000;
    // END
    p.table = rope_table(a, p.length, width, (float)base, 1);
    return p;
}
