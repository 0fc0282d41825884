"""The samples of a cohort or experiment: their ids in both sources, and where each was lost."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.acquire.sample_blocks import renamed_samples
from irf7bone.base.damaged_names import looks_excel_damaged
from irf7bone.base.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    from irf7bone.acquire.acquired import Acquired
    from irf7bone.study.card import Card

LONGEST_AFFIX = 12  # characters of a prefix or a suffix that is proposed
AFFIXES_TRIED = 5
PROPOSED_SHARE = 0.1  # of the samples left alone, that a rule must match to be worth proposing
UNMATCHED_LIMIT = (
    0.2  # share of either side; more is either a difference in how ids are written, or worth saying
)
# share of the measured samples that may lack clinical data where the clinical table is merely the larger one:
# ids that are written otherwise would leave samples alone on both sides
STRANGERS = 0.05


@dataclass
class Flow:
    """The samples still in, and a row for every step they went through."""

    cohort: str
    samples: pd.Index
    rows: list[dict[str, Any]] = field(default_factory=list)

    def step(self, stage: str, *losses: tuple[str, pd.Index]) -> None:
        """Take the samples of each loss away and note it; a step without any loss is noted too."""
        number = self.rows[-1]["step"] + 1 if self.rows else 0
        found = [(reason, self.samples.intersection(lost, sort=False)) for reason, lost in losses]
        for reason, lost in [item for item in found if len(item[1])] or [("none", self.samples[:0])]:
            self.samples = self.samples.difference(lost, sort=False)
            self.rows.append(
                {
                    "cohort": self.cohort,
                    "step": number,
                    "stage": stage,
                    "reason": reason,
                    "n_dropped": len(lost),
                    "n_left": len(self.samples),
                    "dropped": ",".join(lost) or None,
                }
            )


def all_samples(acquired: Acquired, where: str) -> pd.Index:
    """Samples of the expression, then those of the clinical data only; each source's ids must be unique."""
    problems = Problems()
    ids = {"expression": acquired.expression.columns, "clinical data": acquired.clinical.index}
    for name, index in ids.items():
        repeated = index[index.duplicated()].unique().tolist()
        if repeated:
            problems.add(
                f"{where}, {name}",
                expected="every sample id once",
                found=f"{len(repeated)} repeated",
                remedy="remove the copies, or give technical replicates their own ids",
                offenders=repeated,
            )
    problems.raise_if_any()
    measured, described = ids.values()
    return measured.append(described.difference(measured, sort=False)).astype("object")


def with_card_ids(acquired: Acquired, card: Card) -> Acquired:
    """What the sources hold, under the ids that the card's ``ids`` make of theirs; unchanged without it."""
    if not card.ids:
        return acquired
    expression = renamed_samples(acquired.expression, _rewritten(acquired.expression.columns, card.ids))
    clinical = acquired.clinical.set_axis(_rewritten(acquired.clinical.index, card.ids), axis=0)
    return replace(acquired, expression=expression, clinical=clinical)


def _rewritten(ids: Iterable[object], rule: Mapping[str, str]) -> pd.Index:
    found = []
    for sample in map(str, ids):
        if "separator" in rule:
            sample = re.sub(r"[-._ ]", rule["separator"], sample)
        sample = sample.removeprefix(rule.get("strip_prefix", ""))
        found.append(sample.removesuffix(rule.get("strip_suffix", "")))
    return pd.Index(found, dtype=object)


def match_samples(flow: Flow, acquired: Acquired, card: Card, excluded: Collection[str] = ()) -> None:
    """Take away the samples that only one source has.

    Args:
        flow: The samples still in.
        acquired: What the sources hold, under the card's ids.
        card: The card.
        excluded: Samples that the card leaves out in any case: nobody misses them in the other source.

    Raises:
        InputError: Ids that are too alike to be lost, none in common, or many that only one source has while
            the card does not expect it.
    """
    where = str(card.path)
    measured, described = acquired.expression.columns, acquired.clinical.index
    alone, without = measured.difference(described, sort=False), described.difference(measured, sort=False)
    _check_near_misses(alone, without, where)
    if len(alone) == len(measured):
        raise InputError(
            Problem(
                where,
                "the same sample ids in the expression and the clinical data",
                f"none of {len(measured)} is in both; expression has {_examples(measured)}, "
                f"the clinical data have {_examples(described)}",
                _remedy(measured, described, "")
                or "check key and genes_in in the card, or add the other kind of id to the clinical table",
            )
        )
    if not card.unmatched:
        _check_unmatched(measured, described, excluded, where)
    flow.step("matched by sample id", ("no expression", without), ("no clinical data", alone))


def _check_unmatched(measured: pd.Index, described: pd.Index, excluded: Collection[str], where: str) -> None:
    """Refuse a cohort of which a large part of either source is not in the other.

    A clinical table that holds all that were measured, and others, is none: what is not measured cannot be
    misread. It is counted and listed, and held against the outcome (:mod:`irf7bone.harmonise.losses`).
    """
    problems = Problems()
    sides = (("expression", measured, described), ("clinical data", described, measured))
    for name, own, other in sides:
        wanted = own[~own.isin(list(excluded))]
        lost = wanted.difference(other, sort=False)
        strangers = other[~other.isin(list(excluded))].difference(own, sort=False)
        merely_larger = own is described and len(strangers) <= STRANGERS * len(other)
        if len(lost) > UNMATCHED_LIMIT * len(wanted) and not merely_larger:
            elsewhere = other.difference(own, sort=False)
            problems.add(
                f"{where}, sample ids",
                expected=f"at most {UNMATCHED_LIMIT:.0%} of the samples of the {name} in it alone",
                found=f"{len(lost)} of {len(wanted)}"
                + (f"; the other source has {_examples(elsewhere)} in their place" if len(elsewhere) else ""),
                remedy=_remedy(measured, described, ", ")
                + _said_of_dates(lost)
                + "where these samples are rightly in one source only, write `unmatched: expected`",
                offenders=lost,
            )
    problems.raise_if_any()


def _said_of_dates(lost: pd.Index) -> str:
    dates = [name for name in map(str, lost) if looks_excel_damaged(name)]
    if not dates:
        return ""
    return f"{len(dates)} look like what a spreadsheet makes of ids ({dates[0]}): write those again; "


def _remedy(measured: pd.Index, described: pd.Index, end: str) -> str:
    """The rule of ``ids`` that would match the most of the samples that are alone; empty for none."""
    rule, gained = proposed_rule(measured, described)
    if not rule:
        return ""
    words = ", ".join(f'{key}: "{value}"' for key, value in rule.items())
    return f"write `ids: {{{words}}}` in the card if it is right, which would match {gained} more{end}"


def proposed_rule(measured: pd.Index, described: pd.Index) -> tuple[dict[str, str], int]:
    """The rule for ids that matches the most samples more, and how many; empty where none does for many.

    A prefix or a suffix is one that many ids of one source have before or behind an id of the other.
    """
    base = len(set(measured) & set(described))
    alone = [sorted(set(measured) - set(described)), sorted(set(described) - set(measured))]
    tried: Counter[tuple[str, str]] = Counter()
    for longer, shorter in (alone, alone[::-1]):
        tried.update(_affixes(longer, shorter))
    rules = [{key: value} for (key, value), _ in tried.most_common(AFFIXES_TRIED)]
    rules += [{"separator": mark} for mark in ("-", ".", "_")]
    rules += [
        {"separator": mark, **rule}
        for rule in rules[:AFFIXES_TRIED]
        for mark in ("-", ".")
        if "separator" not in rule
    ]
    best: tuple[dict[str, str], int] = ({}, 0)
    for rule in rules:
        left, right = (_rewritten(ids, rule) for ids in (measured, described))
        if left.is_unique and right.is_unique:
            gained = len(set(left) & set(right)) - base
            best = max(best, (rule, gained), key=lambda item: item[1])
    return best if best[1] > max(1, PROPOSED_SHARE * min(map(len, alone))) else ({}, 0)


def _affixes(longer: list[str], shorter: list[str]) -> Iterator[tuple[str, str]]:
    """Prefix or suffix that makes an id of one source an id of the other, once for each such id."""
    ends = set(shorter)
    for sample in longer:
        for cut in range(1, len(sample)):
            if sample[cut:] in ends and cut <= LONGEST_AFFIX:
                yield "strip_prefix", sample[:cut]
            if sample[:cut] in ends and len(sample) - cut <= LONGEST_AFFIX:
                yield "strip_suffix", sample[cut:]


def _examples(ids: pd.Index) -> str:
    return ", ".join(map(repr, ids[:3])) + (" ..." if len(ids) > 3 else "")


_NUMBER_ID = re.compile(r"[0-9]+(\.0+)?")


def _alike(sample: object) -> str:
    """What stays of an id without what programs change on the way; '7.0' is '7' before it could be '70'."""
    text = unicodedata.normalize("NFKC", str(sample)).strip()
    if _NUMBER_ID.fullmatch(text):
        return text.partition(".")[0].lstrip("0") or "0"
    return re.sub(r"[\W_]", "", text).lower()


def _difference(first: str, second: str) -> str:
    """The key of :data:`_DIFFERENCES` for two ids that are alike."""
    first, second = first.strip(), second.strip()
    if first == second or not (_NUMBER_ID.fullmatch(first) and _NUMBER_ID.fullmatch(second)):
        return "spelling"
    return "zeros" if first.partition(".")[0] != second.partition(".")[0] else "decimals"


# how ids that are alike differ -> what was found, and how to mend it
_DIFFERENCES = {
    "spelling": (
        "'-', '.', '_', spaces, case or how an accent is stored",
        "write them the same way in one of the files (R's read.table turns '-' into '.', which "
        'check.names=FALSE prevents), or, where only such marks differ, state `ids: {separator: "-"}`',
    ),
    "zeros": (
        "zeros at the start",
        "write the ids out in full again in the file that lost the zeros (a spreadsheet, or a program that "
        "reads ids as numbers, strips them)",
    ),
    "decimals": (
        "a decimal '.0'",
        "write the ids without decimals (a spreadsheet, or a program that reads ids as numbers, adds them)",
    ),
}


def _check_near_misses(alone: pd.Index, without: pd.Index, where: str) -> None:
    """Refuse ids of one source only that are too alike to an id of the other to be lost."""
    described = defaultdict(list)
    for sample in without:
        described[_alike(sample)].append(sample)
    pairs = defaultdict(list)
    for sample in alone:
        for near in described.get(_alike(sample), [])[:1]:
            pairs[_difference(str(sample), str(near))].append(f"{sample!r} and {near!r}")
    problems = Problems()
    for kind, (what, remedy) in _DIFFERENCES.items():
        if kind in pairs:
            problems.add(
                f"{where}, sample ids",
                expected="ids written the same way in the expression and the clinical data",
                found=f"{len(pairs[kind])} pairs that differ only in {what}",
                remedy=f"{remedy}; they are not matched for you: patients may differ by no more",
                offenders=pairs[kind],
            )
    problems.raise_if_any()
