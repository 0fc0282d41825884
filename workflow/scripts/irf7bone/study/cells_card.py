"""Cards of single-cell data sets, read and typed; what can be wrong with one is in `cells_checks`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from irf7bone.study.card import Card, codes, shared_parts
from irf7bone.study.document import Document, read_document
from irf7bone.study.tenx_names import tenx_files


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


@dataclass(frozen=True, kw_only=True)
class CellsCard(Card):
    """What one card says, beside what :class:`irf7bone.study.card.Card` holds.

    ``role`` is ``real`` or ``simulated``; ``expression`` is the card's ``cells``, ``clinical`` its ``obs``.
    A rule of ``exclude`` has ``column`` and ``is``. ``expect`` may count ``cells``, ``patients`` and
    ``compartments``.

    Args:
        patient: Column of the patient.
        sample: Column of the sample.
        groups: ``from`` and ``map``, of which the keys are codes as text.
        subtype: Column of the subtype, or None.
        labels: ``from`` and ``map`` of the authors' labels, or None.
        malignant_by: ``labels``, ``markers`` or ``markers_and_cnv``.
        qc: Rules of quality.
        contrasts: In the order of the card.
    """

    patient: str
    sample: str
    groups: dict[str, Any]
    subtype: str | None
    labels: dict[str, Any] | None
    malignant_by: str
    qc: QualityRules
    contrasts: tuple[CellContrast, ...]

    @property
    def cells(self) -> dict[str, Any]:
        """Source of the counts: ``source``, ``files``, ``gene_id``, ``scale``, ``technology``."""
        return self.expression

    @property
    def obs(self) -> tuple[dict[str, Any], ...]:
        """Sources of the cells' columns, merged in this order."""
        return self.clinical

    def files(self) -> list[Path]:
        """All local files that the card names and that are not fetched; of a tenx_mtx, its three."""
        named = [self.resolve(entry["path"]) for entry in self.cells.get("files", ()) if "url" not in entry]
        mtx = self.cells["source"] == "tenx_mtx"
        found = [file for path in named for file in (tenx_files(path) if mtx else [path])]
        tables = [
            self.resolve(entry["path"])
            for entry in self.obs
            if entry["source"] == "table" and "url" not in entry
        ]
        return [*(path for path in found if path.is_file()), *tables]

    def fetched(self) -> list[dict[str, Any]]:
        """Entries of the card whose file comes from elsewhere."""
        return [entry for entry in (*self.cells.get("files", ()), *self.obs) if "url" in entry]

    def with_downloads(self, folder: Path) -> CellsCard:
        """The same card, with what is fetched where it lies.

        Args:
            folder: The data set's folder of downloads.
        """

        def placed(entry: dict[str, Any]) -> dict[str, Any]:
            if "url" not in entry:
                return entry
            rest = {key: value for key, value in entry.items() if key != "url"}
            return rest | {"path": str(folder.absolute() / entry["path"])}

        if not self.fetched():
            return self
        cells = {**self.cells, "files": [placed(entry) for entry in self.cells["files"]]}
        return replace(self, expression=cells, clinical=tuple(placed(entry) for entry in self.obs))


def read_cells_card(path: str | Path) -> CellsCard:
    """The card in a file that planning found right."""
    return make_cells(read_document(Path(path)))


def make_cells(document: Document) -> CellsCard:
    """The typed card of a document without problems."""
    data = document.data
    labels = data["compartments"]["labels"]
    shared = replace(document, data={**data, "expression": data["cells"]})
    return CellsCard(
        **shared_parts(shared, described_by="obs"),
        patient=data["patient"]["from"],
        sample=data["sample"]["from"],
        groups=_with_text_codes(data["groups"]),
        subtype=data.get("subtype", {}).get("from"),
        labels=_with_text_codes(labels) if labels else None,
        malignant_by=data["compartments"]["malignant_by"],
        qc=QualityRules(**data["qc"]),
        contrasts=tuple(CellContrast(**contrast) for contrast in data["contrasts"]),
    )


def _with_text_codes(mapped: dict[str, Any]) -> dict[str, Any]:
    return {"from": mapped["from"], "map": {codes(code)[0]: name for code, name in mapped["map"].items()}}
