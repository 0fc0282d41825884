#!/bin/sh
# Installs R and the packages that tests/oracle asks, from Debian or Ubuntu; returns at once where they are.
#
# usage: sh tools/install_oracles.sh
#
# It needs root and apt. Without them it says so in one line and fails: the stored tables of tests/data/oracle,
# which `make test` compares with, are what this R gave.
set -eu

packages="r-base-core r-cran-survival r-cran-cmprsk r-cran-metafor r-cran-rms r-cran-riskregression r-cran-pec
r-cran-mice r-cran-nlme r-cran-statmod r-bioc-gsva r-bioc-edger r-bioc-limma r-bioc-deseq2 r-bioc-geoquery r-bioc-biobase r-bioc-summarizedexperiment"

die() {
    printf 'irf7bone: %s\n' "$*" >&2
    exit 1
}

command -v dpkg-query >/dev/null 2>&1 ||
    die "R is installed from Debian packages only, and this is not Debian or Ubuntu." \
        "Install R with survival, cmprsk, metafor, mice, rms, riskRegression, pec, GSVA, edgeR, limma and GEOquery, then" \
        "run .venv/bin/python -m pytest -m oracle tests/oracle"

missing=
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

[ "$(id -u)" = 0 ] || die "R's packages are installed by root: apt-get install --no-install-recommends$missing"
command -v apt-get >/dev/null 2>&1 || die "there is no apt-get to install$missing with"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of names
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null ||
    die "apt-get could not install$missing"
