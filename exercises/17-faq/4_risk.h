// For 4_risk.c.
#ifndef EXERCISE_RISK_H
#define EXERCISE_RISK_H

#include "17-faq/verdict.h"

// The lowest threshold at which at most the share `risk` of the answers is
// wrong, if a question is answered when its `sure` is at least the threshold.
// One of the n values of `sure`; INFINITY if no threshold is good enough.
float threshold_for_risk(const Outcome *o, int n, double risk);

#endif
