"""Experiment cards: read, checked against their schema and against themselves, and typed.

Imports no numpy or pandas: every Snakemake process that a run starts loads the cards again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irf7bone.base.errors import Problem, Problems
from irf7bone.study.card_view import CardView, check_file, check_id
from irf7bone.study.cohort_card import DEFAULTS, codes, rule_with_codes
from irf7bone.study.geo_card import check_geo
from irf7bone.study.questions import question_problems
from irf7bone.study.schema import Document, choose_from, nearest, read_yaml, violations

EXPERIMENT_CARD = "card of an experiment"
SIMULATION = "simulate_pairs"
SIMULATED_PREFIX = "SIMULATED_"
EXCLUDE_FORMS = ({"samples"}, {"column", "is"}, {"column", "is_not"})
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
    """

    id: str
    case: str
    reference: str
    paired: bool
    batch: bool
    meaning: str


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


@dataclass(frozen=True)
class ExperimentCard:
    """What one card says.

    Args:
        id: Experiment id, the name of the card's file.
        title: What the report calls the experiment.
        citation: ``pmid``, ``doi``, ``text``; may be empty for a simulated experiment.
        organism: ``human`` or ``mouse``.
        role: ``real`` or ``simulated``.
        expression: Source of the expression values, with ``source``, ``scale``, ``collapse`` and so on.
        samples: Sources of the sample descriptions, merged in this order.
        groups: ``from`` and ``map``, of which the keys are codes as text.
        exclude: Rules with ``reason`` and ``samples``, or ``column`` with ``is`` or ``is_not``.
        pairs: Column of the pair; None where nothing is paired.
        batch: Column of the batch; None where there is none.
        contrasts: In the order of the card.
        second_opinion: Whether PyDESeq2 tests the counts as well.
        derive: How a signature is made, where one is.
        patients_of: Cohorts in which that signature is not tested.
        expect: Known counts ``samples``, ``groups``, ``pairs``; may be empty.
        notes: What a reader of the report should know.
        unverified: What the card states unchecked, and why.
        path: The card's file.
        sha256: Checksum of the card's file.
        documentation: Where the meaning of the columns is documented.
    """

    id: str
    title: str
    citation: dict[str, Any]
    organism: str
    role: str
    expression: dict[str, Any]
    samples: tuple[dict[str, Any], ...]
    groups: dict[str, Any]
    exclude: tuple[dict[str, Any], ...]
    pairs: str | None
    batch: str | None
    contrasts: tuple[Contrast, ...]
    second_opinion: bool
    derive: Derivation | None
    patients_of: tuple[str, ...]
    expect: dict[str, Any]
    notes: tuple[str, ...]
    unverified: tuple[str, ...]
    path: Path
    sha256: str
    documentation: str = ""

    @property
    def clinical(self) -> tuple[dict[str, Any], ...]:
        """The sample descriptions under the name that :mod:`irf7bone.acquire.sources` reads them by."""
        return self.samples

    @property
    def simulated(self) -> bool:
        """Whether the experiment is simulated."""
        return self.role == "simulated"

    @property
    def fdr(self) -> float:
        """False discovery rate at which genes are counted as changed."""
        return self.derive.fdr if self.derive else FDR

    def resolve(self, relative: str | Path) -> Path:
        """A path that the card names, which is relative to the card."""
        return self.path.parent / relative

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


def load_experiment(path: str | Path) -> ExperimentCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    document = read_yaml(Path(path), what=EXPERIMENT_CARD)
    problems = Problems()
    problems.extend(experiment_problems(document))
    problems.raise_if_any()
    return make_experiment(document)


def experiment_problems(document: Document) -> list[Problem]:
    """Everything that is wrong with a card: against the schema, against itself, and files that are not there.

    A part that breaks the schema is not compared with others, so that one mistake gives one message.
    """
    problems = Problems()
    problems.extend(question_problems(document))
    asked = {problem.where for problem in problems.found}
    found = violations(document.data, "experiment", document.where)
    problems.extend(problem for problem in found if problem.where not in asked)
    view = CardView(document, problems)
    for check in _CHECKS:
        check(view)
    return sorted(problems.found, key=document.line_of)


def make_experiment(document: Document) -> ExperimentCard:
    """The typed card of a document without problems."""
    data = document.data
    meanings = {codes(code)[0]: name for code, name in data["groups"]["map"].items()}
    return ExperimentCard(
        **{key: data[key] for key in ("id", "title", "organism", "role")},
        expression={**DEFAULTS.get(data["expression"]["source"], {}), **data["expression"]},
        citation=data.get("citation", {}),
        samples=tuple(data["samples"]),
        groups={"from": data["groups"]["from"], "map": meanings},
        exclude=tuple(rule_with_codes(rule) for rule in data.get("exclude", ())),
        pairs=data.get("pairs", {}).get("from"),
        batch=data.get("batch", {}).get("from"),
        contrasts=tuple(Contrast(**contrast) for contrast in data["contrasts"]),
        second_opinion=data.get("second_opinion", False),
        derive=Derivation(**data["derive"]) if "derive" in data else None,
        patients_of=tuple(data.get("patients_of", ())),
        expect=data.get("expect", {}),
        notes=tuple(data.get("notes", ())),
        unverified=tuple(data.get("unverified", ())),
        path=document.path,
        sha256=document.sha256,
        documentation=data.get("documentation", ""),
    )


def _check_role(card: CardView) -> None:
    role, source = card.get("role", kind=str), card.get("expression", "source", kind=str)
    if source == "simulate":
        card.add(
            ("expression", "source"),
            expected=f"`{SIMULATION}` for a simulated experiment",
            found="`simulate`, which makes a cohort",
            remedy=f"write `source: {SIMULATION}` and its settings",
        )
    elif role and source and card.sound("role") and (role == "simulated") != (source == SIMULATION):
        card.add(
            ("role",),
            expected=f"`simulated` for `source: {SIMULATION}`, and for no other source",
            found=f"role `{role}` with source `{source}`",
            remedy="correct one of them: a simulated experiment must never pass for a real one",
        )
    if role == "real" and "citation" not in card.document.data:
        card.add(
            ("citation",),
            expected="the key `citation` with pmid, doi or text",
            found="no such key",
            remedy="say where the experiment was published",
        )
    named = {entry.get("source") for entry in card.get("samples", kind=list) if isinstance(entry, dict)}
    if source and SIMULATION in {source, *named} and named != {source}:
        card.add(
            ("samples",),
            expected=f"`{SIMULATION}` for expression and samples alike, or for neither",
            found=f"expression from `{source}`, samples from {', '.join(sorted(map(str, named)))}",
            remedy="do not mix simulated and other data",
        )


def _check_organism(card: CardView) -> None:
    gene_id = card.get("expression", "gene_id", kind=str)
    if card.get("organism", kind=str) == "mouse" and gene_id in ("entrez", "ensembl"):
        card.add(
            ("expression", "gene_id"),
            expected="`symbol`, as the organism is mouse",
            found=f"`{gene_id}`",
            remedy="bring the table to mouse symbols first: only human ids are translated here",
        )


def _check_collapse(card: CardView) -> None:
    scale, rule = (card.get("expression", key, kind=str) for key in ("scale", "collapse"))
    if scale == "counts" and rule == "mean":
        card.add(
            ("expression", "collapse"),
            expected="`max_mean` or `max_variance`, as these are counts",
            found="`mean`",
            remedy="choose one row a gene: a mean of counts is no count, and its variance is another",
        )


def _check_second_opinion(card: CardView) -> None:
    scale = card.get("expression", "scale", kind=str)
    if card.document.data.get("second_opinion") is True and scale not in ("", "counts"):
        card.add(
            ("second_opinion",),
            expected="`scale: counts`, which PyDESeq2 needs",
            found=f"`scale: {scale}`",
            remedy="remove it: other values are compared by limma alone",
        )


def _check_files(card: CardView) -> None:
    check_file(card, ("expression",))
    for index in range(len(card.get("samples", kind=list))):
        check_file(card, ("samples", index))
    name = card.get("derive", "within", kind=str)
    path = card.document.path.parent / name
    if name and not path.is_file():
        there = [item.name for item in path.parent.iterdir()] if path.parent.is_dir() else []
        close = nearest(path.name, there)
        card.add(
            ("derive", "within"),
            expected="a text file of symbols, relative to the card",
            found=f"{path}, which is not there",
            remedy=f"did you mean `{close}`?" if close else "correct the path or put the file there",
        )


def _check_geo(card: CardView) -> None:
    check_geo(card, "samples")


def _groups(card: CardView) -> list[str]:
    return list(dict.fromkeys(name for name in card.get("groups", "map").values() if isinstance(name, str)))


def _check_exclude(card: CardView) -> None:
    for index, rule in enumerate(card.get("exclude", kind=list)):
        named = set(rule) - {"reason"} if isinstance(rule, dict) else {"samples"}
        if named not in EXCLUDE_FORMS:
            card.add(
                ("exclude", index),
                expected="`samples`, or `column` and `is` or `is_not`",
                found=f"{', '.join(sorted(named)) or 'none of them'}",
                remedy="write one rule an entry",
            )


def _check_contrasts(card: CardView) -> None:
    groups, seen = _groups(card), {}
    for index, contrast in enumerate(card.get("contrasts", kind=list)):
        if not isinstance(contrast, dict):
            continue
        at = ("contrasts", index)
        name = contrast.get("id")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            card.add(
                (*at, "id"),
                expected="each contrast id once",
                found=f"`{name}` again",
                remedy="give one of them another id",
            )
        for side in ("case", "reference"):
            if groups and isinstance(contrast.get(side), str) and contrast[side] not in groups:
                card.add(
                    (*at, side),
                    expected=f"a group of this card: {', '.join(groups)}",
                    found=f"`{contrast[side]}`",
                    remedy=choose_from(contrast[side], groups),
                )
        if isinstance(contrast.get("case"), str) and contrast["case"] == contrast.get("reference"):
            card.add(
                (*at, "case"),
                expected="two different groups",
                found=f"`{contrast['case']}` on both sides",
                remedy="name the group that the case is held against as reference",
            )
        for key, column in (("paired", "pairs"), ("batch", "batch")):
            if contrast.get(key) is True and column not in card.document.data:
                card.add(
                    (*at, key),
                    expected=f"`false`, as the card has no `{column}`",
                    found="`true`",
                    remedy=f"add `{column}: {{from: <column>}}`, or write `{key}: false`",
                )


def _check_derive(card: CardView) -> None:
    known = [
        item["id"] for item in card.get("contrasts", kind=list) if isinstance(item, dict) and "id" in item
    ]
    contrast, name = card.get("derive", "contrast", kind=str), card.get("derive", "name", kind=str)
    if contrast and known and contrast not in known:
        card.add(
            ("derive", "contrast"),
            expected=f"a contrast of this card: {', '.join(map(str, known))}",
            found=f"`{contrast}`",
            remedy=choose_from(contrast, known),
        )
    simulated = card.get("role", kind=str) == "simulated"
    if name and card.sound("role") and simulated != name.startswith(SIMULATED_PREFIX):
        card.add(
            ("derive", "name"),
            expected=f"a name that begins with {SIMULATED_PREFIX} if the experiment is simulated, else not",
            found=f"`{name}`",
            remedy="rename it: the name is all that many tables show of a signature",
        )
    if "patients_of" in card.document.data and "derive" not in card.document.data:
        card.add(
            ("patients_of",),
            expected="`patients_of` together with `derive`",
            found="no `derive`",
            remedy="remove it: it says where a derived signature is not tested",
        )


def _check_expect(card: CardView) -> None:
    groups = _groups(card)
    for name in card.get("expect", "groups"):
        if groups and name not in groups:
            card.add(
                ("expect", "groups", name),
                expected=f"a group of this card: {', '.join(groups)}",
                found=f"`{name}`",
                remedy=choose_from(name, groups),
            )
    if "pairs" in card.get("expect") and "pairs" not in card.document.data:
        card.add(
            ("expect", "pairs"),
            expected="no count of pairs, as the card has no `pairs`",
            found=str(card.get("expect")["pairs"]),
            remedy="add `pairs` or remove the count",
        )


_CHECKS: tuple[Callable[[CardView], None], ...] = (
    check_id,
    _check_role,
    _check_organism,
    _check_collapse,
    _check_second_opinion,
    _check_files,
    _check_geo,
    _check_exclude,
    _check_contrasts,
    _check_derive,
    _check_expect,
)
