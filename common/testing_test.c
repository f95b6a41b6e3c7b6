// Tests of what the tests share. An assertion that must fail is made by this
// same program, started again with the assertion's name.
#include "common/testing.h"

#include "common/check.h"
#include "common/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static char self[512]; // this program

// --- golden tensors ---------------------------------------------------------

static Safetensors golden(void)
{
    static const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {7, 8};
    const TensorOut out[] = {{"x.a", "F32", 2, {3, 2}, a},
                             {"x.b", "F32", 1, {2}, b},
                             {"one", "F32", 1, {2}, b}};
    testing_dir("golden");
    safetensors_write(testing_path("file"), out, 3, NULL, NULL, 0);
    return safetensors_open(testing_path("file"));
}

static Params *two_params(void)
{
    Params *p = params_new(1);
    param(p, 3, 2, 0, "a");
    param(p, 1, 2, 0, "b");
    return p;
}

static void golden_numbers_are_read(void **state)
{
    (void)state;
    Safetensors s = golden();
    Params *p = two_params();
    assert_true(testing_golden(&s, 2, "o%ce", 'n')[1] == 8);
    testing_golden_params(p, &s, "%c.", 'x');
    assert_true(params_find(p, "a")->val[5] == 6);
    assert_true(params_find(p, "b")->val[0] == 7);
    assert_golden_params(p, PARAM_VALUES, &s, 0, "x.");
    memcpy(p->grad, p->val, p->count * sizeof *p->val);
    params_find(p, "a")->val[5] = 0;
    assert_golden_params(p, PARAM_GRADIENTS, &s, 0, "%s.", "x");
    params_free(p);
    safetensors_close(&s);
}

static void missing(void **state)
{
    (void)state;
    Safetensors s = golden();
    testing_golden(&s, 2, "y.%s", "a");
}

static void another_size(void **state)
{
    (void)state;
    Safetensors s = golden();
    testing_golden(&s, 5, "x.a");
}

static void value_is_off(void **state)
{
    (void)state;
    Safetensors s = golden();
    Params *p = two_params();
    testing_golden_params(p, &s, "x.");
    params_find(p, "b")->val[1] = 8.1f;
    assert_golden_params(p, PARAM_VALUES, &s, 0.001, "x.");
}

static void gradient_is_off(void **state)
{
    (void)state;
    Safetensors s = golden();
    Params *p = two_params();
    testing_golden_params(p, &s, "x.");
    assert_golden_params(p, PARAM_GRADIENTS, &s, 0.001, "x.");
}

// --- programs ---------------------------------------------------------------

static void what_is_written_on_both_channels_is_kept(void **state)
{
    (void)state;
    char said[100];
    assert_int_equal(testing_run(said, sizeof said, "echo a; echo %d >&2", 7),
                     0);
    assert_string_equal(said, "a\n7\n");
    assert_non_null(freopen("Makefile", "r", stdin));
    assert_int_equal(testing_run(said, sizeof said, "cat; exit 3"), 3);
    assert_string_equal(said, ""); // there was nothing to read
    assert_int_equal(testing_run(said, sizeof said, "echo a | cat"), 0);
    assert_string_equal(said, "a\n");
    assert_int_equal(testing_run(said, sizeof said, "kill -9 $$"), 128 + 9);
    assert_int_equal(testing_run(said, 4, "seq 100000"), 0);
    assert_string_equal(said, "1\n2"); // cut, and the program wrote to its end
}

static void ctrl_c_is_pressed_at_a_line(void **state)
{
    (void)state;
    char said[100];
    assert_int_equal(testing_press(said, sizeof said, "x", "seq %d", 3), 0);
    assert_string_equal(said, "1\n2\n3\n");
    assert_int_equal(
        testing_press(said, sizeof said, "b c",
                      "sh -c 'echo a; echo \" b c\"; exec sleep 20'"),
        128 + SIGINT);
    assert_string_equal(said, "a\n b c\n");
    // Only once; and what is on standard error counts too.
    assert_int_equal(testing_press(said, sizeof said, "b",
                                   "sh -c 'trap \"echo C\" INT; echo b >&2; "
                                   "sleep 0.2; echo b; sleep 0.2; exit 7'"),
                     7);
    assert_string_equal(said, "b\nC\nb\n");
}

static void programs_are_found_by_name(void **state)
{
    (void)state;
    char said[100], where[300];
    const char *build = getenv("BUILD");
    snprintf(where, sizeof where, "%s/bin", build ? build : "build");
    assert_int_equal(testing_run(said, sizeof said, "echo ${PATH%%%%:*}"), 0);
    said[strcspn(said, "\n")] = 0;
    assert_string_equal(said, where);
}

static void a_refusal_is_one_line_on_standard_error(void **state)
{
    (void)state;
    assert_refused(2, "no such", "echo text; echo no %s file >&2; exit 2",
                   "such");
}

static void another_status(void **state)
{
    (void)state;
    assert_refused(1, "no such", "echo no such file >&2; exit 2");
}

static void another_line(void **state)
{
    (void)state;
    assert_refused(2, "no such", "echo no other file >&2; exit 2");
}

static void two_lines(void **state)
{
    (void)state;
    assert_refused(2, "no such", "printf 'no such file\n1\n' >&2; exit 2");
}

static void on_the_wrong_channel(void **state)
{
    (void)state;
    assert_refused(2, "no such", "echo no such file; exit 2");
}

// --- files ------------------------------------------------------------------

static void files_lie_in_the_last_directory(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s/note", testing_dir("testing"));
    assert_string_equal(testing_path("note"), path);
    assert_string_equal(testing_write("note", "hello"), path);
    Buffer b = text_read(path);
    assert_string_equal(b.at, "hello");
    buffer_free(&b);
    char said[100];
    assert_int_equal(testing_run(said, sizeof said, "cat $HERE/note"), 0);
    assert_string_equal(said, "hello");
    testing_dir("testing"); // made empty again
    assert_false(text_read_if(path, &b));
}

// --- assertions that must fail ----------------------------------------------

static const struct {
    struct CMUnitTest test;
    const char *says;
} failing[] = {
    {cmocka_unit_test(missing), "file: there is no golden y.a\n"},
    {cmocka_unit_test(another_size),
     "file: golden x.a has 6 numbers, expected 5\n"},
    {cmocka_unit_test(value_is_off),
     "x.b: 1 of 2 numbers are wrong; the worst is number 1: 8.1"},
    {cmocka_unit_test(gradient_is_off),
     "x.a: 6 of 6 numbers are wrong; the worst is number"},
    {cmocka_unit_test(another_status), "got 2 and:\nno such file\n"},
    {cmocka_unit_test(another_line), "got 2 and:\nno other file\n"},
    {cmocka_unit_test(two_lines), "got 2 and:\nno such file\n1\n"},
    {cmocka_unit_test(on_the_wrong_channel), "got 2 and:\n\n"},
};
enum { FAILING = sizeof failing / sizeof *failing };

static void what_is_wrong_fails_and_says_so(void **state)
{
    (void)state;
    char said[4000];
    for (int i = 0; i < FAILING; i++) {
        const int status = testing_run(
            said, sizeof said, "ASAN_OPTIONS=detect_leaks=0 %s %d", self, i);
        if (status != 1 || !strstr(said, failing[i].says))
            fail_msg("%s: status %d\n%s", failing[i].test.name, status, said);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        const struct CMUnitTest one[] = {failing[atoi(argv[1])].test};
        return cmocka_run_group_tests(one, NULL, NULL);
    }
    snprintf(self, sizeof self, "%s", argv[0]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_numbers_are_read),
        cmocka_unit_test(what_is_written_on_both_channels_is_kept),
        cmocka_unit_test(ctrl_c_is_pressed_at_a_line),
        cmocka_unit_test(programs_are_found_by_name),
        cmocka_unit_test(a_refusal_is_one_line_on_standard_error),
        cmocka_unit_test(files_lie_in_the_last_directory),
        cmocka_unit_test(what_is_wrong_fails_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
