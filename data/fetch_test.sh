#!/usr/bin/env bash
# fetch_test.sh BUILD: the fetcher without a network: a mirror with right,
# wrong and cut files, and a curl and an npm that are made up here. And where
# the environment names a real mirror, every mirrored set is verified.
set -u
. common/testing.sh
here=$(cd "$1" && pwd)/tmp/fetch
rm -rf "$here"
mkdir -p "$here/bin" "$here/mirror/one" "$here/mirror/two" "$here/web" \
    "$here/package/deep"
unset NAME

# Only these commands: no real curl and no real npm.
for tool in bash cat cp cut grep head mkdir mktemp mv rm rmdir sha256sum tail \
    tar touch uniq wc dirname awk gzip; do
    ln -s "$(command -v $tool)" "$here/bin/$tool"
done

sum() {
    sha256sum < "$1" | cut -d ' ' -f 1
}
row() { # NAME FILE WHERE CONTENT-FILE
    printf '%s\t%s\t%s\t%s\tMIT\t%s\n' "$1" "$2" "$3" "$(sum "$4")" \
        "$(wc -c < "$4")"
}
seq 1 500 > "$here/mirror/one/a.txt"
seq 7 900 > "$here/mirror/one/b.txt"
seq 1 3000 > "$here/web/c.txt"
echo deep > "$here/package/deep/d.txt"
echo flat > "$here/package/e.txt"
{
    printf 'name\tfile\twhere\tsha256\tlicence\tsize\n'
    row one a.txt https://one.example/x/a.txt "$here/mirror/one/a.txt"
    row one b.txt https://one.example/x/b.txt "$here/mirror/one/b.txt"
    row two c.txt https://two.example/c.txt "$here/web/c.txt"
    row pack d.txt npm:@some/pack@1.2.3#deep/d.txt "$here/package/deep/d.txt"
    row pack e.txt npm:@some/pack@1.2.3#e.txt "$here/package/e.txt"
} > "$here/sources.tsv"
tar -czf "$here/pack.tgz" -C "$here" package

fetch() { # NAME...: in out, the status in $?
    PATH=$here/bin DATA_SOURCES=$here/sources.tsv DATA_CACHE=$here/cache \
        DATA_MIRROR=${mirror-} bash data/fetch.sh "$@" > "$here/out" 2>&1
}
same() { # FILE OTHER
    cmp -s "$1" "$2"
}
absent() {
    [ ! -e "$1" ]
}

# --- the table and the names ---
fetch
ok "the table: exit status 0" [ $? -eq 0 ]
ok "the table: a set that is not here" has '^two +1 +14 KB +no +.* MIT$'
fetch oen
ok "an unknown set: exit status 2" [ $? -eq 2 ]
ok "an unknown set: says which there are" has "no set 'oen'; there are: one two pack"
ok "an unknown set: nothing is made" absent "$here/cache"

# --- the mirror ---
mirror=$here/mirror
fetch one
ok "the mirror: exit status 0" [ $? -eq 0 ]
ok "the mirror: says what came" has '^one: 2 files in .*\(2 new, all verified\)'
ok "the mirror: the file" same "$here/cache/one/b.txt" "$here/mirror/one/b.txt"
fetch one
ok "again: nothing is new" has '\(0 new, all verified\)'
fetch
ok "the table: a set that is here" has '^one +2 +.* yes '
rm "$here/cache/one/b.txt"
fetch
ok "the table: a set that is here in part" has '^one +2 +.* in part '
echo x >> "$here/cache/one/a.txt"
fetch one
ok "a damaged file: it says so" has 'one/a.txt is damaged and is fetched again'
ok "a damaged file: it is right now" same "$here/cache/one/a.txt" "$here/mirror/one/a.txt"

echo wrong > "$here/mirror/two/c.txt"
fetch two
ok "a wrong file: exit status 1" [ $? -eq 1 ]
ok "a wrong file: expected and found" has \
    "two/c.txt from .* not kept: sha256 expected $(sum "$here/web/c.txt"), found $(sum "$here/mirror/two/c.txt")"
ok "a wrong file: nothing is left" absent "$here/cache/two"
head -c 1000 "$here/web/c.txt" > "$here/mirror/two/c.txt"
fetch two one
ok "a cut file: exit status 1" [ $? -eq 1 ]
ok "a cut file: nothing is left" absent "$here/cache/two"
ok "a cut file: the other set comes all the same" has '^one: 2 files'

mirror=$here/nowhere
fetch one
ok "a mirror that is not there: exit status 2" [ $? -eq 2 ]
ok "a mirror that is not there: says so" has '^data: DATA_MIRROR: there is no directory .*/nowhere$'

# --- the web ---
mirror=
fetch two
ok "no curl: says what to do" has 'curl is not installed; run: make setup'
# Behaves as the file `mode` says: sends all, or the first 500 bytes only.
cat > "$here/bin/curl" << 'END'
#!/usr/bin/env bash
here=$(dirname "$(dirname "$0")")
while [ $# -gt 1 ]; do
    [ "$1" = --output ] && part=$2
    [ "$1" = --continue-at ] && resume=1
    shift
done
[ -n "${resume-}" ] || rm -f "$part"
echo "$1 $(cat "$part" 2> /dev/null | wc -c)" >> "$here/calls"
case $(cat "$here/mode") in
down) echo "curl: (6) Could not resolve host" >&2; exit 6 ;;
cut) head -c 500 "$here/web/c.txt" > "$part"; echo "curl: (18) cut" >&2; exit 18 ;;
no-resume) [ -s "$part" ] && { echo "curl: (33) no ranges" >&2; exit 33; } ;;
wrong) echo wrong > "$part"; exit 0 ;;
esac
have=$(cat "$part" 2> /dev/null | wc -c)
tail -c +$((have + 1)) "$here/web/c.txt" >> "$part"
END
chmod +x "$here/bin/curl"
mode() {
    echo "$1" > "$here/mode"
    rm -f "$here/calls"
}
mode down
fetch two
ok "unreachable: exit status 1" [ $? -eq 1 ]
ok "unreachable: one line says what to do" has \
    '^data: two.example did not give two/c.txt \(curl: \(6\) .*\); .* DATA_MIRROR=DIR '
ok "unreachable: no more than that" [ "$(wc -l < "$here/out")" -eq 1 ]
mode cut
fetch two
ok "cut on the way: the part stays" [ "$(wc -c < "$here/cache/two/c.txt.part")" -eq 500 ]
ok "cut on the way: the file is not there" absent "$here/cache/two/c.txt"
mode all
fetch two
ok "resumed: it goes on at byte 500" grep -qx 'https://two.example/c.txt 500' "$here/calls"
ok "resumed: the file is right" same "$here/cache/two/c.txt" "$here/web/c.txt"
ok "resumed: no part is left" absent "$here/cache/two/c.txt.part"
rm "$here/cache/two/c.txt"
echo other > "$here/cache/two/c.txt.part"
mode no-resume
fetch two
ok "a server that cannot resume: from the start" same "$here/cache/two/c.txt" "$here/web/c.txt"
rm "$here/cache/two/c.txt"
cat "$here/web/c.txt" "$here/web/c.txt" > "$here/cache/two/c.txt.part"
mode all
fetch two
ok "a part that is too long: from the start" same "$here/cache/two/c.txt" "$here/web/c.txt"
rm "$here/cache/two/c.txt"
cp "$here/web/c.txt" "$here/cache/two/c.txt.part"
mode down
fetch two
ok "a part that is whole: no download" same "$here/cache/two/c.txt" "$here/web/c.txt"
rm "$here/cache/two/c.txt"
mode wrong
fetch two
ok "a wrong download: expected and found" has 'sha256 expected [0-9a-f]{64}, found [0-9a-f]{64}'
ok "a wrong download: nothing is left" absent "$here/cache/two"

# --- npm ---
fetch pack
ok "no npm: exit status 1" [ $? -eq 1 ]
ok "no npm: says what to do" has \
    '^data: @some/pack@1.2.3 is in the npm registry, and npm is not installed'
cat > "$here/bin/npm" << 'END'
#!/usr/bin/env bash
here=$(dirname "$(dirname "$0")")
echo "$*" >> "$here/npm-calls"
[ -f "$here/npm-down" ] && { echo "npm ERR! code E404" >&2; echo "npm ERR! not found" >&2; exit 1; }
cp "$here/pack.tgz" pack.tgz && echo pack.tgz
END
chmod +x "$here/bin/npm"
touch "$here/npm-down"
fetch pack
ok "npm fails: says why" has 'npm pack @some/pack@1.2.3 failed \(npm ERR! not found\)'
rm "$here/npm-down" "$here/npm-calls"
fetch pack
ok "npm: exit status 0" [ $? -eq 0 ]
ok "npm: a file in a folder" same "$here/cache/pack/d.txt" "$here/package/deep/d.txt"
ok "npm: a file at the top" same "$here/cache/pack/e.txt" "$here/package/e.txt"
ok "npm: one download for the package" [ "$(wc -l < "$here/npm-calls")" -eq 1 ]
rm -r "$here/cache/pack"
echo flut > "$here/package/e.txt"
tar -czf "$here/pack.tgz" -C "$here" package
fetch pack
ok "npm: a changed file is refused" has 'pack/e.txt from npm:@some/pack@1.2.3#e.txt is not what'
ok "npm: and not kept" absent "$here/cache/pack/e.txt"

# --- the table of the course ---
bad=$(awk -F '\t' 'NR > 1 && (NF != 6 || $3 !~ /^(https:\/\/|npm:.+@[0-9.]+#)/ ||
    $4 !~ /^[0-9a-f]+$/ || length($4) != 64 || $5 == "" || $6 !~ /^[1-9][0-9]*$/ ||
    seen[$1 "/" $2]++ || $2 ~ /\//)' data/sources.tsv)
[ -z "$bad" ] || echo "$bad"
ok "sources.tsv: every row is whole" [ -z "$bad" ]
if [ -n "${DATA_MIRROR:-}" ]; then
    mirror=$DATA_MIRROR
    for set in $(cut -f 1 data/sources.tsv | uniq); do
        [ -d "$mirror/$set" ] || continue
        PATH=$here/bin DATA_CACHE=$here/real DATA_MIRROR=$mirror \
            bash data/fetch.sh "$set" > "$here/out" 2>&1
        ok "the mirror's $set" [ $? -eq 0 ]
    done
else
    echo "skip the real mirror: DATA_MIRROR is not set"
fi
