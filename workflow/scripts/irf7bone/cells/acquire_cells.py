"""From the card of a data set to its matrices and its cells: opened or rewritten, described, matched,
counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pandas as pd

from irf7bone.acquire.text import file_sha256, values_as_text
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.nearest import nearest
from irf7bone.cells.matrix import CellMatrix, open_hdf5, open_tenx_h5
from irf7bone.cells.rewrite import csr_of_h5ad, csr_of_mtx, csr_of_table
from irf7bone.tables.cells import OBS

if TYPE_CHECKING:
    from irf7bone.study.cells_card import CellsCard

CELLS_A_PATIENT = 10  # fewer on average, and the column of patients holds ids of cells or the like


@dataclass(frozen=True)
class AcquiredCells:
    """What a card's sources hold.

    Attributes:
        matrices: Its matrices.
        obs: Cells that the card keeps, :data:`irf7bone.tables.cells.OBS`.
        flow: Rows of :data:`irf7bone.tables.cohort.FLOW`, cells in place of samples and without their ids.
        sources: One dict for each file read: role, name, sha256.
    """

    matrices: tuple[CellMatrix, ...]
    obs: pd.DataFrame
    flow: list[dict[str, Any]]
    sources: list[dict[str, str]]


def acquire_cells(card: CellsCard, simulated: Path | None, rewritten: Path) -> AcquiredCells:
    """Open all matrices of a card and describe their cells.

    Args:
        card: The card.
        simulated: The file of simulated cells, for a card that simulates.
        rewritten: Folder for matrices that cannot be read cell by cell.

    Raises:
        InputError: files that cannot be read or contradict the card; all problems of one step together.
    """
    where = str(card.path)
    matrices, cells = _open_all(card, simulated, rewritten, where)
    described = _describe(card, matrices, cells, where)
    obs, flow = _keep(card, described, where)
    _check_patients(card, obs, where)
    _check_expected(card, obs, where)
    sources = [
        {
            "role": "cells" if path not in _tables(card) else "obs",
            "name": path.name,
            "sha256": file_sha256(path),
        }
        for path in ([simulated] if simulated else card.files())
    ]
    return AcquiredCells(matrices, obs, flow, sources)


def _tables(card: CellsCard) -> set[Path]:
    return {card.resolve(entry["path"]) for entry in card.obs if entry["source"] == "table"}


def _open_all(
    card: CellsCard, simulated: Path | None, rewritten: Path, where: str
) -> tuple[tuple[CellMatrix, ...], pd.DataFrame]:
    source, gene_id = card.cells["source"], card.cells["gene_id"]
    entries = [{"path": simulated}] if simulated else card.cells["files"]
    matrices, parts = [], []
    for number, entry in enumerate(entries):
        path, at = simulated or card.resolve(entry["path"]), f"{where}, cells.files[{number}]"
        target = rewritten / f"{number}.h5ad"
        if source in ("h5ad", "simulate_cells"):
            matrix = csr_of_h5ad(path, entry.get("matrix", "X"), target, at)
        elif source == "tenx_h5":
            matrix = open_tenx_h5(path, gene_id, at)
        elif source == "tenx_mtx":
            matrix = csr_of_mtx(path, gene_id, target, at)
        else:
            matrix = csr_of_table(path, entry.get("genes_in", "rows"), target, at)
        matrices.append(matrix)
        part = pd.DataFrame({"id": matrix.cells, "file": number, "row": np.arange(len(matrix.cells))})
        part["cell"] = (
            [f"{entry['sample']}:{cell}" for cell in matrix.cells] if "sample" in entry else matrix.cells
        )
        part["sample_of_file"] = entry.get("sample")
        parts.append(part)
    cells = pd.concat(parts, ignore_index=True)
    twice = cells["cell"].duplicated(keep="first")
    if twice.any():
        raise InputError(
            Problem(
                f"{where}, cells.files",
                "each cell id once over all files",
                f"{int(twice.sum())} ids again",
                "give each file its `sample`, which is put before the ids; within one file make them unique",
                tuple(cells.loc[twice, "cell"].head(5)),
            )
        )
    return tuple(matrices), cells


def _describe(
    card: CellsCard, matrices: Sequence[CellMatrix], cells: pd.DataFrame, where: str
) -> pd.DataFrame:
    """The columns that the card names, as text, a row a cell."""
    columns = {"patient": card.patient, "sample": card.sample, "groups": card.groups["from"]}
    columns |= {key: value for key, value in (("batch", card.batch), ("subtype", card.subtype)) if value}
    if card.labels:
        columns["compartments.labels"] = card.labels["from"]
    columns |= {f"exclude[{number}]": rule["column"] for number, rule in enumerate(card.exclude)}
    keys = {entry["key"] for entry in card.obs if entry["source"] == "table"}
    needed = set(columns.values()) | keys
    described = cells.assign(
        **({"sample": cells["sample_of_file"]} if cells["sample_of_file"].notna().all() else {})
    )
    known = set(described.columns)
    for entry in card.obs:
        if entry["source"] == "table":
            part = _read_table(card, entry, described, where)
            known |= set(part.columns)
        else:
            part, there = _read_obs(matrices, needed, where)
            known |= there
        described = described.assign(**{name: part[name].to_numpy() for name in part.columns})
    problems = Problems()
    for key, column in columns.items():
        if column not in described:
            near = nearest(column, known)
            problems.add(
                f"{where}, {key}" + ("" if "[" in key else ".from"),
                expected="a column of the cells: "
                + ", ".join(sorted(map(str, known - set(cells.columns)))[:30]),
                found=f"`{column}`",
                remedy=f"did you mean `{near}`?"
                if near
                else "name a column that is there, or add a table that has it",
            )
    problems.raise_if_any()
    return described


def _read_obs(matrices: Sequence[CellMatrix], needed: set[str], where: str) -> tuple[pd.DataFrame, set[str]]:
    """Those of the needed columns that all files have, as text, and the names of all columns."""
    parts, names = [], []
    for matrix in matrices:
        with open_hdf5(matrix.path, where) as file:
            if "obs" not in file:
                raise InputError(
                    Problem(
                        f"{where}, obs",
                        "`table` as source: these files hold no obs",
                        "`h5ad`",
                        "name a table",
                    )
                )
            there = set(map(str, file["obs"].attrs.get("column-order", ())))
            columns = {name: _column(file["obs"], name, matrix.path) for name in sorted(needed & there)}
        parts.append(pd.DataFrame(columns, index=range(len(matrix.cells)), dtype=object))
        names.append(there)
    shared = set.intersection(*names)
    return pd.concat([part[sorted(needed & shared)] for part in parts], ignore_index=True), shared


def obs_columns(path: Path, names: Sequence[str] | None) -> pd.DataFrame:
    """Columns of an h5ad's obs as text; all of them where ``names`` is None.

    Raises:
        InputError: a column that this version of anndata cannot read.
    """
    with open_hdf5(path, str(path)) as file:
        there = list(map(str, file["obs"].attrs.get("column-order", ())))
        wanted = there if names is None else [name for name in there if name in names]
        columns = {name: _column(file["obs"], name, path) for name in wanted}
    return pd.DataFrame(columns, dtype=object)


def _column(table: h5py.Group, name: str, path: Path) -> np.ndarray:
    from anndata.io import read_elem

    try:
        values = pd.Series(read_elem(table[name]))
        categories = table[name].attrs.get("categories")
        if categories is not None:  # codes with their words elsewhere: files before anndata 0.8
            words = np.array([*table.file[categories].asstr()[:], None], dtype=object)
            values = pd.Series(words[values.to_numpy()], dtype=object)
        return _text(values)
    except Exception as error:  # anndata's own kinds of errors differ between its versions
        raise InputError(
            Problem(
                f"{path}, obs/{name}",
                "a column as this version of anndata stores it",
                f"{type(error).__name__}: {str(error).splitlines()[0][:160]}",
                "write the file again with the anndata of envs/requirements.lock, or an older one",
            )
        ) from None


def _read_table(card: CellsCard, entry: dict, described: pd.DataFrame, where: str) -> pd.DataFrame:
    path, key = card.resolve(entry["path"]), entry["key"]
    separator = "," if path.name.removesuffix(".gz").endswith(".csv") else "\t"
    table = pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)
    table = table.where(~table.isin(["", "NA"]), None)
    problems = Problems()
    if key not in table:
        problems.add(
            f"{where}, obs.key",
            expected=f"a column of {path.name}: {', '.join(table.columns)}",
            found=f"`{key}`",
            remedy="name the column that cells are found by",
        )
    elif table[key].duplicated().any():
        problems.add(
            f"{path}, {key}",
            expected="each key once",
            found=f"{int(table[key].duplicated().sum())} again",
            remedy="leave one row a key",
            offenders=table.loc[table[key].duplicated(), key].tolist(),
        )
    problems.raise_if_any()
    by = described[key] if key in described else described["cell"]
    missing = ~by.isin(table[key])
    if missing.any():
        raise InputError(
            Problem(
                f"{path}, {key}",
                "a row for every cell" if key not in described else f"a row for every {key}",
                f"{by[missing].nunique()} without",
                "complete the table",
                tuple(map(str, by[missing].unique()[:5])),
            )
        )
    return table.set_index(key).loc[by].reset_index(drop=True)


def _text(values: pd.Series) -> np.ndarray:
    codes, levels = pd.factorize(values)
    words = np.array([*values_as_text(pd.Series(levels)), None], dtype=object)
    return words[codes]


def _keep(card: CellsCard, described: pd.DataFrame, where: str) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Cells that the card keeps, with the meanings of their codes, and what was lost at each step."""
    problems = Problems()
    flow: list[dict[str, Any]] = []
    left = np.ones(len(described), dtype=bool)

    def step(stage: str, *losses: tuple[str, np.ndarray]) -> None:
        number = flow[-1]["step"] + 1 if flow else 0
        for reason, lost in [item for item in losses if (item[1] & left).any()] or [("none", ~left)]:
            gone = int((lost & left).sum()) if reason != "none" else 0
            left[lost] = False
            flow.append(
                {
                    "cohort": card.id,
                    "step": number,
                    "stage": stage,
                    "reason": reason,
                    "n_dropped": gone,
                    "n_left": int(left.sum()),
                    "dropped": None,
                }
            )

    step("cells in the source")
    for rule in card.exclude:
        step("excluded by the card", (rule["reason"], described[rule["column"]].isin(rule["is"]).to_numpy()))
    obs = pd.DataFrame(
        {
            "cell": described["cell"],
            "file": described["file"],
            "row": described["row"],
            "patient": described[card.patient],
            "sample": described[card.sample],
        }
    )
    for name in ("patient", "sample"):
        empty = obs[name].isna().to_numpy() & left
        if empty.any():
            problems.add(
                f"{where}, {name}",
                expected=f"a {name} for every cell",
                found=f"{int(empty.sum())} cells without",
                remedy="complete the column, or leave these cells out by `exclude`",
                offenders=obs["cell"][empty].head(5).tolist(),
            )
    mapped = {"group": ("groups", card.groups)} | (
        {"label": ("compartments.labels", card.labels)} if card.labels else {}
    )
    for name, (key, setting) in mapped.items():
        codes = described[setting["from"]]
        unknown = (~codes.isin(list(setting["map"])).to_numpy()) & left
        if unknown.any():
            problems.add(
                f"{where}, {key}.map",
                expected=f"every code of column `{setting['from']}` in the map: {', '.join(setting['map'])}",
                found=f"{int(unknown.sum())} cells with another code or none",
                remedy="add each code with what it means, or with null to leave its cells out",
                offenders=codes[unknown].fillna("(empty)").unique()[:5].tolist(),
            )
        obs[name] = codes.map(setting["map"]).astype(object)
    problems.raise_if_any()
    for name, column in (("batch", card.batch), ("subtype", card.subtype)):
        obs[name] = described[column] if column else None
    if "label" not in obs:
        obs["label"] = None
    for name in ("group",) + (("label",) if card.labels else ()):
        words = "no group of this data set" if name == "group" else "a label that the card leaves out"
        step(f"{name}s given by the card", (words, obs[name].isna().to_numpy()))
    kept = obs.loc[left, OBS.names].reset_index(drop=True)
    if kept.empty:
        raise InputError(
            Problem(where, "cells that the card keeps", "none", "check exclude, groups and labels")
        )
    return kept, flow


def _check_patients(card: CellsCard, obs: pd.DataFrame, where: str) -> None:
    problems = Problems()
    patients = obs["patient"].nunique()
    if patients > len(obs) / CELLS_A_PATIENT:
        problems.add(
            f"{where}, patient.from",
            expected=f"patients, at most one for {CELLS_A_PATIENT} cells",
            found=f"{patients} different values for {len(obs)} cells in column `{card.patient}`",
            remedy="name the column of the patient or donor; this one looks like ids of cells",
            offenders=obs["patient"].unique()[:5].tolist(),
        )
    if patients == 1:
        problems.add(
            f"{where}, patient.from",
            expected="two patients or more: they are the unit of every test",
            found=f"one, {obs['patient'].iloc[0]}",
            remedy="name the column of the patient; cells of one patient cannot be tested",
        )
    sites = obs.groupby("patient")["group"].agg(set)
    for number, contrast in enumerate(card.contrasts):
        both = sum({contrast.case, contrast.reference} <= found for found in sites)
        for side in ("case", "reference"):
            group = getattr(contrast, side)
            if not (obs["group"] == group).any():
                problems.add(
                    f"{where}, contrasts[{number}].{side}",
                    expected="a group that cells have",
                    found=f"`{group}`, which no patient has",
                    remedy="correct the map of groups, or leave the contrast out",
                )
        if contrast.paired and both == 0 and not problems.found:
            problems.add(
                f"{where}, contrasts[{number}].paired",
                expected=f"patients with both {contrast.case} and {contrast.reference}",
                found="every patient has one of them only",
                remedy="write `paired: false`",
            )
    problems.raise_if_any()


def _check_expected(card: CellsCard, obs: pd.DataFrame, where: str) -> None:
    found = {"cells": len(obs), "patients": obs["patient"].nunique()}
    stated = {key: card.expect[key] for key in found if key in card.expect}
    counts = obs["label"].value_counts()
    for name, count in card.expect.get("compartments", {}).items():
        stated[f"compartments.{name}"], found[f"compartments.{name}"] = count, int(counts.get(name, 0))
    problems = Problems()
    for name, count in stated.items():
        if found[name] != count:
            problems.add(
                f"{where}, expect.{name}",
                expected=str(count),
                found=str(found[name]),
                remedy="compare the source with the publication; change expect only with the reason known",
            )
    problems.raise_if_any()
