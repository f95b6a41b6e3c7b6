#!/usr/bin/env bash
# bench_test.sh BUILD: the table of `make bench`, over benchmarks made up here.
set -u
. common/testing.sh
build=$1
here=$build/tmp/bench
rm -rf "$here"
mkdir -p "$here"

# program NAME SCRIPT
program() {
    printf '#!/bin/sh\n%s\n' "$2" > "$here/$1"
    chmod +x "$here/$1"
}
program two 'case $2 in ""|a*) printf "add-1t\\t2\\t1\\t2.000\\tGB/s\\tadded\\n" ;; esac
case $2 in ""|m*) printf "matvec\\t3\\t-\\t-\\tms\\tno peer\\n" ;; esac'
program broken 'exit 1'

bench() { # PREFIX PROGRAM...
    bash common/bench.sh "$here" "$1" "${@:2}" > "$here/out" 2>&1
}
rows() {
    wc -l < "$here/bench.tsv"
}

bench '' "$here/two"
ok "all rows: exit status 0" [ $? -eq 0 ]
ok "all rows: for people" has '^\| matvec +\| +3 \| +- \| +- \| ms +\| no peer'
ok "all rows: for programs" [ "$(rows)" -eq 3 ]
ok "the columns" grep -qx 'name	ours	peer	ratio	unit	what' "$here/bench.tsv"
bench a "$here/two"
ok "a prefix: its rows alone" [ "$(rows)" -eq 2 ]
bench x "$here/two"
ok "no such row: exit status 2" [ $? -eq 2 ]
ok "no such row: it says so" has "^bench: no row has a name that begins with 'x'"
bench '' "$here/broken" "$here/two"
ok "a program that fails: exit status 1" [ $? -eq 1 ]
ok "a program that fails: it says which" has 'broken failed$'
ok "a program that fails: the others run" [ "$(rows)" -eq 3 ]

# Some systems have NAME set; only what was given to make counts.
planned() { # WORD...: the command that make bench would run
    env -u MAKEFLAGS -u MAKELEVEL "$@" | grep 'common/bench\.sh' > "$here/out"
}
planned NAME=pc "${MAKE:-make}" -n bench
ok "a NAME of the system's own is not a prefix" has "bench.sh [^ ]+ '' "
planned "${MAKE:-make}" -n bench NAME=gemm
ok "one that was given is" has "bench.sh [^ ]+ 'gemm' "
