// Tests of cli.c: every kind of option, every kind of misuse, the help text to
// the letter, Ctrl-C, and where data files are looked for.
#include "common/testing.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/text.h"
#include "common/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// The options of a made-up program, and one parse of a command line of words.
typedef struct Program {
    bool loud;
    int layers;
    float rate;
    const char *prompt;
    int act, norm;
    Run run;
    const char *words[8];
} Program;

static void parse(void *context)
{
    Program *p = context;
    const Option own[] = {
        {"loud", NULL, OPTION_FLAG, &p->loud, 0, 0, NULL, "print more"},
        {"layers", "N", OPTION_INT, &p->layers, 1, 12, NULL,
         "how many layers the model has; with every one it becomes slower"},
        {"rate", "R", OPTION_FLOAT, &p->rate, 0.001, INFINITY, NULL,
         "learning rate"},
        {"prompt", "TEXT", OPTION_TEXT, &p->prompt, 0, 0, NULL,
         "what to begin with\nand a second line"},
        {"act", NULL, OPTION_CHOICE, &p->act, 0, 0, "relu|gelu|silu",
         "activation"},
        {"any-number-at-all", "N", OPTION_INT, &p->layers, 0, 0, NULL, "any"},
        {"norm", "KIND", OPTION_CHOICE, &p->norm, 0, 0, "layer|rms",
         "which norm comes before the layers of the model"},
        {0},
    };
    static char text[8][64];
    char *argv[10] = {(char[]){"cli_test"}};
    int argc = 1;
    for (int i = 0; i < 8 && p->words[i]; i++) {
        snprintf(text[i], sizeof text[i], "%s", p->words[i]);
        argv[argc++] = text[i];
    }
    cli_parse(argc, argv, "Shows nothing.", own, &p->run);
}

#define PROGRAM(...)                                                           \
    (Program)                                                                  \
    {                                                                          \
        .layers = 4, .rate = 0.5f, .act = 1, .words = { __VA_ARGS__ }          \
    }

static void print_to_full_disk(void *context)
{
    parse(context);
    if (!freopen("/dev/full", "w", stdout))
        _exit(9);
    puts("what is lost");
    exit(0);
}

static void test_lost_output(void **state)
{
    (void)state;
    Program p = PROGRAM(NULL);
    assert_dies(print_to_full_disk, &p, 1, "standard output cannot be written");
}

static void exclude(void *context)
{
    parse(context);
    cli_misuse("--%s excludes --loud", "act");
}

static void test_misuse_of_its_own(void **state)
{
    (void)state;
    Program p = PROGRAM(NULL);
    assert_dies(exclude, &p, 2, ": --act excludes --loud (try: ");
}

static void test_defaults(void **state)
{
    (void)state;
    Program p = PROGRAM(NULL);
    parse(&p);
    assert_false(p.loud);
    assert_int_equal(p.layers, 4);
    assert_true(p.rate == 0.5f);
    assert_null(p.prompt);
    assert_int_equal(p.act, 1);
    assert_false(p.run.quick);
    assert_int_equal(p.run.seed, 1);
    assert_int_equal(p.run.threads, 0);
    assert_null(p.run.plots);
    assert_null(p.run.data);
}

static void test_values(void **state)
{
    (void)state;
    Program p = PROGRAM("--loud", "--layers", "12", "--rate=1e-3", "--prompt",
                        "--hello", "--act", "silu");
    parse(&p);
    assert_true(p.loud);
    assert_int_equal(p.layers, 12);
    assert_true(p.rate == 0.001f);
    assert_string_equal(p.prompt, "--hello");
    assert_int_equal(p.act, 2);
    p = PROGRAM("--quick", "--seed", "18446744073709551615", "--plots=a/b",
                "--data", "d");
    parse(&p);
    assert_true(p.run.quick);
    assert_true(p.run.seed == UINT64_MAX);
    assert_string_equal(p.run.plots, "a/b");
    assert_string_equal(p.run.data, "d");
    p = PROGRAM("--any-number-at-all", "-2147483648", "--prompt", "");
    parse(&p);
    assert_int_equal(p.layers, INT32_MIN);
    assert_string_equal(p.prompt, "");
}

static void test_threads(void **state)
{
    (void)state;
    int before = threads_count();
    Program p = PROGRAM("--threads", "2");
    threads_set(1);
    parse(&p);
    assert_int_equal(p.run.threads, 2);
#ifdef _OPENMP
    assert_int_equal(threads_count(), 2);
#endif
    threads_set(before);
}

static void test_misuse(void **state)
{
    (void)state;
    const struct {
        const char *words[3], *says;
    } cases[] = {
        {{"--layers", "12x"}, "--layers needs a whole number, not '12x'"},
        {{"--layers", ""}, "--layers needs a whole number, not ''"},
        {{"--layers", " 3"}, "not ' 3'"},
        {{"--layers", "3 "}, "not '3 '"},
        {{"--layers", "1.5"}, "not '1.5'"},
        {{"--layers", "0x5"}, "not '0x5'"},
        {{"--layers", "-"}, "not '-'"},
        {{"--layers", "0"}, "--layers must be from 1 to 12, not 0"},
        {{"--layers", "13"}, "--layers must be from 1 to 12, not 13"},
        {{"--layers=4294967297"}, "from 1 to 12, not 4294967297"},
        {{"--any-number-at-all=2147483648"}, "2147483648 is too large"},
        {{"--any-number-at-all=99999999999999999999"}, "is too large"},
        {{"--rate", "nan"}, "--rate needs a number, not 'nan'"},
        {{"--rate", "inf"}, "not 'inf'"},
        {{"--rate", "1e"}, "not '1e'"},
        {{"--rate", "."}, "not '.'"},
        {{"--rate", "0"}, "--rate must be at least 0.001, not 0"},
        {{"--rate", "1e39"}, "1e39 is too large"},
        {{"--rate", "1e999"}, "1e999 is too large"},
        {{"--act", "rel"}, "--act must be one of relu|gelu|silu, not 'rel'"},
        {{"--act", "relu|gelu"}, "not 'relu|gelu'"},
        {{"--act", ""}, "--act must be one of"},
        {{"--act"}, "--act needs relu|gelu|silu"},
        {{"--seed", "-1"}, "--seed needs a whole number, not '-1'"},
        {{"--seed", "1e3"}, "not '1e3'"},
        {{"--seed", "18446744073709551616"}, "is too large"},
        {{"--threads", "-1"}, "--threads must be from 0 to 64, not -1"},
        {{"--plots"}, "--plots needs DIR"},
        {{"--plots", "--quick"}, "--plots needs DIR"},
        {{"--plots", ""}, "--plots needs DIR"},
        {{"--data="}, "--data needs DIR"},
        {{"--quick=3"}, "--quick takes no value"},
        {{"--depth", "3"}, "unknown option --depth"},
        {{"--depth=3"}, "unknown option --depth ("},
        {{"-x"}, "unknown option -x"},
        {{"--l"}, "--l could be several options"},
        {{"train"}, "'train' is not an option"},
        {{"--", "--quick"}, "'--quick' is not an option"},
        {{""}, "'' is not an option"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Program p = PROGRAM(cases[i].words[0], cases[i].words[1]);
        assert_dies(parse, &p, 2, cases[i].says);
        assert_dies(parse, &p, 2, "(try: cli_test --help)");
    }
}

static void parse_to_stderr(void *context)
{
    dup2(STDERR_FILENO, STDOUT_FILENO);
    parse(context);
}

static void test_help(void **state)
{
    (void)state;
    const char *want =
        "Usage: cli_test [OPTION]...\n"
        "\n"
        "Shows nothing.\n"
        "\n"
        "Options of this program:\n"
        "  --loud                print more\n"
        "  --layers N            how many layers the model has; with every one "
        "it\n"
        "                        becomes slower (default 4, from 1 to 12)\n"
        "  --rate R              learning rate (default 0.5, at least 0.001)\n"
        "  --prompt TEXT         what to begin with\n"
        "                        and a second line\n"
        "  --act relu|gelu|silu  activation (default gelu)\n"
        "  --any-number-at-all N\n"
        "                        any (default 4)\n"
        "  --norm KIND           which norm comes before the layers of the "
        "model\n"
        "                        (default layer, one of layer, rms)\n"
        "\n"
        "Options of every program:\n"
        "  --quick               a short run whose output is always the same\n"
        "  --seed N              where the random numbers start (default 1)\n"
        "  --threads N           how many threads work; 0: one for each core "
        "(default 0,\n"
        "                        from 0 to 64)\n"
        "  --plots DIR           draw the plots into this directory\n"
        "  --data DIR            look for data in this directory first\n"
        "  --help                print this and exit\n";
    char got[4096];
    // The defaults are shown also when other values were given before.
    Program p = PROGRAM("--layers", "7", "--help");
    assert_int_equal(testing_outcome(parse_to_stderr, &p, got, sizeof got), 0);
    assert_string_equal(got, want);
    p = PROGRAM("--nonsense", "-h");
    assert_int_equal(testing_outcome(parse_to_stderr, &p, got, sizeof got), 0);
    assert_string_equal(got, want);
    p = PROGRAM("--help");
    p.act = -1; // nothing is chosen
    assert_int_equal(testing_outcome(parse_to_stderr, &p, got, sizeof got), 0);
    assert_non_null(strstr(got, "  activation\n"));
}

static void parse_twice_named(void *context)
{
    bool flag = false;
    const Option own[] = {{"quick", NULL, OPTION_FLAG, &flag, 0, 0, 0, ""},
                          {0}};
    signal(SIGABRT, SIG_DFL);
    cli_parse(1, (char *[]){context, NULL}, "", own, &(Run){0});
}

static void test_own_names(void **state)
{
    (void)state;
    char message[512], name[] = "x";
    int status = testing_outcome(parse_twice_named, name, message, 512);
    assert_int_equal(status, 128 + SIGABRT);
    assert_non_null(strstr(message, "--quick is an option of every program"));
}

// --- Ctrl-C -----------------------------------------------------------------

static void press_twice(void *context)
{
    (void)context;
    signal(SIGINT, SIG_DFL);
    if (interrupted())
        _exit(3);
    raise(SIGINT);
    if (!interrupted() || !interrupted())
        _exit(4);
    raise(SIGINT);
    _exit(5);
}

static void press_ignored(void *context)
{
    (void)context;
    signal(SIGINT, SIG_IGN);
    if (interrupted())
        _exit(3);
    raise(SIGINT);
    _exit(interrupted() ? 4 : 0);
}

// One press while it is watched for; then it is not, and the next one ends.
static void press_afterwards(void *pressed)
{
    signal(SIGINT, SIG_DFL);
    if (interrupted())
        _exit(3);
    if (pressed)
        raise(SIGINT);
    interrupt_at_once();
    raise(SIGINT);
    _exit(4);
}

// Watched for again after a time in which it was not.
static void press_anew(void *context)
{
    (void)context;
    signal(SIGINT, SIG_DFL);
    interrupted();
    raise(SIGINT);
    interrupt_at_once();
    if (interrupted())
        _exit(3);
    raise(SIGINT);
    _exit(interrupted() ? 0 : 4);
}

static void press_ignored_afterwards(void *context)
{
    (void)context;
    signal(SIGINT, SIG_IGN);
    interrupted();
    interrupt_at_once();
    raise(SIGINT);
    _exit(0);
}

static void test_interrupted(void **state)
{
    (void)state;
    static const char says[] =
        "cli_test: stops after this step; a second Ctrl-C ends it at once\n";
    char text[256];
    assert_int_equal(testing_outcome(press_twice, NULL, text, sizeof text),
                     128 + SIGINT);
    assert_string_equal(text, says); // the first says so, the second ends
    assert_int_equal(testing_outcome(press_ignored, NULL, text, sizeof text),
                     0);
    assert_string_equal(text, "");
}

static void test_interrupt_at_once(void **state)
{
    (void)state;
    char text[256], pressed[] = "x";
    assert_int_equal(testing_outcome(press_afterwards, NULL, text, 256),
                     128 + SIGINT);
    assert_string_equal(text, "");
    assert_int_equal(testing_outcome(press_afterwards, pressed, text, 256),
                     128 + SIGINT);
    assert_int_equal(testing_outcome(press_anew, NULL, text, 256), 0);
    assert_int_equal(testing_outcome(press_ignored_afterwards, NULL, text, 256),
                     0);
}

// --- data -------------------------------------------------------------------

static char top[512];

static const char *in_top(const char *path)
{
    static char full[1024];
    snprintf(full, sizeof full, "%s/%s", top, path);
    return full;
}

static void put(const char *path)
{
    char command[2400], *full = copy_text(in_top(path));
    snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s')\"", full);
    assert_int_equal(system(command), 0);
    text_write(full, "x\n", 2);
    free(full);
}

static void assert_found(const Run *run, const char *want)
{
    const char *got = data_path(run, "set", "a.txt");
    if (!got || strcmp(got, want) != 0)
        fail_msg("found %s, expected %s", got ? got : "nothing", want);
}

static void test_data_given(void **state)
{
    (void)state;
    char given[600], both[700], own[700];
    snprintf(given, sizeof given, "%s", in_top("given"));
    snprintf(both, sizeof both, "%s/set/a.txt", given);
    snprintf(own, sizeof own, "%s/a.txt", given);
    Run run = {.data = given};
    assert_null(data_path(&run, "set", "a.txt"));
    put("given/set/a.txt");
    assert_found(&run, both);
    assert_null(data_path(&run, "other", "a.txt"));
    put("given/a.txt"); // the directory of the set itself
    assert_found(&run, own);
    // One that is there and cannot be read is not missing: who opens it, says
    // why. (A link to itself cannot be read by anybody, not even by root.)
    assert_int_equal(unlink(own), 0);
    assert_int_equal(symlink("a.txt", own), 0);
    assert_found(&run, own);
    run.data = NULL;
    assert_null(data_path(&run, "set", "a.txt"));
}

// A program in TOP/build/bin finds TOP/data/cache from wherever it is started;
// started in the top, without looking for the program's place.
static void test_data_cache(void **state)
{
    (void)state;
    char program[600], command[1400], want[700];
    put("data/sources.tsv");
    put("data/cache/set/a.txt");
    put("build/bin/other");
    snprintf(program, sizeof program, "%s", in_top("build/bin/me"));
    char self[600] = "";
    assert_true(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    assert_int_equal(link(self, program), 0);
    snprintf(want, sizeof want, "%s", in_top("data/cache/set/a.txt"));
    snprintf(command, sizeof command, "cd / && test \"$('%s' find)\" = '%s'",
             program, want);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command,
             "cd '%s' && test \"$('%s' find)\" = data/cache/set/a.txt", top,
             self);
    assert_int_equal(system(command), 0);
}

static void missing(void *name)
{
    data_missing(name);
}

static void missing_from(void *program)
{
    parse(program);
    data_missing("mnist");
}

static void test_data_missing(void **state)
{
    (void)state;
    char name[] = "mnist";
    assert_dies(missing, name, 1, "is not here; run: make data NAME=mnist");
    Program p = PROGRAM("--data", "a/b");
    assert_dies(missing_from, &p, 1,
                "is not in a/b; without --data, run: make data NAME=mnist");
}

static int make_top(void **state)
{
    (void)state;
    char *full = realpath(testing_dir("cli"), NULL);
    snprintf(top, sizeof top, "%s", full);
    free(full);
    return 0;
}

static void test_shipped(void **state)
{
    (void)state;
    assert_int_equal(access(shipped_path("data/sources.tsv"), R_OK), 0);
    assert_string_equal(shipped_path("no/such/file"), "no/such/file");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "find") == 0) {
        const char *path = data_path(&(Run){0}, "set", "a.txt");
        puts(path ? path : "nothing");
        return 0;
    }
    // Else cli_parse would start this program anew, with all its tests.
    setenv("GOMP_SPINCOUNT", "1000", 0);
    // The threads last: LeakSanitizer takes what the parent's OpenMP threads
    // hold for lost in a child, and most tests here look at how a child ends.
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lost_output),
        cmocka_unit_test(test_misuse_of_its_own),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_misuse),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_own_names),
        cmocka_unit_test(test_interrupted),
        cmocka_unit_test(test_interrupt_at_once),
        cmocka_unit_test(test_data_given),
        cmocka_unit_test(test_data_cache),
        cmocka_unit_test(test_data_missing),
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, make_top, NULL);
}
