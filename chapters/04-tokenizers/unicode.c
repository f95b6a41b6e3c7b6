// Unicode's answers, by utf8proc; see unicode.h. Most text is ASCII, so ASCII
// is answered before any table is asked.
#include "04-tokenizers/unicode.h"

#include "common/check.h"

#include <stdlib.h>
#include <utf8proc.h>

static bool white_space(int32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
           c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

CharKind unicode_kind(int32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return KIND_LETTER;
    if (white_space(c))
        return KIND_SPACE;
    if (c < 0x80)
        return c >= '0' && c <= '9' ? KIND_NUMBER : KIND_OTHER;
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return KIND_LETTER;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return KIND_NUMBER;
    default:
        return KIND_OTHER;
    }
}

bool unicode_punctuation(int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k >= UTF8PROC_CATEGORY_PC && k <= UTF8PROC_CATEGORY_PO;
}

bool unicode_control(int32_t c)
{
    utf8proc_category_t k = utf8proc_category(c);
    return k == UTF8PROC_CATEGORY_CC || k == UTF8PROC_CATEGORY_CF ||
           k == UTF8PROC_CATEGORY_CO;
}

bool unicode_mark(int32_t c)
{
    return utf8proc_category(c) == UTF8PROC_CATEGORY_MN;
}

int32_t unicode_lower(int32_t c)
{
    if (c < 0x80)
        return c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
    return utf8proc_tolower(c);
}

int unicode_parts(int32_t c, int32_t to[UNICODE_PARTS])
{
    int boundary = 0;
    ptrdiff_t n = utf8proc_decompose_char(c, to, UNICODE_PARTS,
                                          UTF8PROC_DECOMPOSE, &boundary);
    check(n > 0 && n <= UNICODE_PARTS, "U+%04X has %td parts", (unsigned)c, n);
    return (int)n;
}

// The text with U+FFFD in place of what is not UTF-8.
static void mend(Text text, Buffer *to)
{
    char bytes[4];
    for (int32_t c; (c = utf8_next(&text)) >= 0;)
        buffer_add(to, bytes, utf8_write(c, bytes));
}

void unicode_normalise(Text text, NormalForm form, Buffer *to)
{
    static const utf8proc_option_t option[] = {
        [NFC] = UTF8PROC_COMPOSE,
        [NFD] = UTF8PROC_DECOMPOSE,
        [NFKC] = UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
        [NFKD] = UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT,
    };
    Buffer mended = {0};
    if (utf8_invalid(text) >= 0) {
        mend(text, &mended);
        text = (Text){mended.at, mended.length};
    }
    utf8proc_uint8_t *made = NULL;
    ptrdiff_t n = utf8proc_map((const utf8proc_uint8_t *)text.at, text.length,
                               &made, option[form] | UTF8PROC_STABLE);
    if (n < 0)
        die("out of memory: normalising %zu bytes", text.length);
    buffer_add(to, made, n);
    free(made);
    buffer_free(&mended);
}
