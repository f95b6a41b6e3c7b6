#!/usr/bin/env bash
# setup.sh [base|pdf|bench|ci]...: installs what is missing, on Debian and
# Ubuntu by apt-get; on other systems it prints which packages are the same.
# Nothing missing: it says so and touches nothing.
#
# One line a package: name, a command that shows it is there ("-": ask dpkg),
# what it is for. A "?" behind the name: only where the system has it.
set -u -o pipefail

base='
gcc                gcc       the C compiler
make               make      builds everything
libc6-dev          -         headers of the C library
libcmocka-dev      -         the tests
libcjson-dev       -         reads JSON: vocabularies, weight files
libutf8proc-dev    -         Unicode tables: normal forms, letters, cases
zlib1g-dev         -         reads files compressed by gzip
gnuplot-nox        gnuplot   draws the plots
pandoc             pandoc    makes the book from its chapters
graphviz           dot       draws the diagrams of the book
librsvg2-bin       rsvg-convert  draws its cover
curl               curl      brings real data (make data)
ca-certificates    -         lets curl trust the servers
'
pdf='
texlive-luatex               lualatex  sets the book as PDF
texlive-latex-recommended    -         its page styles
fonts-texgyre                -         the letters of the text
fonts-texgyre-math           -         the letters of the formulas
fonts-dejavu-core            -         the letters of the code
fonts-droid-fallback         -         Chinese characters in it
'
bench='
python3-torch        -         PyTorch, to compare with
python3-sklearn      -         scikit-learn, to compare with
python3-numpy        -         hands it the data
libopenblas0-openmp  -         OpenBLAS, to compare matrix products with
python3-sentencepiece  -       tokenizers, to compare with
nodejs               node      runs others, where npm has put them
'
ci='
clang              clang         the second compiler
libclang-rt-dev?   -             its sanitizers and fuzzer
libomp-dev         -             its threads
llvm               llvm-symbolizer  names functions in its reports
clang-format       clang-format  checks the layout of the sources
'

say() {
    printf '%s\n' "$*"
}

rows() { # SET...: the lines of these sets
    local set
    for set in "$@"; do
        case $set in
        base) say "$base" ;;
        pdf) say "$pdf" ;;
        bench) say "$bench" ;;
        ci) say "$ci" ;;
        *)
            say "setup: there is no set '$set': base, pdf, bench, ci" >&2
            exit 2
            ;;
        esac
    done | grep -v '^$'
}

# Debian calls a package installed in three words.
is_installed() { # PACKAGE
    [ "$(dpkg-query -W -f '${Status}' "$1" 2> /dev/null)" = \
        "install ok installed" ]
}

known() { # PACKAGE: has the system's list a package of this name?
    apt-cache show "$1" > /dev/null 2>&1
}

missing_rows() {
    local package command why
    rows "$@" | while read -r package command why; do
        [ "$command" != - ] && command -v "$command" > /dev/null && continue
        is_installed "${package%\?}" || say "$package $command $why"
    done
}

# What may install: nothing for root, sudo where it works or can ask.
become_root() {
    if [ "$(id -u)" -eq 0 ]; then
        say env
    elif command -v sudo > /dev/null &&
        { sudo -n true 2> /dev/null || [ -t 0 ]; }; then
        say sudo
    fi
}

install_on_debian() {
    local missing names package command why root
    missing=$(missing_rows "$@")
    if [ -z "$missing" ]; then
        say "setup: everything needed is installed"
        return 0
    fi
    say "setup: these packages are missing:"
    names=
    while read -r package command why; do
        printf '  %-26s %s\n' "${package%\?}" "$why"
        names="$names $package"
    done <<< "$missing"
    root=$(become_root)
    if [ -z "$root" ]; then
        say "setup: to install them needs root. Run this as root, then make" \
            "again:"
        say "  apt-get update && apt-get install --no-install-recommends${names//\?/}"
        return 1
    fi
    say "setup: apt-get installs them now"
    $root apt-get -q update ||
        say "setup: apt-get update failed; trying with the old lists" >&2
    local list=
    for package in $names; do
        [ "$package" = "${package%\?}" ] || known "${package%\?}" || continue
        list="$list ${package%\?}"
    done
    [ -z "$list" ] && return 0
    if ! $root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        --no-install-recommends install $list; then
        say "setup: apt-get could not install:$list" >&2
        return 1
    fi
}

# Elsewhere: does a program with all the libraries build?
builds() {
    ${CC:-cc} -x c -o /dev/null - -lcmocka -lcjson -lutf8proc -lz \
        2> /dev/null << 'END'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <utf8proc.h>
#include <zlib.h>

int main(void)
{
    return 0;
}
END
}

# The same packages elsewhere.
print_equivalents() {
    say "setup: this is not Debian or Ubuntu; install the equivalent of these:"
    rows "$@" | while read -r package command why; do
        printf '  %-26s %s\n' "${package%\?}" "$why"
    done
    say "On Fedora, what make run and make test need:"
    say "  dnf install gcc make libasan libubsan libcmocka-devel cjson-devel" \
        "utf8proc-devel zlib-devel gnuplot pandoc graphviz curl"
    say "On Arch:"
    say "  pacman -S --needed gcc make cmocka cjson libutf8proc zlib gnuplot" \
        "pandoc-cli graphviz curl"
    say "On Alpine:"
    say "  apk add bash build-base cmocka-dev cjson-dev utf8proc-dev zlib-dev" \
        "gnuplot pandoc graphviz curl"
    say "On macOS (Homebrew):"
    say "  brew install gcc make bash coreutils cmocka cjson utf8proc gnuplot" \
        "pandoc graphviz"
    return 1
}

[ $# -eq 0 ] && set -- base
rows "$@" > /dev/null || exit 2
if command -v apt-get > /dev/null && command -v dpkg-query > /dev/null; then
    install_on_debian "$@" || exit 1
elif [ "$*" = base ] && builds; then
    say "setup: the compiler and the libraries are there"
else
    print_equivalents "$@"
fi
