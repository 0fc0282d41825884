"""Curves of hundreds of genes as one small file inside the page: which third each patient is in.

The patients of a cohort are the same whatever the gene, so follow-up stands once, and of a gene five patients
take a byte. The page's script estimates the curves from them, as irf7bone.statistics.incidence does.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from irf7bone.report.html.risk_times import risk_times
from irf7bone.tables.every_gene import TERTILES

MOST_BYTES = 75_000  # before packing, which gains nothing: a tenth of a megabyte in the page
PATIENTS_IN_A_BYTE = 5  # 3^5 = 243
TIME_DIGITS = 10  # more would only say how months were made from days


def gene_curve_file(tertiles: pd.DataFrame, follow_up: pd.DataFrame) -> bytes:
    """The file: length of a header (4 bytes, least first), the header as JSON, then a row of bytes a curve.

    The header has the genes, those without room, and of each cohort and endpoint the follow-up in order of
    time, and which genes have curves; their rows follow in this order.

    Args:
        tertiles: :data:`irf7bone.tables.every_gene.GENE_TERTILES`.
        follow_up: :data:`irf7bone.tables.every_gene.GENE_FOLLOW_UP`.
    """
    ok = tertiles[tertiles["status"] == "ok"]
    genes, left_out = genes_kept(tertiles)
    place = {gene: i for i, gene in enumerate(genes)}
    patients = dict(list(follow_up.groupby(["cohort", "endpoint"], sort=False)))
    families: list[dict[str, Any]] = []
    rows: list[bytes] = []
    for key, own in ok[ok["gene"].isin(place)].groupby(["cohort", "endpoint"], sort=False):
        families.append(
            {
                "cohort": key[0],
                "endpoint": key[1],
                "genes": [place[gene] for gene in own["gene"]],
                **_followed(patients[key]),
            }
        )
        rows += map(_in_bytes, own["tertiles"])
    header = {"genes": " ".join(genes), "left_out": left_out, "families": families}
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    return b"".join([len(text).to_bytes(4, "little"), text, *rows])


def genes_kept(tertiles: pd.DataFrame) -> tuple[list[str], int]:
    """The genes that the page has room for, in the order of the table, and how many it has none for.

    A gene has the curves of all its cohorts or none.
    """
    bytes_of = -(-tertiles["n"].astype(int) // PATIENTS_IN_A_BYTE)
    needed = bytes_of.where(tertiles["status"] == "ok", 0).groupby(tertiles["gene"], sort=False).sum()
    needed = needed[needed > 0]
    kept = int((needed.cumsum() <= MOST_BYTES).sum())
    return list(needed.index[:kept]), len(needed) - kept


def _followed(patients: pd.DataFrame) -> dict[str, Any]:
    time = patients["time_months"].to_numpy(dtype=float)
    entry = patients["entry_months"].to_numpy(dtype=float)
    late = {"entry": [_digits(value) for value in np.nan_to_num(entry)]} if np.isfinite(entry).any() else {}
    return {
        "time": [_digits(value) for value in time],
        "cause": "".join(str(cause) for cause in patients["cause"]),
        "ticks": risk_times(float(time.max())),
        **late,
    }


def _digits(value: float) -> float:
    return float(f"{value:.{TIME_DIGITS}g}")


def _in_bytes(letters: str) -> bytes:
    codes = np.array([TERTILES.index(letter) for letter in letters])
    codes = np.pad(codes, (0, -codes.size % PATIENTS_IN_A_BYTE)).reshape(-1, PATIENTS_IN_A_BYTE)
    return (codes @ 3 ** np.arange(PATIENTS_IN_A_BYTE)).astype(np.uint8).tobytes()
