// What the two tests of the tales begin with: true stories, and their checker.
// Each test makes its own in memory; they share no file.
#ifndef TALES_STORIES_TEST_H
#define TALES_STORIES_TEST_H

#include "data/tales/check.h"

#include "common/check.h"
#include "common/testing.h"
#include "data/tales/tales.h"

#include <stdlib.h>

enum { STORIES = 1000 };

// The first stories of seed 1, and the checker: made once, for all tests.
static char *story[STORIES];
static Checker *checker;

static int set_up(void **state)
{
    (void)state;
    Rng r = rng_new(1);
    Buffer b = {0};
    for (int i = 0; i < STORIES; i++) {
        b.length = 0;
        tales_story(&r, &b);
        story[i] = copy_text(b.at);
    }
    buffer_free(&b);
    checker = checker_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++)
        free(story[i]);
    checker_free(checker);
    return 0;
}

static Marks marks_of(const char *s)
{
    return tale_marks(checker, text_of(s));
}

#endif
