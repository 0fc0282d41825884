"""The second reading: every cell placed and scored, and all added up to one sample a patient, group and
compartment.

Sums are whole numbers, so that no order of cells or blocks can change them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import EPITHELIAL, EPITHELIAL_UNCERTAIN, MALIGNANT
from irf7bone.cells.clusters import Clustering
from irf7bone.cells.data_set import CellSet
from irf7bone.cells.doublets import LEUKOCYTE_LISTS, DoubletRule
from irf7bone.cells.kernel import add_pseudobulk, score_cells
from irf7bone.cells.matrix import BLOCK_CELLS
from irf7bone.cells.sets import GeneSets

PRIMARY, EPITHELIAL_SET, LEUKOCYTE_SET, STRESS_SET = "primary", "epithelial", "leukocyte", "stress"
KEY = ("patient", "group", "compartment", "called_malignant", "doublet")


@dataclass(frozen=True)
class PlacingModel:
    """What the second reading needs of the calls.

    Attributes:
        clustering: Where a cell is placed.
        compartments: Compartment of each cluster.
        malignant_by: Whose word counts on what is malignant.
        doublets: The rule for doublets.
        droplets: Whether cells are droplets, which may hold two.
    """

    clustering: Clustering
    compartments: np.ndarray
    malignant_by: str
    doublets: DoubletRule
    droplets: bool


@dataclass(frozen=True)
class Reduced:
    """What is left of the cells.

    Attributes:
        cells: A row a cell of the set: ``compartment``, ``called_compartment``, ``cluster``, ``call_margin``,
            ``ucell_<set>`` and ``mean_log_<set>`` of :func:`shown_sets`, ``doublet``.
        keys: A row a part of the sums: :data:`KEY`, ``n_cells``.
        sums: Parts x genes, int64, in the unit of the data set.
    """

    cells: pd.DataFrame
    keys: pd.DataFrame
    sums: np.ndarray


def shown_sets(primary: Sequence[str], markers: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Sets that every cell is scored for: the primary signature, two programmes for doublets,
    dissociation.
    """
    white = dict.fromkeys(gene for name in LEUKOCYTE_LISTS for gene in markers[name])
    return {
        PRIMARY: list(primary),
        EPITHELIAL_SET: list(markers["EPITHELIAL"]),
        LEUKOCYTE_SET: list(white),
        STRESS_SET: list(markers["DISSOCIATION"]),
    }


def reduce_cells(
    cells: CellSet,
    quality: pd.DataFrame,
    model: PlacingModel,
    sets: Mapping[str, Sequence[str]],
    size: int = BLOCK_CELLS,
) -> Reduced:
    """Read all cells once more.

    Args:
        cells: The data set.
        quality: As the first reading left it.
        model: What was learnt from the sampled cells.
        sets: :func:`shown_sets`, in the data set's own symbols.
        size: Most cells of a block.
    """
    n = len(cells.obs)
    gene_sets = GeneSets.build(sets, cells.genes)
    scores = {kind: np.full((n, len(sets)), np.nan, dtype=np.float32) for kind in ("ucell", "mean_log")}
    cluster, margin = np.full(n, -1, dtype=np.int16), np.full(n, np.nan, dtype=np.float32)
    sums = Sums(len(cells.genes))
    codes = _Codes(cells.obs, quality, model)
    totals = quality["total_counts"].to_numpy()
    flagged = np.zeros(n, dtype=bool)
    for number, block, place in cells.blocks(size):
        target = cells.targets[number]
        ucell, mean_log = (np.zeros((block.n_cells, len(sets))) for _ in range(2))
        arrays = (block.indptr, block.indices, block.data, target)
        score_cells(
            *arrays,
            len(cells.genes),
            totals[place],
            gene_sets.starts,
            gene_sets.sets,
            gene_sets.sizes,
            gene_sets.missing,
            ucell,
            mean_log,
        )
        scores["ucell"][place], scores["mean_log"][place] = ucell, mean_log
        cluster[place], margin[place] = model.clustering.place(block, target, len(cells.genes), totals[place])
        programme = [mean_log[:, list(sets).index(name)] for name in (EPITHELIAL_SET, LEUKOCYTE_SET)]
        if model.droplets:
            flagged[place] = model.doublets.fits(*programme)
        bulk = sums.rows(codes.keys(place, cluster[place], flagged[place]))
        add_pseudobulk(*arrays, bulk, cells.unit, sums.values)
    found = pd.DataFrame(
        {
            "compartment": codes.compartments(np.arange(n), cluster),
            "called_compartment": model.compartments[cluster],
            "cluster": cluster,
            "call_margin": margin,
            **{
                f"{kind}_{name}": table[:, j] for kind, table in scores.items() for j, name in enumerate(sets)
            },
            "doublet": flagged,
        }
    )
    return Reduced(found, *sums.sorted(codes))


class _Codes:
    """The key of each cell as one number, -1 where quality failed."""

    def __init__(self, obs: pd.DataFrame, quality: pd.DataFrame, model: PlacingModel):
        self._passed = (quality["failed"] == "").to_numpy()
        self._model = model
        self.levels = [sorted(obs[name].unique()) for name in ("patient", "group")]
        self._parts = [
            pd.Categorical(obs[name], categories=levels).codes.astype(np.int64)
            for name, levels in zip(("patient", "group"), self.levels, strict=True)
        ]
        self._labels = obs["label"].to_numpy(dtype=object) if obs["label"].notna().any() else None
        labels = [] if self._labels is None else list(pd.unique(self._labels))
        names = sorted({*map(str, model.compartments), *map(str, labels), *EPITHELIAL})
        self.levels.append(names)
        self._place = {name: code for code, name in enumerate(names)}
        self._called = np.array([self._place[str(name)] for name in model.compartments], dtype=np.int64)
        self._label_codes = (
            None
            if self._labels is None
            else np.array([self._place[str(name)] for name in self._labels], dtype=np.int64)
        )
        self._epithelial = np.array([name in EPITHELIAL for name in names])

    def _codes_of(self, place: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compartment, and whether the cell's cluster is called malignant."""
        called = self._called[cluster]
        malignant = called == self._place[MALIGNANT]
        if self._label_codes is None:
            return called, malignant
        label = self._label_codes[place]
        if self._model.malignant_by == "labels":
            return label, malignant
        uncertain = self._place[EPITHELIAL_UNCERTAIN]
        own = np.where(self._epithelial[called], called, uncertain)
        return np.where(self._epithelial[label], own, label), malignant

    def compartments(self, place: np.ndarray, cluster: np.ndarray) -> np.ndarray:
        """Compartment of each cell, in words."""
        return np.array(self.levels[2], dtype=object)[self._codes_of(place, cluster)[0]]

    def keys(self, place: np.ndarray, cluster: np.ndarray, doublet: np.ndarray) -> np.ndarray:
        """One number a cell for its patient, group, compartment, call and doublet."""
        compartment, malignant = self._codes_of(place, cluster)
        code = self._parts[0][place] * len(self.levels[1]) + self._parts[1][place]
        code = ((code * len(self.levels[2]) + compartment) * 2 + malignant) * 2 + doublet
        return np.where(self._passed[place], code, -1)

    def words(self, code: int) -> tuple[str, str, str, bool, bool]:
        """The key that a number stands for."""
        code, doublet = divmod(code, 2)
        code, malignant = divmod(code, 2)
        code, compartment = divmod(code, len(self.levels[2]))
        patient, group = divmod(code, len(self.levels[1]))
        names = (self.levels[0][patient], self.levels[1][group], self.levels[2][compartment])
        return (*names, bool(malignant), bool(doublet))


class Sums:
    """Sums of genes over the cells of each key, which grow as keys turn up."""

    def __init__(self, n_genes: int):
        self.values = np.zeros((64, n_genes), dtype=np.int64)
        self._row: dict[int, int] = {}
        self._cells: dict[int, int] = {}

    def rows(self, keys: np.ndarray) -> np.ndarray:
        """Row of each key, -1 for none; new keys get one."""
        found, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        rows = np.empty(len(found), dtype=np.int64)
        for place, (key, count) in enumerate(zip(found.tolist(), counts.tolist(), strict=True)):
            rows[place] = -1 if key < 0 else self._row.setdefault(key, len(self._row))
            if key >= 0:
                self._cells[key] = self._cells.get(key, 0) + count
        if len(self._row) > len(self.values):
            more = max(len(self._row) - len(self.values), len(self.values))
            self.values = np.vstack([self.values, np.zeros((more, self.values.shape[1]), dtype=np.int64)])
        return rows[inverse]

    def sorted(self, codes: _Codes) -> tuple[pd.DataFrame, np.ndarray]:
        """Keys in words and their sums, by patient, group and compartment."""
        ordered = sorted(self._row)
        keys = pd.DataFrame([codes.words(key) for key in ordered], columns=list(KEY))
        keys["n_cells"] = [self._cells[key] for key in ordered]
        return keys, self.values[[self._row[key] for key in ordered]]
