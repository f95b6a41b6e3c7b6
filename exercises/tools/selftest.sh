#!/usr/bin/env bash
# selftest.sh BUILD: tests the machinery of the exercises itself, on a small
# tree of its own with one chapter. One exercise of it is right; every other
# one is broken in a way of its own, and proofs.sh must say so. Then it goes
# through what a learner does with the right one.
set -u
real=$(realpath "$1")
top=$PWD
make=${MAKE:-make}
export BUILD=build EXERCISE_SECONDS=8
unset MINE ALL ARGS
unset MAKEFLAGS MFLAGS WERROR # what this make was told is not for those below

# ask OK? WHAT: one line of the protocol; if it went wrong, what there was.
ask() {
    if [ "$1" -eq 0 ]; then
        echo "ok $2"
    else
        printf '%s\n' "$out" | tail -n 25 | sed 's/^/    /'
        echo "not ok $2"
    fi
}
# has WHAT WORDS: $out has a line with these words (a regular expression).
has() {
    grep -qE -- "$2" <<< "$out"
    ask $? "$1"
}
lacks() {
    ! grep -qE -- "$2" <<< "$out"
    ask $? "$1"
}
# learn TARGET...: what the learner sees; $status is the exit status.
learn() {
    out=$("$make" --no-print-directory BUILD=build "$@" 2>&1)
    status=$?
}

# --- the tree ---------------------------------------------------------------

rm -rf "$real/selftest"
mkdir -p "$real/selftest" && cd "$real/selftest" || exit 1
mkdir -p exercises/99-doubles solutions/99-doubles chapters/99-doubles book \
    build/fast build/san "$real/fast/common" "$real/san/common"
ln -s "$top/Makefile" "$top/common" .
ln -s "$top/exercises/tools" exercises/tools
ln -s "$real/fast/common" build/fast/common
ln -s "$real/san/common" build/san/common
"$make" -s BUILD="$real" "$real/flags" && cp -p "$real/flags" build

cat > chapters/99-doubles/twice.h << 'END'
// The double of a number.
int twice(int x);
END
cat > chapters/99-doubles/twice.c << 'END'
#include "99-doubles/twice.h"

int twice(int x)
{
    return x + x;
}
END
cat > chapters/99-doubles/main.c << 'END'
#include "99-doubles/twice.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    printf("twice %d is %d%s\n", argc + 20, twice(argc + 20), argv[argc - 1]);
}
END

# exercise NAME: a right one, to be broken by whoever called.
exercise() {
    local at=exercises/99-doubles/$1 solution=solutions/99-doubles/$1
    cat > "$solution.c" << 'END'
// Doubling a number (5 minutes)
//
// Write a function that returns the double of x.
#include "99-doubles/twice.h"

int twice(int x)
{
    // SOLUTION
    return 2 * x;
    // END
}
END
    sed -e 's/SOLUTION/TODO: return the double/' -e 's/2 \* x/x/' \
        "$solution.c" > "$solution.stub"
    cat > "${at}_test.c" << 'END'
#include "99-doubles/twice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_stays_nothing(void **state)
{
    (void)state;
    assert_int_equal(twice(0), 0);
}

static void three_becomes_six(void **state)
{
    (void)state;
    if (twice(3) != 6)
        fail_msg("twice(3) is 6, your function returns %d", twice(3));
    assert_int_equal(twice(-3), -6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_stays_nothing),
        cmocka_unit_test(three_becomes_six),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
END
    printf '## %s\n\n1. Think of a sum.\n2. Of x and x.\n\n' "${1}" \
        >> exercises/99-doubles/hints.md
    echo "Do \`make exercise-99-${1%%_*}\`." >> book/99-doubles.md
    broken=solutions/99-doubles/$1
}
# change WHERE FROM TO
change() {
    sed -i "s|$2|$3|" "$1"
}
# Each line: NAME, WORDS that proofs.sh must say. After it, how it is broken.
wanted=()
broken() {
    exercise "$1"
    wanted+=("$1: $2")
}

exercise 1_right
broken 2_crash 'the stub fails .here: crashes'
change "$broken.stub" 'return x;' 'int raise(int); return raise(11);'
broken 3_hang 'the stub fails .here: hangs'
change "$broken.stub" 'return x;' 'for (volatile int i = 0;;) x = i;'
broken 4_syntax 'the stub fails .here: does not compile'
change "$broken.stub" 'return x;' 'return x'
broken 5_solved 'the stub fails .here: passes'
change "$broken.stub" 'return x;' 'return x + x;'
broken 6_wrong 'the solution passes .here: fails'
change "$broken.c" '2 [*] x' '3 * x'
broken 7_differs 'stub and solution differ only inside the gap'
change "$broken.c" '^// Write' '// Please write'
broken 8_hints 'it has two or three hints .1 found'
change exercises/99-doubles/hints.md '^## 8_hints' '## 8_hints\n\n1. Hm.\n\n## 8_gone'
broken 9_warning 'the stub compiles without a warning'
change "$broken.stub" 'return x;' 'int y; return x;'
broken 10_unnamed 'book/99-doubles.md names'
change book/99-doubles.md 'exercise-99-10' 'exercise-99-100'
broken 11_bounds 'the stub fails .here: is stopped by a sanitizer'
change "$broken.stub" 'return x;' 'return (\&x)[1 - x];'
broken 12_leak 'the solution passes .here: leaks'
change "$broken.c" 'return 2' \
    'void *volatile p; for (int i = 0; i < 9; i++) p = malloc(9); return 2'
change "$broken.c" 'int twice' '#include <stdlib.h>\n\nint twice'
change "$broken.stub" 'int twice' '#include <stdlib.h>\n\nint twice'
broken 13_abort 'the stub fails .here: crashes'
change "$broken.stub" 'return x;' 'void abort(void); abort();'
broken 14_time 'its first line is // Title'
change "$broken.stub" ' (5 minutes)' ''
change "$broken.c" ' (5 minutes)' ''
broken 15_stub 'solutions/99-doubles/15_stub.stub is missing'
rm "$broken.stub"
broken 16_open 'each gap goes from TODO, or SOLUTION, to END'
change "$broken.stub" '// END' ''
change "$broken.c" '// END' ''
broken 17_exit 'the stub fails .here: crashes'
change "$broken.stub" 'return x;' 'void exit(int); exit(0);'
for path in solutions/99-doubles/*.stub; do
    name=$(basename "$path" .stub)
    cp "$path" "exercises/99-doubles/$name.c"
done
cp exercises/99-doubles/1_right.c exercises/99-doubles/15_stub.c
touch exercises/99-doubles/1_right.c~ exercises/99-doubles/notes.txt \
    solutions/99-doubles/30_nothing.c

# --- the proofs -------------------------------------------------------------

out=$("$make" --no-print-directory -s BUILD=build build/san/course.a 2>&1)
out=$(bash exercises/tools/proofs.sh build)
proved=$out
lacks "a right exercise is found right" '^not ok 99-doubles/1_right'
for line in "${wanted[@]}"; do
    has "caught: $line" "^not ok 99-doubles/$line"
done
for kind in 'a file that belongs nowhere|exercises/.*/notes.txt' \
    'a solution without exercise|solutions/.*/30_nothing.c' \
    'a hint without exercise|hints.md: ## 8_gone'; do
    has "caught: ${kind%|*}" "${kind#*|}"
done
lacks "what editors leave behind is no stray file" '1_right.c~'
# And nothing else was found wrong with what is broken in one way only.
out=$(grep '^not ok' <<< "$proved" | grep -E '/(5|6|7|8|9|10)_' |
    sort | uniq -c)
[ "$(grep -c . <<< "$out")" -eq 6 ]
ask $? "what is broken in one place is found wrong in one place"

# --- the learner ------------------------------------------------------------

rm */99-doubles/{3..17}_*
mine=exercises/99-doubles/1_right.c
stub=solutions/99-doubles/1_right.stub
solution=solutions/99-doubles/1_right.c
learn exercises
has "make exercises lists title and time" \
    '^99-1 +untouched +Doubling a number +5 minutes$'
learn exercise-99-1
has "a failing test says so in words" '^  FAILED  three becomes six$'
has "... with the numbers" 'twice.3. is 6, your function returns 3$'
has "... and where" "exercises/99-doubles/1_right_test.c:[0-9]+$"
[ "$(tail -n 1 <<< "$out") $status" = "next: make hint-99-1 0" ]
ask $? "... and ends with what comes next"

learn hint-99-1
has "the first hint" '^1. Think of a sum.$'
lacks "... and not yet the second" '^2.'
learn hint-99-1
has "the second hint" '^2. Of x and x.$'
rm -rf build/hints
learn hint-99-1 ALL=1
has "ALL=1 shows all hints" '^2. Of x and x.$'

sed 's/return x;/return x/' $stub > $mine
learn exercise-99-1
has "a syntax error is shown" "$mine:[0-9]+:[0-9]+: error"
sed 's/return x;/return 3 * x;/' $stub > $mine
learn test-exercises
has "make test-exercises counts" '^0 done, 1 failing, 1 untouched$'
[ $status -ne 0 ]
ask $? "... and its exit status says that one fails"
learn run-99 MINE=1
has "what does not pass is not used" 'the course.s own is used$'
has "... and the course's runs" 'twice 21 is 42'
out=$(bash exercises/tools/proofs.sh build 99-doubles)
lacks "the proofs do not judge the learner" '^not ok 99-doubles/1_right'
has "... and say so" '^skip your own .*99-1'

sed 's/return x;/for (;;) puts("");/; s/#incl/#include <stdio.h>\n&/' $stub > $mine
EXERCISE_SECONDS=2 learn exercise-99-1
has "a loop without an end is stopped" 'is there a loop that does not end'
sed 's/return x;/int *volatile p = malloc(4); return p[x];/
    s/#incl/#include <stdlib.h>\n&/' $stub > $mine
learn exercise-99-1
has "an address error says what and where" 'AddressSanitizer: heap-buffer-overflow$'
has "... in the learner's file" "$mine:[0-9]+:  int .volatile p"

sed 's/return 2/puts("mine");\n    return 2/; s/#incl/#include <stdio.h>\n&/' \
    $solution > $mine
learn exercise-99-1
has "a solved exercise is praised quietly" '^Done: it passes'
has "... what to try is said" '^try:  make run-99 MINE=1, .* your twice$'
has "... and what comes next" '^next: make exercise-99-2, Doubling a number$'
learn run-99 MINE=1 ARGS=!
has "the program says what is the learner's" '^yours: twice .exercise-99-1.$'
has "... and uses it" '^mine$'
has "... and hands on the options" 'twice 22 is 44!$'
learn run-99 MINE=99-2
has "only the exercises asked for are used" '^nothing of yours is in it'
learn run-99 MINE=all
has "MINE=all asks for all up to this chapter" '^yours: twice'
learn run-99
lacks "without MINE the course's own runs" 'mine'
learn progress
has "make progress shows a bar" \
    '^99-doubles +.#+[.]+. +1 of 2 +done 1 +untouched 2$'

cp $mine build/mine.c
mv $solution build/solution.c
learn exercise-99-1
has "without the solution it is graded" '^Done: it passes.$'
learn hint-99-1 ALL=1
has "... and no answer is promised" '^.no more hints.$'
mv build/solution.c $solution
sed 's/return x;/return 4 * x;/' $stub > build/older.c
touch -d '2 days ago' build/older.c
cp -p build/older.c $mine
learn test-exercises
has "an older file that was handed in is graded itself" '^0 done, 1 failing'
learn exercise-99-1
has "... also alone" 'your function returns 12$'
cp build/mine.c $mine
touch -d '1 day ago' $mine
learn run-99 MINE=1
has "... and used itself" '^mine$'
learn reset-99-1
kept=$(sed -n 's/^your version is kept in //p' <<< "$out")
cmp -s "${kept:-none}" build/mine.c
ask $? "reset keeps the learner's version"
cmp -s $mine $stub
ask $? "... and brings back the stub"
learn reset-99-1
has "... once" 'as it came; nothing was done'
mkdir -p other/backup other/fast
learn clean BUILD=other
[ -d other/backup ] && [ ! -d other/fast ]
ask $? "make clean keeps it too"
learn exercise-99-77
has "there is no exercise 77" 'there is no exercise 99-77'
[ $status -ne 0 ]
ask $? "... and the exit status says so"

# Job control, because without it a job in the background never sees Ctrl-C.
set -m
bash exercises/tools/exercises.sh watch 99-1 > build/watched 2>&1 &
set +m
# watched WHAT WORDS: they appear within 20 seconds.
watched() {
    for _ in {1..100}; do
        grep -qE "$2" build/watched && break
        sleep 0.2
    done
    out=$(cat build/watched)
    has "$1" "$2"
}
watched "watch tests at once" '^next: make hint-99-1'
cp $solution $mine
watched "... and again when the file was saved" '^Done: it passes'
kill -INT -- -$!
sleep 2
! kill -KILL -- -$! 2> /dev/null && wait $!
ask $? "... until Ctrl-C"
rm -rf "$real/selftest"
