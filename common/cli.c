// The command line. One table of options, the shared ones and the program's
// own, is everything: getopt_long's table, the --help text and the messages
// are all made from it.
//
// Lifetime rule: texts that options point to are the words of argv, which live
// as long as the program.
#include "common/cli.h"

#include <errno.h>
#include <float.h>
#include <getopt.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/check.h"
#include "common/threads.h"

enum { MOST_OPTIONS = 64, FIRST_VALUE = 256, WIDTH = 79, MOST_LEFT = 24 };

// The shared options and the program's own in one list; a seed has 64 bits,
// more than an int, so it comes as a text and is read by read_seed.
typedef struct Table {
    Option option[MOST_OPTIONS];
    int n, shared; // the last `shared` of the n are the shared ones
    bool help;
    const char *seed;
} Table;

void cli_misuse(const char *format, ...)
{
    va_list args;
    const char *name = program_invocation_short_name;
    fflush(stdout);
    fprintf(stderr, "%s: ", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " (try: %s --help)\n", name);
    exit(2);
}

// At the end of the program: output that could not be written, to a full disk
// for example, is no success.
static void check_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return;
    fprintf(stderr, "%s: standard output cannot be written\n",
            program_invocation_short_name);
    _exit(1);
}

// --- reading values ---------------------------------------------------------

// True if every character of the text is one of `allowed`, and there is one.
static bool made_of(const char *text, const char *allowed)
{
    return *text && text[strspn(text, allowed)] == 0;
}

// An option's min and max say what is allowed; {0, 0} allows every number.
static bool has_range(const Option *o)
{
    return o->min != 0 || o->max != 0;
}

// The range in words, "from 1 to 8", "at least 1"; "" if there is none.
static const char *range_text(const Option *o, char to[64])
{
    bool open = o->kind == OPTION_INT ? o->max >= INT_MAX : o->max >= FLT_MAX;
    to[0] = 0;
    if (has_range(o) && open)
        snprintf(to, 64, "at least %.9g", o->min);
    else if (has_range(o))
        snprintf(to, 64, "from %.9g to %.9g", o->min, o->max);
    return to;
}

static void check_range(const Option *o, double value, const char *text)
{
    char range[64];
    if (has_range(o) && (value < o->min || value > o->max))
        cli_misuse("--%s must be %s, not %s", o->name, range_text(o, range),
                   text);
}

static void read_int(const Option *o, const char *text)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (!made_of(text, "+-0123456789") || *end || end == text)
        cli_misuse("--%s needs a whole number, not '%s'", o->name, text);
    check_range(o, (double)value, text);
    if (errno || value < INT_MIN || value > INT_MAX)
        cli_misuse("--%s: %s is too large", o->name, text);
    *(int *)o->target = (int)value;
}

static void read_float(const Option *o, const char *text)
{
    char *end;
    double value = strtod(text, &end);
    if (!made_of(text, "+-.eE0123456789") || *end || end == text)
        cli_misuse("--%s needs a number, not '%s'", o->name, text);
    check_range(o, value, text);
    if (fabs(value) > FLT_MAX)
        cli_misuse("--%s: %s is too large", o->name, text);
    *(float *)o->target = (float)value;
}

static void read_seed(const char *text, uint64_t *seed)
{
    if (!made_of(text, "0123456789"))
        cli_misuse("--seed needs a whole number, not '%s'", text);
    errno = 0;
    *seed = strtoull(text, NULL, 10);
    if (errno)
        cli_misuse("--seed: %s is too large", text);
}

static void read_choice(const Option *o, const char *text)
{
    size_t length = strlen(text);
    int place = 0;
    for (const char *w = o->words; *w; place++) {
        size_t n = strcspn(w, "|");
        if (n == length && memcmp(w, text, n) == 0) {
            *(int *)o->target = place;
            return;
        }
        w += n + (w[n] == '|');
    }
    cli_misuse("--%s must be one of %s, not '%s'", o->name, o->words, text);
}

// The option whose whole name is written in `word` as --NAME, or NULL.
static const Option *named(const Table *t, const char *word)
{
    for (int i = 0; i < t->n; i++)
        if (strncmp(word, "--", 2) == 0 &&
            strcmp(word + 2, t->option[i].name) == 0)
            return &t->option[i];
    return NULL;
}

static void read_value(const Table *t, const Option *o, const char *text)
{
    // `--plots --quick` forgot the directory.
    if (text && named(t, text))
        cli_misuse("--%s needs %s", o->name, o->argument);
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)o->target = true;
        break;
    case OPTION_INT:
        read_int(o, text);
        break;
    case OPTION_FLOAT:
        read_float(o, text);
        break;
    case OPTION_TEXT:
        *(const char **)o->target = text;
        break;
    case OPTION_CHOICE:
        read_choice(o, text);
        break;
    }
}

// --- help -------------------------------------------------------------------

// The words of a choice: "one of relu, gelu, silu".
static void words_text(const char *words, char *to, size_t size)
{
    int n = snprintf(to, size, "one of ");
    for (; *words && n + 3 < (int)size; words++)
        n += snprintf(to + n, size - n, *words == '|' ? ", " : "%c", *words);
}

// What is in force without the option, and what is allowed: " (default 4, from
// 1 to 12)"; "" if there is nothing to say.
static const char *default_text(const Option *o, char to[640])
{
    char value[128] = "", range[480] = "";
    if (o->kind == OPTION_INT)
        snprintf(value, sizeof value, "%d", *(int *)o->target);
    if (o->kind == OPTION_FLOAT)
        snprintf(value, sizeof value, "%g", (double)*(float *)o->target);
    if (o->kind == OPTION_TEXT && *(const char **)o->target)
        snprintf(value, sizeof value, "%s", *(const char **)o->target);
    if (o->kind == OPTION_CHOICE && *(int *)o->target >= 0) {
        const char *w = o->words;
        for (int i = 0; i < *(int *)o->target; i++)
            w += strcspn(w, "|") + 1;
        snprintf(value, sizeof value, "%.*s", (int)strcspn(w, "|"), w);
    }
    if (o->kind == OPTION_INT || o->kind == OPTION_FLOAT)
        range_text(o, range);
    if (o->kind == OPTION_CHOICE && o->argument) // else left_text has them
        words_text(o->words, range, sizeof range);
    to[0] = 0;
    if (value[0] || range[0])
        snprintf(to, 640, " (%s%s%s%s)", value[0] ? "default " : "", value,
                 value[0] && range[0] ? ", " : "", range);
    return to;
}

// "--layers N", "--act relu|gelu".
static int left_text(const Option *o, char to[256])
{
    const char *what =
        o->kind == OPTION_CHOICE && !o->argument ? o->words : o->argument;
    return snprintf(to, 256, "  --%s%s%s", o->name, what ? " " : "",
                    what ? what : "");
}

// Prints text from column `at` on, breaking lines before the right edge so
// that they continue in column `left`; "\n" in the text breaks too.
static void print_wrapped(const char *text, int at, int left)
{
    while (*text) {
        int n = (int)strcspn(text, " \n");
        if (at > left && at + 1 + n > WIDTH) {
            printf("\n%*s", left, "");
            at = left;
        } else if (at > left) {
            putchar(' ');
            at++;
        }
        at += printf("%.*s", n, text);
        text += n;
        if (*text == '\n') {
            printf("\n%*s", left, "");
            at = left;
        }
        text += *text != 0;
    }
    putchar('\n');
}

static void print_option(const Option *o, int left)
{
    char name[256], extra[640], text[1024];
    int n = left_text(o, name);
    printf("%s", name);
    if (n + 2 > left) {
        putchar('\n');
        n = 0;
    }
    printf("%*s", left - n, "");
    snprintf(text, sizeof text, "%s%s", o->help ? o->help : "",
             default_text(o, extra));
    print_wrapped(text, left, left);
}

static _Noreturn void print_help(const Table *t, const char *about)
{
    char name[256];
    int left = 0, own = t->n - t->shared;
    for (int i = 0; i < t->n; i++) {
        int n = left_text(&t->option[i], name) + 2;
        if (n > left && n <= MOST_LEFT)
            left = n;
    }
    printf("Usage: %s [OPTION]...\n\n%s%s\n", program_invocation_short_name,
           about, *about && about[strlen(about) - 1] == '\n' ? "" : "\n");
    if (own)
        printf("Options of this program:\n");
    for (int i = 0; i < own; i++)
        print_option(&t->option[i], left);
    printf("%sOptions of every program:\n", own ? "\n" : "");
    for (int i = own; i < t->n; i++)
        print_option(&t->option[i], left);
    exit(0);
}

// --- parsing ----------------------------------------------------------------

static const char *data_given; // what --data said, for data_missing

static void fill_table(Table *t, const Option *own, Run *run)
{
    const Option shared[] = {
        {"quick", NULL, OPTION_FLAG, &run->quick, 0, 0, NULL,
         "a short run whose output is always the same"},
        {"seed", "N", OPTION_TEXT, &t->seed, 0, 0, NULL,
         "where the random numbers start"},
        {"threads", "N", OPTION_INT, &run->threads, 0, THREADS_MOST, NULL,
         "how many threads work; 0: one for each core"},
        {"plots", "DIR", OPTION_TEXT, &run->plots, 0, 0, NULL,
         "draw the plots into this directory"},
        {"data", "DIR", OPTION_TEXT, &run->data, 0, 0, NULL,
         "look for data in this directory first"},
        {"help", NULL, OPTION_FLAG, &t->help, 0, 0, NULL,
         "print this and exit"},
    };
    t->shared = sizeof shared / sizeof *shared;
    for (; own && own->name; own++) {
        check(t->n + t->shared < MOST_OPTIONS, "too many options");
        for (int i = 0; i < t->shared; i++)
            check(strcmp(own->name, shared[i].name) != 0,
                  "--%s is an option of every program", own->name);
        t->option[t->n++] = *own;
    }
    memcpy(t->option + t->n, shared, sizeof shared);
    t->n += t->shared;
}

// getopt_long has refused argv[optind - 1]: why?
static _Noreturn void refuse(const Table *t, char **argv)
{
    const char *word = argv[optind - 1];
    size_t n = strcspn(word, "=");
    if (optopt >= FIRST_VALUE)
        cli_misuse("--%s takes no value", t->option[optopt - FIRST_VALUE].name);
    if (optopt)
        cli_misuse("unknown option -%c", optopt);
    for (int i = 0; n > 2 && i < t->n; i++)
        if (strncmp(word + 2, t->option[i].name, n - 2) == 0)
            cli_misuse("%.*s could be several options", (int)n, word);
    cli_misuse("unknown option %.*s", (int)n, word);
}

// Does the command line ask for help? Asked before any value is read, so that
// --help shows the defaults, whatever else is said.
static bool asks_help(int argc, char **argv, const struct option *list)
{
    optind = 0; // from the start, also when a test parses twice
    opterr = 0;
    for (int c, at; (c = getopt_long(argc, argv, ":h", list, &at)) != -1;)
        if (c == 'h' ||
            (c >= FIRST_VALUE && strcmp(list[at].name, "help") == 0))
            return true;
    return false;
}

// Threads that wait for others spin before they sleep. How long, GNU's OpenMP
// reads from the environment before main begins: hence the program starts
// itself once more. (Its own choice, milliseconds, suits a machine with nothing
// else to do; where others compute too, it is up to ten times slower.)
static void wait_shortly(char **argv)
{
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
        return;
    setenv("GOMP_SPINCOUNT", "1000", 1);
    execv("/proc/self/exe", argv); // if it fails, we go on as we are
}

void cli_parse(int argc, char **argv, const char *about, const Option *own,
               Run *run)
{
    static bool checks;
    wait_shortly(argv);
    if (!checks)
        checks = atexit(check_output) == 0;
    Table t = {.seed = "1"};
    struct option list[MOST_OPTIONS + 1] = {{0}};
    *run = (Run){0};
    fill_table(&t, own, run);
    for (int i = 0; i < t.n; i++) {
        bool flag = t.option[i].kind == OPTION_FLAG;
        list[i] = (struct option){t.option[i].name,
                                  flag ? no_argument : required_argument, NULL,
                                  FIRST_VALUE + i};
    }
    if (asks_help(argc, argv, list))
        print_help(&t, about);
    optind = 0;
    for (int c; (c = getopt_long(argc, argv, ":h", list, NULL)) != -1;) {
        if (c == '?')
            refuse(&t, argv);
        const Option *o = &t.option[(c == ':' ? optopt : c) - FIRST_VALUE];
        if (c == ':')
            cli_misuse("--%s needs %s", o->name,
                       o->argument ? o->argument : o->words);
        read_value(&t, o, optarg);
    }
    if (optind < argc)
        cli_misuse("'%s' is not an option", argv[optind]);
    if ((run->plots && !*run->plots) || (run->data && !*run->data))
        cli_misuse("--%s needs DIR",
                   run->plots && !*run->plots ? "plots" : "data");
    data_given = run->data;
    read_seed(t.seed, &run->seed);
    if (run->threads > 0)
        threads_set(run->threads);
}

// --- Ctrl-C -----------------------------------------------------------------

static volatile sig_atomic_t asked_to_stop;
static bool watching;
static char stopping[256]; // what the first Ctrl-C says; made before it comes

// A step can take minutes: whoever waits should know for what.
static void on_interrupt(int signal_number)
{
    const int before = errno;
    (void)signal_number;
    asked_to_stop = 1;
    ssize_t n = write(STDERR_FILENO, stopping, strlen(stopping));
    (void)n; // if it cannot be said, it still stops
    errno = before;
}

bool interrupted(void)
{
    if (!watching) {
        // On a terminal the line may stand on a progress bar: clear the rest.
        const bool terminal = isatty(STDERR_FILENO);
        snprintf(stopping, sizeof stopping,
                 "%s%.100s: stops after this step; a second Ctrl-C ends it at "
                 "once%s\n",
                 terminal ? "\r" : "", program_invocation_short_name,
                 terminal ? "\033[K" : "");
        // Reset by the first signal: the second one ends the program. Where
        // Ctrl-C is ignored (nohup, a job in the background) it stays so.
        struct sigaction action = {.sa_flags = (int)SA_RESETHAND | SA_RESTART},
                         old;
        action.sa_handler = on_interrupt;
        sigemptyset(&action.sa_mask);
        sigaction(SIGINT, NULL, &old);
        if (old.sa_handler != SIG_IGN)
            sigaction(SIGINT, &action, NULL);
        watching = true;
    }
    return asked_to_stop;
}

void interrupt_at_once(void)
{
    struct sigaction old;
    fflush(stdout); // a program that is ended loses what it has not written
    sigaction(SIGINT, NULL, &old);
    if (old.sa_handler == on_interrupt)
        signal(SIGINT, SIG_DFL);
    watching = false;
    asked_to_stop = 0;
}

// --- data -------------------------------------------------------------------

enum { PATH_SIZE = 4096 };

// Writes the path into `to` and says whether there is such a file. One that
// cannot be read is there: who opens it says why.
__attribute__((format(printf, 2, 3))) static bool
is_there(char to[PATH_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to, PATH_SIZE, format, args);
    va_end(args);
    return n > 0 && n < PATH_SIZE &&
           (access(to, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR));
}

// The repository's top: the nearest directory above the program that has
// data/sources.tsv; "." if there is none.
static void find_top(char top[PATH_SIZE])
{
    char probe[PATH_SIZE];
    ssize_t n = readlink("/proc/self/exe", top, PATH_SIZE - 1);
    top[n > 0 ? n : 0] = 0;
    for (char *slash; (slash = strrchr(top, '/'));) {
        *slash = 0;
        if (is_there(probe, "%s/data/sources.tsv", top))
            return;
    }
    strcpy(top, ".");
}

const char *data_path(const Run *run, const char *name, const char *file)
{
    static char path[PATH_SIZE];
    char top[PATH_SIZE];
    if (run->data) // who names a directory means that one
        return is_there(path, "%s/%s", run->data, file) ||
                       is_there(path, "%s/%s/%s", run->data, name, file)
                   ? path
                   : NULL;
    if (is_there(path, "data/cache/%s/%s", name, file))
        return path;
    find_top(top);
    return is_there(path, "%s/data/cache/%s/%s", top, name, file) ? path : NULL;
}

const char *shipped_path(const char *file)
{
    static char path[PATH_SIZE];
    char top[PATH_SIZE];
    if (is_there(path, "%s", file))
        return path;
    find_top(top);
    return is_there(path, "%s/%s", top, file) ? path : file;
}

_Noreturn void data_missing(const char *name)
{
    if (data_given)
        die("the data set %s is not in %s; without --data, run: make data "
            "NAME=%s",
            name, data_given, name);
    die("the data set %s is not here; run: make data NAME=%s", name, name);
}
