"""Which of a gene's rows stands for it, by each rule: planted rows in simulated cohorts, and real probes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from calibrate.identity import GENE, PLANTED, SIZES, real_cohorts, shipped
from irf7bone.acquire.simulate import (
    SimulationSettings,
    background_genes,
    programmes_of,
    sample_programmes,
    simulate_expression,
)
from irf7bone.acquire.sources import acquire
from irf7bone.base.vocabulary import COLLAPSE_BY_COMPANIONS, COLLAPSE_OTHERWISE, PROBE_DECISIONS
from irf7bone.genes.companions import Company, follows
from irf7bone.genes.signatures import Signature, load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.collapse import plan_collapse
from irf7bone.harmonise.probe_choice import CollapsedProfiles, choose_by_companions
from irf7bone.study.cohort_checks import load_card

Columns = dict[str, Callable[[pd.Series], str]]
Markdown = Callable[[pd.DataFrame, Columns], str]
PROJECT = Path(__file__).resolve().parents[2]
RULES = (COLLAPSE_OTHERWISE, "max_variance", "mean", COLLAPSE_BY_COMPANIONS)
COHORTS = 90
N_GENES = 1500
GENES, SPLITS = 20, 5


def simulated(many: int, seed: int) -> pd.DataFrame:
    """Two rows under the name IRF7, one of them the gene: how often each rule takes it, how near it comes.

    Returns:
        One row for each kind of other row and rule.
    """
    library, symbols = shipped(), _symbols()
    programmes = programmes_of(load_library([PROJECT / "data" / "signatures"], symbols), PLANTED)
    background = background_genes(symbols)
    rows = []
    for number in range(COHORTS):
        n = SIZES[number % len(SIZES)]
        settings = SimulationSettings(seed + number, n, N_GENES, -0.5, 0.4, 0.2, 0.004, 0.005, (24.0, 144.0))
        expression = simulate_expression(settings, programmes, background).T
        latent = sample_programmes(settings, [*programmes, "er"])["interferon"]
        random = np.random.default_rng([seed, number])
        for kind, gene, other in _pairs(expression, latent, random):
            # the gene's row is the first of two, which the rules do not know
            pair = pd.DataFrame({"gene": gene, "other": other})
            table = pd.concat([expression.drop(columns=GENE), pair], axis=1)
            named = np.array([GENE if name in ("gene", "other") else name for name in table.columns])
            for rule in RULES:
                chosen = _collapsed(table.T, named, library, rule)
                at = chosen.place(GENE)
                r = np.corrcoef(chosen.matrix[:, at], gene)[0, 1]
                rows.append({"other": kind, "rule": rule, "right": chosen.ids[at] == "gene", "r": r})
    table = pd.DataFrame(rows).groupby(["other", "rule"], sort=False)
    return table.agg(cohorts=("r", "size"), right=("right", "mean"), r=("r", "mean")).reset_index()


def _pairs(
    expression: pd.DataFrame, latent: np.ndarray, random: np.random.Generator
) -> Iterator[tuple[str, pd.Series, pd.Series]]:
    """What the other row is, the gene's row, and the other."""
    own = expression[GENE].rename("gene")
    level, spread, n = own.mean(), own.std(), len(own)

    def row(values: np.ndarray, louder: float, wider: float) -> pd.Series:
        return pd.Series(level + louder + wider * spread * values, own.index)

    yield "silent, louder, varies more", own, row(random.standard_normal(n), 2, 1.5)
    yield "silent, louder, varies less", own, row(random.standard_normal(n), 2, 0.4)
    yield "silent, quieter, varies more", own, row(random.standard_normal(n), -2, 1.5)
    yield "silent, quieter, varies less", own, row(random.standard_normal(n), -2, 0.4)
    again = ((own - level) / spread + random.standard_normal(n)) / np.sqrt(2)
    yield "measures it too, with twice the noise, louder", own, row(again.to_numpy(), 2, 1.2)
    # what the rule must be feared for: the gene is silenced, and the other row binds other interferon genes
    low = level - 2 * spread + 0.2 * spread * random.standard_normal(n)
    silenced = own.where(random.uniform(size=n) < 0.5, low)
    cross = (latent + 0.7 * random.standard_normal(n)) / 1.22
    yield "binds interferon genes, quieter; the gene silenced in half", silenced, row(cross, -2, 0.4)


def planted(many: int, seed: int) -> pd.DataFrame:
    """Genes of real cohorts that follow their companions, beside the row of a gene that has none of theirs.

    Returns:
        One row for each cohort, kind of other row and rule: how often the gene's own row is taken.
    """
    library = shipped()
    rows = []
    for place, (name, read) in enumerate(real_cohorts().items()):
        random = np.random.default_rng([seed, place])
        expression = _fewer(read(), library, random)
        company = Company(CollapsedProfiles(expression.columns.to_numpy(), expression.to_numpy()), library)
        asked = {gene: found for gene in expression if (found := company.of(gene)) is not None}
        closer = dict(zip(asked, company.closer(list(asked.values())), strict=True))
        following = [gene for gene in asked if follows(float(closer[gene]))]
        for gene in random.choice(following, min(GENES, len(following)), replace=False):
            beside = expression.columns[asked[gene].beside]
            other = random.choice(expression.columns.difference(beside))
            rows += [{"cohort": name, **one} for one in _beside(expression, gene, other, library)]
    table = pd.DataFrame(rows).groupby(["cohort", "other", "rule"], sort=False)
    return table.agg(genes=("right", "size"), right=("right", "mean")).reset_index()


def _beside(
    expression: pd.DataFrame, gene: str, other: str, library: Mapping[str, Signature]
) -> Iterator[dict[str, object]]:
    """What each rule takes where another gene's row bears the gene's name too."""
    own, values = expression[gene], expression[other]
    standard = (values - values.mean()) / values.std()
    kinds = {"louder, varies more": (2, 1.5), "quieter, varies less": (-2, 0.4)}
    for kind, (louder, wider) in kinds.items():
        silent = own.mean() + louder + wider * own.std() * standard
        table = expression.drop(columns=gene).assign(gene=own, other=silent)
        named = np.array([gene if name in ("gene", "other") else name for name in table.columns])
        for rule in RULES:
            chosen = _collapsed(table.T, named, library, rule)
            yield {"other": kind, "rule": rule, "right": chosen.ids[chosen.place(gene)] == "gene"}


def _fewer(
    expression: pd.DataFrame, library: Mapping[str, Signature], random: np.random.Generator
) -> pd.DataFrame:
    """The genes of the sets, and some of the others, which say how near any row comes."""
    named = expression.columns.intersection([gene for one in library.values() for gene in one.genes])
    others = expression.columns.difference(named)
    kept = [*named, *random.choice(others, min(N_GENES, len(others)), replace=False)]
    return expression[sorted(kept)].astype(np.float32)


def real(many: int, seed: int) -> pd.DataFrame:
    """Real cohorts with probes: rows are chosen in one half of the samples, and judged in the other.

    Returns:
        One row for each cohort and rule: genes asked over the splits, how many follow, their mean
        correlation; by companions also what was decided.
    """
    library = shipped()
    rows = []
    for place, (name, (table, current)) in enumerate(probe_tables().items()):
        random = np.random.default_rng([seed, place])
        for _ in range(SPLITS):
            first = np.sort(random.permutation(table.shape[1])[: table.shape[1] // 2])
            second = np.setdiff1d(np.arange(table.shape[1]), first)
            halves = table.iloc[:, first], table.iloc[:, second]
            rows += [{"cohort": name, **one} for one in _split(*halves, current, library)]
    table = pd.DataFrame(rows).groupby(["cohort", "rule"], sort=False).sum().reset_index()
    return table.assign(r=table["r"] / table["asked"])


def _split(
    chosen_in: pd.DataFrame, judged_in: pd.DataFrame, current: np.ndarray, library: Mapping[str, Signature]
) -> Iterator[dict[str, object]]:
    """What each rule chooses in some samples, judged by the companions in others."""
    judging = _collapsed(judged_in, current, library, COLLAPSE_OTHERWISE)
    company = Company(CollapsedProfiles(judging.genes, judging.matrix), library)
    several = sorted({gene for gene, many in Counter(current).items() if many > 1})
    asked = {gene: found for gene in several if (found := company.of(gene)) is not None}
    rows = judged_in.to_numpy(dtype=float)
    place = {name: number for number, name in enumerate(judged_in.index)}
    for rule in RULES:
        chosen = _collapsed(chosen_in, current, library, rule)
        judged = []
        for gene, companions in asked.items():
            ids = chosen.ids[chosen.place(gene)].split(";")
            row = rows[[place[one] for one in ids]].mean(axis=0)
            judged.append(replace(companions, correlation=np.corrcoef(row, companions.mean)[0, 1]))
        decided = Counter(chosen.decided.reindex(list(asked)).dropna())
        yield {
            "rule": rule,
            "asked": len(asked),
            "follow": sum(follows(closer) for closer in company.closer(judged)),
            "r": sum(one.correlation for one in judged),
            **{one: decided[one] for one in PROBE_DECISIONS},
        }


@dataclass(frozen=True)
class Collapsed:
    """One row a gene, by one rule.

    Args:
        genes: Symbols, sorted.
        matrix: Samples x genes.
        ids: For each gene the rows behind it.
        decided: Gene -> what was decided, by companions alone.
    """

    genes: np.ndarray
    matrix: np.ndarray
    ids: list[str]
    decided: pd.Series

    def place(self, gene: str) -> int:
        """Its place among the genes."""
        return int(np.searchsorted(self.genes, gene))


def _collapsed(
    table: pd.DataFrame, current: np.ndarray, library: Mapping[str, Signature], rule: str
) -> Collapsed:
    """One row a gene of a table, rows x samples, log2."""
    values = table.to_numpy(dtype=float)
    otherwise = COLLAPSE_OTHERWISE if rule == COLLAPSE_BY_COMPANIONS else rule
    plan = plan_collapse(table.index, current, otherwise, lambda: iter([values.T]))
    matrix = plan.apply(values.T, lambda rows: rows).astype(np.float32)
    genes = plan.symbols.astype(object)
    if rule != COLLAPSE_BY_COMPANIONS:
        return Collapsed(genes, matrix, plan.source_ids, pd.Series(dtype=object))
    choice = choose_by_companions(plan, matrix, table.index, lambda rows: values[rows].T, library)
    matrix[:, choice.changed] = values[choice.instead].T
    decided = choice.probes.drop_duplicates("gene").set_index("gene")["decision"]
    return Collapsed(genes, matrix, choice.source_ids, decided)


def probe_tables() -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Name -> log2 values, probes x samples, and the current symbol of each probe; those of the project."""
    found = {}
    for name in ("vantveer2002", "nki295"):
        expression = acquire(load_card(PROJECT / "data" / "cohorts" / f"{name}.yaml")).expression
        entrez = expression.index.get_level_values(1)
        table = expression.set_axis(expression.index.get_level_values(0).astype(str), axis=0)
        found[name] = _named(table, ["" if pd.isna(one) else str(one) for one in entrez], "entrez")
    return found


def _named(table: pd.DataFrame, names: list[str], kind: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Rows without missing values that are a gene's, and its current symbol."""
    current = np.array(_symbols().to_current(names, kind).current, dtype=object)
    kept = pd.notna(current) & table.notna().all(axis=1).to_numpy()
    return table[kept].astype(float), current[kept]


def _symbols() -> SymbolTable:
    return SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")


WORDS = """
Which of a gene's rows stands for it, by each rule of `collapse`. `companions` takes the row that follows the
gene's companions where it does so better than `max_mean`'s (one-sided p below 0.01). *Right*: the gene's own
row is taken; r: what stands for the gene with the gene's own row.

{cohorts} simulated cohorts ({sizes} tumours in turn), two rows under the name IRF7. The last kind is what the
rule must be feared for: IRF7 is silenced in half of the tumours, and the other row binds other interferon
genes. It follows the companions better because it is not IRF7, and it is taken. A study of silenced
interferon genes cannot have this by default: `max_mean` stays, and where its row is another gene's, that is
found (see above) and a card names the probe.
"""
PLANTED_WORDS = """
Real cohorts, up to {genes} genes of each that follow their companions; beside each the row of another gene
that no set names beside it, moved by two and scaled. How often the gene's own row is taken, %. No data set
of several probes a gene on an Affymetrix array was at hand row by row: GSE2034's 67 tumours are given by
gene.
"""
REAL_WORDS = """
Cohorts of the project whose source has several probes a gene: rows chosen in half of the samples, judged by
the companions in the other half, {splits} times. Few genes with several probes have companions there (half of
78 tumours are too few to ask), and of these the rules' rows differ little.
"""


def sections(
    simulated: pd.DataFrame, planted: pd.DataFrame, real: pd.DataFrame, markdown: Markdown
) -> list[str]:
    """The part of the page."""
    words = WORDS.format(cohorts=COHORTS, sizes=", ".join(map(str, SIZES)))
    by_rule = {rule: rule for rule in RULES}
    shares = simulated.pivot(index="other", columns="rule", values="right").loc[simulated["other"].unique()]
    r = simulated.pivot(index="other", columns="rule", values="r").loc[shares.index]
    kinds: Columns = {"the other row": lambda row: row["other"]}
    for rule in by_rule:
        kinds[f"{rule}: right, %"] = _percent(rule) if rule != "mean" else lambda row: ""
        kinds[f"{rule}: r"] = _two(f"r {rule}")
    together = shares.join(r.add_prefix("r ")).reset_index()
    right = planted.pivot(index=["cohort", "other"], columns="rule", values="right").loc[
        pd.MultiIndex.from_frame(planted[["cohort", "other"]].drop_duplicates())
    ]
    genes = planted.groupby(["cohort", "other"], sort=False)["genes"].first()
    beside: Columns = {
        "cohort": lambda row: row["cohort"],
        "the other row": lambda row: row["other"],
        "genes": lambda row: str(row["genes"]),
        **{rule: _percent(rule) for rule in RULES if rule != "mean"},
    }
    halves: Columns = {
        "cohort": lambda row: row["cohort"],
        "rule": lambda row: row["rule"],
        "asked": lambda row: str(row["asked"]),
        "follow": lambda row: str(row["follow"]),
        "mean r": _two("r"),
    }
    return [
        "## Which of a gene's rows stands for it\n",
        words,
        markdown(together, kinds),
        PLANTED_WORDS.format(genes=GENES),
        markdown(right.join(genes).reset_index(), beside),
        REAL_WORDS.format(splits=SPLITS),
        markdown(real, halves),
    ]


def _percent(name: str) -> Callable[[pd.Series], str]:
    return lambda row: f"{100 * row[name]:.0f}"


def _two(name: str) -> Callable[[pd.Series], str]:
    return lambda row: "" if np.isnan(row[name]) else f"{row[name]:.2f}"
