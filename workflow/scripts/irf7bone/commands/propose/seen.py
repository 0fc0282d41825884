"""What a layout was found to hold, before anything is made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.acquire.split import split_columns, splittable
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.filled_values import written_values
from irf7bone.study.questions import MARK

KNOWN_GENES = 0.5  # share of ids that must be genes of one kind, for the kind to be sure
LOG2_MOST = 30.0
SHOWN = 6


@dataclass(frozen=True)
class Seen:
    """The data of one cohort as its source has them.

    Args:
        expression: The card's ``expression``, questions among it.
        clinical: The card's ``clinical``.
        values: Genes x samples.
        samples: Samples x columns of text or None; index = sample id.
        stated: Further keys of the card that the source states, such as title and citation.
        remarks: Sentences for the head of the card.
        described: What the source says of a clinical column, by its name.
    """

    expression: Mapping[str, Any]
    clinical: Sequence[Mapping[str, Any]]
    values: pd.DataFrame
    samples: pd.DataFrame
    stated: Mapping[str, Any] = field(default_factory=dict)
    remarks: Sequence[str] = ()
    described: Mapping[str, str] = field(default_factory=dict)


def split_seen(seen: Seen) -> Seen:
    """With columns in place of those that hold several, and the card's first clinical source saying so."""
    names = splittable(seen.samples)
    if not names:
        return seen
    first, *others = seen.clinical
    samples = split_columns(seen.samples, names, "split")
    return replace(seen, samples=samples, clinical=[{**first, "split": names}, *others])


def said_of_spellings(spelt: Mapping[str, str]) -> list[str]:
    """Remarks on keys that a series spells in several ways."""
    return [
        f"The key {kept} is spelt {other} in some samples; they are one column."
        for other, kept in spelt.items()
    ]


def ask(question: str) -> str:
    """A value of the card that is a question."""
    return f"{MARK} {question}"


def ask_scale(values: pd.DataFrame) -> str:
    """The question about the scale, with what the values say; it is never answered here."""
    numbers = values.to_numpy(dtype=float)
    numbers = numbers[np.isfinite(numbers)]
    if not numbers.size:
        return ask("linear, log2, counts or log_ratio?")
    whole = bool((numbers == np.floor(numbers)).all())
    if numbers.min() < 0:
        like = "log_ratio" if abs(np.median(numbers)) < 2 else "log2 with values below 0"
    elif numbers.max() <= LOG2_MOST:
        like = "log2"
    else:
        like = "counts, or linear" if whole else "linear"
    low, middle, high = numbers.min(), np.median(numbers), numbers.max()
    return ask(
        f"linear, log2, counts or log_ratio? The values run from {low:g} to {high:g}, median {middle:g}, "
        f"which looks like {like}; the source must say"
    )


def ask_written(values: pd.DataFrame) -> dict[str, str]:
    """The question about a value that was written rather than measured; no key where there is none."""
    complete = values.dropna()
    numbers = complete.to_numpy(dtype=float)
    if not numbers.size or np.isinf(numbers).any():
        return {}
    whole, ratio = bool((numbers == np.floor(numbers)).all()), numbers.min() < 0
    logs = complete if ratio or numbers.max() <= LOG2_MOST else np.log2(complete + 1)
    scale = {"scale": "counts" if whole and numbers.max() > LOG2_MOST else "log2"}
    for found in written_values(complete, logs, scale):
        return {
            "missing": ask(f"{found.words}: {found.answers}? Answer with one of these in place of this line")
        }
    return {}


def gene_kind(ids: Sequence[str], symbols: SymbolTable) -> str | None:
    """symbol, entrez or ensembl, where most of the ids are human genes of that kind."""
    some = [str(item) for item in ids[:: max(1, len(ids) // 2000)]]
    for kind in ("symbol", "ensembl", "entrez"):
        current = symbols.to_current(some, kind).current
        if sum(item is not None for item in current) >= KNOWN_GENES * len(some) > 0:
            return kind
    return None


def ask_genes(ids: Sequence[str]) -> str:
    """The question about the kind of gene id."""
    shown = ", ".join(map(str, ids[:SHOWN]))
    return ask(f"symbol, entrez or ensembl? The ids are {shown}, ...")


def describe_columns(samples: pd.DataFrame) -> str:
    """Every clinical column with its values: counts of the commonest, or the range of numbers."""
    lines = [f"{len(samples):,} samples, {samples.shape[1]} clinical columns"]
    for name in samples.columns:
        known = samples[name].dropna()
        lines.append(f"  {name}: {len(known):,} known, {known.nunique():,} different; {_values(known)}")
    return "\n".join(lines)


def _values(known: pd.Series) -> str:
    if known.empty:
        return "nothing"
    numbers = as_numbers(known)
    if known.nunique() > SHOWN and numbers is not None:
        return f"numbers from {numbers.min():g} to {numbers.max():g}, median {numbers.median():g}"
    if known.nunique() == len(known) > SHOWN:
        return "for instance " + ", ".join(map(repr, known.iloc[:3]))
    counts = known.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    said = ", ".join(f"{value!r} ({count})" for value, count in counts.iloc[:SHOWN].items())
    return said + (", ..." if len(counts) > SHOWN else "")


def as_numbers(known: pd.Series) -> pd.Series | None:
    """A column as numbers, where each of its known values is one."""
    numbers = pd.to_numeric(known, errors="coerce")
    return numbers.astype(float) if len(numbers) and np.isfinite(numbers.astype(float)).all() else None
