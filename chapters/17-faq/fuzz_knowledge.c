// Fuzzing the knowledge bases: any bytes are read or refused; what was read is
// in order, and can be searched.
#include "17-faq/knowledge.h"
#include "17-faq/search.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const Knowledge *k)
{
    check(k->n > 0 && k->phrasings >= k->n, "%d pairs, %d phrasings", k->n,
          k->phrasings);
    for (int i = 0; i < k->n; i++) {
        const Pair *p = &k->pair[i];
        check(p->first == (i ? p[-1].end : 0) && p->end > p->first,
              "phrasings of pair %d: %d .. %d", i, p->first, p->end);
        check(p->question.length > 0 && p->answer.length > 0, "pair %d", i);
        check(knowledge_find(k, p->question) == i, "pair %d is there twice", i);
        for (int j = p->first; j < p->end; j++)
            check(k->phrasing[j].owner == i &&
                      utf8_invalid(k->phrasing[j].text) < 0,
                  "phrasing %d", j);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Knowledge k;
    if (knowledge_parse(&k, (Text){(const char *)data, size}))
        return 0;
    check_order(&k);
    Search s = search_new(&k, NULL);
    float *score = new_array((size_t)k.n + 1, sizeof *score);
    const Text question = k.phrasing[k.phrasings - 1].text;
    search_scores(&s, BY_HYBRID, &question, 1, score);
    for (int i = 0; i < k.n; i++)
        check(isfinite(score[i]) && score[i] >= 0, "score %d is %g", i,
              (double)score[i]);
    free(score);
    search_free(&s);
    knowledge_free(&k);
    return 0;
}
