// The 80/10/10 rule; see masking.h.
#include "15-bert/masking.h"

void mask_tokens(const Masking *m, Rng *r, int *id, int n, Ids *at, Ids *answer)
{
    for (int i = 0; i < n; i++) {
        if (id[i] < m->first || rng_uniform(r) >= m->share)
            continue;
        ids_add(at, i);
        ids_add(answer, id[i]);
        const float what = rng_uniform(r);
        if (what < m->masked)
            id[i] = m->mask;
        else if (what < m->masked + m->random)
            id[i] = m->first + rng_below(r, m->pieces - m->first);
    }
}
