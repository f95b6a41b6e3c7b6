#!/usr/bin/env bash
# run_tests.sh BUILD TEST...: runs each test, prints one line for each, shows
# the output of those that fail, and closes with "N passed, N failed". A TEST
# is a cmocka program, or a script that prints "ok NAME", "not ok NAME" or
# "skip NAME" for each of its checks; SCRIPT:WORD hands WORD to the script.
set -u
build=$1
shift
mkdir -p "$build/logs"
passed=0 failed=0 skipped=0
for test in "$@"; do
    name=${test#"$build/test/"}
    log=$build/logs/${name//\//_}.log
    began=$(date +%s%N)
    if [ -x "$test" ] && [ "${test%.sh}" = "$test" ]; then
        command=("$test")
    else
        command=(bash "${test%%:*}" "$build")
        [ "$test" = "${test#*:}" ] || command+=("${test#*:}")
    fi
    BUILD=$build timeout "${TEST_SECONDS:-600}" "${command[@]}" \
        > "$log" 2>&1 < /dev/null
    status=$?
    took=$((($(date +%s%N) - began) / 1000000))
    # Each line that starts so counts what it says.
    read -r ok bad skip < <(awk '
        /^\[  PASSED  \] [0-9]+ test/  { ok += $4 }
        /^\[  FAILED  \] [0-9]+ test/  { bad += $4 }
        /^\[  SKIPPED \] [0-9]+ test/  { skip += $4 }
        /^ok /     { ok++ }
        /^not ok / { bad++ }
        /^skip /   { skip++ }
        END { print ok + 0, bad + 0, skip + 0 }' "$log")
    # A crash, a leak, a time-out or a test that tests nothing is a failure.
    if [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
        bad=1
        [ $status -eq 124 ] && echo "ran out of time" >> "$log"
    fi
    if [ $((ok + bad + skip)) -eq 0 ]; then
        bad=1
        echo "no check was made" >> "$log"
    fi
    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    if [ "$bad" -eq 0 ]; then
        note=
        [ "$skip" -gt 0 ] && note=", $skip skipped"
        printf 'ok      %-44s %4d passed%s  %d.%03d s\n' "$name" "$ok" "$note" \
            $((took / 1000)) $((took % 1000))
        grep -h '^skip ' "$log" | sed 's/^/        /'
    else
        printf 'FAILED  %-44s %4d passed, %d failed\n' "$name" "$ok" "$bad"
        grep -vE '^(\[ +(RUN|OK) +\]|ok )' "$log" | tail -n 60 | sed 's/^/    /'
    fi
done
if [ $skipped -gt 0 ]; then
    echo "$passed passed, $failed failed, $skipped skipped"
else
    echo "$passed passed, $failed failed"
fi
[ $failed -eq 0 ]
