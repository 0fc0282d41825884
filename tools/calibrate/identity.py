"""Is a truly measured gene kept, and another gene's row under its name found?

Simulated cohorts in which IRF7 is what it should be, silenced, another gene's row or noise; and real cohorts
in which every gene that has companions stands for a signature of one gene, as it is and with another gene's
row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from calibrate import agreement
from irf7bone.acquire.simulate import (
    SimulationSettings,
    background_genes,
    programmes_of,
    sample_programmes,
    simulate_expression,
)
from irf7bone.base.vocabulary import IDENTITIES, NOT_MEASURED, NOT_TOLD
from irf7bone.genes.signatures import Signature, load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.gene_identity import gene_identity

PROJECT = Path(__file__).resolve().parents[2]
REALDATA = PROJECT.parent / "shared" / "realdata"
GENE = "IRF7"
PLANTED = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
SIZES = (60, 120, 250)
N_GENES = 3000
COHORTS, SWAPS = 200, 60
SILENCED = 0.5  # share of the tumours
ER_NEGATIVE = -0.67  # of the simulated ER programme: a quarter of the tumours
EVIDENCE = (
    "cohort", "gene", "n_companions", "cohesion", "correlation", "upper_99", "closer", "nearest",
    "nearest_correlation", "nearest_by_chance", "nearest_with_companions", "spread",
)  # fmt: skip


def shipped() -> dict[str, Signature]:
    """The shipped signatures, library included."""
    folder = PROJECT / "data" / "signatures"
    return load_library([folder, folder / "library"], _symbols())


def simulated(many: int, seed: int) -> pd.DataFrame:
    """What is said of IRF7 in simulated cohorts, by what its row is.

    Returns:
        One row for each size and kind of row: cohorts, and how many of them say what.
    """
    library = shipped()
    default = load_library([PROJECT / "data" / "signatures"], _symbols())
    programmes = programmes_of(default, PLANTED)
    background = background_genes(_symbols())
    counted: dict[tuple[int, str], Counter[str]] = {}
    for number in range(COHORTS):
        n = SIZES[number % len(SIZES)]
        settings = SimulationSettings(seed + number, n, N_GENES, -0.5, 0.4, 0.2, 0.004, 0.005, (24.0, 144.0))
        expression = simulate_expression(settings, programmes, background).T
        latent = sample_programmes(settings, [*programmes, "er"])
        random = np.random.default_rng([seed, number])
        for kind, row in _rows(expression, latent, library, random):
            said = _said(expression.assign(**{GENE: row}), library)
            counted.setdefault((n, kind), Counter())[said] += 1
    rows = [_counts({"n": n, "row": kind}, found) for (n, kind), found in sorted(counted.items())]
    return pd.DataFrame(rows)


def _rows(
    expression: pd.DataFrame,
    latent: Mapping[str, np.ndarray],
    library: Mapping[str, Signature],
    random: np.random.Generator,
) -> Iterator[tuple[str, np.ndarray]]:
    """Kinds of rows that may stand under the gene's name, each drawn anew."""
    own = expression[GENE].to_numpy(float)
    n, level, spread = len(own), own.mean(), own.std()
    low = level - 2 * spread + 0.2 * spread * random.standard_normal(n)
    yield "the gene", own
    weak = 0.4 * latent["interferon"] + np.sqrt(1 - 0.4**2) * random.standard_normal(n)
    yield "the gene, loading 0.4", level + spread * weak
    yield f"silenced in {SILENCED:.0%} of the tumours", np.where(random.uniform(size=n) < SILENCED, low, own)
    yield "silenced in ER-positive tumours", np.where(latent["er"] > ER_NEGATIVE, low, own)
    yield "another gene's row", expression[_stranger(expression, library, random)].to_numpy(float)
    yield "quiet noise", level + 0.05 * random.standard_normal(n)


def _stranger(
    expression: pd.DataFrame, library: Mapping[str, Signature], random: np.random.Generator, gene: str = GENE
) -> str:
    """A gene that no set names beside ``gene``."""
    beside = {other for one in library.values() if gene in one.genes for other in one.genes}
    return str(random.choice([name for name in expression.columns if name not in beside and name != gene]))


def _said(expression: pd.DataFrame, library: Mapping[str, Signature], gene: str = GENE) -> str:
    alone = {gene: SimpleNamespace(up=(gene,), down=())}
    [said] = gene_identity("", Prepared(expression), alone, library, {})["identity"]
    return str(said)


def _counts(row: dict[str, object], found: Mapping[str, int]) -> dict[str, object]:
    return {**row, "cohorts": sum(found.values()), **{said: found.get(said, 0) for said in IDENTITIES}}


def real_cohorts() -> dict[str, Callable[[], pd.DataFrame]]:
    """Expression of the cohorts of the default study, and of the real data beside the project where they
    are."""
    found: dict[str, Callable[[], pd.DataFrame]] = {}
    for name, cohort in agreement.read_cohorts().items():
        found[name] = lambda one=cohort.prepared: _frame(one)
    if REALDATA.is_dir():
        found["gse2034_er_negative"] = _gse2034
    return found


def refused(many: int, seed: int) -> pd.DataFrame:
    """Every gene with companions as a signature of its own in real cohorts: those refused, with the evidence.

    Returns:
        One row a refusal; a cohort without any has one row that says how many genes were asked.
    """
    library = shipped()
    rows: list[dict[str, object]] = []
    for name, read in real_cohorts().items():
        table = _asked_alone(name, read(), library)
        told = table[table["identity"] != NOT_TOLD]
        counted = told["identity"].value_counts()
        counts = {"asked": len(told), **{said: int(counted.get(said, 0)) for said in IDENTITIES[:3]}}
        found = told.loc[told["identity"] == NOT_MEASURED, list(EVIDENCE)].to_dict("records")
        rows += [{**row, **counts} for row in found or [{"cohort": name}]]
    return pd.DataFrame(rows, columns=[*EVIDENCE, "asked", *IDENTITIES[:3]])


def swapped(many: int, seed: int) -> pd.DataFrame:
    """Another gene's row under the name of a gene that follows its companions, in real cohorts.

    Returns:
        One row a cohort and gene: IRF7 alone, and genes drawn at random; how many are found.
    """
    library = shipped()
    rows = []
    for place, (name, read) in enumerate(real_cohorts().items()):
        expression = read()
        table = _asked_alone(name, expression, library)
        following = table.loc[table["identity"] == "follows", "gene"].tolist()
        for which in ("IRF7", "any"):
            genes = [gene for gene in following if which == "any" or gene == which]
            if not genes:
                continue
            random = np.random.default_rng([seed, place, which == "any"])
            found: Counter[str] = Counter()
            for _ in range(SWAPS):
                gene = str(random.choice(genes))
                other = _stranger(expression, library, random, gene)
                both = {gene: expression[other], other: expression[gene]}
                found[_said(expression.assign(**both), library, gene)] += 1
            rows.append(_counts({"cohort": name, "gene": which}, found))
    return pd.DataFrame(rows)


def _asked_alone(name: str, expression: pd.DataFrame, library: Mapping[str, Signature]) -> pd.DataFrame:
    genes = sorted({gene for one in library.values() for gene in one.genes})
    alone = {gene: SimpleNamespace(up=(gene,), down=()) for gene in genes}
    return gene_identity(name, Prepared(expression), alone, library, {})


def _frame(prepared: Prepared) -> pd.DataFrame:
    values = prepared.values(np.arange(prepared.n_genes)).T
    return pd.DataFrame(values, index=prepared.samples, columns=prepared.genes)


def _gse2034() -> pd.DataFrame:
    table = pd.read_csv(REALDATA / "gse2034" / "er_negative_67.entrez_log2.csv.gz", index_col=0)
    return _current(table, "entrez")


def _current(table: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Genes by current symbol, the row with the highest mean where a gene has several; samples x genes."""
    current = _symbols().to_current([str(name) for name in table.index], kind).current
    known = np.array([name is not None for name in current])
    named = table[known].set_axis([name for name in current if name is not None], axis=0)
    highest = named.assign(_mean=named.mean(axis=1)).sort_values("_mean", ascending=False, kind="stable")
    return highest[~highest.index.duplicated()].drop(columns="_mean").sort_index().T


def _symbols() -> SymbolTable:
    return SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
