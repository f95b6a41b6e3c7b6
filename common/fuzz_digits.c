// Fuzz target of the readers of data sets in common (see fuzz.sh): digits.c,
// whatever the bytes, refuses them in one line or gives whole digits with
// pixels from 0 to 1; brown.c makes a text without tags of them.
#include "common/brown.h"
#include "common/check.h"
#include "common/digits.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_digits(const Buffer *text)
{
    Digits d = {0};
    for (int label = 3; label < 5; label++) { // the second file is appended
        const int before = d.n;
        const char *wrong = digits_parse(&d, text, label);
        if (wrong)
            check(*wrong && !strchr(wrong, '\n') && d.n == before,
                  "not one line, or digits all the same: %s", wrong);
        else
            check(d.n > before && d.label[d.n - 1] == label, "no digits");
    }
    for (int i = 0; i < d.n * PIXELS; i++)
        check(d.pixel[i] >= 0 && d.pixel[i] <= 1, "pixel %d", i);
    digits_free(&d);
}

static void try_brown(const Buffer *text)
{
    Buffer plain = {0};
    brown_untag((Text){text->at, text->length}, &plain);
    check(plain.length <= text->length + 1, "more than there was");
    check(plain.length == 0 || plain.at[plain.length - 1] == '\n',
          "a sentence without an end");
    buffer_free(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    Buffer text = {0};
    buffer_add(&text, bytes, size);
    try_digits(&text);
    try_brown(&text);
    buffer_free(&text);
    return 0;
}
