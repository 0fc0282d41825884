"""Source ``package``: a cohort that an installed Python package carries as a pickled table.

Nothing of the package is imported or run. Its file is found beside the package, its checksum compared
with the one the card states, and only then unpickled, with no other global admitted than what a pandas
table is made of.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import pickle
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.acquire import text
from irf7bone.acquire.names import patient_names, probes_and_genes
from irf7bone.base.errors import InputError, Problem, Problems

if TYPE_CHECKING:
    from irf7bone.study.card import Sourced

# where each package that we can read keeps its tables, below its own folder
LAYOUTS = {"SurvSet": "resources/pickles/{dataset}.pickle"}

# What pandas 1.x-3.x pickles of DataFrames with numbers, text and categories are made of.
ADMITTED = {
    "builtins": {"slice"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy._core.numeric": {"_frombuffer"},
    "pandas._libs.arrays": {"__pyx_unpickle_NDArrayBacked"},
    "pandas._libs.internals": {"_unpickle_block"},
    "pandas.core.arrays.boolean": {"BooleanArray"},
    "pandas.core.arrays.categorical": {"Categorical"},
    "pandas.core.arrays.floating": {"FloatingArray"},
    "pandas.core.arrays.integer": {"IntegerArray", "Int32Dtype", "Int64Dtype"},
    "pandas.core.dtypes.dtypes": {"CategoricalDtype"},
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.indexes.base": {"Index", "_new_Index"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.internals.managers": {"BlockManager"},
}


class _TableUnpickler(pickle.Unpickler):
    """Builds pandas tables and refuses everything else, before anything of it runs."""

    def find_class(self, module: str, name: str) -> object:
        # numpy 2 moved its private modules; asking for the old name works but warns
        if module.startswith("numpy.core."):
            module = module.replace("numpy.core.", "numpy._core.", 1)
        if name not in ADMITTED.get(module, ()):
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no table needs")
        return super().find_class(module, name)


def read_expression(card: Sourced, entry: dict) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """Columns that start with the card's ``gene_prefix``, as genes x samples, float64.

    Where the card has ``annotation``, the index has two levels, probe and gene.

    Raises:
        InputError: The package or data set is not there, differs from the card, or lacks the columns.
    """
    where = f"{card.path}, expression"
    frame, record = _load(card, entry, where)
    samples, records = _sample_ids(card, entry, frame, where)
    records = [record, *records]
    prefix = entry["gene_prefix"]
    columns = [name for name in frame.columns if name.startswith(prefix)]
    if not columns:
        raise InputError(
            Problem(
                f"{card.path}, expression: gene_prefix",
                f"the start of the names of the gene columns of {record['name']}",
                f"no column that starts with {prefix!r}",
                "correct the prefix",
                tuple(frame.columns[-5:]),
            )
        )
    values = frame[columns].to_numpy(dtype=float, na_value=np.nan).T
    genes = pd.Index([name.removeprefix(prefix) for name in columns], dtype=object)
    if "annotation" in entry:
        settings = entry["annotation"]
        genes, named = probes_and_genes(
            genes, card.resolve(settings["path"]), settings, f"{where}: annotation"
        )
        records.append(named)
    return pd.DataFrame(values, index=genes, columns=samples), records


def read_clinical(card: Sourced, entry: dict) -> tuple[pd.DataFrame, list[dict[str, str]]]:
    """The columns of the data set that the entry names, or all but the genes of the expression's, as text.

    Raises:
        InputError: As for the expression; or the card's expression is from another source.
    """
    expression = card.expression
    if expression["source"] != "package":
        raise InputError(
            Problem(
                f"{card.path}, clinical",
                "source: package only where the expression is from a package too",
                f"expression from {expression['source']}",
                "name the file that holds the clinical data: {source: table, path: ..., key: ...}",
            )
        )
    own = "dataset" in entry
    settings = {**entry, "package": expression["package"]} if own else expression
    where = f"{card.path}, {'clinical' if own else 'expression'}"
    frame, record = _load(card, settings, where)
    samples, records = _sample_ids(card, settings, frame, where)
    genes = () if own else expression["gene_prefix"]
    columns = {
        name: text.values_as_text(frame[name])
        for name in frame.columns
        if not name.startswith(genes) and name != settings["sample_column"]
    }
    return pd.DataFrame(columns, index=samples, dtype=object), [record, *records]


def _load(card: Sourced, entry: dict, where: str) -> tuple[pd.DataFrame, dict[str, str]]:
    path, name = _find(entry, where)
    content = path.read_bytes()
    checksum = hashlib.sha256(content).hexdigest()
    if checksum != entry["sha256"]:
        raise InputError(
            Problem(
                f"{where}: sha256",
                entry["sha256"],
                f"{checksum} in {name}",
                "install the version of the package that the lock file names; "
                "if the package has changed its data, check the card against them and state the new checksum",
            )
        )
    return unpickle_table(content, name), {"name": name, "sha256": checksum}


def unpickle_table(content: bytes, name: str) -> pd.DataFrame:
    """The table in a pickle, with no other global admitted than what a pandas table needs.

    Args:
        content: The pickle.
        name: What messages call it.

    Raises:
        InputError: It is no pickled table.
    """
    try:
        return _TableUnpickler(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError) as error:
        raise InputError(
            Problem(name, "a pickled table", f"something else: {error}", "do not use this file")
        ) from None


def _find(entry: dict, where: str) -> tuple[Path, str]:
    """The file of the data set and what to call it (no path, which differs between machines)."""
    package, dataset = entry["package"], entry["dataset"]
    if package not in LAYOUTS:
        raise InputError(
            Problem(
                f"{where}: package",
                f"one of {', '.join(LAYOUTS)}",
                repr(package),
                "use a package that this version reads, or export its table and use source: table",
            )
        )
    spec = importlib.util.find_spec(package)  # of a top-level name: finds without importing
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            Problem(
                f"{where}: package",
                f"the Python package {package}",
                "not installed in this environment",
                "run through 'make', which installs the lock file, or install the package",
            )
        )
    path = Path(spec.submodule_search_locations[0]) / LAYOUTS[package].format(dataset=dataset)
    name = f"{package} {importlib.metadata.version(package)}: {path.name}"
    if not path.is_file():
        there = sorted(file.name.removesuffix(path.suffix) for file in path.parent.glob(f"*{path.suffix}"))
        near = get_close_matches(dataset, there, n=3)
        raise InputError(
            Problem(
                f"{where}: dataset",
                f"a data set of {package}",
                repr(dataset),
                f"use one of: {', '.join(near or there[:10])}",
            )
        )
    return path, name


def _sample_ids(
    card: Sourced, entry: dict, frame: pd.DataFrame, where: str
) -> tuple[pd.Index, list[dict[str, str]]]:
    """The samples' ids, by the card's table of patients where it has one; and the record of that table."""
    column = entry["sample_column"]
    at = f"{where}: sample_column"
    if column not in frame.columns:
        raise InputError(
            Problem(
                at,
                "a column of the data set",
                repr(column),
                f"use one of: {', '.join(frame.columns[:8])}",
            )
        )
    ids: list[str] = text.values_as_text(frame[column]).tolist()
    records: list[dict[str, str]] = []
    if "patients" in entry:
        settings, at = entry["patients"], f"{where}: patients"
        ids, record = patient_names(ids, card.resolve(settings["path"]), settings, at)
        records.append(record)
    problems = Problems()
    text.check_ids(ids, at, what="sample id", unique=True, problems=problems)
    problems.raise_if_any()
    return pd.Index(ids, dtype=object), records
