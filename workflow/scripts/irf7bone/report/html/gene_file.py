"""Every gene's results as one small file inside the page, for its script to read.

A hundred thousand results as text would be several megabytes. Here each stands as whole numbers in the order
of
p, so that the rank is the place and neighbours are alike. The script shows hazard ratios to two digits and p
to three; the numbers are rounded so that what it shows is what the table says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.pool.quoted import BAYES, OWN
from irf7bone.tables.every_gene import FAMILY

_TYPED = re.compile(r"(?!(?:flj|mgc)\d)[a-z0-9-]{2,8}")  # other names that somebody might type
MOST_RESULTS = 125_000  # of six bytes each, so that the file stays below a megabyte beside its names
STEP = 0.001  # of a log hazard ratio: a tenth of what the page shows
RATIO = 1000  # what an estimate half as wide as its interval's lower half is said as half of
MOST_SHIFT = 4  # steps by which the end of an interval may be drawn off, half of a hundredth
LARGEST = 7000  # steps, beyond which a ratio is said to be above 1000


def gene_file(genes: pd.DataFrame, other_names: Mapping[str, str]) -> bytes:
    """The file: length of a header (4 bytes, least first), the header as JSON, then its columns.

    Columns are of whole numbers of two bytes, all lower bytes before all higher ones, which pack better
    apart. The
    header names genes and their other names, and of each cohort, endpoint and model how many results there
    are and what they share.

    Args:
        genes: :data:`irf7bone.tables.every_gene.EVERY_GENE`.
        other_names: Lower case -> current symbol.
    """
    names = sorted(genes["gene"].unique())
    place = {name: i for i, name in enumerate(names)}
    families: list[dict[str, Any]] = []
    columns: list[bytes] = []
    kept, left_out = families_kept(genes)
    for key, rows in kept:
        ok = rows[rows["status"] == "ok"].sort_values(["k", "rank", "gene"], ascending=[False, True, True])
        failed = rows[rows["status"] != "ok"]
        shared = {}
        for name in ("k", "n", "n_events"):
            values = ok[name].to_numpy(dtype=int)
            if len(set(values)) == 1:
                shared[name] = int(values[0])
            else:
                columns.append(_split(values))
        at = np.array([place[gene] for gene in ok["gene"]], dtype=int)
        change, left, lower, asymmetry = _intervals(quoted(ok))
        usual = int(np.median(lower)) if lower.size else 0
        families.append(
            {
                **dict(zip(FAMILY, key, strict=True)),
                "size": len(ok),
                "shared": shared,
                # places whose rank is that of the place before
                "tied": [int(at) for at in np.flatnonzero(_as_before(ok))],
                "blocks": [int(block) for block in ok.groupby("k", sort=False).size()],
                "failed": _failed(failed, place),
                "lower": usual,
            }
        )
        shown = (1 + shown_p(ok[name].to_numpy(dtype=float)) for name in ("p", "q"))
        intervals = (change, left, _from_0(lower - usual), asymmetry)
        columns += [_split(values) for values in (at, *intervals, *shown)]
    header = {
        "genes": " ".join(names),
        "others": _others(other_names, place),
        "families": families,
        "left_out": left_out,
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    return b"".join([len(text).to_bytes(4, "little"), text, *columns])


def families_kept(genes: pd.DataFrame) -> tuple[list[tuple[tuple[str, ...], pd.DataFrame]], list[str]]:
    """The families that the page has room for, and the cohorts that are only in the table of genes.

    Pools come first, then cohorts by their events, each whole or not at all.
    """
    families = [(key, rows) for key, rows in genes.groupby(FAMILY, sort=False)]
    most = {cohort: int(rows["n_events"].fillna(0).max()) for cohort, rows in genes.groupby("cohort")}
    order = sorted(most, key=lambda cohort: (cohort != POOLED_ROW, -most[cohort], cohort))
    sizes = genes["cohort"].value_counts()
    room = np.cumsum([sizes[cohort] for cohort in order]) <= MOST_RESULTS
    inside = {cohort for cohort, fits in zip(order, room, strict=True) if fits}
    kept = [(key, rows) for key, rows in families if key[0] in inside]
    return kept, [cohort for cohort in order if cohort not in inside]


def quoted(ok: pd.DataFrame) -> pd.DataFrame:
    """Rows whose log_hr, ci_low and ci_high are what is quoted: of a pool the Bayesian ones."""
    pooled = ok["bayes_log_hr"].notna().to_numpy()
    return ok.assign(
        **{own: np.where(pooled, ok[bayes], ok[own]) for own, bayes in zip(OWN, BAYES, strict=True)}
    )


def _intervals(ok: pd.DataFrame) -> tuple[np.ndarray, ...]:
    """Estimates and their intervals as four columns of small numbers from 0 on, but for the third.

    In the order of p the ratio of an estimate to the lower half of its interval falls steadily: its
    differences, the sign and what rounding leaves take a third of the estimate's place. The upper half
    differs from the lower where likelihoods are profiled, and in pools. Of the lower halves within two steps
    the first is taken with which rounding leaves nothing and both halves are equal, so long as estimate and
    ends are said as the table says them.
    """
    log_hr, ci_low, ci_high = (ok[name].to_numpy(dtype=float) for name in OWN)
    middle, low, high = map(whole_steps, (log_hr, ci_low, ci_high))
    lower, upper = middle - low, high - middle
    ratio = np.clip(np.rint(RATIO * np.abs(log_hr) / (log_hr - ci_low)), 0, 16 * RATIO).astype(int)
    sign = np.where(middle < 0, -1, 1)
    said = [_two_digits(values) for values in (log_hr, ci_low, ci_high)]
    todo = np.ones(lower.size, dtype=bool)
    for shift in (0, 1, -1, 2, -2):
        half = np.maximum(lower + shift, 0)
        near = sign * np.floor(ratio * half / RATIO + 0.5).astype(int)
        drawn = (near, near - half, near + half)
        same = np.logical_and.reduce(
            [_two_digits(steps * STEP) == digits for steps, digits in zip(drawn, said, strict=True)]
        )
        close = (np.abs(drawn[1] - low) <= MOST_SHIFT) & (np.abs(drawn[2] - high) <= MOST_SHIFT)
        now = todo & same & close
        middle, lower, upper = (
            np.where(now, new, old) for new, old in ((near, middle), (half, lower), (half, upper))
        )
        todo &= ~now
    left = np.abs(middle) - np.floor(ratio * lower / RATIO + 0.5).astype(int)
    return _from_0(np.diff(ratio, prepend=0)), 2 * _from_0(left) + (sign < 0), lower, _from_0(upper - lower)


def _from_0(values: np.ndarray) -> np.ndarray:
    """0, -1, 1, -2, 2 as 0, 1, 2, 3, 4."""
    return np.where(values < 0, -2 * values - 1, 2 * values)


def _as_before(ok: pd.DataFrame) -> np.ndarray:
    """Whether a row has the k and the rank of the row before it."""
    k, rank = (ok[name].to_numpy(dtype=int) for name in ("k", "rank"))
    return np.r_[False, (k[1:] == k[:-1]) & (rank[1:] == rank[:-1])][: len(ok)]


def whole_steps(log_hr: np.ndarray) -> np.ndarray:
    """Log hazard ratios as whole steps of 0.001 whose ratio is said as theirs is, to two digits."""
    near = np.clip(np.rint(log_hr / STEP), -LARGEST, LARGEST).astype(int)
    wanted = _two_digits(log_hr)
    for shift in (1, -1, 2, -2, 3, -3, 4, -4, 5, -5):
        wrong = _two_digits(near * STEP) != wanted
        better = wrong & (_two_digits((near + shift) * STEP) == wanted)
        near = np.where(better, near + shift, near)
    return near


def _two_digits(log_hr: np.ndarray) -> np.ndarray:
    """Ratios rounded as they are said (:func:`irf7bone.base.phrases.said_ratio`)."""
    ratio = np.exp(np.clip(log_hr, -LARGEST * STEP, LARGEST * STEP))
    small = 1 - np.floor(np.log10(ratio))
    scale = 10.0 ** np.where(ratio >= 10, 1, np.where(ratio < 0.095, small, 2))
    return np.rint(ratio * scale) / scale


def shown_p(p: np.ndarray) -> np.ndarray:
    """p as the page says it: thousandths below 0.1, else 100 and hundredths; -1 is < 0.001, 201 > 0.99."""
    small = np.where(p < 0.001, -1, np.rint(1000 * p))
    large = np.where(p > 0.99, 201, 100 + np.rint(100 * p))
    return np.where(p < 0.1, small, large).astype(int)


def _split(values: np.ndarray) -> bytes:
    return np.asarray(values, dtype="<u2").view(np.uint8).reshape(-1, 2).T.tobytes()


def _failed(rows: pd.DataFrame, place: Mapping[str, int]) -> list[dict[str, Any]]:
    """Genes without an estimate, by reason."""
    return [
        {"status": str(status), "reason": str(reason), "genes": [place[gene] for gene in own["gene"]]}
        for (status, reason), own in rows.groupby(["status", "reason"], sort=False)
    ]


def _others(other_names: Mapping[str, str], place: Mapping[str, int]) -> str:
    """``,a b,,c``: for each gene in order its other names, but those of clones and the like."""
    found: list[list[str]] = [[] for _ in place]
    for name, symbol in other_names.items():
        if symbol in place and _TYPED.fullmatch(name):
            found[place[symbol]].append(name)
    return ",".join(map(" ".join, found))
