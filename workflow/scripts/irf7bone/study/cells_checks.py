"""What can be wrong with the card of a single-cell data set, beyond the schema. Planning asks; no job
does.
"""

from __future__ import annotations

import re
from pathlib import Path

from irf7bone.base.cells_vocabulary import BULK, COMPARTMENTS
from irf7bone.base.nearest import choose_from, nearest_file
from irf7bone.study.card_checks import CardKind, CardView, check_id
from irf7bone.study.cells_card import CellsCard, make_cells
from irf7bone.study.contrast_checks import check_contrasts
from irf7bone.study.tenx_names import tenx_files

SIMULATION = "simulate_cells"
FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+-]*")


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
    entries: list[tuple[str | int, ...]] = [
        ("cells", "files", index) for index in range(len(card.get("cells", "files", kind=list)))
    ]
    entries += [("obs", index) for index in range(len(card.get("obs", kind=list)))]
    for at in entries:
        name = card.get(*at, "path", kind=str)
        if name and card.get(*at, "url", kind=str):
            _check_fetched(card, at, name)
            continue
        path = card.document.path.parent / name
        mtx = at[0] == "cells" and card.get("cells", "source", kind=str) == "tenx_mtx"
        if name and not (path.exists() or (mtx and tenx_files(path))):
            close = nearest_file(path)
            card.add(
                (*at, "path"),
                expected="a file or folder, relative to the card",
                found=f"{path}, which is not there",
                remedy=f"did you mean `{close}`?" if close else "correct the path or put the file there",
            )


def _check_fetched(card: CardView, at: tuple[str | int, ...], name: str) -> None:
    if not FILE_NAME.fullmatch(name):
        card.add(
            (*at, "path"),
            expected="a plain file name of letters, digits, `.`, `_`, `+` and `-`, as which it is kept",
            found=f"`{name}`",
            remedy="write the name without folders: what is fetched lies in data/downloads/<id>/",
        )


def _check_contrasts(card: CardView) -> None:
    check_contrasts(card, {"batch": "batch"})


CELLS_CARDS = CardKind(
    what="card of a single-cell data set",
    folder="data/cells",
    schema="cells",
    described_by="obs",
    checks=(check_id, _check_role, _check_scale, _check_labels, _check_files, _check_contrasts),
    make=make_cells,
)


def load_cells(path: str | Path) -> CellsCard:
    """Read and check one card.

    Raises:
        InputError: With everything that is wrong with it.
    """
    return CELLS_CARDS.load(Path(path))
