// Judging classifiers; see evaluate.h.
//
// The one rule: what is judged must not have been seen. Examples are few, so
// cross-validation lets each of them be judged once: cut all into k folds, and
// for each fold learn from the k - 1 others.
#include "02-machine-learning/evaluate.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

void choose(const float *score, int n, int k, int *label)
{
    for (int i = 0; i < n; i++) {
        const float *row = score + (size_t)i * k;
        label[i] = 0;
        for (int j = 1; j < k; j++)
            if (row[j] > row[label[i]])
                label[i] = j;
    }
}

double accuracy(const int *guess, const int *label, int n)
{
    int right = 0;
    for (int i = 0; i < n; i++)
        right += guess[i] == label[i];
    return n > 0 ? (double)right / n : 0;
}

void confusion(const int *guess, const int *label, int n, int classes,
               int *table)
{
    memset(table, 0, (size_t)classes * classes * sizeof *table);
    for (int i = 0; i < n; i++)
        table[label[i] * classes + guess[i]]++;
}

Finding finding(const int *guess, const int *label, int n)
{
    int table[4];
    confusion(guess, label, n, 2, table);
    const int missed = table[2], found = table[3], false_alarms = table[1];
    Finding f = {0, 0, 0};
    if (found > 0) {
        f.precision = (double)found / (found + false_alarms);
        f.recall = (double)found / (found + missed);
        f.f1 = 2 * f.precision * f.recall / (f.precision + f.recall);
    }
    return f;
}

typedef struct Judged {
    float score;
    int label;
} Judged;

static int higher_first(const void *a, const void *b)
{
    const Judged *l = a, *r = b;
    return (l->score < r->score) - (l->score > r->score);
}

int roc(const float *score, const int *label, int n, double *x, double *y)
{
    Judged *by_score = new_array(n, sizeof *by_score);
    int cases = 0, points = 1, found = 0;
    for (int i = 0; i < n; i++) {
        by_score[i] = (Judged){score[i], label[i]};
        cases += label[i] == 1;
    }
    check(cases > 0 && cases < n, "a ROC curve of %d cases among %d", cases, n);
    qsort(by_score, n, sizeof *by_score, higher_first);
    x[0] = y[0] = 0;
    for (int i = 0; i < n; i++) {
        found += by_score[i].label == 1;
        if (i + 1 < n && by_score[i + 1].score == by_score[i].score)
            continue; // equal scores pass the threshold together
        x[points] = (double)(i + 1 - found) / (n - cases);
        y[points++] = (double)found / cases;
    }
    free(by_score);
    return points;
}

double auc(const float *score, const int *label, int n)
{
    double *x = new_array((size_t)n + 1, sizeof *x), area = 0;
    double *y = new_array((size_t)n + 1, sizeof *y);
    const int points = roc(score, label, n, x, y);
    for (int i = 1; i < points; i++)
        area += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2;
    free(x), free(y);
    return area;
}

int fold_part(const int *order, int n, int folds, int fold, int *train,
              int *from, int *to)
{
    check(folds >= 2 && fold >= 0 && fold < folds, "fold %d of %d", fold,
          folds);
    int count = 0;
    *from = (int)((long long)n * fold / folds);
    *to = (int)((long long)n * (fold + 1) / folds);
    for (int i = 0; i < n; i++)
        if (i < *from || i >= *to)
            train[count++] = order[i];
    return count;
}
