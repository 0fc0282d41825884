#!/bin/sh
# Makes .venv hold what envs/requirements.lock names and, asked for tests, what envs/requirements-tests.lock
# names besides; returns at once where it already does.
#
# usage, from the project's folder: [PYTHON=python3.12] sh tools/setup_environment.sh [tests]
#
# .venv/.made_from says for which lock, Python and folder the environment was made, and in a second line with
# which packages for tests. It is written last, so an environment whose making was interrupted has none. Such a
# one, and one that no longer fits, is made anew from nothing: the leftovers of half an installation or of
# another lock are not in the lock. The packages for tests are added to an environment that has none: no package
# is in both locks, so what a run uses is not touched, and a run does not ask whether they are there.
set -eu

lock=envs/requirements.lock
tests_lock=envs/requirements-tests.lock
wanted=${1:-run}
venv=.venv
supported="3.11 3.12 3.13" # those for which every compiled package of the lock is published ready to use

say() { printf 'irf7bone: %s\n' "$*"; }
die() {
    say "$*" >&2
    exit 1
}

# The "major.minor" of Python $1; fails where it does not start (pyenv has commands with nothing behind them).
version_of() {
    "$1" -I -S -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# Sets python and version to the first candidate that can be used; else one line says what was found.
choose_python() {
    found=
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- python3 python3.13 python3.12 python3.11; fi
    for python in "$@"; do
        version=$(version_of "$python") || continue
        case " $supported " in
        *" $version "*)
            "$python" -I -c 'import ensurepip, venv' 2>/dev/null && return
            found="$found, $python ($version) has no venv (Debian, Ubuntu: apt install python$version-venv)"
            ;;
        *) found="$found, $python is $version" ;;
        esac
    done
    found=${found:-, no ${PYTHON:-python3}}
    die "needs Python 3.11, 3.12 or 3.13 with venv; found ${found#, }." \
        "Install one, or name it: make report PYTHON=/path/to/python3.12"
}

# The first line of .made_from for Python version $1. The folder is in it because the programs of a virtual
# environment start with its absolute path: a project that was moved needs a new one.
fingerprint() {
    printf '%s %s %s\n' "$(sha256sum <"$lock" | cut -d ' ' -f 1)" "$1" "$(pwd -P)"
}

# Its second line, where the packages for tests are there.
with_tests() {
    printf 'tests %s\n' "$(sha256sum <"$tests_lock" | cut -d ' ' -f 1)"
}

# Its second line while they are being added: what was installed before. pip downloads all, then installs; an
# environment that still holds just that is whole.
before_tests() {
    printf 'before tests %s\n' "$(echo $venv/lib/python*/site-packages/* | sha256sum | cut -d ' ' -f 1)"
}

runs() {
    [ -f $venv/.made_from ] || return 1
    version=$(version_of $venv/bin/python) || return 1
    [ -z "${PYTHON:-}" ] || [ "$version" = "$(version_of "$PYTHON")" ] || return 1
    [ "$(sed -n 1p $venv/.made_from)" = "$(fingerprint "$version")" ]
}

is_ready() {
    runs && { [ "$wanted" = run ] || [ "$(sed 1d $venv/.made_from)" = "$(with_tests)" ]; }
}

can_be_added_to() {
    runs && { [ -z "$(sed 1d $venv/.made_from)" ] || [ "$(sed 1d $venv/.made_from)" = "$(before_tests)" ]; }
}

# How many files or folders there are of those named.
how_many() {
    if [ -e "$1" ]; then echo $#; else echo 0; fi
}

# Says until it is stopped how many of $1 packages are there: pip downloads all of them, then installs. On a
# terminal the line is written over each second, elsewhere there is one every half a minute.
show_progress() {
    before=$(how_many $venv/lib/python*/site-packages/*.dist-info)
    seconds=0 every=30 from='' to='\n'
    if [ -t 2 ]; then every=1 from='\r\033[K' to=''; fi
    while sleep 1 >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        seconds=$((seconds + 1))
        [ $((seconds % every)) -eq 0 ] || continue
        done=$(($(how_many $venv/lib/python*/site-packages/*.dist-info) - before)) what=installed
        if [ $done -le 0 ]; then done=$(how_many $venv/tmp/pip-unpack-*/*) what=downloaded; fi
        printf "${from}irf7bone: %d of about %d packages %s, %d s$to" $done "$1" $what $seconds >&2
    done
}

# Installs what lock $1 (and $2) names.
install() {
    mkdir -p $venv/tmp # pip downloads to there
    show_progress "$(cat "$@" | awk '/^[a-z0-9].*==/ { lines++ } END { print lines + 0 }')" 9>&- &
    showing=$! failed=''
    for file; do set -- "$@" -r "$file"; shift; done
    TMPDIR=$(pwd -P)/$venv/tmp $venv/bin/python -m pip --disable-pip-version-check install -qq --no-input \
        --progress-bar off --no-compile --no-deps --require-hashes --no-build-isolation "$@" || failed=1
    kill $showing 2>/dev/null || :
    wait $showing 2>/dev/null || :
    [ ! -t 2 ] || printf '\r\033[K' >&2
    rm -rf $venv/tmp
    [ -z "$failed" ] || die "the packages could not be installed; the lines above say why. The same command tries" \
        "again and keeps what was downloaded"
}

# Without compiled modules every job would compile its imports again. Some packages ship templates that are
# not valid Python and cannot be compiled: not a failure. Their own tests are never imported.
compile_modules() {
    $venv/bin/python -m compileall -qq -j 0 -x '/tests?/' $venv/lib || true
}

make_anew() {
    choose_python
    say "setting up $venv with Python $version: downloads $1; some minutes, once"
    "$python" -m venv --clear $venv || die "$venv could not be made; the lines above say why"
    # The few packages published as source only are built with the lock's own setuptools. Left to itself, pip
    # fetches whatever setuptools is newest, unchecked.
    sed -n '/^setuptools==/,/[^\\]$/p' $lock >$venv/builder.txt
    install $venv/builder.txt
}

case $wanted in run | tests) ;; *) die "set up for what? run or tests, not $wanted" ;; esac
for file in $lock $tests_lock; do
    [ -f $file ] || die "no $file here; run make in the project's folder"
done
# Snakemake hands the path of its Python to a shell without quotes.
case $(pwd -P) in
*[[:space:]\'\"\`\$\&\;\(\)\<\>\|\*\?\{\}\\]*)
    die "Snakemake runs no scripts from a path with spaces or shell characters; move $(pwd -P)"
    ;;
esac
is_ready && exit 0

# Two makes started together: the second waits, then finds the environment ready.
exec 9>$venv.lock
if command -v flock >/dev/null && ! flock -n 9; then
    say "waiting for another make that sets up $venv"
    flock 9 || say "$venv.lock cannot be locked on this file system: start one make at a time"
fi
is_ready && exit 0

if [ "$wanted" = run ]; then
    make_anew "320 MB, fills 1.2 GB"
    install $lock
elif can_be_added_to; then
    say "adding to $venv what tests need: downloads 100 MB, fills 0.4 GB; once"
    {
        fingerprint "$version"
        before_tests
    } >$venv/.made_from
    install $tests_lock
else
    make_anew "420 MB, fills 1.6 GB"
    install $lock $tests_lock
fi
compile_modules
{
    fingerprint "$version"
    [ "$wanted" = run ] || with_tests
} >$venv/.made_from
say "$venv is ready"
