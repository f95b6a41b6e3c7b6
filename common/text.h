// Text files: whole files, lines, tab-separated columns, and UTF-8.
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A piece of text by address and length; not necessarily ended by a zero.
typedef struct Text {
    const char *at;
    size_t length;
} Text;

// A text that owns its bytes; at[length] is a zero that does not count.
typedef struct Buffer {
    char *at;
    size_t length, capacity;
} Buffer;

// Reads a whole file, also from a pipe, also one compressed by gzip (told by
// its first two bytes). Dies with one line that names the file, also if it
// holds more than text_most bytes (1 GiB unless the program says otherwise).
Buffer text_read(const char *path);
extern size_t text_most;

// The same if the file is there; false if it is not.
bool text_read_if(const char *path, Buffer *to);

void buffer_add(Buffer *b, const void *bytes, size_t n);
void buffer_print(Buffer *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_free(Buffer *b);

// What it holds, ended by a zero; of an empty one "", also where its own `at`
// is NULL. Good until the buffer changes.
Text buffer_text(const Buffer *b);

// Writes a file in one piece: beside its place (PATH.part), synced, renamed, so
// that after a crash there is the old file or the new one, whole. A device or
// a pipe is written to as it stands. Dies with one line if that fails.
void text_write(const char *path, const void *bytes, size_t n);

// The same for what lies in several places: the parts, one behind the other.
void text_write_parts(const char *path, const Text *part, size_t parts);

// Cuts the first line off *rest; false at the end. The line has no "\n" and no
// "\r\n"; a last line without an end counts.
bool text_line(Text *rest, Text *line);

// Cuts the first field off *rest, up to the next `separator` or the end; false
// when nothing is left. A line has one field more than it has separators:
// "a\t\tb" has three, the middle one empty, "a\t" has two, "" has one. After
// the last field rest->at is NULL.
bool text_field(Text *rest, char separator, Text *field);

Text text_of(const char *s);
Text text_trimmed(Text t); // without blanks, tabs, ends of lines around it
bool text_equal(Text a, const char *s);
uint64_t text_hash(Text a);

// The code point at the front of *rest, cutting it off, or -1 at the end.
// Invalid UTF-8 (a lone or missing continuation, an overlong form, a
// surrogate, above U+10FFFF) gives U+FFFD for each maximal bad part, as the
// Unicode standard (section 3.9, table 3-8) recommends.
int32_t utf8_next(Text *rest);

// Writes a code point (0 to U+10FFFF, no surrogate) as UTF-8: returns the
// number of bytes, 1 to 4.
int utf8_write(int32_t code, char to[4]);

// The offset of the first byte that is not valid UTF-8, or -1 if all is.
ptrdiff_t utf8_invalid(Text a);

#endif
