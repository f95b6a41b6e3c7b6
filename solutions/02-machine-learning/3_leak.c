// The leak: find the bug (25 minutes)
//
// 40 patients, 1000 genes, two kinds of tumour. Most genes have nothing to do
// with it, so the ten that differ most between the two kinds are chosen, and
// nearest class means on those ten are judged by cross-validation. The score is
// splendid. It is also splendid on labels that were drawn with a coin, where
// nobody can be right in more than about half of the cases.
//
// The function below is such a study, as it has been published more than once
// (Ambroise and McLachlan 2002 tell of it). Find what of the test fold leaks
// into the learning, and mend it. Everything outside the gap is right.
#include "3_leak.h"

#include "02-machine-learning/evaluate.h"
#include "common/check.h"

#include <math.h>
#include <stdlib.h>

// The difference between the means of feature j in the two classes.
static double apart(const Examples *e, const int *which, int n, int j)
{
    double sum[2] = {0, 0}, count[2] = {0, 0};
    for (int i = 0; i < n; i++) {
        sum[e->label[which[i]]] += (double)e->x[(size_t)which[i] * e->d + j];
        count[e->label[which[i]]]++;
    }
    return fabs(sum[0] / fmax(count[0], 1) - sum[1] / fmax(count[1], 1));
}

void choose_features(const Examples *e, const int *which, int n, int keep,
                     int *feature)
{
    double *far = new_array(e->d, sizeof *far);
    for (int j = 0; j < e->d; j++)
        far[j] = apart(e, which, n, j);
    for (int k = 0; k < keep; k++) {
        feature[k] = 0;
        for (int j = 1; j < e->d; j++)
            if (far[j] > far[feature[k]])
                feature[k] = j;
        far[feature[k]] = -1;
    }
    free(far);
}

double nearest_mean(const Examples *e, const int *train, int n, const int *test,
                    int m, const int *feature, int keep)
{
    int right = 0;
    for (int t = 0; t < m; t++) {
        double far[2] = {0, 0};
        for (int k = 0; k < keep; k++) {
            double sum[2] = {0, 0}, count[2] = {0, 0};
            for (int i = 0; i < n; i++) {
                const int c = e->label[train[i]];
                sum[c] += (double)e->x[(size_t)train[i] * e->d + feature[k]];
                count[c]++;
            }
            for (int c = 0; c < 2; c++)
                far[c] +=
                    pow((double)e->x[(size_t)test[t] * e->d + feature[k]] -
                            sum[c] / fmax(count[c], 1),
                        2);
        }
        right += (far[1] < far[0]) == e->label[test[t]];
    }
    return m > 0 ? (double)right / m : 0;
}

double judged(const Examples *e, const int *order, int folds, int keep)
{
    int *train = new_array(e->n, sizeof *train), from, to;
    int *feature = new_array(keep, sizeof *feature);
    double sum = 0;
    // SOLUTION: the features are chosen anew for each fold, without it
    for (int fold = 0; fold < folds; fold++) {
        int n = fold_part(order, e->n, folds, fold, train, &from, &to);
        choose_features(e, train, n, keep, feature);
        sum +=
            nearest_mean(e, train, n, order + from, to - from, feature, keep);
    }
    // END
    free(train);
    free(feature);
    return sum / folds;
}
