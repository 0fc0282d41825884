"""The base of ../shared/cases: 200 tumours of which 86 have a bone event, changed as people's files are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import Harmonised, harmonise
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[2]
CASES = PROJECT.parent / "shared" / "cases"
SIGNATURE = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
PLANTED = -0.539  # log hazard ratio for one standard deviation of its score, unadjusted


@dataclass
class BaseCase:
    """The base, and a place to write changes of it.

    Args:
        folder: Where files go.
        symbols: Current symbols.
        expression: Genes x samples, log2.
        clinical: Samples in rows, text.
    """

    folder: Path
    symbols: SymbolTable
    expression: pd.DataFrame
    clinical: pd.DataFrame
    card: dict[str, Any] = field(default_factory=dict)

    def run(
        self,
        expression: pd.DataFrame | None = None,
        clinical: pd.DataFrame | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Harmonised:
        """Write both tables and the card, and harmonise what they hold."""
        genes = self.expression if expression is None else expression
        genes.to_csv(self.folder / "expression.csv", index_label="gene")
        patients = self.clinical if clinical is None else clinical
        patients.to_csv(self.folder / "clinical.tsv", sep="\t", index=False, na_rep="NA")
        card = {**self.card, **changes}
        card["expression"] = {**self.card["expression"], "path": "expression.csv", **(settings or {})}
        card["clinical"] = [{"source": "table", "path": "clinical.tsv", "key": "sample"}]
        path = self.folder / "base.yaml"
        path.write_text(yaml.safe_dump(card))
        loaded = load_card(path)
        return harmonise(acquire(loaded), loaded, self.symbols)

    def log_hr(self, harmonised: Harmonised) -> float:
        """Unadjusted log hazard ratio of bone metastasis for one standard deviation of the score."""
        adata = harmonised.adata
        values = adata.to_df().astype(float)
        genes = [gene for gene in self.library[SIGNATURE].up if gene in values]
        score = ((values[genes] - values[genes].mean()) / values[genes].std()).mean(axis=1)
        known = adata.obs["bone_event"].notna().to_numpy()
        time, event = (adata.obs[f"bone_{part}"].to_numpy(float)[known] for part in ("time_months", "event"))
        score = score.to_numpy()[known]
        problem = CoxProblem(time, event, np.empty((len(score), 0)))
        return float(fit_cox(problem, (score - score.mean()) / score.std(ddof=1)).log_hr[0])

    @property
    def library(self) -> Mapping[str, Any]:
        return load_library(sorted((PROJECT / "data" / "signatures").glob("*.gmt")), self.symbols)


def base_case(folder: Path, symbols: SymbolTable) -> BaseCase:
    """The base as it is."""
    return BaseCase(
        folder,
        symbols,
        pd.read_csv(CASES / "base_expression.csv.gz", index_col=0),
        pd.read_csv(CASES / "base_clinical.tsv", sep="\t", dtype=str),
        yaml.safe_load((CASES / "base.yaml").read_text()),
    )


def refusal(attempt: Callable[[], object]) -> str:
    """The text with which an input is refused."""
    with pytest.raises(InputError) as error:
        attempt()
    return str(error.value)
