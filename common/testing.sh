# What the tests in shell share; they read it in by ". common/testing.sh". What
# they look at stands in the file $here/out.

ok() { # NAME CONDITION...: one test; shows the output if the condition fails
    local name=$1
    shift
    if "$@"; then
        echo "ok $name"
    else
        echo "not ok $name"
        cat "$here/out"
    fi
}
has() { # REGULAR EXPRESSION: a line of the output matches it
    grep -qE -- "$1" "$here/out"
}
