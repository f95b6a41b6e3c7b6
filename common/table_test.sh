#!/usr/bin/env bash
# table_test.sh BUILD: the table of `make run`, over chapters made up here.
set -u
. common/testing.sh
build=$1
here=$build/tmp/table
rm -rf "$here"
mkdir -p "$here/bin"
cp "$build/bin/table" "$here/bin/table"

# chapter NAME SCRIPT
chapter() {
    printf '#!/bin/sh\n%s\n' "$2" > "$here/bin/$1"
    chmod +x "$here/bin/$1"
}
chapter 01-good 'echo "options: $*"; echo "=> early"; echo "=> late one"; echo "a note" >&2'
chapter 02-long 'echo "=> a result of more than sixty columns which therefore is broken in two"'
chapter 03-fails 'echo "=> not so"; echo first >&2; echo "03-fails: the reason" >&2; exit 1'
chapter 04-crash 'kill -SEGV $$'
chapter 05-silent 'echo "no result"'
chapter 06-quiet 'exit 7'

table() {
    "$here/bin/table" "$@" > "$here/out" 2>&1
}

table
ok "no chapters: it says so" has '^There are no chapters'
table 01-good 02-long
ok "two good chapters: exit status 0" [ $? -eq 0 ]
ok "the last result, time, memory" \
    has '^01-good  late one {52}   +[0-9.]+ m?s   +[0-9]+ MB$'
ok "a long result, first line" \
    has '^02-long  a result of more than sixty columns which therefore is +[0-9]'
ok "a long result, second line" has '^         broken in two$'
ok "the sum" has '2 of 2 chapters ran well'
ok "--quick was given" grep -qx 'options: --quick' "$here/logs/01-good.run"
ok "standard error is kept" grep -qx 'a note' "$here/logs/01-good.err"
table 03-fails 04-crash 05-silent 06-quiet 07-absent 01-good
ok "failing chapters: exit status 1" [ $? -eq 1 ]
ok "the last line on standard error" has '^03-fails .*FAILED: 03-fails: the reason '
ok "a signal" has '^04-crash .*FAILED: Segmentation fault'
ok "no result" has '^05-silent .*FAILED: it printed no line that begins with =>'
ok "nothing but a status" has '^06-quiet .*FAILED with exit status 7'
ok "no program" has '^07-absent .*FAILED: table: the program cannot be started: No '
ok "it goes on after a failure" has '^01-good .*late one'
ok "what ran well" has ' 1 of 6 chapters ran well'
table --frob
ok "an option: exit status 2" [ $? -eq 2 ]
"$here/bin/table" 01-good > /dev/full 2> "$here/out"
ok "a full disk: exit status 1" [ $? -eq 1 ]
ok "a full disk: it says so" has '^table: standard output cannot be written'
