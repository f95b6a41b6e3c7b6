#!/usr/bin/env bash
# bench.sh BUILD PREFIX PROGRAM...: runs every benchmark for the rows whose
# names begin with PREFIX, and writes what they print to BUILD/bench.tsv (for
# programs) and BUILD/bench.md (for people). ratio > 1: we are faster.
set -u
build=$1 prefix=$2
shift 2
tsv=$build/bench.tsv md=$build/bench.md failed=0
printf 'name\tours\tpeer\tratio\tunit\twhat\n' > "$tsv"
for program in "$@"; do
    if ! "$program" --name "$prefix" >> "$tsv"; then
        echo "bench: $program failed" >&2
        failed=1
    fi
done
if [ "$(wc -l < "$tsv")" -eq 1 ]; then
    echo "bench: no row has a name that begins with '$prefix'" >&2
    exit 2
fi
awk -F'\t' '
    NR == FNR { for (i = 1; i <= NF; i++) if (length($i) > wide[i]) wide[i] = length($i); next }
    function row(fill, i, cell) {
        for (i = 1; i <= NF; i++) {
            cell = fill ? "-" : $i
            while (length(cell) < wide[i]) cell = (fill || i == 1 || i > 4) ? cell (fill ? "-" : " ") : " " cell
            printf "| %s ", cell
        }
        print "|"
    }
    { row(0) }
    FNR == 1 { row(1) }' "$tsv" "$tsv" > "$md"
cat "$md"
exit $failed
