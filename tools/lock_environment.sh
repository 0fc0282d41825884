#!/bin/sh
# Writes envs/requirements.lock and envs/requirements-tests.lock from one resolution of both .in files, so that
# no package can have two versions. The second holds only what the first does not.
#
# usage, from the project's folder: sh tools/lock_environment.sh [--upgrade | --upgrade-package NAME]
#
# It needs uv, which nothing else here does. Without an option locked versions stay where the .in files let them.
set -eu

run=envs/requirements
tests=envs/requirements-tests
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# uv keeps the versions that it finds in the file it writes to.
resolve() {
    uv pip compile --quiet --universal --fork-strategy fewest --generate-hashes --python-version 3.11 \
        --excludes envs/excluded.txt --overrides envs/overrides.txt \
        --custom-compile-command "sh tools/lock_environment.sh" "$@"
}

# The packages of lock $1 with their versions.
pins() {
    sed -n 's/^\([a-z0-9.-]*==[^ ]*\) .*/\1/p' "$1"
}

# Those entries of both.lock that a run needs ($1 = 1), or the others ($1 = 0), below the head of the file.
part() {
    awk -v wanted="$1" 'FNR == NR { run[$1]; next }
        /^[^ #]/ { in_run = $1 in run; kept = in_run == wanted }
        /^#/ || kept' "$work/run" "$work/both.lock"
}

cat $run.lock $tests.lock >"$work/both.lock"
resolve $run.in $tests.in -o "$work/both.lock" "$@"
cp "$work/both.lock" "$work/run.lock"
resolve $run.in -o "$work/run.lock"

pins "$work/run.lock" >"$work/run"
pins "$work/both.lock" >"$work/both"
if grep -vxFf "$work/both" "$work/run" >&2; then
    echo "irf7bone: a run alone resolves to these other versions; bound them in an .in file. Nothing was written" >&2
    exit 1
fi
part 1 >$run.lock
part 0 >$tests.lock
