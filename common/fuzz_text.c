// Fuzz target of text.c (see fuzz.sh): whatever the bytes, lines and fields put
// together give the text again, and the three UTF-8 functions agree.
#include "common/check.h"
#include "common/text.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t count_of(Text a, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < a.length; i++)
        n += a.at[i] == c;
    return n;
}

static void try_lines(Text all)
{
    Text rest = all, line;
    size_t lines = 0;
    const char *next = all.at;
    while (text_line(&rest, &line)) {
        const char *end = line.at + line.length;
        check(line.at == next, "line %zu does not follow the last", lines);
        check(!memchr(line.at, '\n', line.length), "a line of two lines");
        next = rest.at;
        check(next - end <= 2 && rest.length == all.length - (next - all.at),
              "the rest does not follow the line");
        for (const char *p = end; p < next; p++)
            check(*p == '\n' || *p == '\r', "a line lost %02x", (uint8_t)*p);
        lines++;
    }
    bool open = all.length > 0 && all.at[all.length - 1] != '\n';
    check(lines == count_of(all, '\n') + open, "%zu lines", lines);
}

static void try_fields(Text all, char separator)
{
    Text rest = all, field;
    size_t fields = 0, length = 0;
    while (text_field(&rest, separator, &field)) {
        check(field.at == all.at + length + fields, "a field is not in place");
        check(count_of(field, separator) == 0, "a field of two fields");
        fields++;
        length += field.length;
    }
    check(fields == count_of(all, separator) + 1 &&
              length + fields - 1 == all.length,
          "%zu fields of %zu bytes", fields, length);
}

static void try_utf8(Text all)
{
    Text rest = all;
    ptrdiff_t first = -1; // the first bad byte
    Buffer again = {0};
    buffer_add(&again, "", 0);
    while (rest.length > 0) {
        const char *from = rest.at;
        int32_t code = utf8_next(&rest);
        size_t took = rest.at - from;
        check(took >= 1 && took <= 4, "utf8_next took %zu bytes", took);
        char written[4];
        size_t n = utf8_write(code, written);
        bool same = n == took && memcmp(written, from, n) == 0;
        check(same || code == 0xfffd, "U+%04X is not what stood there",
              (unsigned)code);
        if (!same && first < 0)
            first = from - all.at;
        buffer_add(&again, written, n);
    }
    check(utf8_next(&rest) == -1, "utf8_next goes on behind the end");
    check(utf8_invalid(all) == first, "the first bad byte is %td, not %td",
          first, utf8_invalid(all));
    check(utf8_invalid((Text){again.at, again.length}) == -1,
          "utf8_write wrote invalid UTF-8");
    buffer_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    Text all = {(const char *)bytes, size};
    try_lines(all);
    try_fields(all, '\t');
    try_fields(all, size ? (char)bytes[0] : 0);
    try_utf8(all);
    return 0;
}
