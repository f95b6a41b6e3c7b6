#!/usr/bin/env bash
# test.sh BUILD: the frame of the book is tried on a small book of its own
# (book/test): that one builds, and for each thing that must stop the build,
# it is done to a copy and the one line that names it is waited for. At last
# the real book is built.
set -u
build=$1
if ! command -v pandoc > /dev/null; then
    echo "skip the book: pandoc is not installed"
    exit 0
fi
unset MAKEFLAGS MAKELEVEL MFLAGS BUILD
top=$PWD
work=$build/book-test
rm -rf "$work"
mkdir -p "$work"
cp -r book/test/. "$work"
cp Makefile "$work"
cp book/*.{lua,html,css,tex,sh,yaml} "$work/book"
cp book/figures/{mark,cover}.svg "$work/book/figures"
cd "$work" || exit 1
page=book/01-sample.md source=chapters/01-sample/main.c failed=0

report() { # report STATUS NAME: 0 is good; else out.txt is shown
    if [ "$1" -eq 0 ]; then
        echo "ok $2"
    else
        cat out.txt
        echo "not ok $2"
        failed=1
    fi
}

book() {
    make --no-print-directory BUILD=build book > out.txt 2>&1
}

# refuses NAME LINE FILE COMMAND...: after the command on the file, the build
# stops, and LINE is the only thing said beside make's own lines.
refuses() {
    local name=$1 line=$2 file=$3 said
    shift 3
    [ -e "$file" ] && cp "$file" saved
    "$@" "$file"
    if book; then
        report 1 "refused: $name"
    else
        said=$(grep -vE '^(make|CC|PAGE|EPUB|PLOTS|  |\[WARNING)' out.txt)
        [ "$said" = "$line" ]
        report $? "refused: $name"
    fi
    if [ -e saved ]; then mv saved "$file"; else rm "$file"; fi
    [ ! -e "$file" ] || touch "$file"
}

book
report $? "the small book builds"
[ $failed -eq 0 ] || exit 1

html=build/book/html/01-sample.html
plain=$(sed 's/<[^>]*>//g; s/&gt;/>/g; s/&lt;/</g; s/&quot;/"/g; s/&amp;/\&/g' $html)
want=$(sed -n '/^\/\* Rolls/,/^}/p' $source | grep -vE '// (\[wrap|wrap\])$')
grep -qF "$want" <<< "$plain" && [[ $plain == *"$want"* ]]
report $? "a listing is the definition with its comment, and no mark"
! grep -q 'roll(const Die \*die, int seed);' <<< "$plain"
report $? "a declaration is no definition"
grep -q 'id="eq-1.1"' $html && grep -q '<span class="number">(1.1)' $html
report $? "an equation has its number and its anchor"
grep -q 'src="plots/01-sample/throws.svg"' $html &&
    cmp -s build/plots/01-sample/throws.svg \
        build/book/html/plots/01-sample/throws.svg
report $? "the page shows the plot that the program drew"
book && ! grep -qE '^(PAGE|EPUB|PLOTS|CC)' out.txt
report $? "nothing is made again when nothing changed"
touch $source && book && grep -q '^PAGE *book/01-sample.md' out.txt &&
    ! grep -q '^PAGE *book/index.md' out.txt
report $? "a changed source makes its page again, and only that"
if command -v epubcheck > /dev/null; then
    # Debian's epubcheck is a jar that the kernel may not know how to start.
    java -jar "$(command -v epubcheck)" build/book/*.epub > out.txt 2>&1
    report $? "epubcheck finds no error"
else
    echo "skip epubcheck: it is not installed"
fi

at=book/01-sample.md
refuses "a name that is missing" "$at: $source defines no rol" \
    $page sed -i 's/def: roll/def: rol/'
first=$(grep -n '^static int roll.*)$' $source | cut -d: -f1)
last=$(wc -l < $source)
refuses "a name that is there twice" \
    "$at: $source defines roll twice: lines $first and $((last + 2))" \
    $source sed -i '$a #if 0\nint roll(void)\n{\n}\n#endif'
refuses "a name that is only declared" "$at: $source defines no snprintf" \
    $page sed -i 's/def: roll/def: snprintf/'
refuses "a file that is missing" "$at: there is no file chapters/01-sample/man.c" \
    $page sed -i 's/main.c "def: roll/man.c "def: roll/'
refuses "a part that is missing" "$at: $source has no part rap" \
    $page sed -i 's/part: wrap/part: rap/'
refuses "a part that is not closed" "$at: $source does not close part wrap" \
    $source sed -i '/\/\/ wrap]/d'
refuses "a part that no page uses" \
    "$source: no page uses the part marked [wrap" \
    $page sed -i '/part: wrap/d'
refuses "an unknown request" \
    "$at: \"definition: roll\" asks for nothing known: def, part, output, plot" \
    $page sed -i 's/def: roll/definition: roll/'
refuses "a request within a line" \
    "$at: a listing (\"def: roll\") is a paragraph of its own" \
    $page sed -i 's/^\[The throw/See [the throw/'
refuses "an output that is missing" \
    "$at: there is no file chapters/01-sample/expected.txt" \
    chapters/01-sample/expected.txt rm
refuses "lines beyond the end of an output" \
    "$at: chapters/01-sample/expected.txt has 3 lines, not 9" \
    $page sed -i 's/output: 2/output: 2-9/'
refuses "a plot that the program does not draw" \
    "$at: 01-sample draws no plot throw (there is no build/plots/01-sample/throw.svg)" \
    $page sed -i 's/plot: throws/plot: throw/'
refuses "a figure that is missing" \
    "book/index.md: there is no figure book/figures/drawn.svg or .dot" \
    book/index.md sed -i 's/drawing.svg/drawn.svg/'
refuses "a figure that no page shows" \
    "book/figures/more.dot: no page shows it" \
    book/figures/more.dot cp book/figures/drawing.dot
refuses "a link to no page" "$at: the link to indx.md leads nowhere" \
    $page sed -i 's/(index.md)/(indx.md)/'
refuses "a link to no file" \
    "$at: the link to ../chapters/01-sample/main.d leads nowhere" \
    $page sed -i 's/main.c)/main.d)/'
refuses "a link to no place" \
    "$at: the link to #throing leads nowhere: no such place" \
    $page sed -i 's/(#throwing)/(#throing)/'
refuses "a link to no equation" \
    "$at: the link to 01-sample.html#eq-1.7 leads nowhere: no such place" \
    $page sed -i 's/md#eq-1.1/md#eq-1.7/'
refuses "an equation of another chapter" \
    "$at: \\tag{2.1}: an equation here is numbered 1.1, 1.2, ..." \
    $page sed -i 's/tag{1.1}/tag{2.1}/'
refuses "two equations of one number" \
    "$at: equation (1.1) stands where (1.2) is expected" \
    $page sed -i '$a \\n$$ s = 1 \\tag{1.1} $$'
refuses "mathematics that is none" \
    "$at: not understood as mathematics: s = \\flip a + b" \
    $page sed -i 's/\$s = a/$s = \\flip a/'
refuses "a command that is no target" "$at: make hlp is no target" \
    $page sed -i 's/make help/make hlp/'
refuses "a chapter that is none" "$at: make run-07 is no target" \
    $page sed -i 's/make run-01/make run-07/'
refuses "an exercise that is none" "$at: make exercise-01-2 is no target" \
    $page sed -i '$a \\nDo `make exercise-01-2`.'
refuses "a program that is none" \
    "$at: there is no program build/bin/01-simple" \
    $page sed -i 's|build/bin/01-sample|build/bin/01-simple|'
refuses "an option that is none" "$at: 01-sample has no option --quik" \
    $page sed -i 's/01-sample --quick/01-sample --quik/'
refuses "an option that is none, through make" \
    "$at: 01-sample has no option --quik" \
    $page sed -i 's/ARGS=--quick/ARGS=--quik/'
refuses "something loaded from elsewhere" \
    "$at: loads from elsewhere: https://example.org/x.png" \
    $page sed -i '$a \\n<img src="https://example.org/x.png" alt="x">'
refuses "a picture without words" \
    "$at: the picture figures/mark.svg has no text for those who cannot see it" \
    $page sed -i '$a \\n<img src="figures/mark.svg">'
refuses "a page without a title" "$at: the first line is not the title (# ...)" \
    $page sed -i 1d
refuses "two titles" "$at: a second title: Throwing" \
    $page sed -i 's/^## /# /'

book
report $? "the small book, all put back, builds"

cd "$top" || exit 1
make --no-print-directory BUILD="$build" book > "$work/out.txt" 2>&1
status=$?
cd "$work" || exit 1
report $status "the book builds; its links, names and commands hold"
exit $failed
