#!/usr/bin/env bash
# The direction of the house: common knows no chapter, and a chapter includes
# only common and chapters with a smaller number.
set -u
bad=$(grep -nE '^#include "([0-9]{2}-|chapters/)' common/*.[ch])
if [ -z "$bad" ]; then
    echo "ok common includes no chapter"
else
    echo "$bad"
    echo "not ok common includes no chapter"
fi
for dir in chapters/[0-9][0-9]-*; do
    [ -d "$dir" ] || continue
    me=$(basename "$dir")
    bad=$(grep -nE '^#include "[0-9]{2}-' "$dir"/*.[ch] /dev/null | awk -F'"' \
        -v me="${me%%-*}" '{ if (substr($2, 1, 2) + 0 > me + 0) print }')
    if [ -z "$bad" ]; then
        echo "ok $me includes only what came before"
    else
        echo "$bad"
        echo "not ok $me includes only what came before"
    fi
done
