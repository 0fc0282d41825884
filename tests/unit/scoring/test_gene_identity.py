"""Is a row the gene that its name says? By hand, on planted modules, swapped rows, and silenced genes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.vocabulary import CLOSER, DISCORDANT, FOLLOWS, NOT_MEASURED, NOT_TOLD
from irf7bone.genes.companions import Company
from irf7bone.scoring.engine import Prepared
from irf7bone.scoring.gene_identity import discordant_members, gene_identity, not_measured, single_genes
from irf7bone.scoring.score_table import score_cohort

INTERFERON = tuple(f"I{k}" for k in range(12))
OTHER = tuple(f"O{k}" for k in range(15))
LOOSE = tuple(f"L{k}" for k in range(173))


def work(citation, up, down=()):
    return SimpleNamespace(up=tuple(up), down=tuple(down), citation=citation)


GENE = "IRF7"
# four works that name the gene beside the same twelve, one that says nothing new
LIBRARY = {f"set {k}": work(f"work {k}", (GENE, *INTERFERON)) for k in range(4)}
LIBRARY["again"] = work("work 0", (GENE, *INTERFERON, *OTHER))
SELECTED = {"alone": work("", (GENE,)), "module": work("", (GENE, *INTERFERON)), "other": work("", OTHER)}


def cohort(seed=1, n=100, gene="follows"):
    """Twelve genes of one module, fifteen of another, loose ones, and the gene as ``gene`` says."""
    random = np.random.default_rng(seed)
    one, two = random.normal(size=(2, n, 1))
    values = {
        **dict(zip(INTERFERON, (one + 0.7 * random.normal(size=(n, 12))).T, strict=True)),
        **dict(zip(OTHER, (two + 0.4 * random.normal(size=(n, 15))).T, strict=True)),
        **dict(zip(LOOSE, random.normal(size=(173, n)), strict=True)),
    }
    rows = {
        "follows": one[:, 0] + 0.7 * random.normal(size=n),
        "swapped": two[:, 0] + 0.4 * random.normal(size=n),
        "noise": 0.01 * random.normal(size=n),
        "loud": random.normal(size=n),
        "silenced": np.where(random.uniform(size=n) < 0.8, 0.1 * random.normal(size=n) - 2, one[:, 0]),
    }
    return pd.DataFrame({**values, GENE: rows[gene]}, index=[f"S{k}" for k in range(n)])


def asked(expression, selected=SELECTED, library=LIBRARY):
    table = gene_identity("c", Prepared(expression), selected, library, {GENE: "208436_s_at"})
    return table.set_index("gene")


def test_the_numbers_are_those_of_the_definition():
    expression = cohort()
    row = asked(expression).loc[GENE]
    z = (expression - expression.mean()) / expression.std()
    pairs = np.corrcoef(z[list(INTERFERON)].T)
    assert (row["n_companions"], row["source_ids"], row["identity"]) == (12, "208436_s_at", FOLLOWS)
    assert row["cohesion"] == pytest.approx(pairs[np.triu_indices(12, 1)].mean())
    mean = z[list(INTERFERON)].mean(axis=1)
    r = z[GENE].corr(mean)
    assert row["correlation"] == pytest.approx(r)
    assert row["upper_99"] == pytest.approx(np.tanh(np.arctanh(r) + 2.3263478740408408 / np.sqrt(97)))
    others = z[list(LOOSE)].corrwith(mean)  # that no set names beside it
    assert row["closer"] == pytest.approx((others >= r).mean())
    assert pd.isna(row["nearest"]) and pd.isna(row["reason"])


def test_a_row_of_another_gene_is_refused_with_what_it_goes_with():
    expression = cohort(gene="swapped")
    table = asked(expression)
    row = table.loc[GENE]
    assert row["identity"] == NOT_MEASURED and bool(row["alone"])
    assert set(row["nearest"].split(",")) <= set(OTHER) and row["nearest_companions"] == 0
    assert row["reason"].startswith(f"the row named {GENE} does not behave like {GENE} (correlation with the")
    assert "and follows" in row["reason"] and f"{row['correlation']:.2f}" in row["reason"]
    reasons = not_measured(table.reset_index(), SELECTED)
    assert list(reasons) == ["alone"], "a member of a larger signature is flagged, never dropped"
    flagged = discordant_members(table.reset_index(), SELECTED)
    assert flagged["module"] == [GENE] and flagged["other"] == []
    scores, coverage = score_cohort(
        expression, SELECTED, ["zscore", "ssgsea"], 0.5, not_measured=reasons, discordant=flagged
    )
    status = scores.groupby("signature")["status"].unique().map(list).to_dict()
    assert status == {"alone": ["not_measured"], "module": ["ok"], "other": ["ok"]}
    assert scores.loc[scores["signature"] == "alone", "score_z"].isna().all()
    coverage = coverage.set_index("signature")
    assert coverage.loc["alone", "reason"] == row["reason"] and coverage.loc["module", "discordant"] == GENE
    assert coverage.loc["module", "n_genes_used"] == 13


def test_noise_as_quiet_as_the_quietest_is_refused_and_loud_noise_is_not():
    assert asked(cohort(gene="noise")).loc[GENE, "identity"] == NOT_MEASURED
    loud = asked(cohort(gene="loud")).loc[GENE]
    assert loud["identity"] == DISCORDANT, "a silenced gene would look like that: it keeps its score"
    assert not_measured(asked(cohort(gene="loud")).reset_index(), SELECTED) == {}


def test_a_gene_silenced_in_most_tumours_is_never_refused():
    told = [asked(cohort(seed, gene="silenced")).loc[GENE, "identity"] for seed in range(20)]
    assert NOT_MEASURED not in told


def test_the_gene_takes_no_part_in_choosing_its_companions():
    first, second = (
        Company(Prepared(cohort(gene=gene)), LIBRARY).of(GENE) for gene in ("follows", "swapped")
    )
    assert first.core.size == second.core.size == 12 and first.cohesion == pytest.approx(second.cohesion)


def test_companions_need_works_not_sets_and_a_set_without_a_work_counts_for_nothing():
    expression = cohort()
    three = {name: LIBRARY[name] for name in ("set 0", "set 1", "set 2", "again")}
    assert asked(expression, library=three).loc[GENE, "identity"] == NOT_TOLD
    assert asked(expression, library={**three, "own": work("", INTERFERON)}).loc[GENE, "identity"] == NOT_TOLD
    assert asked(expression, library=LIBRARY).loc[GENE, "identity"] == FOLLOWS


def test_nothing_is_said_where_the_companions_do_not_go_together_or_samples_are_few():
    apart = {f"set {k}": work(f"work {k}", (GENE, *LOOSE[:20])) for k in range(4)}
    assert asked(cohort(), library=apart).loc[GENE, "identity"] == NOT_TOLD
    assert asked(cohort(n=39)).loc[GENE, "identity"] == NOT_TOLD


def test_a_companion_of_the_other_direction_is_turned():
    signed = {f"set {k}": work(f"work {k}", (GENE, *INTERFERON[:6]), INTERFERON[6:]) for k in range(4)}
    expression = cohort()
    turned = expression.assign(**{gene: -expression[gene] for gene in INTERFERON[6:]})
    for column in ("n_companions", "cohesion", "correlation", "upper_99", "identity"):
        assert asked(turned, library=signed).loc[GENE, column] == pytest.approx(
            asked(expression).loc[GENE, column]
        )


def test_neither_the_order_of_genes_and_samples_nor_their_scale_matters():
    expression = cohort(gene="swapped")
    random = np.random.default_rng(2)
    shuffled = expression.iloc[random.permutation(100), random.permutation(expression.shape[1])] * 3 + 1
    columns = ["n_companions", "correlation", "closer", "nearest", "nearest_correlation", "identity"]
    pd.testing.assert_frame_equal(asked(expression)[columns], asked(shuffled)[columns], rtol=1e-9)


def test_a_random_row_passes_as_often_as_said():
    passed = [asked(cohort(seed, gene="loud")).loc[GENE, "closer"] <= CLOSER for seed in range(200)]
    assert 0 <= np.mean(passed) <= CLOSER + 3 * np.sqrt(CLOSER * (1 - CLOSER) / 200)


def test_single_genes_are_those_of_one_gene_on_either_side():
    assert single_genes({"a": work("", ("X",)), "b": work("", ("X", "Y")), "c": work("", (), ("Z",))}) == {
        "a": "X",
        "c": "Z",
    }
