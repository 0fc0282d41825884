"""Cards of experiments, read and typed; what can be wrong with one is in `experiment_checks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irf7bone.study.card import Card, codes, shared_parts
from irf7bone.study.document import Document, read_document

FDR = 0.05  # genes are counted as changed at this rate where the card derives no signature


@dataclass(frozen=True)
class Contrast:
    """One comparison of two groups.

    Args:
        id: Name, unique within the card.
        case: Group whose difference from ``reference`` is the effect.
        reference: Group that it is held against.
        paired: Whether samples are compared within their pair; those without one are left out and named.
        batch: Whether the comparison adjusts for the batch.
        meaning: ``loss_in_bone``, ``restoration``, ``interferon_response`` or ``other``.
        than: Case and reference of a second comparison, whose difference is taken from that of the first: the
            interaction of two factors. None without.
        at: Group -> its place (hours, dose) where groups are ordered; the effect is that of a straight line
            from ``reference`` to ``case``. None without.
    """

    id: str
    case: str
    reference: str
    paired: bool
    batch: bool
    meaning: str
    than: tuple[str, str] | None = None
    at: Mapping[str, float] | None = None

    @property
    def groups(self) -> dict[str, str]:
        """Every group that is compared -> the key of the card that names it; the reference, then the case."""
        keys = {self.reference: "reference", self.case: "case"}
        if self.than is not None:
            keys |= {self.than[1]: "than.reference", self.than[0]: "than.case"}
        return keys | {name: f"at.{name}" for name in self.at or () if name not in keys}

    @property
    def effect(self) -> str:
        """What the effect is, in words."""
        plain = f"{self.case} minus {self.reference}"
        if self.than is not None:
            return f"({plain}) minus ({self.than[0]} minus {self.than[1]})"
        return f"{plain}, along a line through {len(self.at)} groups" if self.at else plain


def _contrast(data: Mapping[str, Any]) -> Contrast:
    parts = dict(data)
    if "than" in parts:
        parts["than"] = parts["than"]["case"], parts["than"]["reference"]
    return Contrast(**parts)


@dataclass(frozen=True)
class Derivation:
    """How a signature is made from a contrast.

    Args:
        contrast: Id of the contrast.
        name: Name of the signature.
        log2_fold: Smallest fall of a gene in the case, log2, above 0.
        fdr: Largest false discovery rate.
        within: File of symbols that the signature is restricted to, relative to the card; None for all.
    """

    contrast: str
    name: str
    log2_fold: float
    fdr: float
    within: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExperimentCard(Card):
    """What one card says, beside what :class:`irf7bone.study.card.Card` holds.

    ``role`` is ``real`` or ``simulated``. A rule of ``exclude`` has ``samples``, or ``column`` with ``is`` or
    ``is_not``. ``expect`` may count ``samples``, ``groups`` and ``pairs``.

    Args:
        host: Species of the animal that the tumours grew in, where it is not ``organism``.
        groups: ``from`` and ``map``, of which the keys are codes as text.
        pairs: Column of the pair; None where nothing is paired.
        replicates: Column of the animal or culture that samples share; None where each sample is one.
        correlates: Whether the samples of one are correlated in the model, instead of put together.
        contrasts: In the order of the card.
        second_opinion: Whether PyDESeq2 tests the counts as well.
        derive: How a signature is made, where one is.
        patients_of: Cohorts in which that signature is not tested.
    """

    host: str | None
    groups: dict[str, Any]
    pairs: str | None
    replicates: str | None
    correlates: bool
    contrasts: tuple[Contrast, ...]
    second_opinion: bool
    derive: Derivation | None
    patients_of: tuple[str, ...]

    @property
    def fdr(self) -> float:
        """False discovery rate at which genes are counted as changed."""
        return self.derive.fdr if self.derive else FDR

    def within_file(self) -> Path | None:
        """The gene list that the derived signature is restricted to, where there is one."""
        return self.resolve(self.derive.within) if self.derive and self.derive.within else None

    def not_in_cohort(self, cohort: str, *, simulated: bool) -> str | None:
        """Why the derived signature is not tested in a cohort; None where it is.

        A signature from a cohort's own patients would be tested on what it was made from, and one from
        simulated counts says nothing about patients.

        Args:
            cohort: Id of the cohort.
            simulated: Whether the cohort is simulated.
        """
        if cohort in self.patients_of:
            return f"derived from experiment {self.id}, which shares patients with this cohort"
        if self.simulated and not simulated:
            return f"derived from the simulated experiment {self.id}: scored in simulated cohorts only"
        return None


def read_experiment_card(path: str | Path) -> ExperimentCard:
    """The card in a file that planning found right."""
    return make_experiment(read_document(Path(path)))


def make_experiment(document: Document) -> ExperimentCard:
    """The typed card of a document without problems."""
    data = document.data
    meanings = {codes(code)[0]: name for code, name in data["groups"]["map"].items()}
    return ExperimentCard(
        **shared_parts(document, described_by="samples"),
        host=data.get("host"),
        groups={"from": data["groups"]["from"], "map": meanings},
        pairs=data.get("pairs", {}).get("from"),
        replicates=data.get("replicates", {}).get("from"),
        correlates=data.get("replicates", {}).get("how") == "correlation",
        contrasts=tuple(_contrast(contrast) for contrast in data["contrasts"]),
        second_opinion=data.get("second_opinion", False),
        derive=Derivation(**data["derive"]) if "derive" in data else None,
        patients_of=tuple(data.get("patients_of", ())),
    )
