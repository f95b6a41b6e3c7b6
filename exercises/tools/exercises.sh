#!/usr/bin/env bash
# exercises.sh VERB ...: what a learner asks for; `make` calls it so:
#   list                make exercises          try NN-K     make exercise-NN-K
#   progress            make progress           hint NN-K    make hint-NN-K
#   all                 make test-exercises     watch NN-K   make watch-NN-K
#   run NN-name ARG...  make run-NN MINE=1      reset NN-K   make reset-NN-K
#   stubs               make stubs
# Status 1: a learner's exercise does not pass. Status 2: misuse.
set -u
source exercises/tools/lib.sh

# Says in words how the learner's version of exercise $1 fared.
show() {
    local it=$1 base=$build/exercises/mine/$1 said
    said=$(cat "$base.o.said" "$build/exercises/test/$it.o.said" 2> /dev/null)
    case $(verdict mine "$it") in
    "does not compile")
        echo "It does not compile yet:"
        # Without a word of the compiler it is the linker that objects.
        echo "${said:-$(grep -E 'undefined|error' "$build/exercises/make.log")}" |
            head -n 30
        return 1
        ;;
    esac
    [ -z "$said" ] || printf '%s\n\n' "$said" | head -n 30
    awk -v whole="$base.log" -v most=12 -f exercises/tools/words.awk "$base.log"
    echo
    case $(verdict mine "$it") in
    passes) return 0 ;;
    fails) echo "$(grep -c '^\[       OK' "$base.log") of $(
        grep -c '^\[ RUN' "$base.log") tests pass." ;;
    hangs) echo "It was stopped after ${EXERCISE_SECONDS:-20} seconds, or a" \
        "megabyte of output: is there a loop that does not end?" ;;
    leaks) echo "All tests pass, but memory is lost:"
        grep -A4 '^Direct leak' "$base.log" | head -n 5 ;;
    *) grep -q '^\[ RUN' "$base.log" || head -n 12 "$base.log"
        echo "It ran into an error before the test could end;" \
            "the whole report is in $base.log" ;;
    esac
    return 1
}

# What comes after exercise $1.
next_of() {
    list | awk -v it="$1" 'seen { print; exit } $0 == it { seen = 1 }'
}

# $1 and where the solution of exercise $it is, if it was handed out.
answer() {
    [ -f "solutions/$it.c" ] && echo "$1solutions/$it.c"
}

try() {
    local it=$1 after name yours=
    if [ "$(state "$it")" = missing ]; then
        echo "exercises/$it.c is missing: make reset-$(number "$it") brings" \
            "it back" >&2
        return 2
    fi
    echo "exercise-$(number "$it")  $(title "$it") ($(duration "$it"))"
    echo "your file: exercises/$it.c"
    library
    forget_other "$it"
    rm -f "$build/exercises/mine/$it.verdict"
    quiet_make "$build/exercises/mine/$it.verdict"
    echo
    if ! show "$it"; then
        echo "next: make hint-$(number "$it")"
        return 1
    fi
    echo "Done: it passes.$(answer " Compare it with ")"
    for name in $(replaces "$build/exercises/mine/$it.o" "$build/san/course.a"); do
        grep -qw "$name" "chapters/${it%/*}"/*.c && yours+=" and your $name"
    done
    [ -z "$yours" ] || echo "try:  make run-${it%%-*} MINE=1, the chapter's" \
        "program with${yours# and}"
    after=$(next_of "$it")
    if [ -n "$after" ]; then
        echo "next: make exercise-$(number "$after"), $(title "$after")"
    else
        echo "next: make progress"
    fi
}

# The functions that the object or program $1 has and $2 has too.
replaces() {
    comm -12 <(functions "$1") <(functions "$2") | grep -vx main
}
functions() {
    nm --defined-only -g "$1" 2> /dev/null | awk '$2 == "T" { print $3 }' |
        sort -u
}

# One hint more at each call, or all with ALL=1.
hint() {
    local it=$1 file=exercises/${1%/*}/hints.md seen count
    local memory=$build/hints/${1%/*}/${1#*/}
    count=$(hints "$it" | grep -c '^[0-9]')
    if [ "$count" -eq 0 ]; then
        echo "$file has no hint for ${it#*/}" >&2
        return 2
    fi
    mkdir -p "${memory%/*}"
    seen=$(($(cat "$memory" 2> /dev/null || echo 0) + 1))
    if [ -n "${ALL:-}" ] || [ "$seen" -gt "$count" ]; then
        seen=$count
    fi
    echo "$seen" > "$memory"
    hints "$it" | awk -v most="$seen" '/^[0-9]/ { n++ } n <= most'
    echo
    if [ "$seen" -lt "$count" ]; then
        echo "($((count - seen)) more: make hint-$(number "$it"))"
    else
        echo "(no more hints$(answer "; the answer is in "))"
    fi
}
hints() {
    awk -v name="${1#*/}" '/^## / { on = $2 == name; next } on && NF' \
        "exercises/${1%/*}/hints.md" 2> /dev/null
}

# Asks for the files' times twice a second: works on every file system.
watch() {
    local it=$1 now was= child=
    # The test runs in the background and is waited for, so that Ctrl-C is
    # heard at once. make hears it too and must not find us gone already.
    trap 'kill $child 2> /dev/null; echo; sleep 0.2; exit 0' INT TERM
    while :; do
        now=$(stat -c '%n %y %s' exercises/"$it"* 2> /dev/null)
        if [ "$now" != "$was" ]; then
            was=$now
            if [ -t 1 ]; then printf '\033[H\033[2J\033[3J'; fi
            try "$it" &
            child=$!
            wait $child
            echo "(watching exercises/$it.c; Ctrl-C ends)"
        fi
        sleep 0.5
    done
}

reset() {
    local it=$1 keep
    if [ "$(state "$it")" = untouched ]; then
        echo "exercises/$it.c is as it came; nothing was done"
        return
    fi
    if [ -f "exercises/$it.c" ]; then
        mkdir -p "$build/backup/${it%/*}"
        keep=$build/backup/$it.$(date +%Y-%m-%d_%H.%M.%S)
        while [ -e "$keep.c" ]; do keep=$keep+; done
        cp "exercises/$it.c" "$keep.c" || return 1
        echo "your version is kept in $keep.c"
    fi
    cp "solutions/$it.stub" "exercises/$it.c" || return 1
    echo "exercises/$it.c is again as it came"
}

# Runs a chapter's program with the learner's pieces in place of the course's.
# MINE: 1 for the exercises of this chapter, all for those of the earlier ones
# too, or their numbers, "03-1 03-4".
run_mine() {
    local chapter=$1 it used names given= use=() objects=()
    shift
    for it in $(list); do
        [[ ${it%%-*} > ${chapter%%-*} ]] && continue
        case $MINE in
        1) [ "${it%/*}" = "$chapter" ] || continue ;;
        all) ;;
        *) [[ " $MINE " = *" $(number "$it") "* ]] || continue ;;
        esac
        use+=("$it")
    done
    [ ${#use[@]} -gt 0 ] && grade_mine "${use[@]}"
    for it in ${use+"${use[@]}"}; do
        used=$(state "$it")
        [ "$used" = untouched ] && continue
        if [ "$used" != "done" ]; then
            echo "exercise-$(number "$it") does not pass: the course's own is used"
            continue
        fi
        quiet_make "$build/fast/exercises/$it.o"
        # Only what the program has, and nobody gave before.
        names=$(replaces "$build/fast/exercises/$it.o" "$build/bin/$chapter" |
            grep -vxF -f <(printf '%s\n' $given .))
        [ -z "$names" ] && continue
        given+=" $names"
        objects+=("$build/fast/exercises/$it.o")
        echo "yours: $(echo $names | sed 's/ /, /g') (exercise-$(number "$it"))"
    done
    if [ ${#objects[@]} -eq 0 ]; then
        echo "nothing of yours is in it: no solved exercise replaces a" \
            "function of this program"
    fi
    echo
    quiet_make YOURS="${objects[*]}" "$build/mine/$chapter" || {
        grep -vE '^make' "$build/exercises/make.log"
        return 1
    }
    "$build/mine/$chapter" "$@"
}

# One line for each exercise.
rows() {
    local it
    for it in $(list); do
        printf '%-6s %-10s %-50s %s\n' "$(number "$it")" "$(state "$it")" \
            "$(title "$it")" "$(duration "$it")"
    done
}

# "01-matrix   [#####.....]  1 of 4   done 1   failing 2   untouched 3 4" from
# the chapter and the states of its exercises.
row() {
    local name=$1 all=$(($# - 1)) good i=0 bar= words= word
    shift
    good=$(printf '%s\n' "$@" | grep -cx 'done')
    for ((i = 0; i < 20; i++)); do
        if ((i * all < 20 * good)); then bar+='#'; else bar+='.'; fi
    done
    for word in "done" failing missing untouched; do
        words+=$(printf '%s\n' "$@" | grep -nx "$word" | cut -d: -f1 |
            paste -sd ' ' | sed "s/^./   $word &/")
    done
    printf '%-22s [%s] %2d of %-3d%s\n' "$name" "$bar" "$good" "$all" "$words"
}

progress() {
    local chapter it every=() these
    for chapter in $(list | sed 's,/.*,,' | uniq); do
        these=()
        for it in $(list "$chapter"); do these+=("$(state "$it")"); done
        row "$chapter" "${these[@]}"
        every+=("${these[@]}")
    done
    row "all" "${every[@]}" | sed 's/\( of [0-9]*\).*/\1/'
}

# Every exercise that was begun, with what its first failing test says.
all() {
    local it good=0 bad=0 rest=0
    for it in $(list); do
        case $(state "$it") in
        "done") ((good++)) ;;
        untouched) ((rest++)); continue ;;
        *) ((bad++)) ;;
        esac
        printf '%-8s exercise-%s  %s\n' "$(state "$it")" "$(number "$it")" \
            "$(title "$it")"
        [ "$(state "$it")" = failing ] && show "$it" | grep -v '^  ok ' |
            head -n 8
    done
    echo "$good done, $bad failing, $rest untouched"
    [ $bad -eq 0 ]
}

# For authors: keeps each exercise, as it is now, as the stub it came as.
stubs() {
    local it
    for it in $(list); do
        cmp -s "exercises/$it.c" "solutions/$it.stub" && continue
        if ! diff <(outside "exercises/$it.c") <(outside "solutions/$it.c"); then
            echo "exercises/$it.c and its solution differ outside the gap" >&2
            return 1
        fi
        cp "exercises/$it.c" "solutions/$it.stub"
        echo "solutions/$it.stub"
    done
}

verb=${1:-}
shift
case $verb in
try | hint | watch | reset)
    it=$(named "$1") || exit 2
    $verb "$it"
    ;;
list) grade_mine $(list) && rows ;;
progress) grade_mine $(list) && progress ;;
all) grade_mine $(list) && all ;;
run) run_mine "$@" ;;
stubs) stubs ;;
*)
    echo "exercises.sh: unknown word '$verb'" >&2
    exit 2
    ;;
esac
