# What the scripts of the exercises share. They run at the repository's top.
#
# An exercise is named by its place without an ending: 03-autograd/1_silu.
# There are three versions of it, and each is linked with the same test:
#   mine      exercises/03-autograd/1_silu.c     what the learner writes in
#   stub      solutions/03-autograd/1_silu.stub  the same file as it came
#   solution  solutions/03-autograd/1_silu.c
# The stub is kept so that nothing a learner does to exercises/ (save, commit,
# delete) can lose it, with or without git.
build=${BUILD:-build}

# The exercises there are, in order; of chapter $1 if given. What counts is
# the test: the learner's file may be missing.
list() {
    local path
    for path in exercises/${1:-[0-9][0-9]-*}/[0-9]*_test.c; do
        [ -f "$path" ] || continue
        path=${path#exercises/}
        echo "${path%_test.c}"
    done
}

# 03-autograd/1_silu -> 03-1, and back.
number() {
    local file=${1#*/}
    echo "${1%%-*}-${file%%_*}"
}
named() {
    local it
    for it in $(list "${1%%-*}-*"); do
        [ "$(number "$it")" = "$1" ] && echo "$it" && return
    done
    echo "there is no exercise $1: make exercises lists them" >&2
    exit 2
}

# The first line of the file is "// Title (time)".
heading() {
    local file=solutions/$1.stub
    [ -f "$file" ] || file=exercises/$1.c
    sed -n '1 { s,^// *,,; s/^Exercise [0-9-]*[.:] *//; s/\.$//; p; }' "$file"
}
title() {
    heading "$1" | sed 's/ *([^()]*)$//'
}
duration() {
    heading "$1" | sed -n 's/.*(\([^()]*\))$/\1/p'
}

# Runs make, quietly and on all cores; it goes on past what does not compile.
quiet_make() {
    ${MAKE:-make} -k -s --no-print-directory -j"$(nproc)" say=@true \
        BUILD="$build" "$@" > "$build/exercises/make.log" 2>&1
}

# The sanitized library takes a while the first time: say so.
library() {
    mkdir -p "$build/exercises" || exit 2
    [ -f "$build/san/course.a" ] ||
        echo "(building the course's library once; this takes a moment)"
    quiet_make "$build/san/course.a" && return
    grep -vE '^make' "$build/exercises/make.log"
    echo "the course's own library does not compile" >&2
    exit 2
}

# How version $1 of exercise $2 fared, after the build: see grade.sh.
verdict() {
    local file=exercises/$2.c at=$build/exercises/$1/$2.verdict
    [ "$1" = stub ] && file=solutions/$2.stub
    [ "$1" = solution ] && file=solutions/$2.c
    if [ "$at" -nt "$file" ] && [ "$at" -nt "exercises/$2_test.c" ]; then
        cat "$at"
    else
        echo "does not compile"
    fi
}

# untouched, done, failing or missing.
state() {
    if [ ! -f "exercises/$1.c" ]; then
        echo missing
    elif cmp -s "exercises/$1.c" "solutions/$1.stub"; then
        echo untouched
    elif [ "$(verdict mine "$1")" = passes ]; then
        echo "done"
    else
        echo failing
    fi
}

# Those of the exercises given whose file is not the stub any more.
edited() {
    local it
    for it in "$@"; do
        [ -f "exercises/$it.c" ] &&
            ! cmp -s "exercises/$it.c" "solutions/$it.stub" && echo "$it"
    done
}

# Forgets what was made from another text than the learner's exercise $1 has
# now. Times do not tell: a file that was put back, or handed in, may be older.
forget_other() {
    local base=$build/exercises/mine/$1
    cmp -s "exercises/$1.c" "$base.o.from" ||
        rm -f "$base" "$base.o" "$base.verdict" "$build/fast/exercises/$1.o"
}

# Builds and runs the learner's version of those that were edited.
grade_mine() {
    local it targets=()
    for it in $(edited "$@"); do
        forget_other "$it"
        targets+=("$build/exercises/mine/$it.verdict")
    done
    [ ${#targets[@]} -eq 0 ] && return
    library
    quiet_make "${targets[@]}"
    return 0
}

# The text of file $1 outside its gaps, each gap as one line.
outside() {
    awk '/^[ \t]*\/\/ (TODO|SOLUTION)/ { print "(the gap)"; gap = 1 }
         !gap { print }
         /^[ \t]*\/\/ END$/ { if (!gap) print "(END without a gap)"; gap = 0 }
         END { if (gap) print "(a gap without END)" }' "$1"
}
