#!/bin/sh
# Makes .venv hold what envs/requirements.lock names, and returns at once where it already does.
#
# usage, from the project's folder: [PYTHON=python3.12] sh tools/setup_environment.sh
#
# .venv/.made_from says for which lock, Python and folder the environment was made. It is written last, so an
# environment whose making was interrupted has none. Such a one, and one that no longer fits, is made anew
# from nothing: the leftovers of half an installation or of another lock are not in the lock.
set -eu

lock=envs/requirements.lock
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

# What .made_from holds for Python version $1. The folder is in it because the programs of a virtual
# environment start with its absolute path: a project that was moved needs a new one.
fingerprint() {
    printf '%s %s %s\n' "$(sha256sum <"$lock" | cut -d ' ' -f 1)" "$1" "$(pwd -P)"
}

is_ready() {
    [ -f $venv/.made_from ] || return 1
    version=$(version_of $venv/bin/python) || return 1
    [ -z "${PYTHON:-}" ] || [ "$version" = "$(version_of "$PYTHON")" ] || return 1
    [ "$(cat $venv/.made_from)" = "$(fingerprint "$version")" ]
}

install() {
    $venv/bin/python -m pip --disable-pip-version-check install -qq --no-input --progress-bar off \
        --no-compile --no-deps --require-hashes "$@" ||
        die "the packages could not be installed; the lines above say why. The same command tries again" \
            "and keeps what was downloaded"
}

[ -f $lock ] || die "no $lock here; run make in the project's folder"
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

choose_python
say "setting up $venv with Python $version: downloads 390 MB, fills 1.4 GB; some minutes, once"
"$python" -m venv --clear $venv || die "$venv could not be made; the lines above say why"
# The few packages published as source only are built with the lock's own setuptools. Left to itself, pip
# fetches whatever setuptools is newest, unchecked.
sed -n '/^setuptools==/,/[^\\]$/p' $lock >$venv/builder.txt
install -r $venv/builder.txt
install --no-build-isolation -r $lock
# Without compiled modules every job would compile its imports again. Some packages ship templates that are
# not valid Python and cannot be compiled: not a failure. Their own tests are never imported.
$venv/bin/python -m compileall -qq -j 0 -x '/tests?/' $venv/lib || true
fingerprint "$version" >$venv/.made_from
say "$venv is ready"
