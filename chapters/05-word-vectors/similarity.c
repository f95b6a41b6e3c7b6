// Rated pairs and questions; see similarity.h.
#include "05-word-vectors/similarity.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Copies a word; false if it is empty or longer than the room for it.
static bool copy_word(char *to, size_t room, Text word)
{
    if (word.length == 0 || word.length >= room)
        return false;
    memcpy(to, word.at, word.length);
    to[word.length] = 0;
    return true;
}

static bool read_pair(Text line, RatedPair *p)
{
    Text a, b, number;
    char digits[32], *end;
    if (!text_field(&line, '\t', &a) || !text_field(&line, '\t', &b) ||
        !text_field(&line, '\t', &number) || !copy_word(p->a, sizeof p->a, a) ||
        !copy_word(p->b, sizeof p->b, b) ||
        !copy_word(digits, sizeof digits, number))
        return false;
    p->rating = strtod(digits, &end);
    return *end == 0 && isfinite(p->rating);
}

RatedPairs rated_read(const char *path)
{
    Buffer b = text_read(path);
    Text rest = {b.at, b.length};
    RatedPairs p = {0};
    for (Text line; text_line(&rest, &line);) {
        p.at = grow_array(p.at, p.n + 1, sizeof *p.at);
        if (!read_pair(line, &p.at[p.n]))
            die("%s: line %d: expected two words and a number, separated by "
                "tabs",
                path, p.n + 1);
        p.n++;
    }
    buffer_free(&b);
    return p;
}

void rated_free(RatedPairs *p)
{
    free(p->at);
    *p = (RatedPairs){0};
}

double agreement(const RatedPairs *p, const Lexicon *l, const Vectors *v,
                 int *known)
{
    double *rating = new_array(p->n, sizeof *rating);
    double *cosine = new_array(p->n, sizeof *cosine);
    int n = 0;
    for (int i = 0; i < p->n; i++) {
        const int a = lexicon_find(l, text_of(p->at[i].a));
        const int b = lexicon_find(l, text_of(p->at[i].b));
        if (a == UNKNOWN || b == UNKNOWN)
            continue;
        rating[n] = p->at[i].rating;
        cosine[n++] = vectors_cosine(v, a, b);
    }
    const double rho = spearman(rating, cosine, n);
    free(rating);
    free(cosine);
    *known = n;
    return rho;
}

// --- analogies --------------------------------------------------------------

// The ids of the four words of a line; false if there are not four.
static bool read_question(Text line, const Lexicon *l, int *id)
{
    int n = 0;
    for (Text word; text_field(&line, ' ', &word);)
        if (word.length) {
            if (n == 4)
                return false;
            id[n++] = lexicon_find(l, word);
        }
    return n == 4;
}

Questions questions_read(const char *path, const Lexicon *l)
{
    Buffer b = text_read(path);
    Text rest = {b.at, b.length};
    Questions q = {0};
    int room = 0, number = 0;
    for (Text line; text_line(&rest, &line);) {
        number++;
        if (line.length > 2 && line.at[0] == ':') {
            if (q.kinds == QUESTION_KINDS ||
                !copy_word(q.name[q.kinds], sizeof q.name[0],
                           (Text){line.at + 2, line.length - 2}))
                die("%s: line %d: more than %d kinds, or a name of more than "
                    "%zu letters",
                    path, number, QUESTION_KINDS, sizeof q.name[0] - 1);
            q.kinds++;
            continue;
        }
        int id[4];
        if (q.kinds == 0 || !read_question(line, l, id))
            die("%s: line %d: expected four words, below a line \": kind\"",
                path, number);
        q.all++;
        if (!id[0] || !id[1] || !id[2] || !id[3])
            continue;
        if (q.n == room)
            q.word = grow_array(q.word, 5 * (size_t)(room = 2 * room + 64),
                                sizeof *q.word);
        memcpy(q.word + 5 * (size_t)q.n, id, sizeof id);
        q.word[5 * (size_t)q.n++ + 4] = q.kinds - 1;
    }
    buffer_free(&b);
    return q;
}

void questions_free(Questions *q)
{
    free(q->word);
    *q = (Questions){0};
}

int questions_answer(const Questions *q, const Vectors *unit, int *right,
                     int *asked)
{
    int sum = 0;
    for (int k = 0; k < q->kinds; k++)
        right[k] = asked[k] = 0;
    for (int i = 0; i < q->n; i++) {
        const int *w = q->word + 5 * (size_t)i;
        asked[w[4]]++;
        if (vectors_analogy(unit, w[0], w[1], w[2]) == w[3]) {
            right[w[4]]++;
            sum++;
        }
    }
    return sum;
}
