# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2", "pandas>=2.3", "SurvSet==0.2.11"]
# ///
"""Make the tables of data/nki: whose tumour a row is and which gene a column is, the same bytes every time.

Usage, with the SQLite file inside Bioconductor's org.Hs.eg.db 3.16 (Debian r-bioc-org.hs.eg.db)::

    uv run tools/build_nki.py --orgdb org.Hs.eg.sqlite --out data/nki

SurvSet carries three tables of one institute's tumours, each anonymous in its own way: ``vdv`` (78, van 't
Veer 2002) names its genes, ``DBCD`` (295, van de Vijver 2002) does not, ``nki70`` (144 of the 295) has
another outcome of these patients. They hold copies of the same measurements, so that a name is carried over
wherever the values say so: exactly, and to one place only. What is not exact and unique stays unnamed.
data/nki/README.md has the steps and the counts.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import sqlite3
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.acquire.package import unpickle_table

PICKLES = {
    "vdv": "0a4a08d458dd7185fff4d2e3e8c6195841f99de23d58abc5124af561633e0c71",
    "DBCD": "634657437682040e156425b4e90998e177d93a2f9f294bbf927074a86bde0c97",
    "nki70": "595c5eb86cff2e222eaeb0a51a8eb14f8e5df6a66ceda601929025e295a48e32",
}
ORGDB = "bba36057dd3100a099e8054511b34d831349761971829a72b84859d2efe34605"
SOURCE = "SurvSet 0.2.11 (PyPI), resources/pickles/{name}.pickle"
GENES, PATIENTS, PROVENANCE = "genes.tsv", "patients.tsv", "provenance.tsv"
PREFIX = "num_"
DECIMALS = 3  # of the log10 ratios that vdv holds, times log2(10)
LEAD = 0.05  # share of values by which a row must lead the next; those that match lead by 0.18 or more
PRINTED = 1e-8  # nki70 holds the values of DBCD, printed with eight to ten decimals
SAME_TIME = 0.02  # years


@dataclass(frozen=True)
class Cohort:
    """One table of the package: outcome and values.

    Args:
        outcome: Columns event (0 or 1) and time (years).
        values: Rows x columns, columns named as in the package without its prefix.
    """

    outcome: pd.DataFrame
    values: pd.DataFrame


@dataclass(frozen=True)
class Match:
    """What equals what, as positions.

    Args:
        columns: Column of vdv -> column of DBCD.
        vdv: Row of vdv -> row of DBCD.
        nki70: Row of nki70 -> row of DBCD.
    """

    columns: dict[str, str]
    vdv: dict[int, int]
    nki70: dict[int, int]


def read_package(folder: Path | None = None) -> dict[str, Cohort]:
    """The three tables, each only where its checksum is the one written here.

    Raises:
        ValueError: A file has changed.
    """
    if folder is None:
        spec = importlib.util.find_spec("SurvSet")
        folder = Path(spec.submodule_search_locations[0]) / "resources" / "pickles"
    cohorts = {}
    for name, checksum in PICKLES.items():
        path = folder / f"{name}.pickle"
        if (found := file_sha256(path)) != checksum:
            raise ValueError(f"{path.name}: expected sha256 {checksum}, found {found}: check the match again")
        frame = unpickle_table(path.read_bytes(), path.name)
        named = frame.filter(like=PREFIX).drop(columns=f"{PREFIX}Age", errors="ignore")
        values = named.rename(columns=lambda column: column.removeprefix(PREFIX)).astype(float)
        cohorts[name] = Cohort(frame[["event", "time"]], values)
    return cohorts


def file_sha256(path: Path) -> str:
    """The sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def on_one_scale(cohorts: dict[str, Cohort]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """vdv and DBCD as log10 ratios with three decimals; -0.0 is 0.0."""
    vdv = (cohorts["vdv"].values / np.log2(10)).round(DECIMALS) + 0.0
    return vdv, cohorts["DBCD"].values.round(DECIMALS) + 0.0


def match(cohorts: dict[str, Cohort]) -> Match:
    """Rows and columns that hold the same values, each in one place only."""
    vdv, dbcd = on_one_scale(cohorts)
    seeds = alike_rows(vdv, dbcd)
    columns = equal_columns(vdv, dbcd, seeds)
    rows = equal_rows(vdv[list(columns)].to_numpy(), dbcd[list(columns.values())].to_numpy(), tolerance=0)
    shared = [name for name in cohorts["nki70"].values.columns if name in columns]
    named = [columns[name] for name in shared]
    nki70 = equal_rows(
        cohorts["nki70"].values[shared].to_numpy(), cohorts["DBCD"].values[named].to_numpy(), PRINTED
    )
    return Match(columns, rows, nki70)


def alike_rows(left: pd.DataFrame, right: pd.DataFrame) -> dict[int, int]:
    """Rows that have most of their values in common with one row of the other table, in whatever order.

    This only finds where to look: it knows no column, and an equality of columns then decides.
    """
    values = np.unique(np.concatenate([left.to_numpy().ravel(), right.to_numpy().ravel()]))

    def counts(table: pd.DataFrame) -> np.ndarray:
        places = np.searchsorted(values, table.to_numpy())
        return np.array([np.bincount(row, minlength=len(values)) for row in places])

    others, found = counts(right), {}
    for i, own in enumerate(counts(left)):
        shared = np.minimum(own, others).sum(axis=1) / left.shape[1]
        second, best = np.argsort(shared)[-2:]
        if shared[best] - shared[second] > LEAD:
            found[i] = int(best)
    return _one_to_one(found)


def equal_columns(left: pd.DataFrame, right: pd.DataFrame, rows: dict[int, int]) -> dict[str, str]:
    """Columns with the same value in every one of the rows, where no other column has them as well."""
    places = defaultdict(list)
    there = right.to_numpy()[list(rows.values())]
    for name, column in zip(right.columns, there.T, strict=True):
        places[column.tobytes()].append(name)
    here = left.to_numpy()[list(rows)]
    found = {}
    for name, column in zip(left.columns, here.T, strict=True):
        at = places.get(column.tobytes(), [])
        if len(at) == 1:
            found[name] = at[0]
    return _one_to_one(found)


def equal_rows(left: np.ndarray, right: np.ndarray, tolerance: float) -> dict[int, int]:
    """Rows that differ nowhere by more than the tolerance from one row of the other table, and only one."""
    found = {}
    for i, row in enumerate(left):
        at = np.flatnonzero(np.abs(right - row).max(axis=1) <= tolerance)
        if len(at) == 1:
            found[i] = int(at[0])
    return _one_to_one(found)


def _one_to_one(found: dict) -> dict:
    """What was found, without the places that two claim."""
    claims = Counter(found.values())
    return {name: place for name, place in found.items() if claims[place] == 1}


def read_accessions(orgdb: Path) -> dict[str, set[tuple[str, str]]]:
    """Accession without version -> genes (Entrez id, symbol) it is filed under, RefSeq and GenBank."""
    genes = defaultdict(set)
    query = "SELECT accession, gene_id, symbol FROM {} JOIN genes USING (_id) JOIN gene_info USING (_id)"
    with sqlite3.connect(f"file:{orgdb}?mode=ro", uri=True) as database:
        for table in ("refseq", "accessions"):
            for accession, entrez, symbol in database.execute(query.format(table)):
                genes[accession].add((entrez, symbol))
    return genes


def gene_table(
    probes: Iterable[str], found: Match, accessions: dict[str, set[tuple[str, str]]]
) -> pd.DataFrame:
    """One row a probe of vdv: its accession, the column of DBCD that equals it, and its gene."""
    rows = []
    for probe in probes:
        filed = accessions.get(probe, set())
        entrez, symbol = next(iter(filed)) if len(filed) == 1 else ("", "")
        rows.append((probe, found.columns.get(probe, ""), entrez, symbol))
    return pd.DataFrame(rows, columns=["accession", "dbcd", "entrez", "symbol"])


def patient_table(n_vdv: int, n_dbcd: int, found: Match) -> pd.DataFrame:
    """One row a patient: a name that says nothing, and the row of each table that is this patient."""
    vdv = {row: own for own, row in found.vdv.items()}
    nki70 = {row: own for own, row in found.nki70.items()}
    rows = [(f"NKI_{i:03d}", str(i), str(nki70.get(i, "")), str(vdv.get(i, ""))) for i in range(n_dbcd)]
    rows += [(f"VDV_{i:03d}", "", "", str(i)) for i in range(n_vdv) if i not in found.vdv]
    return pd.DataFrame(rows, columns=["patient", "dbcd", "nki70", "vdv"])


def contradictions(cohorts: dict[str, Cohort], genes: pd.DataFrame, patients: pd.DataFrame) -> list[str]:
    """Every row of the tables that the package's values do not bear out; none if all is well.

    Looks at what the tables say, not at how they were made: equal values in every patient of both tables,
    no other column with these values, rows of nki70 that equal their patient's in all genes and no other
    patient's, and an outcome that can be that of one patient.
    """
    vdv, dbcd = on_one_scale(cohorts)
    said = []
    both = patients[(patients["vdv"] != "") & (patients["dbcd"] != "")]
    named = genes[genes["dbcd"] != ""]
    here = vdv.to_numpy()[both["vdv"].astype(int)][:, vdv.columns.get_indexer(named["accession"])]
    there = dbcd.to_numpy()[both["dbcd"].astype(int)]
    at = dbcd.columns.get_indexer(named["dbcd"])
    differs = here != there[:, at]
    for j in np.flatnonzero(differs.mean(axis=0) > 0.5):
        said.append(f"{named['accession'].iloc[j]} is not column {named['dbcd'].iloc[j]} of DBCD")
    for i in np.flatnonzero(differs.mean(axis=1) > 0.5):
        said.append(f"row {both['vdv'].iloc[i]} of vdv is not row {both['dbcd'].iloc[i]} of DBCD")
    if differs.any() and not said:
        said.append(f"{int(differs.sum())} values of vdv differ from those of DBCD")
    copies = Counter(column.tobytes() for column in there.T)
    said += [
        f"column {dbcd.columns[j]} of DBCD is not the only one with its values"
        for j in at
        if copies[there[:, j].tobytes()] > 1
    ]
    return said + _contradictions_nki70(cohorts, genes, patients) + _contradictory_outcomes(cohorts, patients)


def _contradictions_nki70(
    cohorts: dict[str, Cohort], genes: pd.DataFrame, patients: pd.DataFrame
) -> list[str]:
    named = genes[genes["dbcd"] != ""].set_index("accession")["dbcd"]
    theirs = cohorts["nki70"].values
    shared = [name for name in theirs.columns if name in named.index]
    whole = cohorts["DBCD"].values[named[shared]].to_numpy()
    rows = patients[patients["nki70"] != ""]
    said = []
    for own, row in zip(rows["nki70"].astype(int), rows["dbcd"].astype(int), strict=True):
        distance = np.abs(whole - theirs[shared].to_numpy()[own]).max(axis=1)
        if distance[row] > PRINTED or (distance <= PRINTED).sum() != 1:
            said.append(f"row {own} of nki70 is not row {row} of DBCD, or not that row alone")
    return said


def _contradictory_outcomes(cohorts: dict[str, Cohort], patients: pd.DataFrame) -> list[str]:
    """Patients whose metastasis comes after their death, or who were followed up for two different times."""
    said = []
    for name in ("vdv", "nki70"):
        rows = patients[(patients[name] != "") & (patients["dbcd"] != "")]
        own = cohorts[name].outcome.iloc[rows[name].astype(int)]
        other = cohorts["DBCD"].outcome.iloc[rows["dbcd"].astype(int)]
        later = own["time"].to_numpy() - other["time"].to_numpy()
        free = own["event"].to_numpy() == 0
        for i in np.flatnonzero((later > SAME_TIME) | (free & (np.abs(later) > SAME_TIME))):
            said.append(f"row {rows[name].iloc[i]} of {name}: another follow-up than in DBCD")
    return said


def counts(cohorts: dict[str, Cohort], found: Match, genes: pd.DataFrame) -> list[tuple[str, object]]:
    """What the provenance states of the match; see data/nki/README.md."""
    dbcd = cohorts["DBCD"].values.iloc[list(found.nki70.values())].to_numpy()
    theirs = cohorts["nki70"].values.iloc[list(found.nki70)].to_numpy()
    at = [np.flatnonzero(np.abs(dbcd - column[:, None]).max(axis=0) <= PRINTED) for column in theirs.T]
    own = genes.set_index("dbcd")["symbol"]
    columns = cohorts["DBCD"].values.columns
    named = {
        name: own.get(columns[place[0]], "")
        for name, place in zip(cohorts["nki70"].values.columns, at, strict=True)
        if len(place) == 1
    }
    same = {
        name: _equal_follow_up(cohorts, name, rows)
        for name, rows in (("vdv", found.vdv), ("nki70", found.nki70))
    }
    twice = {*found.vdv.values()} & {*found.nki70.values()}
    with_gene = genes["entrez"] != ""
    in_dbcd = genes["dbcd"] != ""
    return [
        ("columns of vdv", len(genes)),
        ("columns of DBCD", len(columns)),
        ("columns of vdv that equal one column of DBCD", len(found.columns)),
        ("patients of vdv", len(cohorts["vdv"].outcome)),
        ("patients of vdv that equal one row of DBCD in all these columns", len(found.vdv)),
        ("of these patients of vdv, without metastasis and with equal follow-up", same["vdv"]),
        ("patients of nki70", len(cohorts["nki70"].outcome)),
        ("patients of nki70 that equal one row of DBCD", len(found.nki70)),
        ("of these patients of nki70, without metastasis and with equal follow-up", same["nki70"]),
        ("patients of nki70 that are among those of vdv", len(twice)),
        ("gene columns of nki70", len(at)),
        ("gene columns of nki70 that equal one column of DBCD in all its patients", len(named)),
        ("of these columns of nki70, with a gene here", sum(1 for symbol in named.values() if symbol)),
        ("accessions with one gene", int(with_gene.sum())),
        ("genes of vdv", genes["entrez"][with_gene].nunique()),
        ("genes of DBCD", genes["entrez"][with_gene & in_dbcd].nunique()),
    ]


def _equal_follow_up(cohorts: dict[str, Cohort], name: str, rows: dict[int, int]) -> int:
    own = cohorts[name].outcome.iloc[list(rows)]
    other = cohorts["DBCD"].outcome.iloc[list(rows.values())]
    apart = np.abs(own["time"].to_numpy() - other["time"].to_numpy())
    return int(((own["event"].to_numpy() == 0) & (apart <= SAME_TIME)).sum())


def provenance(out: Path, orgdb: str, counted: list[tuple[str, object]]) -> pd.DataFrame:
    """Sources and tables with their checksums, and the counts of the match."""
    rows = [
        ("source", SOURCE.format(name=name), checksum, "GPL-3 (package); numbers only are read")
        for name, checksum in PICKLES.items()
    ]
    rows.append(
        ("source", "Bioconductor org.Hs.eg.db 3.16.0, org.Hs.eg.sqlite (NCBI Gene, 12 September 2022)", orgdb,
         "Artistic-2.0; NCBI Gene: public domain")
    )  # fmt: skip
    rows += [("table", name, file_sha256(out / name), "") for name in (GENES, PATIENTS)]
    rows += [("count", what, str(number), "") for what, number in counted]
    return pd.DataFrame(rows, columns=["kind", "what", "value", "licence"])


def write(table: pd.DataFrame, path: Path) -> None:
    """Tab-separated text whose bytes depend on the rows only."""
    table.to_csv(path, sep="\t", index=False, lineterminator="\n", encoding="utf-8")


def build(orgdb: Path, out: Path) -> list[tuple[str, object]]:
    """Match, check, write; returns the counts.

    Raises:
        ValueError: A source has changed, or the tables contradict the values.
    """
    checksum = file_sha256(orgdb)
    if checksum != ORGDB:
        raise ValueError(f"{orgdb.name}: expected sha256 {ORGDB} (org.Hs.eg.db 3.16.0), found {checksum}")
    cohorts = read_package()
    found = match(cohorts)
    genes = gene_table(cohorts["vdv"].values.columns, found, read_accessions(orgdb))
    patients = patient_table(len(cohorts["vdv"].outcome), len(cohorts["DBCD"].outcome), found)
    if said := contradictions(cohorts, genes, patients):
        raise ValueError("\n".join(said))
    counted = counts(cohorts, found, genes)
    write(genes, out / GENES)
    write(patients, out / PATIENTS)
    write(provenance(out, checksum, counted), out / PROVENANCE)
    return counted


def main() -> None:
    """Build the tables and print the counts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--orgdb", type=Path, required=True, help="org.Hs.eg.sqlite of org.Hs.eg.db 3.16")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()
    for what, number in build(args.orgdb, args.out):
        print(f"{what}: {number}")


if __name__ == "__main__":
    main()
