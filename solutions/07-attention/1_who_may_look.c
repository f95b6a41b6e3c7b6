// Who may look at whom (10 minutes)
//
// A mask is a rule: may query i look at key j? Write it, for every mask of the
// course. `Mask` is in common/ops.h:
//
//     causal   the query may not look at what comes after it
//     window   it may only look at keys less than `window` away, on both sides;
//              0 means that there is no such limit
//
// One thing needs care. There are Tq queries and Tk keys, and they need not be
// equally many. When a model writes a text, it has the keys of all tokens so
// far, but a query only for the newest one. So the LAST query stands at the
// LAST key. Which position has query i then, counted in keys? Draw it for
// 2 queries and 5 keys, both with the causal mask:
//
//     # # # # .
//     # # # # #
//
// `make run-07 MINE=1` draws the masks' matrices with your rule.
#include "07-attention/masks.h"

#include <stdlib.h>

bool may_look(Mask m, int i, int Tq, int j, int Tk)
{
    // SOLUTION
    const int p = i + Tk - Tq; // where the query stands among the keys
    if (m.causal && j > p)
        return false;
    return m.window == 0 || abs(p - j) < m.window;
    // END
}
