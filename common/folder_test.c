// Tests of folders.
#include "common/folder.h"

#include "common/check.h"
#include "common/testing.h"
#include "common/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[600]; // lives as long as a child needs it

static const char *at(const char *name)
{
    snprintf(path, sizeof path, "%s", testing_path(name));
    return path;
}

static bool is_folder(const char *name)
{
    struct stat s;
    return stat(name, &s) == 0 && S_ISDIR(s.st_mode);
}

static void test_make(void **state)
{
    (void)state;
    testing_dir("folder");
    assert_true(folder_made(at("a/b/c")));
    assert_true(is_folder(path));
    assert_true(folder_made(path)); // it is there
    assert_true(folder_made(at("d/e/")));
    assert_true(is_folder(testing_path("d/e")));
    assert_true(folder_made("/"));
}

static void need(void *name)
{
    folder_make(name);
}

static void test_what_cannot_be_made(void **state)
{
    (void)state;
    testing_dir("folder");
    testing_write("file", "x");
    assert_false(folder_made(at("file")));
    assert_int_equal(errno, ENOTDIR);
    assert_dies(need, path, 1, "folder/file: cannot be made: Not a directory");
    at("file/below/it");
    assert_dies(need, path, 1, "below/it: cannot be made: Not a directory");
    char none[] = "";
    assert_dies(need, none, 1, ": cannot be made: No such file or directory");
    char system[] = "/proc/none/x"; // even root is refused
    assert_dies(need, system, 1, "/proc/none/x: cannot be made: No such file");
}

static void ask_for_file(void *name)
{
    need_file(name);
}

static void ask_for_folder(void *name)
{
    need_folder(name);
}

// What can be written passes and stays as it is; what cannot, dies.
static void test_need(void **state)
{
    (void)state;
    char *where = copy_text(testing_dir("folder"));
    char *file = copy_text(testing_path("needed"));
    char *below = copy_text(testing_path("needed/below"));
    char *lost = copy_text(testing_path("nowhere/at/all"));
    char device[] = "/dev/null", nameless[] = "", bare[] = "bare";
    char folder[] = "new/";
    need_file(file);
    need_folder(file);
    need_file(bare);
    need_folder(bare);
    need_file(device);
    need_folder(where);
    assert_int_equal(access(file, F_OK), -1);
    assert_int_equal(access(bare, F_OK), -1);
    assert_false(is_folder(testing_path("nowhere")));
    testing_write("needed", "the old text");
    need_file(file);
    Buffer b = text_read(file);
    assert_string_equal(b.at, "the old text");
    buffer_free(&b);
    assert_dies(ask_for_folder, file, 1,
                "needed: cannot be written: Not a directory");
    assert_dies(ask_for_file, below, 1,
                "needed/below: cannot be written: Not a directory");
    assert_dies(ask_for_file, where, 1, "cannot be written: Is a directory");
    assert_dies(ask_for_file, nameless, 1, ": cannot be written: No such");
    assert_dies(ask_for_file, folder, 1,
                "new/: cannot be written: Is a directory");
    need_folder(folder);
    assert_dies(ask_for_folder, nameless, 1, ": cannot be written: No such");
    assert_dies(ask_for_file, lost, 1,
                "nowhere/at/all: cannot be written: No such file or directory");
    assert_dies(ask_for_folder, lost, 1,
                "nowhere/at/all: cannot be written: No such file or directory");
    free(where), free(file), free(below), free(lost);
}

// Writes into its own folder, and tells where that is.
static void leave_something(void *unused)
{
    (void)unused;
    char inside[700];
    const char *mine = folder_of_this_run();
    snprintf(inside, sizeof inside, "%s/a/b", mine);
    folder_make(inside);
    snprintf(inside, sizeof inside, "%s/a/file", mine);
    FILE *f = fopen(inside, "w");
    fputs("x", f);
    fclose(f);
    if (access(inside, R_OK) < 0)
        die("%s: is not there", inside);
    if (strcmp(mine, folder_of_this_run()) != 0)
        die("another one, %s", folder_of_this_run());
    Buffer same = file_of_this_run("a/file");
    if (strcmp(same.at, inside) != 0)
        die("%s in place of %s", same.at, inside);
    buffer_free(&same);
    warn("%s", mine);
    exit(0);
}

static void leave_nothing(void *unused)
{
    (void)unused;
    exit(0);
}

// Each process has its own, also one whose parent has one; it goes with it,
// and nobody else's does.
static void test_one_for_each_run(void **state)
{
    (void)state;
    testing_dir("folder");
    setenv("TMPDIR", at(""), 1);
    char mine[600], said[2][700];
    snprintf(mine, sizeof mine, "%s", folder_of_this_run());
    assert_true(is_folder(mine));
    assert_memory_equal(mine, path, strlen(path));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            testing_outcome(leave_something, NULL, said[i], sizeof *said), 0);
        char *its = strstr(said[i], path);
        assert_non_null(its);
        its[strcspn(its, "\n")] = 0;
        assert_string_not_equal(its, mine);
        assert_false(is_folder(its));
        assert_true(is_folder(mine));
    }
    assert_string_not_equal(said[0], said[1]);
    testing_outcome(leave_nothing, NULL, said[0], sizeof *said);
    assert_true(is_folder(mine)); // it is not the child's
}

static void test_nowhere(void **state)
{
    (void)state;
    setenv("TMPDIR", "/there/is/none", 1);
    assert_dies(leave_something, NULL, 1,
                "/there/is/none: no folder can be made there: No such file");
    unsetenv("TMPDIR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),
        cmocka_unit_test(test_what_cannot_be_made),
        cmocka_unit_test(test_need),
        cmocka_unit_test(test_one_for_each_run),
        cmocka_unit_test(test_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
