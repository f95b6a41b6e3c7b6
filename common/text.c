// Whole files, lines, fields and UTF-8; see text.h.
//
// Reading goes through zlib, which hands plain bytes on as they are and
// unpacks what gzip made; writing goes through a second file that takes the
// first one's name when it is complete.
#include "common/text.h"

#include "common/check.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

size_t text_most = (size_t)1 << 30;

// --- buffers ----------------------------------------------------------------

// Makes room for n more bytes and the zero behind them.
static void reserve(Buffer *b, size_t n)
{
    if (n > SIZE_MAX / 2 - b->length - 1)
        die("out of memory: a text of %zu + %zu bytes", b->length, n);
    if (b->length + n + 1 <= b->capacity)
        return;
    size_t most = b->capacity + b->capacity / 2;
    b->capacity = b->length + n + 1 > most ? b->length + n + 1 : most;
    b->at = grow_array(b->at, b->capacity, 1);
}

void buffer_add(Buffer *b, const void *bytes, size_t n)
{
    reserve(b, n);
    if (n)
        memcpy(b->at + b->length, bytes, n);
    b->length += n;
    b->at[b->length] = 0;
}

void buffer_print(Buffer *b, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    check(n >= 0, "buffer_print: bad format or value");
    reserve(b, n);
    vsnprintf(b->at + b->length, (size_t)n + 1, format, again);
    b->length += n;
    va_end(again);
    va_end(args);
}

void buffer_free(Buffer *b)
{
    free(b->at);
    *b = (Buffer){0};
}

Text buffer_text(const Buffer *b)
{
    return (Text){b->length ? b->at : "", b->length};
}

// --- whole files ------------------------------------------------------------

static _Noreturn void die_reading(const char *path, gzFile from)
{
    int code;
    const char *what = gzerror(from, &code);
    if (code == Z_ERRNO)
        die("%s: cannot be read: %s", path, strerror(errno));
    // zlib puts the path in front of what it says.
    const char *colon = strstr(what, ": ");
    die("%s: damaged gzip file: %s", path, colon ? colon + 2 : what);
}

bool text_read_if(const char *path, Buffer *to)
{
    *to = (Buffer){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return false;
    struct stat info;
    if (fd < 0 || fstat(fd, &info) < 0)
        die("%s: cannot be opened: %s", path, strerror(errno));
    if (S_ISREG(info.st_mode) && (size_t)info.st_size < text_most)
        reserve(to, info.st_size + 1); // one more shows that it ends there
    gzFile from = gzdopen(fd, "rb");
    if (!from)
        die("out of memory: reading %s", path);
    gzbuffer(from, 1 << 17);
    int got;
    do {
        if (to->length > text_most)
            die("%s: holds more than %zu bytes%s", path, text_most,
                gzdirect(from) ? "" : " when unpacked");
        if (to->length + 1 >= to->capacity)
            reserve(to, to->length + (1 << 16));
        size_t room = to->capacity - to->length - 1;
        unsigned most = 1 << 20;
        got = gzread(from, to->at + to->length,
                     room < most ? (unsigned)room : most);
        if (got < 0)
            die_reading(path, from);
        to->length += got;
    } while (got > 0);
    to->at[to->length] = 0;
    int code; // a file that stops too early is only noticed here
    gzerror(from, &code);
    if (code != Z_OK && code != Z_STREAM_END)
        die_reading(path, from);
    gzclose_r(from);
    return true;
}

Buffer text_read(const char *path)
{
    Buffer b;
    if (!text_read_if(path, &b))
        die("%s: there is no such file", path);
    return b;
}

// Writes the parts one behind the other; false, with errno, if that fails.
static bool write_all(int fd, const Text *part, size_t parts)
{
    for (size_t i = 0; i < parts; i++)
        for (size_t at = 0; at < part[i].length;) {
            ssize_t done = write(fd, part[i].at + at, part[i].length - at);
            if (done < 0 && errno == EINTR)
                continue;
            if (done < 0)
                return false;
            at += done;
        }
    return true;
}

static bool sync_to_disk(int fd)
{
    int failed;
    do
        failed = fsync(fd);
    while (failed && errno == EINTR);
    // EINVAL: something that has no disk behind it.
    return !failed || errno == EINVAL;
}

// Opens `path` for this process alone: a second one that writes the same file
// waits until the first has renamed its own away, and then makes a new one.
static int open_alone(const char *path)
{
    for (;;) {
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return -1;
        struct stat mine, now;
        while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
            ;
        if (fstat(fd, &mine) == 0 && stat(path, &now) == 0 &&
            mine.st_ino == now.st_ino && mine.st_dev == now.st_dev)
            return fd;
        close(fd);
    }
}

// A rename is on disk when its directory is.
static bool sync_directory_of(const char *path)
{
    char *copy = copy_text(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && sync_to_disk(fd);
    if (fd >= 0)
        close(fd);
    free(copy);
    return good;
}

// A device or a pipe cannot be replaced; it is written to as it stands.
static void write_in_place(const char *path, const Text *part, size_t parts)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || !write_all(fd, part, parts))
        die("%s: cannot be written: %s", path, strerror(errno));
    close(fd);
}

void text_write_parts(const char *path, const Text *part, size_t parts)
{
    struct stat old;
    if (stat(path, &old) == 0 && !S_ISREG(old.st_mode)) {
        write_in_place(path, part, parts);
        return;
    }
    Buffer beside = {0};
    buffer_print(&beside, "%s.part", path);
    int fd = open_alone(beside.at);
    if (fd < 0)
        die("%s: cannot be written: %s", path, strerror(errno));
    if (ftruncate(fd, 0) < 0 || !write_all(fd, part, parts) ||
        !sync_to_disk(fd) || rename(beside.at, path) < 0) {
        int why = errno;
        unlink(beside.at);
        die("%s: cannot be written: %s", path, strerror(why));
    }
    close(fd);
    if (!sync_directory_of(path))
        die("%s: cannot be synced to disk: %s", path, strerror(errno));
    buffer_free(&beside);
}

void text_write(const char *path, const void *bytes, size_t n)
{
    text_write_parts(path, &(Text){bytes, n}, 1);
}

// --- lines and fields -------------------------------------------------------

bool text_line(Text *rest, Text *line)
{
    if (rest->length == 0)
        return false;
    const char *end = memchr(rest->at, '\n', rest->length);
    size_t n = end ? (size_t)(end - rest->at) : rest->length;
    *line = (Text){rest->at, n};
    if (end && n > 0 && end[-1] == '\r')
        line->length--;
    rest->at += n + (end != NULL);
    rest->length -= n + (end != NULL);
    return true;
}

bool text_field(Text *rest, char separator, Text *field)
{
    if (!rest->at)
        return false;
    const char *end = memchr(rest->at, separator, rest->length);
    if (end) {
        size_t n = end - rest->at;
        *field = (Text){rest->at, n};
        *rest = (Text){end + 1, rest->length - n - 1};
    } else {
        *field = *rest;
        *rest = (Text){NULL, 0}; // an empty last field would still have `at`
    }
    return true;
}

Text text_of(const char *s)
{
    return (Text){s, strlen(s)};
}

Text text_trimmed(Text t)
{
    static const char blanks[] = {' ', '\t', '\r', '\n'};
    while (t.length && memchr(blanks, t.at[0], sizeof blanks))
        t.at++, t.length--;
    while (t.length && memchr(blanks, t.at[t.length - 1], sizeof blanks))
        t.length--;
    return t;
}

bool text_equal(Text a, const char *s)
{
    return a.length == strlen(s) &&
           (a.length == 0 || memcmp(a.at, s, a.length) == 0);
}

uint64_t text_hash(Text a)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < a.length; i++)
        h = (h ^ (uint8_t)a.at[i]) * 0x100000001b3u;
    return h;
}

// --- UTF-8 ------------------------------------------------------------------

// The number of bytes of the sequence at the front of the n >= 1 bytes p, and
// its code point. If it is not valid: the bytes of the longest beginning of a
// valid one (at least 1), and -1. The second byte has a narrower range after
// four lead bytes: that rules out overlong forms (E0, F0), surrogates (ED) and
// what lies above U+10FFFF (F4); Unicode standard, table 3-7.
static int decode(const uint8_t *p, size_t n, int32_t *code)
{
    int lead = p[0], low = 0x80, high = 0xbf, more;
    *code = -1;
    if (lead < 0x80) {
        *code = lead;
        return 1;
    } else if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 1;
    }
    int32_t c = lead & (0x3f >> more);
    for (int i = 1; i <= more; i++) {
        if ((size_t)i == n || p[i] < low || p[i] > high)
            return i;
        c = c << 6 | (p[i] & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    *code = c;
    return more + 1;
}

int32_t utf8_next(Text *rest)
{
    if (rest->length == 0)
        return -1;
    int32_t code;
    int n = decode((const uint8_t *)rest->at, rest->length, &code);
    rest->at += n;
    rest->length -= n;
    return code < 0 ? 0xfffd : code;
}

int utf8_write(int32_t code, char to[4])
{
    check(code >= 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff),
          "utf8_write: %d is not a Unicode character", (int)code);
    int n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const int mark[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (int i = n - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    to[0] = (char)(mark[n] | code);
    return n;
}

ptrdiff_t utf8_invalid(Text a)
{
    size_t i = 0;
    while (i < a.length) {
        int32_t code;
        int n = decode((const uint8_t *)a.at + i, a.length - i, &code);
        if (code < 0)
            return i;
        i += n;
    }
    return -1;
}
