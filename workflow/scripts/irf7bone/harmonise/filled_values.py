"""Values that were written where nothing was measured, and rows of a count table that are no genes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems

FEWEST_GENES = 100  # in smaller tables one value may be common by chance
LEAST_SHARE = 0.01  # of all cells, for a value to be one that somebody wrote
_LEAST_GENES = 0.05  # of the genes that have it
# log2 steps above a floor in which real values would lie: one read and a bit more
_GAP = 1.1
_IN_GAP = 0.05  # of the cells at the value: fewer in the gap set it apart
# a value that is neither lowest nor highest was filled in where it is this much commoner than the next
_COMMON, _COMMONER = 0.05, 20
_GENES_ASKED = 500
LARGE_SHARE = 0.01  # of all reads, for a row of no known gene to be named

# what counting programs write below the genes, spike-ins, and totals
_NO_GENE = re.compile(
    r"__\w+"  # HTSeq: __no_feature, __ambiguous, __too_low_aQual, __not_aligned, __alignment_not_unique
    r"|N_(unmapped|multimapping|noFeature|ambiguous)"  # STAR --quantMode GeneCounts
    r"|Unassigned_\w+|Assigned"  # featureCounts' summary
    r"|(no_feature|ambiguous|too_low_aQual|not_aligned|alignment_not_unique)"  # HTSeq's former names
    r"|(?i:total|sum|library[ _]?size|unmapped|total[ _](reads|counts))"
    r"|ERCC-\d{5}|SIRV\w*|(?i:spike[-_ ]?in.*)"
)
_ANY_OF_THEM = re.compile(rf"(?m)^({_NO_GENE.pattern})$")


def is_no_gene(ids: pd.Index) -> np.ndarray:
    """Which rows are counts of something else than a gene, shape (n_rows,).

    Args:
        ids: Ids of the source.
    """
    names = ids.astype(str)
    if not _ANY_OF_THEM.search("\n".join(names)):
        return np.zeros(len(names), dtype=bool)
    return np.array([_NO_GENE.fullmatch(name) is not None for name in names], dtype=bool)


def large_unknown(reads: np.ndarray, names: pd.Index, known: np.ndarray) -> str:
    """Rows of no known gene that hold much of the reads, in words; empty where none does.

    Args:
        reads: Sum of each row, of which library sizes are made.
        names: Ids of the rows.
        known: Whether a row has a current symbol.
    """
    share = reads / reads.sum()
    large = np.flatnonzero(~known & (share > LARGE_SHARE))
    named = [f"{names[i]} {share[i]:.0%}" for i in large[np.argsort(-share[large])][:5]]
    if not named:
        return ""
    return f"of all reads {share[~known].sum():.0%} are of no known gene ({', '.join(named)})"


def check_filled(values: pd.DataFrame, log2: pd.DataFrame, settings: Mapping[str, Any], where: str) -> None:
    """Refuse values that were written for many cells and do not belong to the others, until the card says.

    Args:
        values: Genes x samples, complete, as the source has them.
        log2: The same on the log2 scale.
        settings: The card's ``expression``: ``floor`` and ``clipped`` name values that are none.
        where: The card, for messages.

    Raises:
        InputError: One value, which the card does not name, is common and set apart from the others by a gap,
            or far commoner than any other, or is the largest of many cells.
    """
    problems = Problems()
    for found in written_values(values, log2, settings):
        problems.add(
            f"{where}, expression",
            expected="values that were measured",
            found=found.words,
            remedy=f"state in the card's expression {found.answers}",
            offenders=found.samples,
        )
    problems.raise_if_any()


@dataclass(frozen=True)
class Written:
    """A value that was written for many cells and does not belong to the others.

    Args:
        value: The value, as the source has it.
        words: How common it is, and how it stands out.
        answers: What the card may say of it.
        samples: Samples with it, most of it first.
    """

    value: float
    words: str
    answers: str
    samples: list[str]


def written_values(
    values: pd.DataFrame, log2: pd.DataFrame, settings: Mapping[str, Any]
) -> Iterator[Written]:
    """Values that somebody wrote rather than measured, as far as the card does not name them.

    Args:
        values: Genes x samples, complete, as the source has them.
        log2: The same on the log2 scale.
        settings: ``scale``, and perhaps ``floor`` and ``clipped``.
    """
    if len(values) < FEWEST_GENES:
        return
    rows = np.unique(np.linspace(0, len(values) - 1, _GENES_ASKED).astype(int))
    some, logs = values.to_numpy(dtype=np.float64)[rows], log2.to_numpy(dtype=np.float64)[rows]
    levels, counts = np.unique(some, return_counts=True)
    stated = [float(item) for item in (*settings.get("clipped", ()), settings.get("floor", np.nan))]
    for at in map(int, np.flatnonzero(counts >= LEAST_SHARE * some.size)):
        level, there = levels[at], some == levels[at]
        if np.isclose(level, stated).any() or there.any(axis=1).mean() < _LEAST_GENES:
            continue
        words = _set_apart(at, counts, some, logs, levels, settings)
        if words:
            answers = _ASK[at == len(levels) - 1].format(level=f"{level:g}")
            said = f"{counts[at] / some.size:.1%} of all values are {level:g}, {words}"
            yield Written(float(level), said, answers, _samples_with(there, values.columns))


_ASK = {
    False: "`missing: {level}` if it stands for a missing value, or `floor: {level}` if nothing lower can be "
    "measured",
    True: "`clipped: [LOW, {level}]` if the source cut its values there, or `missing: {level}` if it stands "
    "for a missing value",
}


def _set_apart(
    at: int,
    counts: np.ndarray,
    some: np.ndarray,
    logs: np.ndarray,
    levels: np.ndarray,
    settings: Mapping[str, Any],
) -> str:
    """How the value stands out among the others; empty where it does not."""
    level, n = levels[at], counts[at]
    if at == len(levels) - 1:
        return "the largest of all: cut there?"
    if at == 0:
        log = logs[some == level]
        low, high = float(log.min()), float(log.max())
        if settings["scale"] == "counts":
            return ""  # no reads are a measurement, and their log2 differs by library size
        near = int(((logs > high) & (logs <= low + _GAP)).sum())
        return "set apart from all others by a gap" if near < _IN_GAP * n else ""
    others = np.delete(counts, at)
    if n >= _COMMON * some.size and n >= _COMMONER * others.max(initial=1):
        return f"{n / max(others.max(initial=1), 1):.0f} times as many as of any other value"
    return ""


def _samples_with(found: np.ndarray, samples: pd.Index) -> list[str]:
    share = found.mean(axis=0)
    order = np.argsort(-share, kind="stable")
    return [f"{samples[i]}: {share[i]:.0%} of its genes" for i in order if share[i] > 0]
