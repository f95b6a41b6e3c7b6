#!/usr/bin/env bash
# proofs.sh BUILD [NN-name]: proves for every exercise (of one chapter) that it
# is what the course promises: the stub compiles without a warning and fails by
# an assertion, the solution passes, the two differ only inside the gap, there
# are hints, the chapter's text names it, and no file lies about that belongs
# to nothing.
#
# The stub is the one kept in solutions/: what a learner does to exercises/ is
# not judged here (make test-exercises does that).
set -u
export BUILD=$1
source exercises/tools/lib.sh
chapter=${2:-[0-9][0-9]-*}

# say OK? WHAT: one line of the protocol of common/run_tests.sh.
say() {
    if [ "$1" -eq 0 ]; then echo "ok $2"; else echo "not ok $2"; fi
}

# A gap opens with TODO (or, in the solution, SOLUTION) and closes with END.
gap() {
    local stub=solutions/$1.stub solution=solutions/$1.c
    local open='^[ 	]*// '
    diff <(outside "$stub") <(outside "$solution")
    say $? "$1: stub and solution differ only inside the gap"
    outside "$stub" | grep -q '^(the gap)$' &&
        ! outside "$stub" | grep -E '^\((END without|a gap without)' &&
        ! grep -nE "${open}SOLUTION" "$stub" &&
        ! grep -nE "${open}TODO" "$solution" &&
        ! cmp -s "$stub" "$solution"
    say $? "$1: each gap goes from TODO, or SOLUTION, to END"
    heading "$1" | grep -qE '[a-z].* \([^()]*(minute|hour|evening)[^()]*\)$'
    say $? "$1: its first line is // Title (time)"
}

told() {
    local count name
    count=$(awk -v name="${1#*/}" '/^## / { on = $2 == name; next }
        on && /^[0-9]+\. / { n++ } END { print n + 0 }' \
        "exercises/${1%/*}/hints.md" 2> /dev/null)
    [ "${count:-0}" -ge 2 ] && [ "$count" -le 3 ]
    say $? "$1: it has two or three hints (${count:-0} found)"
    name=exercise-$(number "$1")
    grep -qE "$name([^0-9]|\$)" "book/${1%/*}.md" 2> /dev/null
    say $? "$1: book/${1%/*}.md names make $name"
}

# What the compiler and the test said about version $1 (stub or solution).
ran() {
    local base=$build/exercises/$1/$2 object now
    for object in "$base" "$build/exercises/test/$2"; do
        [ -s "$object.o.said" ] && cat "$object.o.said"
    done
    ! [ -s "$base.o.said" ] && ! [ -s "$build/exercises/test/$2.o.said" ]
    say $? "$2: the $1 compiles without a warning"
    now=$(verdict "$1" "$2")
    if [ "$now" != "$3" ] && [ -f "$base.log" ]; then
        awk -v whole="$base.log" -v most=6 -f exercises/tools/words.awk \
            "$base.log" | grep -v '^  ok'
    fi
    [ "$now" = "$3" ]
    say $? "$2: the $1 $3 (here: $now)"
}

prove() {
    local it=$1 part
    for part in exercises/$it.c solutions/$it.c solutions/$it.stub; do
        [ -f "$part" ] && continue
        echo "not ok $it: $part is missing"
        [ "$part" = "exercises/$it.c" ] || return
    done
    gap "$it"
    told "$it"
    ran stub "$it" fails
    ran solution "$it" passes
}

# Every file belongs to an exercise that has a test. What editors leave behind
# does not count.
stray() {
    local path it bad=0
    while read -r path; do
        it=${path#*/}
        case $path in
        exercises/tools/* | exercises/README.md | exercises/*/hints.md) continue ;;
        exercises/*_test.c) it=${it%_test.c} ;;
        exercises/*.[ch] | solutions/*.c | solutions/*.stub) it=${it%.*} ;;
        *) it=none ;;
        esac
        [[ $it = [0-9][0-9]-*/[0-9]* ]] && [ -f "exercises/${it}_test.c" ] &&
            continue
        echo "$path"
        bad=1
    done < <(find exercises/ solutions/ -type f ! -name '.*' ! -name '*~' \
        ! -name '#*' ! -name '*.orig' ! -name '*.rej' ! -name '*.bak')
    say $bad "every file of exercises and solutions belongs to an exercise"
    bad=0
    while IFS=: read -r path it; do
        [ -f "${path%/*}/${it#\#\# }_test.c" ] && continue
        echo "$path: $it"
        bad=1
    done < <(grep -sH '^## ' exercises/*/hints.md)
    say $bad "every hint belongs to an exercise"
}

# Chapters have exercises 1, 2, 3, ... each once.
counted() {
    local dir n
    for dir in exercises/$chapter; do
        [ -d "$dir" ] || continue
        n=$(list "${dir#*/}" | wc -l)
        [ "$(list "${dir#*/}" | sed 's,.*/\([0-9]*\)_.*,\1,' | sort -n | xargs)" = \
            "$(seq "$n" | xargs)" ] && [ -d "chapters/${dir#*/}" ]
        say $? "${dir#*/}: a chapter, with exercises from 1 to $n"
    done
}

targets=()
for it in $(list "$chapter"); do
    for kind in stub solution; do
        rm -f "$build/exercises/$kind/$it.verdict"
        [ -f "solutions/$it.stub" ] && [ -f "solutions/$it.c" ] &&
            targets+=("$build/exercises/$kind/$it.verdict")
    done
done
mkdir -p "$build/exercises"
[ ${#targets[@]} -eq 0 ] || quiet_make "${targets[@]}"
for it in $(list "$chapter"); do
    prove "$it"
done
counted
stray
changed=$(edited $(list "$chapter") | while read -r it; do number "$it"; done |
    xargs)
[ -z "$changed" ] ||
    echo "skip your own $changed: make test-exercises judges them"
