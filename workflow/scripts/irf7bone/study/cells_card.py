"""Cards of single-cell data sets: read, checked against their schema and against themselves, and typed.

Imports no numpy or pandas: every Snakemake process that a run starts loads the cards again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from irf7bone.base.cells_vocabulary import BULK, COMPARTMENTS
from irf7bone.base.errors import Problem, Problems
from irf7bone.study.card_view import CardView, check_id
from irf7bone.study.cohort_card import codes, rule_with_codes
from irf7bone.study.questions import question_problems
from irf7bone.study.schema import Document, choose_from, nearest_file, read_yaml, violations

CELLS_CARD = "card of a single-cell data set"
SIMULATION = "simulate_cells"


@dataclass(frozen=True)
class CellContrast:
    """One comparison of two groups, in one compartment first of all.

    Args:
        id: Name, unique within the card.
        compartment: Compartment that the claim is judged in.
        case: Group whose difference from ``reference`` is the effect.
        reference: Group that it is held against.
        paired: Whether patients are compared with themselves; those with one group only are left out.
        batch: Whether the comparison adjusts for the batch.
        meaning: ``loss_in_bone``, ``restoration``, ``interferon_response`` or ``other``.
    """

    id: str
    compartment: str
    case: str
    reference: str
    paired: bool
    batch: bool
    meaning: str


@dataclass(frozen=True)
class QualityRules:
    """What a cell, and a pseudobulk sample, must have."""

    min_genes: int
    max_mito: float
    min_cells_per_pseudobulk: int


@dataclass(frozen=True)
class CellsCard:
    """What one card says.

    Args:
        id: Id of the data set, the name of the card's file.
        title: What the report calls it.
        citation: ``pmid``, ``doi``, ``text``; may be empty for a simulated one.
        organism: ``human`` or ``mouse``.
        role: ``real`` or ``simulated``.
        cells: Source of the counts, with ``source``, ``files``, ``gene_id``, ``scale``, ``technology``.
        obs: Sources of the cells' columns, merged in this order.
        patient: Column of the patient.
        sample: Column of the sample.
        groups: ``from`` and ``map``, of which the keys are codes as text.
        batch: Column of the batch, or None.
        subtype: Column of the subtype, or None.
        labels: ``from`` and ``map`` of the authors' labels, or None.
        malignant_by: ``labels``, ``markers`` or ``markers_and_cnv``.
        exclude: Rules with ``column``, ``is`` and ``reason``.
        qc: Rules of quality.
        contrasts: In the order of the card.
        expect: Known counts ``cells``, ``patients``, ``compartments``; may be empty.
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
    cells: dict[str, Any]
    obs: tuple[dict[str, Any], ...]
    patient: str
    sample: str
    groups: dict[str, Any]
    batch: str | None
    subtype: str | None
    labels: dict[str, Any] | None
    malignant_by: str
    exclude: tuple[dict[str, Any], ...]
    qc: QualityRules
    contrasts: tuple[CellContrast, ...]
    expect: dict[str, Any]
    notes: tuple[str, ...]
    unverified: tuple[str, ...]
    path: Path
    sha256: str
    documentation: str = ""

    @property
    def simulated(self) -> bool:
        """Whether the cells are simulated."""
        return self.role == "simulated"

    @property
    def expression(self) -> dict[str, Any]:
        """The source of the counts under the name that messages about simulations read it by."""
        return self.cells

    def resolve(self, relative: str | Path) -> Path:
        """A path that the card names, which is relative to the card."""
        return self.path.parent / relative

    def files(self) -> list[Path]:
        """All local files that the card names; of a folder, the files in it."""
        named = [self.resolve(entry["path"]) for entry in self.cells.get("files", ())]
        found = [file for path in named for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
        tables = [self.resolve(entry["path"]) for entry in self.obs if entry["source"] == "table"]
        return [*(path for path in found if path.is_file()), *tables]


def load_cells(path: str | Path) -> CellsCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    document = read_yaml(Path(path), what=CELLS_CARD)
    problems = Problems()
    problems.extend(cells_problems(document))
    problems.raise_if_any()
    return make_cells(document)


def cells_problems(document: Document) -> list[Problem]:
    """Everything that is wrong with a card: against the schema, against itself, and files that are not
    there.
    """
    problems = Problems()
    problems.extend(question_problems(document))
    asked = {problem.where for problem in problems.found}
    found = violations(document.data, "cells", document.where)
    problems.extend(problem for problem in found if problem.where not in asked)
    view = CardView(document, problems)
    for check in _CHECKS:
        check(view)
    return sorted(problems.found, key=document.line_of)


def make_cells(document: Document) -> CellsCard:
    """The typed card of a document without problems."""
    data = document.data
    labels = data["compartments"]["labels"]
    return CellsCard(
        **{key: data[key] for key in ("id", "title", "organism", "role", "cells")},
        citation=data.get("citation", {}),
        obs=tuple(data["obs"]),
        **{key: data[key]["from"] for key in ("patient", "sample")},
        **{key: data[key]["from"] if key in data else None for key in ("batch", "subtype")},
        groups=_with_text_codes(data["groups"]),
        labels=_with_text_codes(labels) if labels else None,
        malignant_by=data["compartments"]["malignant_by"],
        exclude=tuple(rule_with_codes(rule) for rule in data.get("exclude", ())),
        qc=QualityRules(**data["qc"]),
        contrasts=tuple(CellContrast(**contrast) for contrast in data["contrasts"]),
        expect=data.get("expect", {}),
        notes=tuple(data.get("notes", ())),
        unverified=tuple(data.get("unverified", ())),
        path=document.path,
        sha256=document.sha256,
        documentation=data.get("documentation", ""),
    )


def _with_text_codes(mapped: dict[str, Any]) -> dict[str, Any]:
    return {"from": mapped["from"], "map": {codes(code)[0]: name for code, name in mapped["map"].items()}}


def _check_role(card: CardView) -> None:
    role, source = card.get("role", kind=str), card.get("cells", "source", kind=str)
    if role and source and card.sound("role") and (role == "simulated") != (source == SIMULATION):
        card.add(
            ("role",),
            expected=f"`simulated` for `source: {SIMULATION}`, and for no other source",
            found=f"role `{role}` with source `{source}`",
            remedy="correct one of them: simulated cells must never pass for real ones",
        )
    if role == "real" and "citation" not in card.document.data:
        card.add(
            ("citation",),
            expected="the key `citation` with pmid, doi or text",
            found="no such key",
            remedy="say where the data were published",
        )
    named = {entry.get("source") for entry in card.get("obs", kind=list) if isinstance(entry, dict)}
    if source and SIMULATION in {source, *named} and named != {source}:
        card.add(
            ("obs",),
            expected=f"`{SIMULATION}` for cells and obs alike, or for neither",
            found=f"cells from `{source}`, obs from {', '.join(sorted(map(str, named)))}",
            remedy="do not mix simulated and other data",
        )


def _check_scale(card: CardView) -> None:
    scale, technology = (card.get("cells", key, kind=str) for key in ("scale", "technology"))
    if scale == "tpm" and technology not in ("", "full_length"):
        card.add(
            ("cells", "scale"),
            expected="`counts`: only full-length cells come as tpm",
            found=f"`tpm` with technology `{technology}`",
            remedy="give the counts, or state the technology that it is",
        )
    gene_id = card.get("cells", "gene_id", kind=str)
    if card.get("organism", kind=str) == "mouse" and gene_id in ("entrez", "ensembl"):
        card.add(
            ("cells", "gene_id"),
            expected="`symbol`, as the organism is mouse",
            found=f"`{gene_id}`",
            remedy="bring the genes to mouse symbols first: only human ids are translated here",
        )


def _check_labels(card: CardView) -> None:
    labels = card.document.data.get("compartments", {})
    if not isinstance(labels, dict) or "labels" not in labels:
        return
    by = card.get("compartments", "malignant_by", kind=str)
    if labels["labels"] is None and by == "labels":
        card.add(
            ("compartments", "malignant_by"),
            expected="`markers` or `markers_and_cnv`, as there are no labels",
            found="`labels`",
            remedy="name the column of the labels, or say how malignant cells are told",
        )
    meanings = set(card.get("compartments", "labels", "map").values())
    for index, contrast in enumerate(card.get("contrasts", kind=list)):
        where = ("contrasts", index, "compartment")
        name = contrast.get("compartment") if isinstance(contrast, dict) else None
        if not isinstance(name, str):
            continue
        if name not in (*COMPARTMENTS, BULK):
            card.add(
                where,
                expected=f"a compartment: {', '.join(COMPARTMENTS)}",
                found=f"`{name}`",
                remedy=choose_from(name, COMPARTMENTS),
            )
        elif meanings and name != BULK and name not in meanings:
            card.add(
                where,
                expected=f"a compartment that the labels map to: {', '.join(sorted(filter(None, meanings)))}",
                found=f"`{name}`, which none does",
                remedy="correct the map or the contrast",
            )


def _check_files(card: CardView) -> None:
    entries = [("cells", "files", index) for index in range(len(card.get("cells", "files", kind=list)))]
    entries += [("obs", index) for index in range(len(card.get("obs", kind=list)))]
    for at in entries:
        name = card.get(*at, "path", kind=str)
        path = card.document.path.parent / name
        if name and not path.exists():
            close = nearest_file(path)
            card.add(
                (*at, "path"),
                expected="a file or folder, relative to the card",
                found=f"{path}, which is not there",
                remedy=f"did you mean `{close}`?" if close else "correct the path or put the file there",
            )


def _check_contrasts(card: CardView) -> None:
    groups = list(dict.fromkeys(n for n in card.get("groups", "map").values() if isinstance(n, str)))
    seen: dict[str, int] = {}
    for index, contrast in enumerate(card.get("contrasts", kind=list)):
        if not isinstance(contrast, dict):
            continue
        at, name = ("contrasts", index), contrast.get("id")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            card.add(
                (*at, "id"), expected="each contrast id once", found=f"`{name}` again", remedy="rename one"
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
        if contrast.get("batch") is True and "batch" not in card.document.data:
            card.add(
                (*at, "batch"),
                expected="`false`, as the card has no `batch`",
                found="`true`",
                remedy="add `batch: {from: <column>}`, or write `batch: false`",
            )


_CHECKS: tuple[Callable[[CardView], None], ...] = (
    check_id,
    _check_role,
    _check_scale,
    _check_labels,
    _check_files,
    _check_contrasts,
)
