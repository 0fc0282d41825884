"""Part and whole of a signature: by hand, on planted modules, and the gate at its limits."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.scoring.agreement import (
    Agreement,
    agreement_rows,
    agreements,
    agreements_of,
    coverage_refusal,
    measure_agreement,
)
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.score_table import score_cohort
from irf7bone.tables.cohort import AGREEMENT

MODULE = tuple(f"M{k}" for k in range(10))
LOOSE = tuple(f"L{k}" for k in range(10))


def gene_set(up, down=()):
    return SimpleNamespace(up=tuple(up), down=tuple(down))


LIBRARY = {"module": gene_set(MODULE), "loose": gene_set(LOOSE), "gene": gene_set(MODULE[:1])}


@pytest.fixture(scope="module")
def expression():
    """Ten genes of one module, ten that have nothing to do with each other."""
    random = np.random.default_rng(5)
    together = random.normal(size=(80, 1)) + 0.3 * random.normal(size=(80, 10))
    apart = random.normal(size=(80, 10))
    values = np.column_stack([together, apart]) * random.uniform(0.5, 3, 20) + random.uniform(2, 9, 20)
    return pd.DataFrame(values, columns=[*MODULE, *LOOSE], index=[f"S{k}" for k in range(80)])


def rows_of(expression, parts, library=LIBRARY):
    return agreement_rows("whole", Prepared(expression), parts, library).set_index(["cohort", "signature"])


def test_the_correlation_is_that_of_the_mean_z_scores(expression):
    part = [*MODULE[:4], *LOOSE[:6]]
    found = rows_of(expression, {"part": part, "whole": expression.columns})
    z = (expression - expression.mean()) / expression.std()
    for name, genes in (("module", MODULE), ("loose", LOOSE)):
        mine = z[[gene for gene in genes if gene in part]].mean(axis=1).corr(z[list(genes)].mean(axis=1))
        row = found.loc[("part", name)]
        assert row["correlation"] == pytest.approx(mine, abs=1e-12)
        assert (row["n_part"], row["n_whole"], row["status"]) == (4 if name == "module" else 6, 10, "ok")
    assert "whole" not in found.index.get_level_values("cohort")


def test_half_a_module_stands_for_it_and_more_of_a_loose_list_does_not(expression):
    part = [*MODULE[:4], *LOOSE[:7]]
    known = agreements(rows_of(expression, {"part": part}).reset_index(), "part", 0.95)
    assert coverage_refusal(4, 10, 0.5, known["module"]) == ""  # the share would refuse it
    assert coverage_refusal(7, 10, 0.5, known["loose"]).startswith("agreement 0.8")  # and take this one


def test_up_and_down_genes_count_with_their_signs(expression):
    flipped = expression.copy()
    flipped[list(MODULE[5:])] = -flipped[list(MODULE[5:])]
    library = {"both": gene_set(MODULE[:5], MODULE[5:])}
    part = [*MODULE[:3], *MODULE[5:8]]
    found = rows_of(flipped, {"part": part}, library).loc[("part", "both"), "correlation"]
    z = (flipped - flipped.mean()) / flipped.std()
    root = np.sqrt
    whole = z[list(MODULE[:5])].sum(axis=1) / root(5) - z[list(MODULE[5:])].sum(axis=1) / root(5)
    mine = z[list(MODULE[:3])].sum(axis=1) / root(3) - z[list(MODULE[5:8])].sum(axis=1) / root(3)
    assert found == pytest.approx(mine.corr(whole), abs=1e-12)
    assert found > 0.95
    alone = rows_of(flipped, {"part": MODULE[:5]}, library).loc[("part", "both")]
    assert (alone["status"], alone["reason"]) == ("not_available", "no gene in common")


def test_a_reference_that_cannot_tell_says_so(expression):
    reference = expression[[*MODULE[:5], *LOOSE]]
    found = rows_of(reference, {"part": expression.columns})
    assert found.loc[("part", "module"), "reason"] == "the reference measures 5 of 10 genes, under 60%"
    assert found.loc[("part", "gene"), "reason"] == "a single gene has no part"
    nothing = rows_of(expression, {"part": LOOSE}).loc[("part", "module")]
    assert (nothing["reason"], nothing["n_part"]) == ("no gene in common", 0)
    AGREEMENT.check(found.reset_index(), "made up")


def test_the_smallest_correlation_decides_and_its_reference_is_named():
    table = pd.DataFrame(
        {
            "cohort": "part",
            "signature": "module",
            "reference": ["one", "two", "three"],
            "correlation": [0.99, 0.93, np.nan],
            "status": ["ok", "ok", "not_available"],
        }
    )
    found = agreements(table, "part", 0.95)
    assert found == {"module": Agreement(0.93, "two", ("one", "two"), 0.95)}
    assert agreements(table, "elsewhere", 0.95) == {}


@pytest.mark.parametrize(
    ("least", "n_used", "n_genes", "refused"),
    [
        (0.95, 1, 10, ""),
        (0.9499, 9, 10, "agreement 0.949 with the whole, in two, is too low (smallest allowed: 0.95)"),
        (None, 5, 10, ""),  # nobody can tell: the share
        (None, 4, 10, "coverage 0.40 is too low (smallest allowed: 0.5)"),
        (0.99, 0, 10, "coverage 0.00 is too low (smallest allowed: 0.5)"),
        (None, 1, 1, ""),  # a single gene is there or not
        (None, 0, 1, "coverage 0.00 is too low (smallest allowed: 0.5)"),
    ],
)
def test_the_gate(least, n_used, n_genes, refused):
    known = None if least is None else Agreement(least, "two", ("one", "two"), 0.95)
    said = coverage_refusal(n_used, n_genes, 0.5, known)
    assert said.startswith(refused)
    assert bool(said) == bool(refused)


def test_other_units_order_or_samples_change_nothing(expression):
    parts = {"part": [*MODULE[:4], *LOOSE[:6]]}
    once = rows_of(expression, parts)["correlation"]
    other = expression.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=1) * 7 - 3
    assert rows_of(other, parts)["correlation"].to_numpy() == pytest.approx(
        once.to_numpy(), abs=1e-12, nan_ok=True
    )


def test_scores_come_with_the_agreement_that_let_them_through(expression):
    part = expression[[*MODULE[:4], *LOOSE[:7]]]
    known = agreements(rows_of(expression, {"part": part.columns}).reset_index(), "part", 0.95)
    scores, coverage = score_cohort(part, LIBRARY, ["zscore"], 0.5, agreements=known)
    rows = coverage.set_index("signature")
    assert rows["status"].to_dict() == {"module": "ok", "loose": "low_coverage", "gene": "ok"}
    assert rows.loc["module", "coverage"] == 0.4
    assert rows.loc["module", "agreement"] == pytest.approx(known["module"].least)
    assert rows.loc["loose", "reason"].endswith("7 of 10 genes are in the cohort and vary in its 80 samples")
    assert pd.isna(rows.loc["gene", "agreement"])
    assert set(scores.loc[scores["status"] == "ok", "signature"]) == {"module", "gene"}
    assert agreements_of(coverage, 0.95) == known


def test_a_cohort_that_nobody_can_judge_is_judged_by_its_share(expression):
    own = expression[list(MODULE[:4])]
    alone = measure_agreement({"part": own.columns}, ["part"], lambda name: own, LIBRARY)
    assert alone.empty
    assert agreements(alone, "part", 0.95) == {}
    simulated = measure_agreement(
        {"whole": expression.columns, "made": MODULE}, ["whole"], lambda name: expression, LIBRARY
    )
    assert set(simulated["cohort"]) == {"made"}  # judged by the real one, and never asked


def test_of_many_references_those_with_most_genes_are_asked(expression):
    asked = []

    def load(name):
        asked.append(name)
        return expression

    genes = {f"c{number:02d}": [*MODULE, *LOOSE[: number % 7]] for number in range(30)}
    table = measure_agreement(genes, list(genes), load, LIBRARY)
    assert len(asked) == 20 and asked == sorted(asked)
    number = {name: len(own) for name, own in genes.items()}
    left = set(genes) - set(asked)
    assert max(number[name] for name in left) <= min(number[name] for name in asked)
    assert table["reference"].nunique() == 20 and table["cohort"].nunique() == 30
