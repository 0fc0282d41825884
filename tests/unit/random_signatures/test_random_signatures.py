"""The null of random signatures: what is drawn, what is counted, and that its p means what it says."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from madeup.null import GENES, LIBRARY, N_GENES, N_SAMPLES, made_up, one, run, settings, signature
from madeup.settings import primary
from scipy.stats import chisquare, kstest

from irf7bone.base.errors import InputError
from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.random_signatures.cohort import cohort_null, place
from irf7bone.random_signatures.null_plan import FEWER_DRAWS, join_null
from irf7bone.random_signatures.sampling import cells, generator, level_fraction, merge_thin, sample_sets
from irf7bone.scoring.score_table import score_cohort
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.statistics.firth import fit_firth

NONE = np.array([], dtype=int)


@pytest.fixture(scope="module")
def made():
    expression, obs = made_up()
    return run(expression, obs, LIBRARY, settings(LIBRARY, methods=("zscore", "ssgsea", "gsva")))


# matching


def test_deciles_by_hand():
    assert level_fraction(np.array([5.0, 1.0, 5.0, 9.0])) == pytest.approx([0.5, 0.125, 0.5, 0.875])
    level = np.arange(100.0)
    assert cells(level, -level).tolist() == [10 * (k // 10) + 9 - k // 10 for k in range(100)]


def test_cells_do_not_depend_on_the_order_or_scale_of_genes():
    random = np.random.default_rng(0)
    level, spread = random.normal(size=(2, 500))
    order = random.permutation(500)
    assert (cells(level, spread)[order] == cells(level[order], np.exp(spread[order]))).all()


def test_a_thin_cell_joins_its_nearest_neighbour():
    available, wanted = np.full(100, 50), np.zeros(100, dtype=int)
    available[45], wanted[45] = 19, 1
    wanted[77] = 11  # 50 candidates for 11 genes are not 5 for each
    group = merge_thin(available, wanted)
    assert np.flatnonzero(group == group[45]).tolist() == [35, 45]
    assert np.flatnonzero(group == group[77]).tolist() == [67, 77]
    assert np.unique(group).size == 98


def test_empty_cells_are_not_neighbours_and_too_few_genes_end_as_one_group():
    available, wanted = np.zeros(100, dtype=int), np.zeros(100, dtype=int)
    available[[0, 9, 90]], wanted[0] = (3, 30, 3), 2
    group = merge_thin(available, wanted)
    assert group[0] == group[9] != group[90]
    wanted[0] = 30
    group = merge_thin(available, wanted)
    assert group[0] == group[9] == group[90]


def test_draws_take_as_many_genes_from_each_cell_as_the_named_signature():
    random = np.random.default_rng(1)
    cell = random.integers(0, 100, 8000)
    own = random.choice(8000, 60, replace=False)
    up, down = own[:40], own[40:]
    drawn = sample_sets(cell, up, down, 300, random)
    group = merge_thin(np.bincount(cell, minlength=100), np.bincount(cell[own], minlength=100))[cell]
    assert (group == cell).all()
    for side, named in ((drawn.up, up), (drawn.down, down)):
        assert side.shape == (300, named.size)
        assert (np.diff(side, axis=1) > 0).all()
        assert (np.sort(cell[side], axis=1) == np.sort(cell[named])).all()
    whole = np.sort(np.hstack([drawn.up, drawn.down]), axis=1)
    assert (np.diff(whole, axis=1) > 0).all(), "no gene twice, up and down together"
    assert drawn.own_share == pytest.approx(np.isin(whole, own).mean(), rel=1e-12)
    assert drawn.n_genes == 60


def test_every_set_is_drawn_as_often_as_any_other():
    """One cell of 26 candidates, 2 of which are taken: all 325 pairs, own genes among them, and each side."""
    cell = np.zeros(26, dtype=int)
    drawn = sample_sets(cell, np.array([3, 7]), NONE, 32_500, np.random.default_rng(2))
    pairs = {pair: k for k, pair in enumerate(combinations(range(26), 2))}
    counts = np.bincount([pairs[tuple(pair)] for pair in drawn.up.tolist()], minlength=len(pairs))
    assert chisquare(counts).pvalue > 0.001
    signed = sample_sets(cell, np.array([3]), np.array([7]), 32_500, np.random.default_rng(3))
    counts = np.bincount(26 * signed.up[:, 0] + signed.down[:, 0], minlength=26**2)
    assert chisquare(counts[counts > 0]).pvalue > 0.001
    assert (counts > 0).sum() == 26 * 25


@pytest.mark.parametrize("side", [0, 1])
def test_a_single_gene_is_held_against_every_other_candidate_once(side):
    sides = [NONE, NONE]
    sides[side] = np.array([5])
    drawn = sample_sets(np.repeat([44, 99], [450, 50]), *sides, 10_000, np.random.default_rng(0))
    genes = (drawn.up, drawn.down)[side]
    assert drawn.exhaustive
    assert sorted(genes[:, 0]) == [k for k in range(450) if k != 5]
    assert (drawn.up, drawn.down)[1 - side].shape == (449, 0)
    few = sample_sets(np.repeat([44, 99], [450, 50]), *sides, 100, np.random.default_rng(0))
    assert (few.n_draws, few.exhaustive) == (100, False)


def test_a_single_gene_gets_enough_candidates_for_a_small_p():
    cell = np.repeat(np.arange(100), 50)
    drawn = sample_sets(cell, np.array([0]), NONE, 10_000, np.random.default_rng(0))
    assert drawn.smallest_pool >= 400
    assert set(cell[drawn.up[:, 0]]) <= {10 * level + spread for level in range(4) for spread in range(4)}


def test_nothing_is_drawn_where_the_signature_is_all_there_is():
    found = sample_sets(np.zeros(6, dtype=int), np.arange(6), NONE, 100, np.random.default_rng(0))
    assert found == "no random signature can be drawn: the named one holds all 6 genes of its kind"


# counting


def test_percentile_and_p_by_hand():
    random = np.array([-2.0, -1.0, 0.0, 0.0, 1.0, 2.0, 3.0])
    assert place(-1.5, random) == pytest.approx((1 / 7, 2 * 2 / 8))
    assert place(0.0, random) == pytest.approx((3 / 7, 1.0))  # ties half; both tails hold them
    assert place(9.0, random) == pytest.approx((1.0, 2 * 1 / 8))
    assert place(-9.0, random) == pytest.approx((0.0, 2 * 1 / 8))
    shifted = place(-1.5 + 5, random + 5)
    assert shifted == pytest.approx(place(-1.5, random)), "a null need not be centred on 0"
    rounded = np.nextafter(random, np.inf)
    assert place(0.0, rounded) == place(0.0, random), "the same genes are tied in spite of rounding"


def test_p_is_exact_when_the_named_signature_is_one_more_draw():
    random = np.random.default_rng(0)
    for values in (random.normal(size=99), random.gamma(1, size=99), random.integers(0, 20, 99)):
        p = np.array([place(values[k], np.delete(values, k))[1] for k in range(99)])
        for level in (0.05, 0.1, 0.3, 0.8):
            assert (p <= level).mean() <= level
    assert (np.array([place(k, np.delete(np.arange(99), k))[1] for k in range(99)]) <= 0.1).mean() > 0.08


def test_own_genes_among_the_candidates_keep_p_uniform():
    """A signature that is a fifth of its cell: leaving its genes out of the draws makes p too small."""
    random = np.random.default_rng(4)
    p = {True: [], False: []}
    for _ in range(400):
        effect = random.normal(size=100)
        named = random.choice(100, 20, replace=False)
        whole = sample_sets(np.zeros(100, dtype=int), named, NONE, 199, random).up
        rest = np.setdiff1d(np.arange(100), named)
        without = rest[sample_sets(np.zeros(80, dtype=int), np.arange(20), NONE, 199, random).up]
        for own, sets in ((True, whole), (False, without)):
            p[own].append(place(effect[named].mean(), effect[sets].mean(axis=1))[1])
    assert kstest(p[True], "uniform").pvalue > 0.01
    assert np.mean(np.array(p[False]) < 0.05) > 0.07


# the table of a cohort


def test_numbers_are_those_of_the_draws_written_out():
    """Every draw scored as a named signature and fitted by itself."""
    expression, obs = made_up()
    config = settings(("NAMED", "SIGNED", "PROLIF"), methods=("zscore", "ssgsea", "gsva"))
    associations, null, histogram = run(expression, obs, LIBRARY, config, n_draws=40)
    level, spread = (getattr(expression.astype(float), name)().to_numpy() for name in ("mean", "std"))
    time, event = (obs[f"relapse_{name}"].to_numpy() for name in ("time_months", "event"))
    proliferation = score_cohort(expression, {"PROLIF": LIBRARY["PROLIF"]}, ["zscore"], 0)[0]["score_z"]
    problems = {
        "unadjusted": CoxProblem(time, event),
        "proliferation": CoxProblem(time, event, proliferation.to_numpy()[:, None]),
    }
    for name, method in (("NAMED", "zscore"), ("NAMED", "ssgsea"), ("NAMED", "gsva"), ("SIGNED", "zscore")):
        up, down = (np.array([GENES.index(gene) for gene in side], dtype=int)
                    for side in (LIBRARY[name].up, LIBRARY[name].down))  # fmt: skip
        drawn = sample_sets(cells(level, spread), up, down, 40, generator(1, "made", name))
        sets = {
            f"R{k}": signature(*([GENES[gene] for gene in side[k]] for side in (drawn.up, drawn.down)))
            for k in range(40)
        }
        z = score_cohort(expression, sets, [method], 0)[0]["score_z"].to_numpy().reshape(40, -1)
        for model, problem in problems.items():
            fits, row = fit_cox(problem, z), one(null, name, model, method)
            observed = one(associations, name, model, method)["log_hr"]
            expected = {
                "n_genes": up.size + down.size,
                "n_draws": 40,
                "n_failed": 0,
                "log_hr": observed,
                "null_percentile": (fits.log_hr < observed).mean(),
                "null_p": min(
                    1, 2 * (1 + min((fits.log_hr < observed).sum(), (fits.log_hr > observed).sum())) / 41
                ),
                "share_significant": (fits.p < 0.05).mean(),
                "null_median": np.median(fits.log_hr),
                "null_q975": np.quantile(fits.log_hr, 0.975),
                "random_log_hr": fits.log_hr[0],
                "random_p": fits.p[0],
            }
            assert {key: row[key] for key in expected} == pytest.approx(expected, rel=1e-8)
            wanted = (histogram["signature"] == name) & (histogram["method"] == method)
            bins = histogram[wanted & (histogram["model"] == model)]
            assert bins["n_draws"].sum() == 40
            assert bins["n_significant"].sum() == (fits.p < 0.05).sum()
            for low, high, count in bins[["log_hr_low", "log_hr_high", "n_draws"]].itertuples(index=False):
                assert count == ((fits.log_hr >= low) & (fits.log_hr < high)).sum()


def test_every_association_has_its_row_and_says_why_it_has_no_null(made):
    associations, null, _ = made
    key = ["cohort", "signature", "method", "endpoint", "model"]
    assert null[key].equals(associations[key])
    assert one(null, "NAMED", method="ssgsea")["status"] == "ok"
    assert one(null, "NAMED", method="gsva")["status"] == "ok"
    assert one(null, "ONE", method="ssgsea")["reason"].startswith("not planned: ")
    own = one(null, "PROLIF", "proliferation")
    assert own["reason"] == "the proliferation signature is not adjusted for itself"
    single = one(null, "ONE")
    assert (single["n_genes"], single["n_draws"], single["smallest_pool"]) == (1, 100, N_GENES)


def test_a_slow_method_has_a_null_where_it_is_the_primary_one():
    expression, obs = made_up()
    library = {name: LIBRARY[name] for name in ("NAMED", "PROLIF")}
    config = settings(library, methods=("zscore", "plage"))
    _, beside, _ = run(expression, obs, library, config, n_draws=20)
    assert one(beside, method="plage")["reason"].startswith("not planned: ")
    config = config._replace(primary=replace(config.primary, method="plage"))
    _, primary, _ = run(expression, obs, library, config, n_draws=20)
    assert one(primary, method="plage")["status"] == one(primary)["status"] == "ok"


def test_beside_another_method_gsva_has_the_first_of_the_draws(monkeypatch):
    expression, obs = made_up()
    library = {name: LIBRARY[name] for name in ("NAMED", "PROLIF")}
    config = settings(library, methods=("zscore", "gsva"))
    all_of_them = run(expression, obs, library, config, n_draws=30)[1]
    monkeypatch.setitem(FEWER_DRAWS, "gsva", 10)
    fewer = run(expression, obs, library, config, n_draws=30)[1]
    assert [one(null, method="gsva")["n_draws"] for null in (all_of_them, fewer)] == [30, 10]
    assert one(fewer, method="gsva")["random_log_hr"] == one(all_of_them, method="gsva")["random_log_hr"]
    assert one(fewer).equals(one(all_of_them))
    config = config._replace(primary=replace(config.primary, method="gsva"))
    assert one(run(expression, obs, library, config, n_draws=30)[1], method="gsva")["n_draws"] == 30


def test_shuffled_patients_are_fitted_for_the_primary_result_alone(made):
    null = made[1]
    shuffled = null[null["share_permuted"].notna()]
    assert shuffled[["signature", "method"]].drop_duplicates().values.tolist() == [["NAMED", "zscore"]]
    assert len(shuffled) == 2


def test_associations_take_percentile_and_p(made):
    associations, null, _ = made
    joined = join_null(associations, null)
    assert joined.drop(columns=["null_percentile", "null_p"]).equals(
        associations.drop(columns=["null_percentile", "null_p"])
    )
    assert joined["null_p"].notna().tolist() == (null["status"] == "ok").tolist()
    assert one(joined, "SIGNED")["null_percentile"] == one(null, "SIGNED")["null_percentile"]


def test_a_row_depends_on_nothing_but_its_own_signature_and_cohort(made):
    """Not on other signatures and methods, nor on the order of samples and genes."""
    random = np.random.default_rng(7)
    expression, obs = made_up()
    shuffled = expression.iloc[random.permutation(N_SAMPLES), random.permutation(N_GENES)]
    config = settings(("PROLIF", "SIGNED", "NAMED"))
    _, null, _ = run(shuffled, obs.loc[shuffled.index], LIBRARY, config)
    numbers = null.select_dtypes("number").columns.drop("share_permuted")
    for name in ("NAMED", "SIGNED"):
        for model in ("unadjusted", "proliferation"):
            found, expected = (one(table, name, model)[numbers].astype(float) for table in (null, made[1]))
            pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-7)


def test_the_seed_decides_the_draws(made):
    expression, obs = made_up()
    config = settings(("NAMED", "PROLIF"))
    same, other = (run(expression, obs, LIBRARY, config, seed=seed)[1] for seed in (1, 2))
    assert one(same)["null_median"] == one(made[1])["null_median"] != one(other)["null_median"]
    assert one(same)["share_permuted"] == one(made[1])["share_permuted"]


def test_swapping_the_sides_of_a_signed_signature_mirrors_nothing_but_the_observed():
    """Up and down swapped and as many genes on each side: percentiles mirror up to the draws."""
    expression, obs = made_up()
    named = signature(GENES[:4], GENES[60:64])
    mirrored = signature(named.down, named.up)
    rows = []
    for sides in (named, mirrored):
        library = {"NAMED": sides, "PROLIF": LIBRARY["PROLIF"]}
        rows.append(one(run(expression, obs, library, settings(library), n_draws=2000)[1]))
    assert rows[1]["log_hr"] == pytest.approx(-rows[0]["log_hr"], rel=1e-6)
    assert rows[1]["null_percentile"] == pytest.approx(1 - rows[0]["null_percentile"], abs=0.04)


def test_few_events_are_fitted_by_firth_and_tested_by_score():
    expression, obs = made_up(seed=3, n=60, late=20)
    assert 5 <= obs["relapse_event"].sum() < 20
    config = settings(("NAMED", "PROLIF"))
    associations, null, _ = run(expression, obs, LIBRARY, config, n_draws=30)
    row = one(null, model="proliferation")
    assert one(associations, model="proliferation")["estimator"] == "firth"
    proliferation = score_cohort(expression, {"PROLIF": LIBRARY["PROLIF"]}, ["zscore"], 0)[0]["score_z"]
    time, event = (obs[f"relapse_{name}"].to_numpy() for name in ("time_months", "event"))
    up = np.array([GENES.index(gene) for gene in LIBRARY["NAMED"].up])
    values = expression.astype(float)
    cell = cells(values.mean().to_numpy(), values.std().to_numpy())
    drawn = sample_sets(cell, up, NONE, 30, generator(1, "made", "NAMED"))
    sets = {f"R{k}": signature([GENES[gene] for gene in genes]) for k, genes in enumerate(drawn.up)}
    z = score_cohort(expression, sets, ["zscore"], 0)[0]["score_z"].to_numpy().reshape(30, -1)
    fits = fit_firth(CoxProblem(time, event, proliferation.to_numpy()[:, None]), z)
    assert row["null_median"] == pytest.approx(np.median(fits.log_hr), rel=1e-8)
    assert row["share_significant"] == pytest.approx((fits.score_chi2 > 3.841459).mean())


def test_degenerate_cohorts_end_in_a_status():
    expression, obs = made_up()
    library = {**LIBRARY, "EVERYTHING": signature(GENES), "ABSENT": signature(["X1", "X2"])}
    config = settings(library, endpoints=("relapse", "bone"))
    _, null, _ = run(expression, obs, library, config, n_draws=20)
    assert one(null, "EVERYTHING")["reason"].startswith("no random signature can be drawn")
    assert one(null, "ABSENT")["status"] == "low_coverage"
    assert one(null, endpoint="bone")["reason"] == "the cohort has no endpoint bone"
    none = obs.assign(relapse_event=0.0)
    assert set(run(expression, none, LIBRARY, settings(LIBRARY), n_draws=20)[1]["status"]) <= {
        "too_few_events",
        "not_available",
    }


def test_associations_of_other_data_are_refused():
    expression, obs = made_up()
    config = settings(("NAMED", "PROLIF"))
    library = {name: LIBRARY[name] for name in config.signatures.select}
    scores, _ = score_cohort(expression, library, config.methods, 0.5)
    associations = associate(FitPlan("made", obs, scores, config=config))
    fewer = obs.assign(relapse_time_months=obs["relapse_time_months"].where(np.arange(len(obs)) > 3))
    plan = FitPlan("made", fewer, scores, config=config)
    with pytest.raises(InputError, match="rerun the cohort's associations"):
        cohort_null(plan, expression, associations, library, n_draws=10, seed=1)


# what it means


@pytest.fixture(scope="module")
def many_named():
    """120 random signatures as the named ones, in a cohort whose outcome follows proliferation."""
    expression, obs = made_up(seed=11)
    random = np.random.default_rng(5)
    library = {f"R{k:03d}": signature(random.choice(GENES[10:], 12, replace=False)) for k in range(120)}
    library["PROLIF"] = LIBRARY["PROLIF"]
    config = settings(library, primary=primary(signature="R000", method="zscore", model="unadjusted"))
    associations, null, _ = run(expression, obs, library, config, n_draws=199)
    keep = (null["signature"] != "PROLIF").to_numpy()
    return associations[keep], null[keep]


@pytest.mark.parametrize("model", ["unadjusted", "proliferation"])
def test_p_against_random_signatures_is_uniform_when_outcome_follows_proliferation(many_named, model):
    associations, null = (table[table["model"] == model] for table in many_named)
    assert kstest(null["null_p"], "uniform").pvalue > 0.01
    if model == "unadjusted":
        assert (associations["p"] < 0.05).mean() > 0.5, "though most are significant on their own"
        assert null["share_significant"].mean() > 0.5


def test_shuffled_patients_leave_five_percent_significant():
    expression, obs = made_up(seed=11)
    config = settings(("NAMED", "PROLIF"))
    _, null, _ = run(expression, obs, LIBRARY, config, n_draws=4000)
    assert one(null)["share_significant"] > 0.5
    for model in ("unadjusted", "proliferation"):
        assert 0.04 < one(null, model=model)["share_permuted"] < 0.06


def test_a_signature_that_drives_outcome_stands_out():
    expression, obs = made_up(seed=2)
    random = np.random.default_rng(3)
    programme = random.normal(size=N_SAMPLES)
    changed = expression.copy()
    genes = changed[list(LIBRARY["NAMED"].up)]
    driven = (genes - genes.mean()) / genes.std() + 0.8 * programme[:, None]
    # level and variance stay, so that the genes are matched with those that they were matched with before
    changed[genes.columns] = genes.mean() + genes.std() * driven / driven.std()
    time = random.exponential(50 * np.exp(0.9 * programme))
    obs = pd.DataFrame({"relapse_time_months": time, "relapse_event": 1.0}, index=obs.index)
    config = settings(("NAMED", "PROLIF"))
    _, null, _ = run(changed, obs, LIBRARY, config, n_draws=999)
    for model in ("unadjusted", "proliferation"):
        row = one(null, model=model)
        assert row["null_percentile"] < 0.005
        assert row["null_p"] < 0.01
