// The command line, in one voice for all programs: getopt_long underneath,
// --help made from the table of options, exit status 2 with a hint on misuse.
#ifndef COMMON_CLI_H
#define COMMON_CLI_H

#include <stdbool.h>
#include <stdint.h>

// What every program of the course understands.
typedef struct Run {
    bool quick;        // --quick: short, and deterministic on standard output
    uint64_t seed;     // --seed N
    int threads;       // --threads N; 0: one a core
    const char *plots; // --plots DIR, or NULL: draw no plots
    const char *data;  // --data DIR, or NULL
} Run;

typedef enum OptionKind {
    OPTION_FLAG,   // bool *target becomes true
    OPTION_INT,    // int *target
    OPTION_FLOAT,  // float *target
    OPTION_TEXT,   // const char **target
    OPTION_CHOICE, // int *target becomes the place of the word in `words`
} OptionKind;

// One option of a program's own; a table of them ends with {0}. The value that
// *target has before cli_parse is the default and is shown in --help.
typedef struct Option {
    const char *name;     // "layers" for --layers
    const char *argument; // "N", "FILE"; NULL for a flag
    OptionKind kind;
    void *target;
    double min, max;   // for numbers: the range allowed
    const char *words; // for a choice: "relu|gelu|silu"
    const char *help;  // one line, or several
} Option;

// Reads the command line into *run and the targets. `about` says in a few
// lines what the program does and shows. --help prints it and exits with 0; an
// unknown option, a bad number or a stray word prints one line and a hint, and
// exits with 2. Sets the number of threads. When the program ends and not all
// of its standard output could be written, it says so and exits with 1.
void cli_parse(int argc, char **argv, const char *about, const Option *own,
               Run *run);

// For what only the program can know (two options that exclude each other):
// prints "PROGRAM: MESSAGE (try: PROGRAM --help)" and exits with 2.
_Noreturn void cli_misuse(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

// From the first call on, Ctrl-C no longer ends the program: it makes this
// return true, so that a training can save and say so; a line on standard error
// says at once that it will. A second Ctrl-C ends the program at once.
bool interrupted(void);

// The end of what can be stopped: Ctrl-C ends the program at once again, until
// interrupted is called anew. One that came before has been acted upon and is
// forgotten.
void interrupt_at_once(void);

// The path of a file of the real data set `name` ("mnist"): in run->data if
// that is given, as FILE or NAME/FILE, else where `make data NAME=name` puts
// it. NULL if it is not there. The result lives until the next call.
const char *data_path(const Run *run, const char *name, const char *file);

// The path of a file that the course ships, "data/faq/course.tsv": as seen from
// here, else from the course's folder, in which the program lies. The result
// lives until the next call.
const char *shipped_path(const char *file);

// Dies with the one line that says how to get it, "run: make data NAME=mnist",
// or that it is not where --data said.
_Noreturn void data_missing(const char *name);

#endif
