// Tests of text.c: whole files and their ends, gzip, atomic writing, lines and
// fields, and UTF-8 against the standard's own examples and against a slow
// decoder that only knows which byte strings are beginnings of valid ones.
#include "common/testing.h"

#include "common/check.h"
#include "common/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

static const char *where; // the test's directory

static int make_dir(void **state)
{
    (void)state;
    where = testing_dir("text");
    return 0;
}

static void put(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static bool is_there(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0;
}

static void assert_holds(const char *path, const void *bytes, size_t n)
{
    Buffer b = text_read(path);
    assert_int_equal(b.length, n);
    assert_memory_equal(b.at, bytes, n);
    assert_int_equal(b.at[n], 0);
    buffer_free(&b);
}

// --- buffers ----------------------------------------------------------------

static void test_buffer(void **state)
{
    (void)state;
    Buffer b = {0};
    assert_string_equal(buffer_text(&b).at, "");
    buffer_add(&b, NULL, 0);
    assert_string_equal(b.at, "");
    for (int i = 0; i < 1000; i++)
        buffer_print(&b, "%d,", i);
    buffer_add(&b, "a\0b", 3);
    assert_int_equal(b.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_memory_equal(b.at, "0,1,2,", 6);
    assert_memory_equal(b.at + b.length - 7, "999,a\0b", 8); // and the zero
    assert_ptr_equal(buffer_text(&b).at, b.at);
    assert_int_equal(buffer_text(&b).length, b.length);
    buffer_free(&b);
    assert_null(b.at);
}

// --- reading ----------------------------------------------------------------

static void read_it(void *path)
{
    Buffer b = text_read(path);
    buffer_free(&b);
}

static void test_read_plain(void **state)
{
    (void)state;
    // Sizes around those of the buffers within, and bytes of every kind.
    static const size_t sizes[] = {0, 1, 2, 3, 65535, 131072, 131073, 3000017};
    char *bytes = new_array(3000017, 1);
    for (size_t i = 0; i < 3000017; i++)
        bytes[i] = (char)(i * i >> 3);
    for (int i = 0; i < 8; i++) {
        put(testing_path("plain"), bytes, sizes[i]);
        assert_holds(testing_path("plain"), bytes, sizes[i]);
    }
    // The first byte of gzip's mark alone is plain text.
    put(testing_path("plain"), "\x1f", 1);
    assert_holds(testing_path("plain"), "\x1f", 1);
    free(bytes);
}

static void test_read_gzip(void **state)
{
    (void)state;
    Buffer want = {0};
    for (int i = 0; i < 40000; i++)
        buffer_print(&want, "line %d\n", i * 7919 % 40000);
    char *path = copy_text(testing_path("packed.gz"));
    gzFile f = gzopen(path, "wb");
    gzwrite(f, want.at, (unsigned)want.length);
    gzclose(f);
    assert_holds(path, want.at, want.length);

    // Two members after one another are one text (gzip a; gzip b; cat).
    f = gzopen(path, "ab");
    gzwrite(f, "more", 4);
    gzclose(f);
    buffer_add(&want, "more", 4);
    assert_holds(path, want.at, want.length);
    buffer_free(&want);
    free(path);
}

static void test_read_damaged_gzip(void **state)
{
    (void)state;
    char *path = copy_text(testing_path("small.gz")),
         *cut = copy_text(testing_path("cut"));
    gzFile f = gzopen(path, "wb");
    gzprintf(f, "a small text, a small text, and its end");
    gzclose(f);
    FILE *in = fopen(path, "rb");
    char bytes[200];
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    assert_in_range(n, 20, 100);
    for (size_t i = 2; i < n; i++) {
        put(cut, bytes, i);
        assert_dies(read_it, cut, 1, "cut: damaged gzip file: ");
    }
    bytes[n - 6] ^= 4; // in the checksum of the text
    put(cut, bytes, n);
    assert_dies(read_it, cut, 1, "damaged gzip file: incorrect data check");
    free(path);
    free(cut);
}

static void test_read_pipe(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "through a pipe", 14), 14);
    close(ends[1]);
    char path[64];
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_holds(path, "through a pipe", 14);
    close(ends[0]);
}

static void read_two_bytes(void *path)
{
    text_most = 2;
    read_it(path);
}

static void test_read_refused(void **state)
{
    (void)state;
    Buffer b;
    assert_false(text_read_if(testing_path("nowhere"), &b));
    assert_false(text_read_if(testing_path("nowhere/at/all"), &b));
    put(testing_path("three"), "abc", 3);
    assert_true(text_read_if(testing_path("three"), &b));
    assert_string_equal(b.at, "abc");
    buffer_free(&b);

    char path[1024];
    snprintf(path, sizeof path, "%s", testing_path("nowhere"));
    assert_dies(read_it, path, 1, "nowhere: there is no such file");
    assert_dies(read_it, (void *)where, 1,
                "text: cannot be read: Is a directory");

    snprintf(path, sizeof path, "%s", testing_path("three"));
    assert_dies(read_two_bytes, path, 1, "three: holds more than 2 bytes\n");
    snprintf(path, sizeof path, "%s", testing_path("three.gz"));
    gzFile f = gzopen(path, "wb");
    gzwrite(f, "abc", 3);
    gzclose(f);
    assert_dies(read_two_bytes, path, 1,
                "three.gz: holds more than 2 bytes when unpacked");
    text_most = 3; // just as many are allowed
    assert_holds(path, "abc", 3);
    text_most = (size_t)1 << 30;
}

// --- writing ----------------------------------------------------------------

static void test_write(void **state)
{
    (void)state;
    char *path = copy_text(testing_path("written"));
    text_write(path, "first", 5);
    assert_holds(path, "first", 5);
    // What a killed run left behind, longer than what is written now.
    put(testing_path("written.part"), "left behind, and longer", 23);
    text_write(path, "other", 5);
    assert_holds(path, "other", 5);
    assert_false(is_there(testing_path("written.part")));
    text_write(path, "", 0);
    assert_holds(path, "", 0);
    free(path);

    // A name without a directory in front.
    char *home = getcwd(NULL, 0);
    assert_int_equal(chdir(where), 0);
    text_write("bare", "x", 1);
    assert_holds("bare", "x", 1);
    assert_int_equal(chdir(home), 0);
    free(home);
}

static void test_write_parts(void **state)
{
    (void)state;
    char *path = copy_text(testing_path("parts"));
    const Text part[] = {{"one", 3}, {NULL, 0}, {" and two", 4}, {"", 0}};
    text_write_parts(path, part, 4);
    assert_holds(path, "one and", 7);
    text_write_parts(path, part, 0);
    assert_holds(path, "", 0);
    free(path);
}

static void write_too_much(void *path)
{
    static char much[100000];
    struct rlimit small = {1000, 1000};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    text_write(path, much, sizeof much);
}

static void write_one(void *path)
{
    text_write(path, "x", 1);
}

static void test_write_that_fails(void **state)
{
    (void)state;
    char *path = copy_text(testing_path("kept"));
    text_write(path, "the old text", 12);
    assert_dies(write_too_much, path, 1,
                "kept: cannot be written: File too large");
    assert_holds(path, "the old text", 12);
    assert_false(is_there(testing_path("kept.part")));
    free(path);

    path = copy_text(testing_path("nowhere/file"));
    assert_dies(write_one, path, 1,
                "nowhere/file: cannot be written: No such file or directory");
    free(path);
    assert_dies(write_one, (void *)where, 1,
                "cannot be written: Is a directory");
    char full[] = "/dev/full";
    assert_dies(write_one, full, 1, "/dev/full: cannot be written: No space");
}

static void test_write_to_a_device(void **state)
{
    (void)state;
    struct stat s;
    text_write("/dev/null", "x", 1);
    assert_int_equal(stat("/dev/null", &s), 0);
    assert_true(S_ISCHR(s.st_mode));
}

// Two processes that write the same file at the same time: each of the texts
// that can be seen there is whole.
static void test_write_from_two(void **state)
{
    (void)state;
    enum { LENGTH = 50000, TIMES = 40 };
    char *path = copy_text(testing_path("both")), *mine = new_array(LENGTH, 1);
    text_write(path, "", 0);
    fflush(NULL);
    int child = fork();
    memset(mine, child ? 'p' : 'c', LENGTH);
    size_t n = child ? LENGTH : LENGTH / 3;
    for (int i = 0; i < TIMES; i++)
        text_write(path, mine, n);
    if (!child)
        _exit(0);
    for (int i = 0; i < TIMES; i++) {
        Buffer b = text_read(path);
        assert_int_equal(b.length, b.at[0] == 'p' ? LENGTH : LENGTH / 3);
        for (size_t j = 1; j < b.length; j++)
            assert_int_equal(b.at[j], b.at[0]);
        buffer_free(&b);
        text_write(path, mine, n);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_false(is_there(testing_path("both.part")));
    free(path);
    free(mine);
}

// --- lines and fields -------------------------------------------------------

// Fails unless `cut` takes the texts of `want` off `s`, separated there by '|'.
static void assert_lines(const char *s, size_t n, const char *want)
{
    Text rest = {s, n}, line;
    Buffer got = {0};
    buffer_add(&got, "", 0);
    while (text_line(&rest, &line)) {
        buffer_add(&got, line.at, line.length);
        buffer_add(&got, "|", 1);
    }
    assert_string_equal(got.at, want);
    assert_int_equal(rest.length, 0);
    buffer_free(&got);
}

static void test_lines(void **state)
{
    (void)state;
    assert_lines("", 0, "");
    assert_lines(NULL, 0, "");
    assert_lines("\n", 1, "|");
    assert_lines("a\nbc\n", 5, "a|bc|");
    assert_lines("a\n\nbc", 5, "a||bc|");
    assert_lines("a\r\n\r\nb\r", 7, "a||b\r|"); // a lone \r is no end of line
    assert_lines("a\rb\r\r\n", 6, "a\rb\r|");
    assert_lines("a\nb\nc", 4, "a|b|"); // by its length, not by a zero
}

static void assert_fields(const char *s, const char *want)
{
    Text rest = s ? text_of(s) : (Text){NULL, 0}, field;
    Buffer got = {0};
    buffer_add(&got, "", 0);
    while (text_field(&rest, '\t', &field)) {
        buffer_add(&got, field.at, field.length);
        buffer_add(&got, "|", 1);
    }
    assert_null(rest.at);
    assert_string_equal(got.at, want);
    buffer_free(&got);
}

static void test_fields(void **state)
{
    (void)state;
    assert_fields(NULL, "");
    assert_fields("", "|");
    assert_fields("a", "a|");
    assert_fields("a\t\tb", "a||b|");
    assert_fields("\ta b\t", "|a b||");
    assert_fields("\t", "||");
}

static void test_trimmed(void **state)
{
    (void)state;
    const char *s = " \t\r\n a\t b \n";
    const Text t = text_trimmed(text_of(s));
    assert_ptr_equal(t.at, s + 5);
    assert_int_equal(t.length, 4);
    assert_int_equal(text_trimmed((Text){"\0 ", 2}).length, 1); // no end
    assert_int_equal(text_trimmed(text_of(" \n ")).length, 0);
    assert_int_equal(text_trimmed((Text){NULL, 0}).length, 0);
}

static void test_equal_and_hash(void **state)
{
    (void)state;
    assert_true(text_equal(text_of("abc"), "abc"));
    assert_true(text_equal((Text){"abcd", 3}, "abc"));
    assert_true(text_equal((Text){NULL, 0}, ""));
    assert_false(text_equal(text_of("abc"), "ab"));
    assert_false(text_equal(text_of("ab"), "abc"));
    assert_false(text_equal(text_of("abc"), "abd"));
    // Fowler, Noll and Vo publish these values of their FNV-1a.
    assert_true(text_hash(text_of("")) == 0xcbf29ce484222325u);
    assert_true(text_hash(text_of("a")) == 0xaf63dc4c8601ec8cu);
    assert_true(text_hash(text_of("foobar")) == 0x85944171f73967e8u);
}

// --- UTF-8 ------------------------------------------------------------------

static void test_utf8_all_characters(void **state)
{
    (void)state;
    int valid = 0;
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        char bytes[4];
        int n = utf8_write(c, bytes);
        Text rest = {bytes, n};
        valid += n == (c < 0x80      ? 1
                       : c < 0x800   ? 2
                       : c < 0x10000 ? 3
                                     : 4) &&
                 utf8_invalid(rest) == -1 && utf8_next(&rest) == c &&
                 rest.length == 0 && utf8_next(&rest) == -1;
    }
    assert_int_equal(valid, 0x110000 - 0x800);
    char bytes[4];
    assert_int_equal(utf8_write(0x20ac, bytes), 3); // the euro sign
    assert_memory_equal(bytes, "\xe2\x82\xac", 3);
}

static void assert_decodes(const char *bytes, size_t n, const char *want)
{
    Text rest = {bytes, n};
    Buffer got = {0};
    buffer_add(&got, "", 0);
    for (int32_t c; (c = utf8_next(&rest)) >= 0;)
        buffer_print(&got, "%04X ", (unsigned)c);
    assert_string_equal(got.at, want);
    buffer_free(&got);
}

#define BAD "FFFD "

static void test_utf8_standard_examples(void **state)
{
    (void)state;
    // Unicode 15.0, section 3.9: table 3-8 (overlong forms), 3-9 (surrogates),
    // 3-10 (other bad bytes), 3-11 (sequences that stop too early).
    assert_decodes("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41", 9,
                   BAD BAD BAD BAD BAD BAD BAD BAD "0041 ");
    assert_decodes("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41", 9,
                   BAD BAD BAD BAD BAD BAD BAD BAD "0041 ");
    assert_decodes("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42", 9,
                   BAD BAD BAD BAD BAD "0041 " BAD BAD "0042 ");
    assert_decodes("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41", 9,
                   BAD BAD BAD BAD "0041 ");
    assert_decodes("a\xc3\xa9\0\xf0\x9f\x98\x80", 8, "0061 00E9 0000 1F600 ");
    // Cut by its length: what follows in memory does not count.
    assert_decodes("\xe2\x82\xac", 2, BAD);
    assert_int_equal(utf8_invalid((Text){"\xe2\x82\xac", 2}), 0);
    assert_int_equal(utf8_invalid((Text){"ab\xc3\xa9\xff", 5}), 4);
    assert_int_equal(utf8_invalid((Text){NULL, 0}), -1);
}

// Which strings of up to 4 bytes begin a valid character, from writing all of
// them: a bit for each string of each length.
static uint8_t *begins[5];

static bool is_beginning(const uint8_t *p, int n)
{
    size_t i = 0;
    for (int j = 0; j < n; j++)
        i = i << 8 | p[j];
    return begins[n][i >> 3] >> (i & 7) & 1;
}

static void note_beginnings(void)
{
    for (int n = 1; n <= 4; n++)
        begins[n] = new_array((size_t)1 << (8 * n - 3), 1);
    for (int32_t c = 0; c <= 0x10ffff; c++) {
        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        char bytes[4];
        size_t i = 0;
        int length = utf8_write(c, bytes);
        for (int n = 1; n <= length; n++) {
            i = i << 8 | (uint8_t)bytes[n - 1];
            begins[n][i >> 3] |= (uint8_t)(1 << (i & 7));
        }
    }
}

static void test_utf8_all_bad_bytes(void **state)
{
    (void)state;
    note_beginnings();
    // Every string of four of these bytes, which stand at all the borders.
    static const uint8_t edge[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                   0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0,
                                   0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1,
                                   0xf3, 0xf4, 0xf5, 0xff};
    enum { N = sizeof edge };
    for (int i = 0; i < N * N * N * N; i++) {
        uint8_t p[4] = {edge[i % N], edge[i / N % N], edge[i / N / N % N],
                        edge[i / N / N / N]};
        int n = 0; // the longest beginning
        while (n < 4 && is_beginning(p, n + 1))
            n++;
        Text rest = {(const char *)p, 4};
        int32_t c = utf8_next(&rest);
        int took = 4 - (int)rest.length;
        if (took != (n ? n : 1))
            fail_msg("%02x %02x %02x %02x: %d bytes, expected %d", p[0], p[1],
                     p[2], p[3], took, n ? n : 1);
        char again[4];
        bool valid = utf8_write(c, again) == n && memcmp(again, p, n) == 0;
        assert_int_equal(utf8_invalid((Text){(const char *)p, took}),
                         valid ? -1 : 0);
        assert_true(valid || c == 0xfffd);
    }
    for (int n = 1; n <= 4; n++)
        free(begins[n]);
}

static void write_code(void *code)
{
    char bytes[4];
    utf8_write(*(int32_t *)code, bytes);
}

static void test_utf8_write_misuse(void **state)
{
    (void)state;
    int32_t codes[] = {-1, 0xd800, 0xdfff, 0x110000};
    for (int i = 0; i < 4; i++)
        assert_dies(write_code, &codes[i], 128 + SIGABRT,
                    "is not a Unicode character");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer),
        cmocka_unit_test(test_read_plain),
        cmocka_unit_test(test_read_gzip),
        cmocka_unit_test(test_read_damaged_gzip),
        cmocka_unit_test(test_read_pipe),
        cmocka_unit_test(test_read_refused),
        cmocka_unit_test(test_write),
        cmocka_unit_test(test_write_parts),
        cmocka_unit_test(test_write_that_fails),
        cmocka_unit_test(test_write_to_a_device),
        cmocka_unit_test(test_write_from_two),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_trimmed),
        cmocka_unit_test(test_equal_and_hash),
        cmocka_unit_test(test_utf8_all_characters),
        cmocka_unit_test(test_utf8_standard_examples),
        cmocka_unit_test(test_utf8_all_bad_bytes),
        cmocka_unit_test(test_utf8_write_misuse),
    };
    return cmocka_run_group_tests_name("text", tests, make_dir, NULL);
}
