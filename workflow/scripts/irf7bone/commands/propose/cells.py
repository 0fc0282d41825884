"""From a file or folder of single cells to the text of a card."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import COMPARTMENTS
from irf7bone.base.errors import InputError, Problem
from irf7bone.cells.acquire_cells import obs_columns
from irf7bone.cells.matrix import index_of, open_hdf5, open_tenx_h5, storage_of
from irf7bone.commands.propose.card import dump
from irf7bone.commands.propose.seen import ask
from irf7bone.genes.symbols import looks_like_mouse
from irf7bone.study.questions import MARK
from irf7bone.study.tenx_names import tenx_files, tenx_samples

MOST_LABELS = 80
FEW_VALUES = 60
LOOKED_AT = 200_000  # values by which counts are told from other things
_PATIENT = re.compile(r"patient|donor|individual|subject|case.?id", re.IGNORECASE)
_SAMPLE = re.compile(r"sample|orig.?ident|library|channel|gsm|srr", re.IGNORECASE)
_SITE = re.compile(r"site|tissue|location|origin|metasta|group|lesion", re.IGNORECASE)
_LABEL = re.compile(r"cell.?type|label|annotation|cluster|celltype|compartment|major|lineage", re.IGNORECASE)
_PRIMARY, _BONE = re.compile(r"prim", re.IGNORECASE), re.compile(r"bone|spine|femur|vertebra", re.IGNORECASE)
# word in a label -> compartment, tried in this order
_WORDS = (
    (r"malignan|tumou?r|cancer|carcinoma", "malignant"),
    (r"normal.?epith|epith.*normal", "epithelial_normal"),
    (r"epith|lumin|basal|keratin", "epithelial_uncertain"),
    (r"cd8|ctl|cytotox", "t_cd8"),
    (r"cd4|treg|tfh|helper", "t_cd4"),
    (r"\bnk\b|natural.?kill", "nk"),
    (r"t.?cell", "t_other"),
    (r"plasma", "plasma"),
    (r"b.?cell", "b"),
    (r"neutro|granulo", "neutrophil"),
    (r"mast", "mast"),
    (r"osteoclast", "osteoclast"),
    (r"osteoblast|osteo", "osteoblast"),
    (r"peri|pvl|smooth", "pericyte"),
    (r"mono|macro|myelo|dendri|\bdc\b|microglia", "myeloid"),
    (r"fibro|caf|strom", "fibroblast"),
    (r"endoth", "endothelial"),
    (r"eryth|rbc|red.?blood", "erythroid"),
    (r"progenit|hsc|hspc", "marrow_progenitor"),
)
_COMMENTS = {
    "patient": "the unit of every test: never a cell, never a sample",
    "groups": "every code of one column; null leaves its cells out",
    "compartments": (
        f"every label and its compartment ({', '.join(COMPARTMENTS)}), or null; labels: null calls all here"
    ),
    "contrasts": "effects are case minus reference; docs/user/add_cells.md says what each meaning expects",
}


def cells_text(identity: str, path: Path, card: Path) -> str:
    """The text of a proposed card of a single-cell data set.

    Args:
        identity: Its id.
        path: An h5ad, a 10x h5, a table, a folder of a 10x mtx, or one of samples (folders, prefixes, h5).
        card: Where the card will lie; paths are written as seen from there.

    Raises:
        InputError: nothing of that kind is there.
    """
    source, files, obs, genes, remarks = _look(path)
    shown = [{**entry, "path": _from_card(Path(entry["path"]), card)} for entry in files]
    columns = {name: sorted(map(str, obs[name].dropna().unique())) for name in obs}
    groups, named = _groups(obs, columns)
    labels = _first(columns, _LABEL, most=MOST_LABELS)
    text: dict[str, Any] = {
        "id": identity,
        "title": ask("what shall the report call the data set?"),
        "citation": {"text": ask("where were the data published? pmid, doi or text")},
        "documentation": ask("where are the columns and labels documented?"),
        "organism": "mouse"
        if np.mean([looks_like_mouse(str(gene)) for gene in genes[:2000]]) > 0.5
        else "human",
        "role": "real",
        "cells": {
            "source": source,
            "files": shown,
            "gene_id": _gene_id(genes),
            "scale": "counts",
            "technology": ask("droplet, full_length or nuclei"),
        },
        "obs": [{"source": "h5ad"}]
        if source == "h5ad"
        else [
            {"source": "table", "path": ask("table with patient and site of every sample"), "key": "sample"}
        ],
        "patient": {"from": _column(columns, _PATIENT, "the patient or donor", obs)},
        "sample": {
            "from": _column(columns, _SAMPLE, "the sample, one library", obs)
            if source == "h5ad"
            else "sample"
        },
        "groups": groups,
        "compartments": {
            "labels": {"from": labels, "map": {name: _compartment(name) for name in columns[labels]}}
            if labels
            else None,
            "malignant_by": "labels" if labels else "markers_and_cnv",
        },
        "qc": {"min_genes": 200, "max_mito": 0.25, "min_cells_per_pseudobulk": 20},
        "contrasts": [
            {
                "id": "bone_vs_primary" if named else ask("short name of the contrast"),
                "compartment": "malignant",
                "case": "bone" if named else ask("group whose difference is the effect"),
                "reference": "primary" if named else ask("group that it is held against"),
                "paired": ask("true or false: do patients have both groups?"),
                "batch": False,
                "meaning": "loss_in_bone"
                if named
                else ask("loss_in_bone, restoration, interferon_response or other"),
            }
        ],
    }
    head = [f"Proposed from the data. What starts with {MARK} is not known from them: answer each.", *remarks]
    parts = ["".join(f"# {line}\n" for line in head)]
    parts += [
        (f"# {_COMMENTS[key]}\n" if key in _COMMENTS else "") + dump({key: value})
        for key, value in text.items()
    ]
    return "".join(parts)


def _look(path: Path) -> tuple[str, list[dict[str, Any]], pd.DataFrame, np.ndarray, list[str]]:
    """Kind of source, entries of files, columns of cells as text, gene ids, and remarks."""
    if path.is_dir():
        return _look_into(path)
    if path.suffix == ".h5ad":
        matrix, remark = _matrix(path)
        with open_hdf5(path, str(path)) as file:
            genes = index_of(file["raw/var" if matrix == "raw" else "var"])
        return "h5ad", [{"path": str(path), "matrix": matrix}], _columns(path), genes, remark
    if path.suffix == ".h5":
        tenx = open_tenx_h5(path, "symbol", str(path))
        return "tenx_h5", [{"path": str(path)}], pd.DataFrame(), tenx.genes, []
    first = pd.read_csv(path, sep="," if ".csv" in path.name else "\t", index_col=0, nrows=2000)
    rows = sum(map(str.isupper, map(str, first.index[:200]))) >= sum(
        map(str.isupper, map(str, first.columns[:200]))
    )
    genes = (first.index if rows else first.columns).to_numpy(dtype=object)
    return (
        "table",
        [{"path": str(path), "genes_in": "rows" if rows else "columns"}],
        pd.DataFrame(),
        genes,
        [],
    )


def _look_into(folder: Path) -> tuple[str, list[dict[str, Any]], pd.DataFrame, np.ndarray, list[str]]:
    """:func:`_look` for a folder: 10x matrices in folders or under prefixes, or 10x h5, one a sample."""
    found = tenx_samples(folder)
    kind = "tenx_mtx" if found else "tenx_h5"
    found = found or sorted(folder.rglob("*.h5"))
    if not found:
        packed = sorted(item.name for item in folder.glob("*.tar*"))
        raise InputError(
            Problem(
                str(folder),
                "matrix.mtx(.gz), <sample>_matrix.mtx(.gz), or 10x h5 files, here or in folders below",
                f"none, but {packed[0]}" if packed else "none",
                f"unpack it here: tar -xf {packed[0]}" if packed else "name one, or a file",
            )
        )
    several = len(found) > 1
    names = [item.name.removesuffix(".h5") for item in found]
    files = [
        {"path": str(item), **({"sample": name} if several else {})}
        for item, name in zip(found, names, strict=True)
    ]
    samples = pd.DataFrame({"sample": names}, dtype=object)
    if kind == "tenx_h5":
        return kind, files, samples, open_tenx_h5(found[0], "symbol", str(found[0])).genes, []
    genes = pd.read_csv(tenx_files(found[0])[-1], sep="\t", header=None)
    return kind, files, samples, genes[min(1, genes.shape[1] - 1)].to_numpy(dtype=object), []


def _columns(path: Path) -> pd.DataFrame:
    """Columns of an h5ad's obs that have a few values, as text."""
    found = obs_columns(path, None)
    return found[[name for name in found if 1 < found[name].nunique() <= max(FEW_VALUES, MOST_LABELS)]]


def _matrix(path: Path) -> tuple[str, list[str]]:
    """The first matrix that holds whole numbers, and a remark where there is none."""
    with open_hdf5(path, str(path)) as file:
        names = [
            "X",
            *(["raw"] if "raw" in file else []),
            *(f"layers/{name}" for name in file.get("layers", ())),
        ]
        for name in names:
            item = file["raw/X" if name == "raw" else name]
            values = item[:50] if storage_of(item) == "array" else item["data"][:LOOKED_AT]
            if len(values) and (np.asarray(values) == np.floor(values)).all():
                return name, []
    return "X", ["No matrix of whole numbers was found: counts are needed, or scale: log1p_cp10k."]


def _gene_id(genes: np.ndarray) -> str:
    names = [str(gene) for gene in genes[:2000]]
    if np.mean([name.startswith("ENS") for name in names]) > 0.5:
        return "ensembl"
    return "entrez" if np.mean([name.isdigit() for name in names]) > 0.5 else "symbol"


def _first(columns: dict[str, list[str]], pattern: re.Pattern[str], most: int) -> str | None:
    return next(
        (name for name, values in columns.items() if pattern.search(name) and len(values) <= most), None
    )


def _column(columns: dict[str, list[str]], pattern: re.Pattern[str], what: str, obs: pd.DataFrame) -> str:
    found = [name for name in columns if pattern.search(name)]
    if len(found) == 1:
        return found[0]
    return ask(f"column with {what} (columns with a few values: {', '.join(columns) or 'none'})")


def _groups(obs: pd.DataFrame, columns: dict[str, list[str]]) -> tuple[dict[str, Any], bool]:
    for name, values in sorted(columns.items(), key=lambda item: len(item[1])):
        primary = [value for value in values if _PRIMARY.search(value)]
        bone = [value for value in values if _BONE.search(value)]
        if primary and bone and not _LABEL.search(name):
            known = dict.fromkeys(primary, "primary") | dict.fromkeys(bone, "bone")
            question = ask("name of its group, or null to leave its cells out")
            return {"from": name, "map": {value: known.get(value, question) for value in values}}, True
    site = _first(columns, _SITE, most=20)
    question = ask("name of its group, or null to leave its cells out")
    if site:
        return {"from": site, "map": dict.fromkeys(columns[site], question)}, False
    return {
        "from": ask("column with the site of every cell"),
        "map": {"code 1": ask("the code and its group")},
    }, False


def _compartment(label: str) -> str:
    plain = label.lower().replace("_", " ")
    found = next((name for pattern, name in _WORDS if re.search(pattern, plain)), None)
    return label if label in COMPARTMENTS else found or ask("its compartment, other, or null")


def _from_card(path: Path, card: Path) -> str:
    return Path(os.path.relpath(path, card.resolve().parent)).as_posix()
