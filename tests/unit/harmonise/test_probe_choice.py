"""Which row stands for a gene of several: planted silent rows give way, nothing but expression is asked."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.expression import harmonise_expression
from irf7bone.statistics.dependent_correlations import p_larger
from irf7bone.tables.cohort import PROBES

COMPANIONS = [f"I{k}" for k in range(10)]
LOOSE = [f"L{k}" for k in range(60)]
GENE = "IRF7"
SETS = {f"set {k}": SimpleNamespace(up=(GENE, *COMPANIONS), down=(), citation=f"work {k}") for k in range(4)}
SETTINGS = {"scale": "log2", "gene_id": "symbol", "collapse": "companions"}
# of two rows the first is louder and varies more, so that each of the other rules takes it
KINDS = {
    "loud and silent": ("noise", "gene"),
    "silent and quiet": ("gene", "noise"),
    "both measure it": ("gene", "gene"),
    "neither measures it": ("noise", "noise"),
}


@pytest.fixture(scope="module")
def table() -> SymbolTable:
    names = [GENE, *COMPANIONS, *LOOSE]
    return SymbolTable.from_frame(pd.DataFrame({"symbol": names, "previous": ""}))


def made(kinds=("noise", "gene"), n=80, seed=1, load=1.0) -> pd.DataFrame:
    """Ten genes of one module, sixty loose ones, and two rows under the name of an eleventh."""
    random = np.random.default_rng(seed)
    module = random.normal(size=n)
    rows = {(f"{gene}_at", gene): 7 + load * module + 0.7 * random.normal(size=n) for gene in COMPANIONS}
    rows |= {(f"{gene}_at", gene): 7 + random.normal(size=n) for gene in LOOSE}
    for name, level, spread, kind in zip(("a_at", "b_at"), (10, 6), (1.5, 1.0), kinds, strict=True):
        own = (module + 0.7 * random.normal(size=n)) / 1.2 if kind == "gene" else random.normal(size=n)
        rows[name, GENE] = level + spread * own
    frame = pd.DataFrame(rows, index=[f"S{k:02d}" for k in range(n)]).T
    return frame.rename_axis(index=["probe", "gene"])


def found(expression, table, collapse="companions", sets=SETS):
    return harmonise_expression(expression, SETTINGS | {"collapse": collapse}, table, "card", sets)


def chosen(genes) -> str:
    return dict(zip(genes.values.index, genes.source_ids, strict=True))[GENE]


def evidence(genes) -> pd.DataFrame:
    PROBES.check(PROBES.cast(genes.probes.assign(cohort="c")[list(PROBES.names)]), "made")
    return genes.probes.set_index("probe")


@pytest.mark.parametrize(
    ("kinds", "stands", "decision"),
    [
        ("loud and silent", "b_at", "replaced"),
        ("silent and quiet", "a_at", "confirmed"),
        ("neither measures it", "a_at", "unclear"),
    ],
)
def test_the_row_that_follows_the_companions_stands_for_the_gene(table, kinds, stands, decision):
    expression = made(KINDS[kinds])
    genes = found(expression, table)
    assert chosen(genes) == stands and set(evidence(genes)["decision"]) == {decision}
    np.testing.assert_allclose(genes.values.loc[GENE], expression.xs(stands).iloc[0], rtol=1e-6)
    for rule in ("max_mean", "max_variance"):
        plain = found(expression, table, rule)
        assert chosen(plain) == "a_at" and plain.probes is None
        pd.testing.assert_frame_equal(plain.values.drop(GENE), genes.values.drop(GENE))


def test_of_two_rows_that_both_measure_it_the_rule_decides(table):
    """The choice is never between shades: over many draws the other row is taken as seldom as by chance."""
    said = [
        set(evidence(found(made(KINDS["both measure it"], seed=seed), table))["decision"])
        for seed in range(20)
    ]
    assert sum(one == {"replaced"} for one in said) <= 1 and {"confirmed"} in said


def test_the_numbers_are_those_of_the_definition(table):
    expression = made()
    rows = evidence(found(expression, table))
    z = expression.droplevel("probe").loc[COMPANIONS].T
    z = (z - z.mean()) / z.std()
    own = expression.droplevel("gene").loc[["a_at", "b_at"]]
    r = own.T.corrwith(z.mean(axis=1))
    np.testing.assert_allclose(rows["correlation"].loc[own.index].astype(float), r, atol=1e-6)
    assert rows.loc["b_at", "p"] == pytest.approx(
        float(p_larger(r["b_at"], r["a_at"], own.T.corr().iloc[0, 1], 80)), rel=1e-4
    )
    assert pd.isna(rows.loc["a_at", "p"]) and rows["n_companions"].tolist() == [10, 10]
    strangers = expression.droplevel("probe").loc[LOOSE].T.corrwith(z.mean(axis=1))
    assert rows.loc["a_at", "closer"] == pytest.approx((strangers >= r["a_at"]).mean())
    assert rows["by_rule"].tolist() == [True, False] and rows["chosen"].tolist() == [False, True]


def test_rows_may_have_one_id(table):
    expression = made().droplevel("probe")
    genes = found(expression, table)
    rows = genes.probes[genes.probes["gene"] == GENE]
    PROBES.check(PROBES.cast(rows.assign(cohort="c")[list(PROBES.names)]), "made")
    assert rows["probe"].tolist() == [GENE, GENE] and rows["row"].tolist() == [1, 2]
    assert rows["chosen"].tolist() == [False, True]


@pytest.mark.parametrize("why", ["no coherence", "few works", "few tumours"])
def test_where_companions_cannot_be_asked_the_rule_decides(table, why):
    expression = made(n=30) if why == "few tumours" else made(load=0.0 if why == "no coherence" else 1.0)
    sets = dict(list(SETS.items())[:3]) if why == "few works" else SETS
    genes = found(expression, table, sets=sets)
    rows = evidence(genes)
    assert chosen(genes) == "a_at" and set(rows["decision"]) == {"not_told"}
    assert set(rows["status"]) == {"not_available"} and rows["correlation"].isna().all()
    plain = found(expression, table, "max_mean")
    pd.testing.assert_frame_equal(genes.values, plain.values)


def test_order_of_rows_and_samples_changes_nothing(table):
    expression = made()
    shuffled = expression.sample(frac=1, random_state=1).sample(frac=1, axis=1, random_state=2)
    first, second = (found(one, table) for one in (expression, shuffled))
    pd.testing.assert_frame_equal(first.values, second.values[first.values.columns])
    columns = ["by_rule", "chosen", "decision"]
    pd.testing.assert_frame_equal(evidence(first)[columns], evidence(second)[columns].loc[["a_at", "b_at"]])


def test_a_cohort_too_large_for_memory_is_refused(table, monkeypatch):
    monkeypatch.setattr("irf7bone.harmonise.expression.MOST_IN_MEMORY", 100)
    with pytest.raises(InputError, match="holds all values in memory"):
        found(made(), table)
    found(made(), table, "max_mean")


def test_the_outcome_is_never_asked(make_card, table):
    """Who relapsed and when is dealt out anew: the same rows, by the same evidence, with the same values."""
    expression = made()
    random = np.random.default_rng(5)
    patients = pd.DataFrame(
        {
            "sample": expression.columns,
            "months": random.uniform(1, 100, 80).round(2),
            "bone": random.permutation([1] * 30 + [0] * 50),
        }
    )
    patients["relapse"] = patients["bone"]
    dealt = patients.assign(**patients.sample(frac=1, random_state=3).drop(columns="sample").to_dict("list"))
    assert not dealt["bone"].equals(patients["bone"])
    results = []
    for clinical in (patients, dealt):
        card = make_card(
            genes=expression.droplevel("probe"), patients=clinical, settings={"collapse": "companions"}
        )
        acquired = replace(acquire(card), expression=expression)
        results.append(harmonise(acquired, card, table, SETS))
    one, other = results
    assert not one.adata.obs.equals(other.adata.obs)
    pd.testing.assert_frame_equal(one.probes, other.probes)
    pd.testing.assert_frame_equal(one.adata.to_df(), other.adata.to_df())
    assert one.probes.query("chosen")["probe"].tolist() == ["b_at"]


def test_two_correlations_with_one_variable_by_hand_and_by_chance():
    # mean square 0.29; f = 0.8 / 1.42 = 0.563380; h = (1 - 0.563380 * 0.29) / 0.71 = 1.178338
    z = (0.867300527694053 - 0.309519604203112) * np.sqrt(47 / (2 * 0.8 * 1.178338))
    assert float(p_larger(0.7, 0.3, 0.2, 50)) == pytest.approx(0.5 * math.erfc(z / math.sqrt(2)), rel=1e-5)
    assert p_larger(0.4, 0.4, 1.0, 50) == 0.5
    random = np.random.default_rng(2)
    shared = random.normal(size=(3000, 60))
    both = 0.6 * random.normal(size=(3000, 60))
    rows = [shared + both + 0.8 * random.normal(size=(3000, 60)) for _ in range(2)]
    r = [
        np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(one, two, strict=True)])
        for one, two in ((rows[0], shared), (rows[1], shared), rows)
    ]
    assert np.mean(p_larger(*r, 60) < 0.05) == pytest.approx(0.05, abs=0.012)
