#!/usr/bin/env bash
# grade.sh TEST SECONDS: runs the test of one exercise and writes beside it
# TEST.log, what it printed, and TEST.verdict, one of
#   passes | fails | hangs | crashes | is stopped by a sanitizer | leaks
# "fails" means that an assertion of the test failed and nothing worse.
set -u
test=$1 seconds=$2
log=$test.log
# A loop that prints for ever ends at a megabyte, by SIGPIPE.
OMP_WAIT_POLICY=passive timeout -k 2 "$seconds" "$test" 2>&1 < /dev/null |
    head -c 1000000 > "$log"
status=${PIPESTATUS[0]}
failed=$(grep -cE '^\[  FAILED  \] [0-9]+ test' "$log")
passed=$(grep -cE '^\[  PASSED  \] [1-9][0-9]* test' "$log")
if [ $status -eq 124 ] || [ $status -eq 137 ] || [ $status -eq 141 ]; then
    verdict=hangs
elif grep -qE 'ERROR: (Address|Thread)Sanitizer|runtime error: ' "$log"; then
    verdict='is stopped by a sanitizer'
elif [ $status -ge 128 ] || grep -q 'Test failed with exception' "$log"; then
    verdict=crashes # cmocka catches some signals and reports an exception
elif [ "$failed" -gt 0 ] && [ $status -ne 0 ]; then
    verdict=fails # a failed assertion leaves early, so leaks mean nothing
elif grep -q 'ERROR: LeakSanitizer' "$log"; then
    verdict=leaks
elif [ "$passed" -gt 0 ] && [ $status -eq 0 ]; then
    verdict=passes
else
    verdict=crashes # it ended before the tests did
fi
echo "$verdict" > "$test.verdict"
