// Tests of safetensors.c: files as others write them, hostile files one by
// one, every prefix and every single-bit flip of a file, and every rounding
// there is from float32 to F16 and BF16.
#include "common/testing.h"

#include "common/check.h"
#include "common/safetensors.h"
#include "common/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char *where; // the test's directory

static int make_dir(void **state)
{
    (void)state;
    where = testing_dir("safetensors");
    return 0;
}

// A file in memory: the header's length, the header, and n bytes of data. The
// block has just that size, so that a read past its end is caught.
static Buffer file_of(const char *header, const void *data, size_t n)
{
    uint64_t length = strlen(header);
    Buffer b = {new_array(8 + length + n, 1), 8 + length + n, 0};
    memcpy(b.at, &length, 8);
    memcpy(b.at + 8, header, length);
    if (n)
        memcpy(b.at + 8 + length, data, n);
    return b;
}

static Safetensors parsed(const Buffer *b)
{
    Safetensors s;
    const char *problem = safetensors_parse(&s, b->at, b->length);
    if (problem)
        fail_msg("refused: %s", problem);
    return s;
}

// --- what others write ------------------------------------------------------

static void test_files_of_the_reference(void **state)
{
    (void)state;
    // The example in the documentation of the format's own library.
    Buffer b = file_of("{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],"
                       "\"data_offsets\":[0,16]}}",
                       "\1\0\0\0\xff\xff\xff\xff\0\0\0\x80\0\0\1\0", 16);
    assert_int_equal(b.at[0], '<'); // as it says there: 60 bytes of header
    Safetensors s = parsed(&b);
    float x[4], want[] = {1, -1, -0x1p31f, 65536};
    const Tensor *t = safetensors_find(&s, "test");
    assert_int_equal(t->dims, 2);
    assert_int_equal(t->shape[0], 2);
    assert_int_equal(t->shape[1], 2);
    assert_string_equal(t->type, "I32");
    tensor_read(&s, t, x, 4);
    assert_memory_equal(x, want, sizeof want);
    assert_null(safetensors_find(&s, "tes"));
    assert_null(safetensors_note(&s, "test"));
    safetensors_close(&s);
    buffer_free(&b);

    // It fills up with spaces, and writes a file of nothing like this.
    b = file_of("{}      ", NULL, 0);
    s = parsed(&b);
    assert_int_equal(s.n, 0);
    safetensors_close(&s);
    buffer_free(&b);

    b = file_of("{\"__metadata__\":{\"format\":\"pt\",\"k\":\"\"}}  ", NULL, 0);
    s = parsed(&b);
    assert_int_equal(s.notes, 2);
    assert_string_equal(safetensors_note(&s, "format"), "pt");
    assert_string_equal(safetensors_note(&s, "k"), "");
    safetensors_close(&s);
    buffer_free(&b);
}

static void test_order_and_odd_addresses(void **state)
{
    (void)state;
    // The header may name tensors in any order, may have unknown members, and
    // numbers need not stand at even addresses. Empty tensors may be anywhere.
    Buffer b = file_of(
        "{\"z\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[3,11]},"
        "\"e\":{\"dtype\":\"I64\",\"shape\":[3,0],\"data_offsets\":[3,3]},"
        "\"a\":{\"data_offsets\":[0,1],\"more\":[{\"x\":null}],\"shape\":[],"
        "\"dtype\":\"U8\"},"
        "\"\\u00e9\\\"\":{\"dtype\":\"F16\",\"shape\":[1],"
        "\"data_offsets\":[1,3]} }",
        "\x07\x00\x3c\0\0\x80\x3f\0\0\0\xc0", 11);
    Safetensors s = parsed(&b);
    assert_int_equal(s.n, 4);
    const char *names[] = {"a", "\xc3\xa9\"", "e", "z"};
    const size_t counts[] = {1, 1, 0, 2};
    const float want[4][2] = {{7}, {1}, {0}, {1, -2}};
    for (int i = 0; i < 4; i++) {
        float x[2];
        assert_string_equal(s.tensor[i].name, names[i]);
        assert_int_equal(s.tensor[i].count, counts[i]);
        tensor_read(&s, &s.tensor[i], x, counts[i]);
        assert_memory_equal(x, want[i], counts[i] * sizeof *x);
    }
    assert_int_equal(s.tensor[0].dims, 0);
    assert_int_equal(s.tensor[2].shape[0], 3);
    safetensors_close(&s);
    buffer_free(&b);
}

typedef struct OneNumber {
    const char *type, *bytes;
    size_t size;
    float want;
} OneNumber;

static void test_types(void **state)
{
    (void)state;
    static const OneNumber list[] = {
        {"F64", "\0\0\0\0\0\0\xf8\xbf", 8, -1.5f},
        // 1 + 2^-24 + 2^-52: just above the middle, so it is rounded up
        {"F64", "\1\0\0\x10\0\0\xf0\x3f", 8, 1 + 0x1p-23f},
        {"F64", "\0\0\0\0\0\0\xe0\x7f", 8, INFINITY},
        {"F32", "\0\0\0\x80", 4, -0.0f},
        {"F16", "\x01\x80", 2, -0x1p-24f},
        {"F16", "\xff\x03", 2, 1023 * 0x1p-24f},
        {"F16", "\0\x04", 2, 0x1p-14f},
        {"F16", "\xff\x7b", 2, 65504},
        {"F16", "\0\xfc", 2, -INFINITY},
        {"BF16", "\x49\x40", 2, 3.140625f},
        {"BF16", "\x80\xff", 2, -INFINITY},
        {"I64", "\xff\xff\xff\xff\xff\xff\xff\x7f", 8, 0x1p63f},
        {"I64", "\0\0\0\0\0\0\0\x80", 8, -0x1p63f},
        {"I64", "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2},
        {"U64", "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 0x1p64f},
        {"I32", "\xfd\xff\xff\xff", 4, -3},
        {"U32", "\xff\xff\xff\xff", 4, 0x1p32f},
        {"I16", "\0\x80", 2, -32768},
        {"U16", "\0\x80", 2, 32768},
        {"I8", "\x80", 1, -128},
        {"U8", "\xff", 1, 255},
        {"BOOL", "\1", 1, 1},
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char header[200];
        snprintf(header, sizeof header,
                 "{\"x\":{\"dtype\":\"%s\",\"shape\":[1],"
                 "\"data_offsets\":[0,%zu]}}",
                 list[i].type, list[i].size);
        Buffer b = file_of(header, list[i].bytes, list[i].size);
        Safetensors s = parsed(&b);
        float x;
        tensor_read(&s, &s.tensor[0], &x, 1);
        if (memcmp(&x, &list[i].want, sizeof x) != 0)
            fail_msg("%s, number %zu of the list: %.9g, expected %.9g",
                     list[i].type, i, (double)x, (double)list[i].want);
        safetensors_close(&s);
        buffer_free(&b);
    }
}

// What the format's library knows and we cannot read does not hinder the rest
// of the file. Eight numbers of `bits` each fill as many bytes.
static void test_types_that_are_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        int bits;
    } list[] = {{"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},
                {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E4M3FNUZ", 8},
                {"F8_E8M0", 8}, {"C64", 64},    {"F8_E5M2FNUZ", 8}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        char header[200], data[65] = {0};
        snprintf(header, sizeof header,
                 "{\"x\":{\"dtype\":\"%s\",\"shape\":[2,4],"
                 "\"data_offsets\":[0,%d]},\"y\":{\"dtype\":\"U8\","
                 "\"shape\":[],\"data_offsets\":[%d,%d]}}",
                 list[i].type, list[i].bits, list[i].bits, list[i].bits + 1);
        data[list[i].bits] = 7;
        Buffer b = file_of(header, data, list[i].bits + 1);
        Safetensors s = parsed(&b);
        float y;
        assert_string_equal(s.tensor[0].type, list[i].type);
        assert_int_equal(s.tensor[0].bytes, list[i].bits);
        tensor_read(&s, safetensors_find(&s, "y"), &y, 1);
        assert_true(y == 7);
        safetensors_close(&s);
        buffer_free(&b);
    }
}

// --- hostile files ----------------------------------------------------------

#define TENSOR(type, shape, offsets)                                           \
    "{\"dtype\":\"" type "\",\"shape\":" shape ",\"data_offsets\":" offsets "}"

typedef struct Hostile {
    const char *header;
    size_t data; // bytes of it
    const char *problem;
} Hostile;

static const Hostile hostile[] = {
    {"", 0, "the header (byte 8) does not begin with \"{\""},
    {" {}", 0, "does not begin with \"{\""},
    {"[]", 0, "does not begin with \"{\""},
    {"\xef\xbb\xbf{}", 0, "does not begin with \"{\""},
    {"{", 0, "the header is not JSON at byte 9"},
    {"{}x", 0, "the header is not JSON at byte 10"},
    {"{} {}", 0, "not JSON at byte 11"},
    {"{\"x\":1,", 0, "not JSON"},
    {"{\"x\":1,}", 0, "not JSON"},
    {"{\"x", 0, "not JSON"},
    {"{\"x\\", 0, "not JSON"},
    {"{\"\\ud800\":1}", 0, "not JSON"},
    {"{\"x\":nul}", 0, "not JSON"},
    {"{\"\xff\":1}", 0, "the header is not UTF-8 at byte 10"},
    {"{\"a\1\":1}", 0, "a control character at byte 11"},
    {"{\"a\\u0000\":1}", 0, "a control character at byte 11"},
    {"{\"x\":1}", 0, "tensor \"x\": expected dtype, shape and data_offsets"},
    {"{\"x\":[1]}", 0, "tensor \"x\": expected dtype, shape"},
    {"{\"x\":{}}", 0, "tensor \"x\": expected one \"dtype\", a text"},
    {"{\"x\":{\"dtype\":5}}", 0, "expected one \"dtype\", a text"},
    {"{\"x\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[],"
     "\"data_offsets\":[0,1]}}",
     1, "expected one \"dtype\", a text"},
    {"{\"x\":" TENSOR("F33", "[1]", "[0,4]") "}", 4,
     "tensor \"x\": unknown type \"F33\""},
    {"{\"x\":" TENSOR("f32", "[1]", "[0,4]") "}", 4, "unknown type \"f32\""},
    {"{\"x\":" TENSOR("", "[1]", "[0,4]") "}", 4, "unknown type \"\""},
    {"{\"x\":" TENSOR("F32", "4", "[0,4]") "}", 4,
     "tensor \"x\": expected one \"shape\", a list"},
    {"{\"x\":" TENSOR("F32", "{\"a\":1}", "[0,4]") "}", 4, "expected one \"sh"},
    {"{\"x\":" TENSOR("F32", "[1,-1]", "[0,4]") "}", 4,
     "tensor \"x\": number 2 of its shape is no whole number"},
    {"{\"x\":" TENSOR("F32", "[0.5]", "[0,2]") "}", 2, "number 1 of its shape"},
    {"{\"x\":" TENSOR("F32", "[\"1\"]", "[0,4]") "}", 4, "number 1 of its"},
    {"{\"x\":" TENSOR("F32", "[null]", "[0,4]") "}", 4, "number 1 of its"},
    {"{\"x\":" TENSOR("F32", "[[1]]", "[0,4]") "}", 4, "number 1 of its"},
    {"{\"x\":" TENSOR("F32", "[1e999]", "[0,4]") "}", 4, "number 1 of its"},
    {"{\"x\":" TENSOR("U8", "[9007199254740993]", "[0,4]") "}", 4,
     "number 1 of its shape is no whole number from 0 to 2^53 - 1"},
    {"{\"x\":" TENSOR("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]") "}", 1,
     "tensor \"x\": more than 8 dimensions"},
    // 2^32 x 2^32 is 0 in 64 bits; so is 2^31 x 2^31 x 4 bytes.
    {"{\"x\":" TENSOR("U8", "[4294967296,4294967296]", "[0,0]") "}", 0,
     "tensor \"x\": its shape is too large"},
    {"{\"x\":" TENSOR("F32", "[2147483648,2147483648]", "[0,0]") "}", 0,
     "tensor \"x\": its shape is too large"},
    {"{\"x\":" TENSOR("U8", "[4294967296,4294967296,0]", "[0,0]") "}", 0,
     "tensor \"x\": its shape is too large"},
    {"{\"x\":" TENSOR("U8", "[1]", "7") "}", 1,
     "tensor \"x\": expected one \"data_offsets\", two whole numbers"},
    {"{\"x\":" TENSOR("U8", "[1]", "[0]") "}", 1, "expected one \"data_offse"},
    {"{\"x\":" TENSOR("U8", "[1]", "[0,1,1]") "}", 1, "expected one \"data_"},
    {"{\"x\":" TENSOR("U8", "[1]", "[-1,0]") "}", 1, "expected one \"data_of"},
    {"{\"x\":" TENSOR("U8", "[1]", "[0,1.5]") "}", 1, "expected one \"data_o"},
    {"{\"x\":" TENSOR("U8", "[1]", "[0,true]") "}", 1, "expected one \"data_"},
    {"{\"x\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "expected one \"data_off"},
    {"{\"x\":" TENSOR("U8", "[1]", "[1,0]") "}", 1,
     "tensor \"x\": data_offsets: 1 is behind 0"},
    {"{\"x\":" TENSOR("U8", "[9]", "[0,9]") "}", 8,
     "tensor \"x\": data_offsets reach to byte 9 of the data, which have 8: "
     "the file is cut"},
    {"{\"x\":" TENSOR("U8", "[9007199254740991]", "[0,9007199254740991]") "}",
     8, "reach to byte 9007199254740991"},
    {"{\"x\":" TENSOR("F32", "[2]", "[0,7]") "}", 7,
     "tensor \"x\": data_offsets give 7 bytes, shape and type need 8"},
    {"{\"x\":" TENSOR("F4", "[3]", "[0,1]") "}", 1,
     "tensor \"x\": its shape and type end within a byte"},
    {"{\"x\":" TENSOR("F32", "[]", "[0,0]") "}", 0,
     "data_offsets give 0 bytes, shape and type need 4"},
    {"{\"x\":" TENSOR("U8", "[2]", "[1,3]") "}", 3,
     "tensor \"x\" begins at byte 1 of the data, expected 0: a gap"},
    {"{\"x\":" TENSOR("U8", "[2]", "[0,2]") ",\"y\":" TENSOR("U8", "[2]",
                                                             "[1,3]") "}",
     3, "tensor \"y\" begins at byte 1 of the data, expected 2: an overlap"},
    {"{\"x\":" TENSOR("U8", "[2]", "[0,2]") ",\"y\":" TENSOR("U8", "[2]",
                                                             "[0,2]") "}",
     2, "tensor \"y\" begins at byte 0 of the data, expected 2: an overlap"},
    // Both end well, but the empty one stands within the other.
    {"{\"x\":" TENSOR("U8", "[2]", "[0,2]") ",\"y\":" TENSOR("U8", "[0]",
                                                             "[1,1]") "}",
     2, "tensor \"y\" begins at byte 1 of the data, expected 2: an overlap"},
    {"{\"x\":" TENSOR("U8", "[2]", "[0,2]") "}", 3,
     "3 bytes of data, but the tensors fill 2: something was added"},
    {"{}", 1, "1 bytes of data, but the tensors fill 0: something was added"},
    {"{\"x\":" TENSOR("U8", "[1]", "[0,1]") ",\"y\":" TENSOR(
         "U8", "[1]", "[1,2]") ",\"x\":" TENSOR("U8", "[1]", "[2,3]") "}",
     3, "tensor \"x\" is there twice"},
    {"{\"__metadata__\":1}", 0, "__metadata__: expected texts by name"},
    {"{\"__metadata__\":[\"a\"]}", 0, "__metadata__: expected texts by name"},
    {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__: \"k\" is not a text"},
    {"{\"__metadata__\":{\"k\":\"\",\"j\":\"\",\"k\":\"\"}}", 0,
     "__metadata__: \"k\" is there twice"},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", 0,
     "__metadata__ is there tw"},
    // A line stays a line.
    {"{\"a\\nb\\u001b[1m\":1}", 0, "tensor \"a?b?[1m\": expected dtype"},
};

static void open_it(void *path)
{
    Safetensors s = safetensors_open(path);
    safetensors_close(&s);
}

static void test_hostile_headers(void **state)
{
    (void)state;
    char zeros[16] = {0};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        Buffer b = file_of(hostile[i].header, zeros, hostile[i].data);
        Safetensors s;
        const char *problem = safetensors_parse(&s, b.at, b.length);
        if (!problem || !strstr(problem, hostile[i].problem))
            fail_msg("%s: it says \"%s\", expected \"%s\"", hostile[i].header,
                     problem ? problem : "nothing", hostile[i].problem);
        assert_null(s.tensor);
        // The same of a file, in one line that names it.
        text_write(testing_path("hostile"), b.at, b.length);
        char expected[300];
        snprintf(expected, sizeof expected, "/hostile: %s", problem);
        assert_dies(open_it, (void *)testing_path("hostile"), 1, expected);
        buffer_free(&b);
    }
}

static void test_hostile_lengths(void **state)
{
    (void)state;
    uint64_t lengths[] = {100000001, 100000000, 3, UINT64_MAX, UINT64_MAX - 7};
    const char *problems[] = {
        "is 100000001, expected at most 100000000: not a safetensors file",
        "the header needs 100000000 bytes, 2 are there: the file is cut",
        "the header needs 3 bytes, 2 are there: the file is cut",
        "is 18446744073709551615, expected at most",
        "is 18446744073709551608, expected at most",
    };
    for (int i = 0; i < 5; i++) {
        Buffer b = file_of("{}", NULL, 0);
        memcpy(b.at, &lengths[i], 8);
        Safetensors s;
        const char *problem = safetensors_parse(&s, b.at, b.length);
        assert_non_null(problem);
        assert_non_null(strstr(problem, problems[i]));
        buffer_free(&b);
    }
}

// Brackets in brackets: no depth of them overruns the stack.
static void test_hostile_depth(void **state)
{
    (void)state;
    for (int depth = 10; depth <= 1000000; depth *= 10) {
        Buffer text = {0};
        buffer_print(&text, "{\"x\":");
        for (int i = 0; i < depth; i++)
            buffer_print(&text, "[");
        Buffer b = file_of(text.at, NULL, 0);
        Safetensors s;
        const char *problem = safetensors_parse(&s, b.at, b.length);
        assert_non_null(problem);
        assert_non_null(strstr(problem, "not JSON"));
        buffer_free(&b);
        buffer_free(&text);
    }
}

static void test_files_that_cannot_be_opened(void **state)
{
    (void)state;
    assert_dies(open_it, (void *)testing_path("nowhere"), 1,
                "nowhere: there is no such file");
    assert_dies(open_it, (void *)where, 1,
                "safetensors: is not a regular file");
    char device[] = "/dev/null";
    assert_dies(open_it, device, 1, "/dev/null: is not a regular file");
    text_write(testing_path("empty"), "", 0);
    assert_dies(open_it, (void *)testing_path("empty"), 1,
                "empty: 0 bytes, expected at least 8: the file is cut");
}

// --- writing ----------------------------------------------------------------

static const float seven[] = {1, -2, 3.5f, 0x1p-20f, -INFINITY, 0, -0.0f};

// A small file with everything in it.
static void write_small(const char *path)
{
    const TensorOut out[] = {
        {"a.weight", "F32", 2, {2, 3}, seven},
        {"\"\\\t\xc3\xa9", "BF16", 1, {5}, seven},
        {"empty", "F32", 3, {2, 0, 7}, NULL},
        {"single", "F16", 0, {0}, seven + 1},
        {"eight", "F16", 8, {1, 1, 7, 1, 1, 1, 1, 1}, seven},
    };
    const char *const key[] = {"step", "odd \n \\u0000 \"name\""};
    const char *const value[] = {"12", "\x01\x1f \\ / \" \xe2\x82\xac"};
    safetensors_write(path, out, 5, key, value, 2);
}

static void test_write_and_read(void **state)
{
    (void)state;
    write_small(testing_path("small"));
    Safetensors s = safetensors_open(testing_path("small"));
    safetensors_verify(&s);
    assert_string_equal(s.path, testing_path("small"));
    assert_int_equal(s.n, 5);
    assert_int_equal(s.notes, 3);
    assert_string_equal(safetensors_note(&s, "step"), "12");
    assert_string_equal(safetensors_note(&s, "odd \n \\u0000 \"name\""),
                        "\x01\x1f \\ / \" \xe2\x82\xac");
    assert_memory_equal(safetensors_note(&s, "checksum"), "crc32:", 6);

    const Tensor *t = safetensors_find(&s, "a.weight");
    float x[7];
    assert_int_equal(t->dims, 2);
    assert_int_equal(t->shape[0], 2);
    assert_int_equal(t->shape[1], 3);
    assert_int_equal((uintptr_t)t->data % 8, 0);
    tensor_read(&s, t, x, 6);
    assert_memory_equal(x, seven, 6 * sizeof *x);
    t = safetensors_find(&s, "\"\\\t\xc3\xa9");
    assert_string_equal(t->type, "BF16");
    tensor_read(&s, t, x, 5);
    assert_memory_equal(x, seven, 5 * sizeof *x);
    t = safetensors_find(&s, "empty");
    assert_int_equal(t->dims, 3);
    assert_int_equal(t->shape[2], 7);
    assert_int_equal(t->count, 0);
    tensor_read(&s, t, NULL, 0);
    t = safetensors_find(&s, "single");
    assert_int_equal(t->dims, 0);
    tensor_read(&s, t, x, 1);
    assert_true(x[0] == -2);
    t = safetensors_find(&s, "eight");
    assert_int_equal(t->dims, 8);
    assert_int_equal(t->shape[2], 7);
    tensor_read(&s, t, x, 7);
    assert_memory_equal(x, seven, sizeof seven);

    // A new file of that name leaves the open one as it was.
    safetensors_write(testing_path("small"), NULL, 0, NULL, NULL, 0);
    safetensors_verify(&s);
    safetensors_close(&s);
    s = safetensors_open(testing_path("small"));
    safetensors_verify(&s);
    assert_int_equal(s.n, 0);
    assert_int_equal(s.notes, 1);
    safetensors_close(&s);
}

static void read_six(void *state)
{
    float x[6];
    Safetensors *s = state;
    tensor_read(s, &s->tensor[0], x, 6);
}

static void verify(void *s)
{
    safetensors_verify(s);
}

static void test_reading_dies(void **state)
{
    (void)state;
    const TensorOut out = {"x", "F32", 1, {7}, seven};
    safetensors_write(testing_path("seven"), &out, 1, NULL, NULL, 0);
    Safetensors s = safetensors_open(testing_path("seven"));
    assert_dies(read_six, &s, 1,
                "/seven: tensor \"x\" has 7 numbers, expected 6");
    safetensors_close(&s);

    Buffer b =
        file_of("{\"x\":" TENSOR("F8_E4M3", "[6]", "[0,6]") "}", "123456", 6);
    s = parsed(&b);
    assert_dies(read_six, &s, 1,
                "in memory: tensor \"x\" is of type F8_E4M3, which cannot");
    assert_dies(verify, &s, 1, "in memory: has no checksum of ours");
    safetensors_close(&s);
    buffer_free(&b);
}

static void write_bad(void *which)
{
    TensorOut out[] = {{"x", "F32", 1, {1}, seven},
                       {"x", "F32", 0, {0}, seven}};
    const char *const key[] = {"\xff"};
    int i = *(int *)which;
    out[0].type = i == 0 ? "I32" : "F32";
    out[0].name = i == 1 ? "\xff" : i == 2 ? "__metadata__" : "x";
    safetensors_write(testing_path("bad"), out, i == 3 ? 2 : 1, key, key,
                      i == 4);
}

static void test_writing_misuse(void **state)
{
    (void)state;
    const char *problem[] = {"x: cannot write type I32", "is not UTF-8",
                             "__metadata__ is there twice",
                             "tensor \"x\" is there twice", "is not UTF-8"};
    for (int i = 0; i < 5; i++)
        assert_dies(write_bad, &i, 128 + SIGABRT, problem[i]);
    Buffer b;
    assert_false(text_read_if(testing_path("bad"), &b));
}

// --- damage -----------------------------------------------------------------

// Every prefix is refused, and none is read past its end.
static void test_every_prefix(void **state)
{
    (void)state;
    write_small(testing_path("whole"));
    Buffer b = text_read(testing_path("whole"));
    for (size_t n = 0; n < b.length; n++) {
        char *cut = memcpy(new_array(n, 1), b.at, n);
        Safetensors s;
        if (!safetensors_parse(&s, cut, n))
            fail_msg("the first %zu of %zu bytes were taken for the file", n,
                     b.length);
        free(cut);
    }
    for (size_t more = 1; more < 20; more++) {
        Safetensors s;
        buffer_add(&b, "", 1);
        const char *problem = safetensors_parse(&s, b.at, b.length);
        assert_non_null(problem);
        assert_non_null(strstr(problem, "something was added at the end"));
    }
    buffer_free(&b);
}

static void test_every_bit(void **state)
{
    (void)state;
    const TensorOut out = {"x", "F32", 2, {1, 2}, seven};
    const char *const key[] = {"step"}, *const value[] = {"9"};
    safetensors_write(testing_path("bits"), &out, 1, key, value, 1);
    Buffer b = text_read(testing_path("bits"));
    int seen_later = 0;
    for (size_t i = 0; i < 8 * b.length; i++) {
        b.at[i / 8] = (char)(b.at[i / 8] ^ 1 << i % 8);
        Safetensors s;
        if (!safetensors_parse(&s, b.at, b.length)) {
            char message[300];
            int status = testing_outcome(verify, &s, message, sizeof message);
            if (status != 1 || (!strstr(message, "is damaged: its checksum") &&
                                !strstr(message, "has no checksum")))
                fail_msg("bit %zu of byte %zu was not noticed: %s", i % 8,
                         i / 8, message);
            safetensors_close(&s);
            seen_later++;
        }
        b.at[i / 8] = (char)(b.at[i / 8] ^ 1 << i % 8);
    }
    // The header's rules alone see some, those of the numbers never.
    assert_in_range(seen_later, 8 * 8, 8 * b.length - 100);
    Safetensors s = parsed(&b);
    safetensors_verify(&s);
    safetensors_close(&s);
    buffer_free(&b);
}

// --- F16 and BF16 -----------------------------------------------------------

enum { PATTERNS = 1 << 16 };

// Every pattern read as float32 and written again is the same pattern, also
// of what is not a number.
static void assert_round_trip(const char *type)
{
    uint16_t *all = new_array(PATTERNS, sizeof *all);
    for (int i = 0; i < PATTERNS; i++)
        all[i] = (uint16_t)i;
    char header[100];
    snprintf(header, sizeof header,
             "{\"x\":{\"dtype\":\"%s\",\"shape\":[65536],"
             "\"data_offsets\":[0,131072]}}",
             type);
    Buffer b = file_of(header, all, 2 * PATTERNS);
    Safetensors s = parsed(&b);
    float *x = new_array(PATTERNS, sizeof *x);
    tensor_read(&s, &s.tensor[0], x, PATTERNS);
    safetensors_close(&s);

    const TensorOut out = {"x", type, 1, {PATTERNS}, x};
    safetensors_write(testing_path("all"), &out, 1, NULL, NULL, 0);
    s = safetensors_open(testing_path("all"));
    assert_memory_equal(s.tensor[0].data, all, 2 * PATTERNS);
    safetensors_close(&s);
    buffer_free(&b);
    free(all);
    free(x);
}

static void test_round_trips(void **state)
{
    (void)state;
    assert_round_trip("F16");
    assert_round_trip("BF16");
}

// What a pattern of `fraction` bits of fraction means, by its definition.
static double meaning(int pattern, int fraction)
{
    int width = 15 - fraction, bias = (1 << (width - 1)) - 1;
    int exponent = pattern >> fraction & ((1 << width) - 1);
    int rest = pattern & ((1 << fraction) - 1);
    if (exponent == 0)
        return ldexp(rest, 1 - bias - fraction);
    return ldexp(rest + (1 << fraction), exponent - bias - fraction);
}

// Between each pattern and the next lies a middle, which float32 holds: it and
// its neighbours show every rounding there is. Infinity follows the largest
// number as if it were the next power of two.
static void assert_rounding(const char *type, int fraction, int infinity)
{
    enum { SIDES = 4 };
    size_t n = (size_t)SIDES * infinity;
    float *x = new_array(2 * n, sizeof *x);
    uint16_t *want = new_array(2 * n, sizeof *want);
    for (int i = 0; i < infinity; i++) {
        double low = meaning(i, fraction), high = meaning(i + 1, fraction);
        float middle = (float)((low + high) / 2);
        assert_true(middle == (low + high) / 2);
        float side[SIDES] = {(float)low, nextafterf(middle, 0), middle,
                             nextafterf(middle, INFINITY)};
        int round[SIDES] = {i, i, i + (i & 1), i + 1};
        for (int j = 0; j < SIDES; j++) {
            x[SIDES * i + j] = side[j];
            want[SIDES * i + j] = (uint16_t)round[j];
            x[n + SIDES * i + j] = -side[j];
            want[n + SIDES * i + j] = (uint16_t)(round[j] | 0x8000);
        }
    }
    const TensorOut out = {"x", type, 1, {2 * n}, x};
    safetensors_write(testing_path("rounded"), &out, 1, NULL, NULL, 0);
    Safetensors s = safetensors_open(testing_path("rounded"));
    const uint16_t *got = s.tensor[0].data;
    for (size_t i = 0; i < 2 * n; i++)
        if (got[i] != want[i])
            fail_msg("%.9g as %s is %04x, expected %04x", (double)x[i], type,
                     got[i], want[i]);
    safetensors_close(&s);
    free(x);
    free(want);
}

static void test_rounding(void **state)
{
    (void)state;
    assert_rounding("F16", 10, 0x7c00);
    assert_rounding("BF16", 7, 0x7f80);
}

// What does not fit becomes infinite; not a number stays that, also when all
// that says so is in the bits that are dropped.
static void test_extremes(void **state)
{
    (void)state;
    uint32_t lowest = 0x7f800001, negative = 0xffc12345;
    float x[6] = {3e38f, -70000, 0x1p-149f, -0x1p-25f};
    memcpy(&x[4], &lowest, 4);
    memcpy(&x[5], &negative, 4);
    const TensorOut out[] = {{"h", "F16", 1, {6}, x}, {"b", "BF16", 1, {6}, x}};
    safetensors_write(testing_path("extremes"), out, 2, NULL, NULL, 0);
    Safetensors s = safetensors_open(testing_path("extremes"));
    const uint16_t half[] = {0x7c00, 0xfc00, 0, 0x8000, 0x7e00, 0xfe09};
    const uint16_t brain[] = {0x7f62, 0xc789, 0, 0xb300, 0x7fc0, 0xffc1};
    assert_memory_equal(safetensors_find(&s, "h")->data, half, sizeof half);
    assert_memory_equal(safetensors_find(&s, "b")->data, brain, sizeof brain);
    safetensors_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_every_bit),
        cmocka_unit_test(test_files_of_the_reference),
        cmocka_unit_test(test_order_and_odd_addresses),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_types_that_are_passed_over),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_hostile_lengths),
        cmocka_unit_test(test_hostile_depth),
        cmocka_unit_test(test_files_that_cannot_be_opened),
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_reading_dies),
        cmocka_unit_test(test_writing_misuse),
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_extremes),
    };
    return cmocka_run_group_tests_name("safetensors", tests, make_dir, NULL);
}
