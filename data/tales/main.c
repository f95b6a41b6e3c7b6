// tales: writes very short stories, or marks stories that somebody else wrote.
#include "common/check.h"
#include "common/cli.h"
#include "common/rng.h"
#include "common/text.h"
#include "data/tales/check.h"
#include "data/tales/tales.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

// Cuts the first paragraph off *rest: lines up to one that is empty or has
// only blanks. False at the end.
static bool next_paragraph(Text *rest, Text *paragraph)
{
    Text line;
    *paragraph = (Text){NULL, 0};
    while (text_line(rest, &line)) {
        bool blank = true;
        for (size_t i = 0; i < line.length; i++)
            blank = blank && (line.at[i] == ' ' || line.at[i] == '\t');
        if (blank && paragraph->at)
            return true;
        if (blank)
            continue;
        if (!paragraph->at)
            paragraph->at = line.at;
        paragraph->length = (size_t)(line.at + line.length - paragraph->at);
    }
    return paragraph->at != NULL;
}

// --- writing ----------------------------------------------------------------

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// The hashes of the stories of a file, in order; none if path is NULL.
static uint64_t *hashes_of(const char *path, size_t *n)
{
    uint64_t *hash = NULL;
    *n = 0;
    if (!path)
        return hash;
    Buffer b = text_read(path);
    Text rest = {b.at, b.length};
    for (Text p; next_paragraph(&rest, &p); ++*n) {
        if ((*n & (*n - 1)) == 0)
            hash = grow_array(hash, 2 * *n + 1, sizeof *hash);
        hash[*n] = text_hash(p);
    }
    if (*n == 0)
        die("%s: there is no story in it", path);
    qsort(hash, *n, sizeof *hash, by_value);
    buffer_free(&b);
    return hash;
}

static void write_stories(int stories, uint64_t seed, const char *without)
{
    size_t n;
    uint64_t *known = hashes_of(without, &n);
    Rng rng = rng_new(seed);
    Buffer b = {0};
    for (int i = 0; i < stories;) {
        b.length = 0;
        tales_story(&rng, &b);
        uint64_t h = text_hash((Text){b.at, b.length});
        if (n && bsearch(&h, known, n, sizeof h, by_value))
            continue;
        printf("%s%s\n", i ? "\n" : "", b.at);
        i++;
    }
    buffer_free(&b);
    free(known);
}

// --- checking ---------------------------------------------------------------

// Dies unless the bytes are text.
static void require_text(Text t)
{
    for (size_t i = 0; i < t.length; i++) {
        unsigned char b = (unsigned char)t.at[i];
        if ((b < 32 && b != '\n' && b != '\r' && b != '\t') || b == 127)
            die("standard input: byte %zu is 0x%02x, expected text", i, b);
    }
    ptrdiff_t bad = utf8_invalid(t);
    if (bad >= 0)
        die("standard input: byte %td is not valid UTF-8, expected text", bad);
}

static void print_marks(const char *name, const double *mark)
{
    printf("%-8s", name);
    for (int i = 0; i < MARKS; i++)
        printf(" %8.4f", mark[i]);
}

static void check_stories(bool each)
{
    Buffer b = text_read("/dev/stdin");
    Text rest = {b.at, b.length};
    require_text(rest);
    Checker *c = checker_new();
    double sum[MARKS] = {0};
    long stories = 0, sentences = 0, whole = 0;
    for (Text p; next_paragraph(&rest, &p);) {
        Marks m = tale_marks(c, p);
        double mark[MARKS] = {m.words,  m.grammar, m.names,
                              m.things, m.order,   m.ending};
        if (stories++ == 0)
            printf("%-8s %8s %8s %8s %8s %8s %8s\n", "story", "words",
                   "grammar", "names", "things", "order", "ending");
        for (int i = 0; i < MARKS; i++)
            sum[i] += mark[i];
        sentences += m.sentences;
        whole += m.whole;
        if (each) {
            char number[24];
            snprintf(number, sizeof number, "%ld", stories);
            print_marks(number, mark);
            printf("  %s\n", m.plot ? m.plot : "-");
        }
    }
    if (stories == 0)
        die("standard input: there is no story, expected paragraphs of text "
            "with an empty line between them");
    for (int i = 0; i < MARKS; i++)
        sum[i] /= (double)stories;
    print_marks("mean", sum);
    printf("\n%ld stories; %ld of %ld sentences are whole sentences of the "
           "grammar\n",
           stories, whole, sentences);
    checker_free(c);
    buffer_free(&b);
}

int main(int argc, char **argv)
{
    int stories = 10;
    const char *without = NULL;
    bool check = false, each = false;
    const Option own[] = {{"stories", "N", OPTION_INT, &stories, 1, INT_MAX,
                           NULL, "how many stories to write"},
                          {"without", "FILE", OPTION_TEXT, &without, 0, 0, NULL,
                           "leave out the stories that are in FILE"},
                          {"check", NULL, OPTION_FLAG, &check, 0, 0, NULL,
                           "mark the stories on standard input instead"},
                          {"each", NULL, OPTION_FLAG, &each, 0, 0, NULL,
                           "with --check: a line for every story too"},
                          {0}};
    Run run = {.seed = 1};
    cli_parse(argc, argv,
              "Writes very short stories in simple English, one a paragraph,\n"
              "with an empty line between them: the text from which the\n"
              "language models of the course learn. Or checks how coherent\n"
              "such stories are (data/tales/check.h says what is measured).",
              own, &run);
    if (each && !check)
        cli_misuse("--each goes with --check");
    if (check)
        check_stories(each);
    else
        write_stories(stories, run.seed, without);
    return 0;
}
