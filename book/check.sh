#!/usr/bin/env bash
# check.sh BUILD: what no single page can know about itself, checked on the
# finished pages in BUILD/book/html. One line for each thing that is wrong;
# exit status 1 if there is any.
#
#   - every internal link, anchor and picture is there; no id is there twice
#   - no page loads anything from elsewhere
#   - every command in the text is one that works: a target of the Makefile,
#     a program that exists, an option that it knows
#   - every part marked in a source, and every figure, is used by a page
set -u
build=$1
html=$build/book/html
report=$build/book/check.txt
: > "$report"

# --- links --------------------------------------------------------------------

# Tag by tag. The last file name that was read is the page.
(cd "$html" || exit 1
awk '
    BEGIN { RS = "<" }
    function attribute(name,    a) {
        if (!match($0, "[ \n]" name "=\"[^\"]*\"")) return ""
        a = substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
        gsub(/&amp;/, "\\&", a)
        return a
    }
    function say(words) { print "book/" page ".md: " words }
    function exists(file,    line, is) {
        is = (getline line < file) >= 0
        close(file)
        return is
    }
    FNR == 1 { page = FILENAME; gsub(/^\.\/|\.html$/, "", page) }
    {
        tag = $0
        sub(/[ \n>].*/, "", tag)
        id = attribute("id")
        if (id != "" && (page, id) in ids) say("two places are called #" id)
        if (id != "") ids[page, id] = 1
        link = attribute("href"); source = attribute("src")
        if (tag == "img" && attribute("alt") == "")
            say("the picture " source " has no text for those who cannot see it")
        if (tag == "script") say("a script")
        if (source ~ /^([a-z]+:)?\/\// || (tag != "a" && link ~ /^([a-z]+:)?\/\//))
            say("loads from elsewhere: " link source)
        else if (source != "") { n++; from[n] = page; to[n] = source }
        else if (link != "" && link !~ /^(https?|mailto):/) {
            n++; from[n] = page; to[n] = link
        }
    }
    END {
        for (i = 1; i <= n; i++) {
            page = from[i]
            file = to[i]; place = ""
            if ((at = index(file, "#")) > 0) {
                place = substr(file, at + 1)
                file = substr(file, 1, at - 1)
            }
            if (file != "" && !exists(file))
                say("the link to " to[i] " leads nowhere")
            else if (place != "") {
                other = page
                if (file != "") { other = file; sub(/\.html$/, "", other) }
                if (!((other, place) in ids))
                    say("the link to " to[i] " leads nowhere: no such place")
            }
        }
    }' ./*.html || echo "book: the links could not be read"
sed -n 's|.*url(["'\'']*\([a-z]*:*//[^)]*\)).*|book/style.css: loads from elsewhere: \1|p' \
    style.css) >> "$report"

# --- commands -----------------------------------------------------------------

targets=$(sed -n 's/^\([A-Za-z0-9_%-][A-Za-z0-9_% -]*\):\([^=].*\)\{0,1\}$/\1/p' Makefile)

# Is $1 a target of the Makefile that has something to do?
is_target() {
    local number rest
    case $1 in
    */*) make -n "$1" > /dev/null 2>&1; return ;;
    *NN*) grep -qx -- "$1" <<< "${targets// /$'\n'}"; return ;;
    esac
    # WORD-01 needs chapter 01, WORD-01-2 the exercise 2 of it.
    if [[ $1 =~ ^[a-z-]+-([0-9][0-9])(-([0-9]+))?$ ]]; then
        number=${BASH_REMATCH[1]} rest=${BASH_REMATCH[3]}
        compgen -G "chapters/$number-*" > /dev/null || return
        [ -z "$rest" ] || compgen -G "exercises/$number-*/${rest}_*.c" \
            > /dev/null || return
    fi
    local target
    for target in $targets; do
        # A pattern of the Makefile is one of the shell, with * for %.
        # shellcheck disable=SC2053
        [[ $1 == ${target//%/*} ]] && return
    done
    return 1
}

# Does the program $1 exist, and know the options in the words $2 ...?
knows() {
    local program=$1 word help
    shift
    if [ ! -x "$build/bin/$program" ]; then
        echo "there is no program build/bin/$program"
        return
    fi
    help=$("$build/bin/$program" --help 2>&1 < /dev/null)
    for word in "$@"; do
        [[ $word == --* ]] || continue
        grep -qE -- "(^|[^[:alnum:]-])${word%%=*}([^[:alnum:]-]|$)" <<< "$help" ||
            echo "$program has no option ${word%%=*}"
    done
}

while IFS=$'\t' read -r page _ command; do
    command=${command%%#*}
    # Each command of a line by itself.
    while read -r -a words; do
        number=
        while [[ ${words[0]:-} =~ ^[A-Z_]+= ]]; do words=("${words[@]:1}"); done
        case ${words[0]:-} in
        make)
            for word in "${words[@]:1}"; do
                case $word in
                -*) ;;
                ARGS=*) number=yes ;;
                *=*) ;;
                *) [ "$number" = yes ] && continue
                   is_target "$word" ||
                       echo "book/$page.md: make $word is no target" ;;
                esac
            done
            if [[ $command =~ (run|plots)-([0-9][0-9]).*ARGS=(.*) ]]; then
                read -r -a options <<< "${BASH_REMATCH[3]//[\"\']/ }"
                for chapter in chapters/"${BASH_REMATCH[2]}"-*; do
                    [ -d "$chapter" ] && knows "$(basename "$chapter")" \
                        "${options[@]}" | sed "s|^|book/$page.md: |"
                done
            fi ;;
        build/bin/*)
            knows "${words[0]#build/bin/}" "${words[@]:1}" |
                sed "s|^|book/$page.md: |" ;;
        esac
    done < <(sed 's/&&\|||\||\|;/\n/g' <<< "$command")
done < <(for found in "$html"/*.found; do
    sed -n "s|^command|$(basename "$found" .found)\t&|p" "$found"
done) | sort -u >> "$report"

# --- nothing left over ----------------------------------------------------------

used=$(cat "$html"/*.found)
while IFS=: read -r file _ mark; do
    name=${mark##*[}
    grep -qxF "part"$'\t'"$file"$'\t'"$name" <<< "$used" ||
        echo "$file: no page uses the part marked [$name"
done < <(grep -rnE '^[[:space:]]*(//|#) \[[A-Za-z0-9_]+$' Makefile chapters \
    common --include='*.[ch]' --include='*.sh' --include='*.awk' \
    --include=Makefile 2> /dev/null) >> "$report"
for figure in book/figures/*; do
    name=$(basename "${figure%.*}")
    case $name in cover | mark | '*') continue ;; esac
    grep -qxF "figure"$'\t'"$name" <<< "$used" ||
        echo "$figure: no page shows it"
done >> "$report"

if [ -s "$report" ]; then
    cat "$report" >&2
    exit 1
fi
awk -v pages="$(ls "$html"/*.html | wc -l)" -v where="$html/index.html" '
    /^command/ { commands++ }
    END { printf "%s (%d pages; all links, %d commands hold)\n", where, pages, \
              commands }' "$html"/*.found
