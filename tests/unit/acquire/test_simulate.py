"""The simulated cohort: its planted effect is recovered, and its genes behave like genes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg
from tests.conftest import PROJECT

from irf7bone.acquire.simulate import (
    SimulationSettings,
    programmes_of,
    sample_programmes,
    simulate_clinical,
    simulate_expression,
)
from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.genes.signatures import load_library
from irf7bone.harmonise.cohort import harmonise
from irf7bone.study.cohort_checks import load_card

SETTINGS = SimulationSettings(
    seed=1,
    n_samples=400,
    n_genes=150,
    log_hr=np.log(0.65),
    log_hr_proliferation=0.35,
    programme_correlation=0.25,
    bone_rate_per_month=0.0023,
    other_relapse_rate_per_month=0.0022,
    follow_up_months=(60, 180),
)
INTERFERON = [f"IFN{i}" for i in range(60)]
PROLIFERATION = [f"CC{i}" for i in range(30)]
PROGRAMMES = {"interferon": INTERFERON, "proliferation": PROLIFERATION}
BACKGROUND = [f"BG{i}" for i in range(200)]


def score(expression: pd.DataFrame, genes: list[str]) -> np.ndarray:
    values = expression.loc[genes]
    z = values.sub(values.mean(axis=1), axis=0).div(values.std(axis=1), axis=0).mean()
    return ((z - z.mean()) / z.std()).to_numpy()


def cox(clinical: pd.DataFrame, event: str | pd.Series, *scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log hazard ratios and standard errors by Newton's method; the few ties are broken by order."""
    order = np.argsort(-clinical["months_to_first_event"].to_numpy(), kind="stable")
    status = np.asarray(clinical[event] if isinstance(event, str) else event)[order] == 1
    x = np.column_stack(scores)[order]
    products = x[:, :, None] * x[:, None, :]
    beta = np.zeros(x.shape[1])
    for _ in range(8):
        weight = np.exp(x @ beta)
        at_risk = weight.cumsum()[status]
        mean = (weight[:, None] * x).cumsum(axis=0)[status] / at_risk[:, None]
        square = (weight[:, None, None] * products).cumsum(axis=0)[status] / at_risk[:, None, None]
        information = (square - mean[:, :, None] * mean[:, None, :]).sum(axis=0)
        beta = beta + np.linalg.solve(information, (x[status] - mean).sum(axis=0))
    return beta, np.sqrt(np.diag(np.linalg.inv(information)))


def test_the_fit_used_here_is_that_of_statsmodels():
    clinical = simulate_clinical(SETTINGS)
    scores = clinical[["true_interferon", "true_proliferation"]].to_numpy()
    months, status = clinical["months_to_first_event"].to_numpy(), clinical["bone_relapse"].to_numpy()
    peer = PHReg(months, scores, status=status).fit(disp=False)
    beta, se = cox(clinical, "bone_relapse", *scores.T)
    np.testing.assert_allclose(beta, peer.params, rtol=1e-3)
    np.testing.assert_allclose(se, peer.bse, rtol=1e-3)


@pytest.fixture(scope="module")
def forty_cohorts() -> pd.DataFrame:
    """Cause-specific Cox fits of forty seeds, on scores from the simulated expression."""
    rows = []
    for seed in range(40):
        settings = replace(SETTINGS, seed=seed)
        clinical = simulate_clinical(settings)
        expression = simulate_expression(settings, PROGRAMMES, BACKGROUND)
        interferon, proliferation = score(expression, INTERFERON), score(expression, PROLIFERATION)
        both, se = cox(clinical, "bone_relapse", interferon, proliferation)
        other, other_se = cox(
            clinical, clinical["relapse"] - clinical["bone_relapse"], interferon, proliferation
        )
        rows.append(
            {
                "adjusted": both[0],
                "se": se[0],
                "proliferation": both[1],
                "proliferation_se": se[1],
                "unadjusted": cox(clinical, "bone_relapse", interferon)[0][0],
                "elsewhere": other[0],
                "elsewhere_se": other_se[0],
                "tracking": np.corrcoef(interferon, clinical["true_interferon"])[0, 1],
                "confounding": np.corrcoef(interferon, proliferation)[0, 1],
                "n_events": clinical["bone_relapse"].sum(),
            }
        )
    return pd.DataFrame(rows)


@pytest.mark.parametrize(
    ("estimate", "se", "truth"),
    [
        ("adjusted", "se", SETTINGS.log_hr),
        ("proliferation", "proliferation_se", SETTINGS.log_hr_proliferation),
        ("elsewhere", "elsewhere_se", 0.0),
    ],
)
def test_planted_effects_are_recovered_with_their_coverage(forty_cohorts, estimate, se, truth):
    found = forty_cohorts[estimate]
    assert abs(found.mean() - truth) < 3 * found.std() / np.sqrt(40) + 0.02 * abs(truth)
    assert found.std() == pytest.approx(forty_cohorts[se].mean(), rel=0.35)
    covered = (found - truth).abs() < 1.96 * forty_cohorts[se]
    assert covered.sum() >= 35  # of 40 at 95 %: fewer has probability 0.014


def test_proliferation_confounds_the_unadjusted_effect(forty_cohorts):
    bias = forty_cohorts["unadjusted"] - forty_cohorts["adjusted"]
    assert 0.03 < bias.mean() < 0.15  # about correlation x log_hr_proliferation = 0.09, towards no effect
    assert forty_cohorts["confounding"].mean() == pytest.approx(0.25, abs=0.03)


def test_the_score_tracks_the_programme(forty_cohorts):
    assert forty_cohorts["tracking"].min() > 0.97
    assert 80 < forty_cohorts["n_events"].mean() < 100


def test_no_effect_planted_none_found():
    found = []
    for seed in range(40):
        clinical = simulate_clinical(replace(SETTINGS, seed=seed, log_hr=0.0))
        estimate, se = cox(
            clinical, "bone_relapse", clinical["true_interferon"], clinical["true_proliferation"]
        )
        found.append(estimate[0] / se[0])
    assert abs(np.mean(found)) < 3 / np.sqrt(40)
    assert np.sum(np.abs(found) > 1.96) <= 5


def test_outcome_is_that_of_competing_relapses():
    clinical = simulate_clinical(SETTINGS)
    assert (clinical["months_to_first_event"] > 0).all()
    assert (clinical["bone_relapse"] <= clinical["relapse"]).all()
    free = clinical.loc[clinical["relapse"] == 0, "months_to_first_event"]
    assert free.between(60, 180.01).all()
    for name in ("true_interferon", "true_proliferation"):
        assert clinical[name].mean() == pytest.approx(0, abs=1e-6)
        assert clinical[name].std() == pytest.approx(1, abs=1e-6)
    er_negative = clinical["er"] == "negative"
    proliferation = clinical["true_proliferation"]
    assert proliferation[er_negative].mean() > proliferation[~er_negative].mean() + 0.3


def test_hazard_rates_are_those_of_the_card():
    settings = replace(SETTINGS, n_samples=20_000, log_hr=0.0, log_hr_proliferation=0.0)
    clinical = simulate_clinical(settings)
    months = clinical["months_to_first_event"].sum()
    for count, rate in (
        (clinical["bone_relapse"].sum(), settings.bone_rate_per_month),
        ((clinical["relapse"] - clinical["bone_relapse"]).sum(), settings.other_relapse_rate_per_month),
    ):
        assert abs(count - rate * months) < 4 * np.sqrt(rate * months)


def test_same_seed_same_cohort_other_seed_another():
    first, again = (simulate_expression(SETTINGS, PROGRAMMES, BACKGROUND) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    pd.testing.assert_frame_equal(simulate_clinical(SETTINGS), simulate_clinical(SETTINGS))
    other = replace(SETTINGS, seed=2)
    assert not simulate_expression(other, PROGRAMMES, BACKGROUND).equals(first)
    assert not simulate_clinical(other).equals(simulate_clinical(SETTINGS))


def test_another_gene_set_changes_which_genes_there_are_but_no_value():
    plain = simulate_expression(SETTINGS, PROGRAMMES, BACKGROUND)
    more = simulate_expression(SETTINGS, PROGRAMMES, [*BACKGROUND, "NEW1", "NEW2"])
    shared = plain.index.intersection(more.index)
    assert len(shared) >= len(plain) - 2
    pd.testing.assert_frame_equal(plain.loc[shared], more.loc[shared])
    fewer = simulate_expression(replace(SETTINGS, n_genes=100), PROGRAMMES, BACKGROUND[::-1])
    assert set(fewer.index) < set(plain.index)
    pd.testing.assert_frame_equal(fewer, plain.loc[fewer.index])


def test_genes_are_spread_and_correlated_as_on_arrays():
    wide = simulate_expression(replace(SETTINGS, n_genes=1200), PROGRAMMES, [f"BG{i}" for i in range(1200)])
    assert wide.index.is_unique and wide.index.is_monotonic_increasing
    means, sds = wide.mean(axis=1), wide.std(axis=1)
    assert means.min() > 3.5 and means.max() < 13.5
    assert 6 < means.median() < 8.5
    assert sds.min() > 0.15 and sds.max() < 2.2
    background = wide[wide.index.str.startswith("BG")]
    r = np.corrcoef(background)[np.triu_indices(len(background), 1)]
    assert 0.1 < r.std() < 0.25
    assert np.corrcoef(wide.loc[INTERFERON])[np.triu_indices(60, 1)].mean() > 0.3


def test_background_genes_do_not_carry_the_planted_programme():
    names = [f"BG{i}" for i in range(1200)]
    tied = replace(SETTINGS, n_genes=1290 + 2, programme_correlation=0.6)
    programmes = {**PROGRAMMES, "immune": ["CD1", "CD2"]}
    genes = simulate_expression(tied, programmes, names)
    latent = sample_programmes(tied, ["immune"])
    # chance: what the anonymous modules and the genes' own noise share with the programme in this sample
    shared = [np.corrcoef(latent["interferon"], latent[f"module_{i + 1}"])[0, 1] for i in range(6)]
    r = {name: _correlations(genes.loc[names], latent[name]) for name in ("interferon", "proliferation")}
    loadings = np.array([_correlations(genes.loc[names], latent[f"module_{i + 1}"]) for i in range(6)])
    left = r["interferon"] - np.array(shared) @ loadings
    assert left.std() < 1.1 / np.sqrt(tied.n_samples)
    assert r["proliferation"].std() > 2 / np.sqrt(tied.n_samples)


def _correlations(genes: pd.DataFrame, programme: np.ndarray) -> np.ndarray:
    return np.corrcoef(np.vstack([programme, genes.to_numpy()]))[0, 1:]


def test_sizes_that_do_not_fit_are_refused():
    for n_genes in (50, 5000):
        with pytest.raises(InputError, match=r"between 90 .* and 290"):
            simulate_expression(replace(SETTINGS, n_genes=n_genes), PROGRAMMES, BACKGROUND)


def test_the_shipped_card_makes_a_cohort_with_every_signature(symbols):
    card = load_card(PROJECT / "data" / "cohorts" / "simulated_bone.yaml")
    acquired = acquire(card)
    cohort = harmonise(acquired, card, symbols).adata
    assert cohort.shape == (card.expression["n_samples"], card.expression["n_genes"])
    library = load_library([PROJECT / "data" / "signatures"], symbols)
    for signature in library.values():
        assert set(signature.genes) - set(signature.unresolved) <= set(cohort.var_names), signature.name
    planted = programmes_of(library, card.expression["signature"])
    assert planted["interferon"][: len(library[card.expression["signature"]].genes)] == list(
        library[card.expression["signature"]].genes
    )
    truth = acquired.clinical.loc[cohort.obs_names, "true_interferon"].astype(float)
    genes = [gene for gene in library[card.expression["signature"]].genes if gene in cohort.var_names]
    assert np.corrcoef(score(cohort.to_df().T, genes), truth)[0, 1] > 0.97
    assert cohort.obs["bone_event"].sum() >= 40
    assert ((cohort.obs["bone_event"] + cohort.obs["bone_competing"]) == cohort.obs["relapse_event"]).all()


def test_a_card_with_an_unknown_signature(tmp_path):
    text = (PROJECT / "data" / "cohorts" / "simulated_bone.yaml").read_text(encoding="utf-8")
    path = tmp_path / "simulated_bone.yaml"
    path.write_text(
        text.replace("HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_INTERFERON_ALFA"), encoding="utf-8"
    )
    with pytest.raises(InputError, match="HALLMARK_INTERFERON_ALPHA_RESPONSE"):
        acquire(load_card(path))
