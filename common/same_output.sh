#!/usr/bin/env bash
# same_output.sh BUILD CHAPTER: what the chapter's program prints with --quick
# must be what chapters/CHAPTER/expected.txt says. ~NUMBER is a measured value
# and may differ from machine to machine; a number with a decimal point may
# differ by 2 % (another compiler rounds elsewhere); all else must be the same.
set -u
build=$1 chapter=$2
want=chapters/$chapter/expected.txt
got=$build/logs/$chapter.out
if ! "$build/bin/$chapter" --quick > "$got" 2> "$got.err"; then
    cat "$got.err"
    echo "not ok $chapter --quick runs"
    exit 1
fi
if awk -v name="$chapter" '
    function number(w) { return w ~ /^[(+-]*[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?[%),.:;]*$/ }
    function value(w) { gsub(/[^0-9.eE+-]/, "", w); sub(/[.]$/, "", w); return w + 0 }
    function same(a, b,    x, y, d) {
        if (a == b) return 1
        if (a ~ /^[(]?~/ && b ~ /^[(]?~/) return number(substr(a, index(a, "~") + 1)) && \
                                     number(substr(b, index(b, "~") + 1))
        if (!number(a) || !number(b) || a !~ /[0-9][.][0-9]/) return 0
        x = value(a); y = value(b); d = x - y; if (d < 0) d = -d
        if (x < 0) x = -x
        return d <= 0.02 * x + 1e-9
    }
    NR == FNR { want[FNR] = $0; n = FNR; next }
    {
        count = split(want[FNR], a, /[ \t]+/); m = split($0, b, /[ \t]+/)
        bad = FNR > n || count != m
        for (i = 1; i <= m && !bad; i++) bad = !same(a[i], b[i])
        if (bad) { wrong++; printf "line %d\n  expected: %s\n  printed:  %s\n", FNR, want[FNR], $0 }
    }
    END {
        if (FNR < n) { wrong++; printf "the output stops after line %d of %d\n", FNR, n }
        exit wrong > 0
    }' "$want" "$got"; then
    echo "ok $chapter --quick prints what expected.txt says"
else
    echo "not ok $chapter --quick prints what expected.txt says"
    exit 1
fi
