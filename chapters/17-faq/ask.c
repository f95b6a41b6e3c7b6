// Answering; see ask.h.
#include "17-faq/ask.h"

#include "17-faq/ranking.h"

#include "common/check.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

Desk desk_new(const Search *search, Method m, float threshold, int top,
              double cost)
{
    Desk d = {*search, m, threshold, top};
    if (m == METHODS)
        d.method = search_can(search, BY_SUM) ? BY_SUM : BY_HYBRID;
    if (isnan(threshold))
        d.threshold = calibrate(search, d.method, SURE_SCORE, cost);
    return d;
}

const char *question_wrong(Text q)
{
    return q.length > PHRASING_MOST      ? "too long for a question"
           : utf8_invalid(q) >= 0        ? "not valid UTF-8"
           : text_trimmed(q).length == 0 ? "empty"
                                         : NULL;
}

static void print_text(FILE *to, Text t)
{
    fwrite(t.at, 1, t.length, to);
}

static void print_nearest(const Desk *d, const Hit *hit, int n, FILE *out)
{
    fputs(n ? "I do not know. The nearest questions that I can answer:\n"
            : "I do not know.\n",
          out);
    for (int i = 0; i < n; i++) {
        fputs("  ", out);
        print_text(out, d->search.k->pair[hit[i].item].question);
        putc('\n', out);
    }
}

static void print_log(const Desk *d, Text question, const Hit *hit, int n,
                      FILE *log)
{
    fprintf(log, "by %s, answers from %.2f on:\n", method_titles[d->method],
            (double)d->threshold);
    for (int i = 0; i < n; i++) {
        fprintf(log, "  %7.3f  ", (double)hit[i].score);
        print_text(log, d->search.k->pair[hit[i].item].question);
        const int p = search_phrasing(&d->search, question, hit[i].item);
        if (p >= 0 && d->search.item[p].at !=
                          d->search.k->pair[hit[i].item].question.at) {
            fputs("\n           as: ", log);
            print_text(log, d->search.item[p]);
        }
        putc('\n', log);
    }
}

bool desk_answer(Desk *d, Text question, FILE *out, FILE *log)
{
    const int pairs = d->search.k->n;
    const char *wrong = question_wrong(question);
    if (wrong) {
        fprintf(out, "I cannot read that: it is %s.\n", wrong);
        return false;
    }
    float *score = new_array((size_t)pairs + 1, sizeof *score);
    Hit *hit = new_array((size_t)d->top + 1, sizeof *hit);
    search_scores(&d->search, d->method, &question, 1, score);
    const int n = top_hits(score, pairs, d->top, hit);
    if (log)
        print_log(d, question, hit, n, log);
    const bool knows = n > 0 && hit[0].score >= d->threshold;
    if (knows) {
        print_text(out, d->search.k->pair[hit[0].item].answer);
        putc('\n', out);
    } else
        print_nearest(d, hit, n, out);
    free(score), free(hit);
    return knows;
}

// --- line by line -----------------------------------------------------------

static volatile sig_atomic_t pressed;

static void on_press(int signal_number)
{
    (void)signal_number;
    pressed = 1;
}

void desk_serve(Desk *d, FILE *from)
{
    // Without SA_RESTART, Ctrl-C ends the wait for the next line.
    struct sigaction action = {.sa_handler = on_press}, old;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, NULL, &old);
    if (old.sa_handler != SIG_IGN)
        sigaction(SIGINT, &action, NULL);
    const bool person = isatty(fileno(from));
    char *line = NULL;
    size_t room = 0;
    int asked = 0, answered = 0;
    if (person)
        fputs("A question a line; Ctrl-D ends.\n", stderr);
    while (!pressed) {
        if (person)
            fputs("? ", stderr);
        const ssize_t n = getline(&line, &room, from);
        if (n < 0)
            break;
        const bool ended = n > 0 && line[n - 1] == '\n';
        asked++;
        answered +=
            desk_answer(d, (Text){line, (size_t)n - ended}, stdout, NULL);
        putchar('\n');
        fflush(stdout);
    }
    if (ferror(from) && !pressed)
        die("standard input cannot be read: %s", strerror(errno));
    fprintf(stderr, "%s%d of %d questions answered\n", person ? "\n" : "",
            answered, asked);
    free(line);
    sigaction(SIGINT, &old, NULL);
}
