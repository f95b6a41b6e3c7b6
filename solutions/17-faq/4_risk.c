// At most five wrong answers in a hundred (25 minutes)
//
// The chapter weighs right answers against wrong ones. A help desk may want it
// another way: "answer as much as you can, but of what you answer at most five
// in a hundred may be wrong". With these five outcomes
//
//     sure    0.9    0.8    0.5    0.5    0.2
//     right    1      1      0      1      0
//
// and a risk of 0.25, all down to 0.5 can be answered: four answers, one wrong.
// With a risk of 0.2 only the first two.
//
// Three traps. Equally sure questions are answered together or not at all. The
// risk does not simply rise: a run of right answers brings it down again, and
// the lowest good threshold may lie below some bad ones. And no answer at all
// is not a good threshold but INFINITY.
//
// The contract is in 4_risk.h; new_array(count, size) gives an array, free()
// takes it back, qsort is in stdlib.h.
#include "4_risk.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

float threshold_for_risk(const Outcome *o, int n, double risk)
{
    // SOLUTION: every value of `sure` is tried.
    float lowest = INFINITY;
    for (int i = 0; i < n; i++) {
        int answers = 0, wrong = 0;
        for (int j = 0; j < n; j++)
            if (o[j].sure >= o[i].sure) {
                answers++;
                wrong += !o[j].right;
            }
        if (wrong <= risk * answers + 1e-12 && o[i].sure < lowest)
            lowest = o[i].sure;
    }
    return lowest;
    // END
}
