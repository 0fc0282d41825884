"""What the tests share: the gene table, made-up cohorts with a card, and real data where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup.base_case import BaseCase
from madeup.cases import Case

from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[1]
GENES = (
    "IRF7", "ISG15", "STAT1", "MX1", "IFIT1", "IFIT3", "OAS1", "OAS2", "USP18", "BST2", "MKI67", "AURKA",
    "ESR1", "ERBB2", "PGR", "KRT5", "CD8A", "GZMB", "PLAU", "VEGFA", "TP53", "EGFR", "GATA3", "FOXA1",
)  # fmt: skip


# Whole runs, browser and R take longest: they start first, so that at the end no worker is left with one.
LONG = ("workflow", "browser", "oracle")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the kinds of tests in the order of their length; within a kind nothing moves."""

    def place(item: pytest.Item) -> int:
        kind = item.path.relative_to(PROJECT / "tests").parts[0]
        return LONG.index(kind) if kind in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder with real tumours that may lie beside the project; it is never part of it."""
    folder = PROJECT.parent / "shared" / "realdata"
    if not folder.is_dir():
        pytest.skip("no folder ../shared/realdata beside the project")
    return folder


@pytest.fixture(scope="session")
def cases() -> Path:
    """The folder with small inputs that were misread; it is never part of the project."""
    folder = PROJECT.parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("no folder ../shared/cases beside the project")
    return folder


@pytest.fixture
def case(cases, tmp_path) -> Case:
    """The synthetic cohort of that folder, to be changed."""
    return Case(cases, tmp_path)


@pytest.fixture(scope="session")
def symbols() -> SymbolTable:
    """The shipped table of gene symbols."""
    return SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")


@pytest.fixture
def base(cases: Path, tmp_path: Path, symbols: SymbolTable) -> BaseCase:
    """The same, to be run with other tables."""
    return BaseCase(cases, tmp_path, symbols)


@pytest.fixture
def expression() -> pd.DataFrame:
    """24 genes x 12 samples, log2."""
    rng = np.random.default_rng(1)
    values = rng.normal(8, 1, (len(GENES), 12)).round(3)
    return pd.DataFrame(values, index=list(GENES), columns=[f"P-{i + 1:02d}" for i in range(12)])


@pytest.fixture
def clinical() -> pd.DataFrame:
    """The same 12 samples, as text: three bone relapses, two elsewhere."""
    samples = [f"P-{i + 1:02d}" for i in range(12)]
    return pd.DataFrame(
        {
            "sample": samples,
            "months": [str(10 + 5 * i) for i in range(12)],
            "bone": list("101000010000"),
            "relapse": list("111100010000"),
            "er_status": ["ER+", "ER-"] * 6,
            "histology": ["ductal"] * 11 + ["benign"],
        }
    )


@pytest.fixture
def make_card(tmp_path, expression, clinical) -> Callable[..., CohortCard]:
    """A function that writes a card with its two tables and loads it.

    It takes ``genes`` and ``patients`` (tables in place of the two fixtures), ``settings`` (changes to the
    card's expression) and changes to the card's other keys.
    """

    def make(
        *,
        genes: pd.DataFrame | None = None,
        patients: pd.DataFrame | None = None,
        settings: Mapping[str, object] | None = None,
        **changes: object,
    ) -> CohortCard:
        (expression if genes is None else genes).to_csv(tmp_path / "expression.csv", index_label="gene")
        (clinical if patients is None else patients).to_csv(
            tmp_path / "clinical.tsv", sep="\t", index=False, na_rep="NA"
        )
        card = {
            "id": "made",
            "title": "Made-up tumours",
            "citation": {"text": "made up"},
            "organism": "human",
            "specimen": "primary",
            "role": "validation",
            "expression": {
                "source": "table",
                "path": "expression.csv",
                "genes_in": "rows",
                "gene_id": "symbol",
                "scale": "log2",
                "collapse": "max_mean",
                **(settings or {}),
            },
            "clinical": [{"source": "table", "path": "clinical.tsv", "key": "sample"}],
            "fields": {},
            "endpoints": {
                "bone": {
                    "definition": "bone metastasis, made up",
                    "time": {"from": "months", "unit": "months"},
                    "event": {"from": "bone", "is": 1},
                    "competing": {"from": "relapse", "is": 1},
                }
            },
            **changes,
        }
        path = tmp_path / "made.yaml"
        path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
        return load_card(path)

    return make
