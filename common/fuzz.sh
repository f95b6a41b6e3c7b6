#!/usr/bin/env bash
# fuzz.sh BUILD SECONDS TARGET...: lets libFuzzer try each target (common/
# fuzz_text, built as BUILD/fuzz/common/fuzz_text) for so long, prints one line
# for each and closes with "N passed, N failed". It starts from the inputs in
# corpus/NAME beside the target (NAME is "text" for fuzz_text) and keeps those
# it finds interesting under BUILD, for the next time. An input that crashes
# the target is kept, too.
set -u
build=$1 seconds=$2
shift 2
passed=0 failed=0
for target in "$@"; do
    dir=${target%/*} name=${target##*/fuzz_}
    program=$build/fuzz/$target
    seeds=$dir/corpus/$name
    found=$build/fuzz/corpus/$dir/$name
    crashes=$build/fuzz/crashes/$dir/$name
    log=$build/logs/${target//\//_}.log
    mkdir -p "$found" "$crashes" "$build/logs"
    [ -d "$seeds" ] && found="$found $seeds"
    # shellcheck disable=SC2086 # one word for each directory
    "$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="$crashes/" $found > "$log" 2>&1
    status=$?
    runs=$(awk '/^stat::number_of_executed_units/ { print $2 }' "$log")
    if [ $status -eq 0 ]; then
        passed=$((passed + 1))
        printf 'ok      %-32s %s inputs in %s s\n' "$target" "$runs" "$seconds"
    else
        failed=$((failed + 1))
        input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
        what=$(grep -m 1 -E 'does not hold|ERROR: |runtime error: ' "$log" |
            sed 's/^==[0-9]*== *//')
        printf 'FAILED  %-32s %s\n' "$target" "$what"
        echo "        again: $program $input"
        echo "        all it said: $log"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
