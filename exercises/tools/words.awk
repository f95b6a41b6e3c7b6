# What a cmocka program printed, in words for a learner: one line for each
# test, and below a failed one what it said and where.
# Variables: whole, the file's name, and most, the lines shown for one test.

# cmocka prints whole numbers in hexadecimal: 0xffffffffffffffff is -1.
function decimal(hex,    i, digit, n, minus) {
    hex = tolower(substr(hex, 3))
    minus = length(hex) == 16 && substr(hex, 1, 1) >= "8"
    for (i = 1; i <= length(hex); i++) {
        digit = index("0123456789abcdef", substr(hex, i, 1)) - 1
        n = 16 * n + (minus ? 15 - digit : digit)
    }
    return sprintf("%.0f", minus ? -n - 1 : n)
}

function plain(text,    part) {
    if (text ~ /^0x[0-9a-f]+ (!=|==) 0x[0-9a-f]+$/) {
        split(text, part, " ")
        return "got " decimal(part[1]) ", expected " \
               (part[2] == "!=" ? "" : "not ") decimal(part[3])
    }
    return text
}

function say(text) {
    if (text == "") return
    if (++said <= most) line[said] = text
}

# "FILE:LINE: error: Failure!" -> the place, and what stands there. Of a message
# in words one knows that already; then it is where the test begins.
function where(text,    part, i, at, source, start) {
    split(text, part, ":")
    for (i = 1; (getline at < part[1]) > 0; i++) {
        if (i == part[2]) source = at
        if (index(at, " " name "(")) start = i
    }
    close(part[1])
    sub(/^[ \t]+/, "", source)
    place = part[1] ":" part[2] ":  " source
    if (source ~ /^_?fail/) place = part[1] ":" (start ? start : part[2])
}

function finish(word,    i, title) {
    title = name
    gsub(/_/, " ", title)
    printf "  %-7s %s\n", word, title
    for (i = 1; i <= said && i <= most; i++) print "          " line[i]
    if (said > most) print "          (" said - most " more lines in " whole ")"
    if (place != "") print "          " place
    name = place = ""
    said = report = 0
}

/^\[ RUN      \] / { name = substr($0, 14); next }
name == "" { next }
/^\[       OK \] / { finish("ok"); next }
/^\[  SKIPPED \] / { finish("skipped"); next }
/^\[  FAILED  \] / { finish("FAILED"); next }
{
    if (sub(/^\[  ERROR   \] --- /, "") && /^Test failed with exception/)
        sub(/^Test failed with exception/, "the program crashed")
    if (match($0, /\[   LINE   \] --- /)) {
        where(substr($0, RSTART + RLENGTH))
        $0 = substr($0, 1, RSTART - 1)
    }
    sub(/^ERROR: /, "")
    # Of a sanitizer's report: what it is, and the first place in our files.
    if (/^=+$/) next
    if (match($0, /: runtime error: /)) {
        report = 2
        where($0)
        say(substr($0, RSTART + 2))
        next
    }
    if (sub(/^==[0-9]+==ERROR: /, "")) {
        report = 1
        sub(/ on (unknown )?address .*/, "")
        say($0)
        next
    }
    if (report) {
        if (report == 1 && match($0, /(exercises|solutions)\/.*:[0-9]+/)) {
            report = 2
            place = substr($0, RSTART)
            sub(/:[0-9]+$/, "&: error", place)
            where(place)
        }
        next
    }
    say(plain($0))
}
END {
    if (name != "") finish("STOPPED")
}
