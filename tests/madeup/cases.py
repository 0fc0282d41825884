"""The synthetic cohort of ../shared/cases, changed as people's files are, and its hazard ratio."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from pyarrow.csv import WriteOptions, write_csv

from irf7bone.acquire.sources import acquire
from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import Harmonised, harmonise
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[2]
PRIMARY = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
TRUTH = -0.539  # unadjusted log hazard ratio of the primary signature's z-score on the unchanged tables


@cache
def base_expression(shared: Path) -> pd.DataFrame:
    """The base's genes x samples."""
    return pd.read_csv(shared / "base_expression.csv.gz", index_col=0)


def write_expression(table: pd.DataFrame, path: Path) -> None:
    """Write what ``to_csv`` does; numbers by Arrow, in a tenth of the time."""
    if set(table.dtypes) != {np.dtype(float)}:
        table.to_csv(path, index_label="gene")
        return
    columns = [
        pa.array(table.index.astype(str)),
        *(pa.array(column, from_pandas=True) for column in table.to_numpy().T),
    ]
    content = pa.Table.from_arrays(columns, ["gene", *table.columns.astype(str)])
    write_csv(content, path, WriteOptions(quoting_style="needed"))


class Case:
    """The base cohort in a folder of its own; tables and card are changed before they are written.

    Args:
        shared: The folder ../shared/cases.
        folder: Where the case is written.
    """

    def __init__(self, shared: Path, folder: Path):
        self.folder = folder
        self.expression = base_expression(shared).copy()
        self.clinical = pd.read_csv(shared / "base_clinical.tsv", sep="\t", dtype=str).set_index("sample")
        self.card: dict[str, Any] = yaml.safe_load((shared / "base.yaml").read_text(encoding="utf-8"))
        self.card["expression"]["path"] = "expression.csv"
        self.card["clinical"][0]["path"] = "clinical.tsv"

    @property
    def bone(self) -> dict[str, Any]:
        """The card's endpoint."""
        return self.card["endpoints"]["bone"]

    def write(self) -> Path:
        """Write both tables and the card."""
        write_expression(self.expression, self.folder / "expression.csv")
        self.clinical.to_csv(self.folder / "clinical.tsv", sep="\t", index_label="sample", na_rep="NA")
        path = self.folder / f"{self.card['id']}.yaml"
        path.write_text(yaml.safe_dump(self.card, sort_keys=False), encoding="utf-8")
        return path

    def harmonise(self, symbols: SymbolTable) -> Harmonised:
        """What a run makes of it.

        Raises:
            InputError: It is refused.
        """
        card = load_card(self.write())
        return harmonise(acquire(card), card, symbols)


def log_hr(found: Harmonised, symbols: SymbolTable, endpoint: str = "bone") -> float:
    """Unadjusted log hazard ratio of the primary signature's z-score within the cohort."""
    signature = load_library([PROJECT / "data" / "signatures"], symbols)[PRIMARY]
    genes = [gene for gene in signature.genes if gene in found.adata.var_names]
    values = found.adata[:, genes].to_df()
    z = ((values - values.mean()) / values.std(ddof=1)).mean(axis=1)
    obs = found.adata.obs
    known = obs[f"{endpoint}_event"].notna().to_numpy()
    score = z.to_numpy()[known]
    score = (score - score.mean()) / score.std(ddof=1)
    time = obs[f"{endpoint}_time_months"].to_numpy(dtype=float)[known]
    event = obs[f"{endpoint}_event"].to_numpy(dtype=float)[known]
    return float(np.squeeze(fit_cox(CoxProblem(time, event), score[None, :]).log_hr))
