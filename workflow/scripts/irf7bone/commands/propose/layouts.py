"""Layouts that a card can be proposed for: each is one function that reads it and one line in LAYOUTS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import h5py
import pandas as pd

from irf7bone.acquire import cbioportal, geo_file, h5ad, r_file, table
from irf7bone.acquire.cbioportal_files import SAMPLES
from irf7bone.acquire.r_file import chosen_object, is_described, is_measured
from irf7bone.acquire.r_objects import RNode, is_r_file, read_r_objects
from irf7bone.acquire.r_tables import RContainer, container_of, is_frame, matrix_of, table_of
from irf7bone.acquire.text import DELIMITERS, bare_suffix
from irf7bone.base.errors import InputError, Problem
from irf7bone.commands.propose.seen import (
    Seen,
    ask,
    ask_genes,
    ask_scale,
    ask_written,
    gene_kind,
    said_of_spellings,
)
from irf7bone.download.archives import list_members
from irf7bone.genes.symbols import SymbolTable

META = "meta_study.txt"
SHARED_IDS = 0.5  # share of the measured samples that a column must name, to be their ids


@dataclass(frozen=True)
class Place:
    """Where the data are, and where the card will be.

    Args:
        path: Folder or file with the data.
        clinical: File with the clinical table, where named.
        card: The card to be.
    """

    path: Path
    clinical: Path | None
    card: Path

    def beside_card(self, path: Path) -> str:
        """A path as the card names it."""
        return Path(os.path.relpath(path, self.card.parent)).as_posix()


@dataclass(frozen=True)
class _Draft:
    """As much of a card as the adapters of sources ask for."""

    path: Path
    expression: dict[str, Any]

    def resolve(self, relative: str | Path) -> Path:
        return self.path.parent / relative


def look(place: Place, symbols: SymbolTable) -> Seen:
    """Read what lies at a place.

    Raises:
        InputError: Nothing is there, it has no layout that is known, or it cannot be read.
    """
    if not place.path.exists():
        raise InputError(
            Problem(str(place.path), "data", "nothing there", "correct the path that FROM names")
        )
    for fits, read in LAYOUTS:
        if fits(place):
            return read(place, symbols)
    raise InputError(
        Problem(
            str(place.path),
            "a folder or archive of cBioPortal, an h5ad file, a series matrix or family SOFT file of GEO, a "
            "file of R (.rds, .RData), or a table of expression with CLINICAL=table",
            "none of them",
            "name the file or folder with the expression; a table ends in .csv, .tsv, .txt or .parquet",
        )
    )


def _is_cbioportal(place: Place) -> bool:
    if place.path.is_dir():
        return (place.path / SAMPLES).is_file()
    return place.path.name.endswith((".tar.gz", ".tgz", ".tar"))


def _cbioportal(place: Place, symbols: SymbolTable) -> Seen:
    folder = place.path
    names = (
        sorted(item.name for item in folder.iterdir())
        if folder.is_dir()
        else sorted(PurePosixPath(name).name for name in list_members(folder))
    )
    profiles = [
        name
        for name in names
        if name.startswith("data_mrna") and name.endswith(".txt") and "zscores" not in name.lower()
    ]
    if not profiles:
        raise InputError(
            Problem(
                str(folder),
                "a profile of expression (data_mrna_*.txt, other than z-scores)",
                f"the files {', '.join(names[:8])}",
                "take the study with its expression data",
            )
        )
    expression: dict[str, Any] = {
        "source": "cbioportal",
        "path": place.beside_card(folder),
        "profile": profiles[0]
        if len(profiles) == 1
        else ask(f"which profile? {', '.join(profiles)}; the values below are those of the first"),
        "gene_id": "symbol",
    }
    draft = _Draft(place.card, {**expression, "profile": profiles[0]})
    values, _ = cbioportal.read_expression(draft, draft.expression, None)
    samples, records = cbioportal.read_clinical(draft, {"source": "cbioportal"}, None)
    described = records[0].get("described", {})
    expression |= {"scale": ask_scale(values), "collapse": "max_mean", **ask_written(values)}
    stated = {"patient": "PATIENT_ID", **_cbioportal_meta(folder)}
    stated["documentation"] = (
        "docs.cbioportal.org, File Formats; what is beyond them, the study's publication"
    )
    return Seen(expression, [{"source": "cbioportal"}], values, samples, stated, described=described)


def _cbioportal_meta(folder: Path) -> dict[str, Any]:
    """Title and citation of a study's folder; an archive is not unpacked for them."""
    if not (folder / META).is_file():
        return {}
    lines = (folder / META).read_text(encoding="utf-8", errors="replace").splitlines()
    meta = {
        key.strip(): value.strip() for key, mark, value in (line.partition(":") for line in lines) if mark
    }
    stated: dict[str, Any] = {"title": meta["name"]} if meta.get("name") else {}
    pmid = meta.get("pmid", "").split(",")[0].strip()
    if pmid.isdigit():
        stated["citation"] = {"pmid": int(pmid)}
    return stated


def _is_h5ad(place: Place) -> bool:
    return place.path.suffix == ".h5ad"


def _h5ad(place: Place, symbols: SymbolTable) -> Seen:
    path = place.path
    try:
        with h5py.File(path) as file:
            matrices = [name for name in ("X", "raw") if name in file]
            matrices += [f"layers/{name}" for name in file.get("layers", {})]
    except OSError as error:
        raise InputError(
            Problem(str(path), "an h5ad file", str(error).splitlines()[0][:80], "fetch or write it again")
        ) from None
    if not matrices:
        raise InputError(
            Problem(
                str(path), "a matrix: X, raw or a layer", "none", "this is no AnnData file with expression"
            )
        )
    entry = {"source": "h5ad", "path": place.beside_card(path), "matrix": matrices[0], "gene_id": "symbol"}
    draft = _Draft(place.card, entry)
    values, _ = h5ad.read_expression(draft, entry)
    samples, _ = h5ad.read_clinical(draft, {"source": "h5ad"})
    kind = gene_kind(list(values.index), symbols)
    expression = {
        **entry,
        "matrix": matrices[0]
        if len(matrices) == 1
        else ask(f"which matrix? {', '.join(matrices)}; the values below are those of {matrices[0]}"),
        "gene_id": kind or ask_genes(list(values.index)),
        "scale": ask_scale(values),
        "collapse": "max_mean",
        **ask_written(values),
    }
    return Seen(expression, [{"source": "h5ad"}], values, samples)


def _is_geo_file(place: Place) -> bool:
    return place.path.name.removesuffix(".gz").endswith(("series_matrix.txt", ".soft"))


def _geo_file(place: Place, symbols: SymbolTable) -> Seen:
    found = geo_file.read_geo_file(place.path)
    entry: dict[str, Any] = {"source": "geo_file", "path": place.beside_card(place.path)}
    draft = _Draft(place.card, entry)
    values, _ = geo_file.read_expression(draft, entry)
    kind = gene_kind([str(gene) for gene in values.index.get_level_values(-1).dropna()], symbols)
    annotation = {
        "path": ask(
            f"the table that says which gene each row is, such as {', '.join(found.probes[:3])}: the "
            "platform's, from its page at GEO. Or remove annotation where the rows are genes"
        ),
        "probe": ask("its column with these ids"),
        "symbol": ask("its column with the genes"),
    }
    expression = {
        **entry,
        **({} if kind else {"annotation": annotation}),
        "gene_id": kind or ask("symbol, entrez or ensembl? What the column of the genes holds"),
        "scale": ask_scale(values),
        "collapse": "max_mean",
        **ask_written(values),
    }
    remarks = said_of_spellings(found.spelt)
    return Seen(expression, [{"source": "geo_file"}], values, found.samples, remarks=remarks)


def _is_r_file(place: Place) -> bool:
    return is_r_file(place.path)


def _r_file(place: Place, symbols: SymbolTable) -> Seen:
    objects, _ = read_r_objects(place.path)
    names = [name for name, node in objects.items() if container_of(node)]
    names = names or [name for name, node in objects.items() if _is_numeric(node, place.path)]
    node, _ = chosen_object(objects, names[0] if names and names[0] else None, place.path, is_measured)
    held = container_of(node)
    assays = list(held.assays) if held and held.default not in held.assays else []
    entry: dict[str, Any] = {"source": "r_file", "path": place.beside_card(place.path)}
    entry |= {"object": names[0]} if names and names[0] else {}
    entry |= {"assay": assays[0]} if len(assays) > 1 else {}
    draft = _Draft(place.card, entry)
    values, _ = r_file.read_expression(draft, entry)
    rows, columns = gene_kind(list(values.index), symbols), gene_kind(list(values.columns), symbols)
    if columns and not rows:
        values, entry["genes_in"] = values.T, "columns"
    kind = rows or columns
    if not kind and held:
        entry["gene_column"], kind = _gene_column(held, place.path, symbols)
    measured = [str(name) for name in values.columns]
    if held:
        clinical: dict[str, Any] = {"source": "r_file"}
        samples, record = r_file.read_clinical(draft, clinical)
    else:
        clinical, samples, record = _r_clinical(place, objects, entry, measured)
    for key, choices in (("object", names), ("assay", assays)):
        if key in entry and len(choices) > 1:
            entry[key] = ask(f"which {key}? {', '.join(choices)}; the values below are those of {entry[key]}")
    expression = {
        **entry,
        "gene_id": kind or ask_genes(list(values.index)),
        "scale": ask_scale(values),
        "collapse": "max_mean",
        **ask_written(values),
    }
    remarks = [
        f"The column {name} is of class {kind}, which is not read."
        for name, kind in record.get("not_read", {}).items()
    ]
    return Seen(
        expression, [clinical], values, samples, remarks=remarks, described=record.get("described", {})
    )


def _is_numeric(node: RNode, path: Path) -> bool:
    """Whether an object can be read as expression."""
    try:
        return is_measured(node) and matrix_of(node, path, "").shape[1] > 0
    except InputError:
        return False


def _gene_column(held: RContainer, path: Path, symbols: SymbolTable) -> tuple[str, str | None]:
    """The column of the features that holds human genes, and their kind; a question where none does."""
    table = table_of(held.features, path, "").columns if held.features is not None else pd.DataFrame()
    kinds = {str(name): gene_kind(list(table[name].dropna()), symbols) for name in table.columns}
    for wanted in ("symbol", "ensembl", "entrez"):
        for name, kind in kinds.items():
            if kind == wanted:
                return name, kind
    return ask(f"which column of the features has the genes? There are {', '.join(kinds) or 'none'}"), None


def _r_clinical(
    place: Place, objects: Mapping[str, RNode], entry: Mapping[str, Any], measured: list[str]
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Any]]:
    """What goes with a matrix or data frame of R: a file that is named, or the other data frame."""
    if place.clinical is not None:
        return _clinical(place, place.clinical, measured)
    others = [name for name, node in objects.items() if is_frame(node) and name != entry.get("object")]
    if len(others) == 1:
        return _clinical(place, place.path, measured, others[0])
    raise _no_second_table(place)


def _no_second_table(place: Place) -> InputError:
    return InputError(
        Problem(
            str(place.path),
            "a second table, with the clinical data",
            "one table only",
            "name it: make card FROM=expression.csv CLINICAL=clinical.tsv, --clinical of irf7bone card",
        )
    )


def _is_table(place: Place) -> bool:
    return place.path.is_file() and (
        bare_suffix(place.path) in DELIMITERS or bare_suffix(place.path) == ".parquet"
    )


def _tables(place: Place, symbols: SymbolTable) -> Seen:
    if place.clinical is None:
        raise _no_second_table(place)
    entry = {"source": "table", "path": place.beside_card(place.path), "genes_in": "rows"}
    draft = _Draft(place.card, entry)
    values, _ = table.read_expression(draft, entry)
    rows, columns = gene_kind(list(values.index), symbols), gene_kind(list(values.columns), symbols)
    if columns and not rows:
        values, entry["genes_in"] = values.T, "columns"
    if not rows and not columns:
        entry["genes_in"] = ask("rows or columns? Neither names are human genes of a kind that is known")
    clinical, samples, record = _clinical(place, place.clinical, [str(name) for name in values.columns])
    expression = {
        **entry,
        "gene_id": rows or columns or ask_genes(list(values.index)),
        "scale": ask_scale(values),
        "collapse": "max_mean",
        **ask_written(values),
    }
    return Seen(expression, [clinical], values, samples, described=record.get("described", {}))


def _clinical(
    place: Place, path: Path, measured: list[str], name: str | None = None
) -> tuple[dict[str, Any], pd.DataFrame, dict[str, Any]]:
    """The card's entry of a clinical table, the table by its sample ids, and what is said of it.

    The ids are the row names of R where they are those that were measured, else the column that has them.
    """
    if is_r_file(path):
        objects, _ = read_r_objects(path)
        node, where = chosen_object(objects, name, path, is_described)
        found = table_of(node, path, where)
        entry = {"source": "r_file", "path": place.beside_card(path), **({"object": name} if name else {})}
        record = {"described": dict(found.described), "not_read": dict(found.left_out)}
        frame = found.columns
        if found.named and _shared(frame.index, measured) >= SHARED_IDS:
            return entry, frame, record
    else:
        frame, _ = table.read_columns(path)
        entry, record = {"source": "table", "path": place.beside_card(path)}, {}
    keys = [
        column
        for column in frame.columns
        if frame[column].is_unique and _shared(frame[column].dropna(), measured) >= SHARED_IDS
    ]
    if len(keys) == 1:
        frame = frame.set_index(keys[0]).rename_axis(index=None)
        return {**entry, "key": str(keys[0])}, frame, record
    shown = ", ".join(map(str, keys or frame.columns[:8]))
    question = f"which column holds the sample ids of the expression table? There are {shown}"
    return {**entry, "key": ask(question)}, frame, record


def _shared(ids: Iterable[str], measured: list[str]) -> float:
    """Share of the measured samples that are among some ids."""
    return len(set(measured).intersection(ids)) / len(set(measured))


LAYOUTS: tuple[tuple[Callable[[Place], bool], Callable[[Place, SymbolTable], Seen]], ...] = (
    (_is_cbioportal, _cbioportal),
    (_is_h5ad, _h5ad),
    (_is_geo_file, _geo_file),
    (_is_r_file, _r_file),
    (_is_table, _tables),
)
