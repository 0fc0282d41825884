"""Several experiments together: by hand, apart by role, mirrored, with those too small to decide alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from irf7bone.experiments.claim.pooled import decide_experiments
from irf7bone.experiments.pool_experiments import pool_experiments
from irf7bone.figures.forest_cells import forest_experiments
from irf7bone.report.sections.experiments_section import findings_together
from irf7bone.report.sentences.experiment_captions import forest_of_experiments
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.tables.experiment import CLAIM, SIGNATURES
from irf7bone.tables.pooled_experiments import POOLED_EXPERIMENT_TABLES


def experiment(name: str, g: float, se: float, *, verdict="too little data", meaning="loss_in_bone"):
    """The claim and signatures of one experiment of 4 against 4."""
    about = {"experiment": name, "contrast": "bone", "signature": "IFN", "method": "zscore"}
    sizes = {"n_case": 4, "n_reference": 4}
    claim = (
        about
        | sizes
        | {
            "meaning": meaning,
            "expected": {"loss_in_bone": "falls", "restoration": "rises", "other": "none"}[meaning],
            "verdict": verdict,
            "sentence": "said",
        }
    )
    row = about | sizes | {
        "hedges_g": g, "hedges_se": se, "difference": g, "difference_raw": g, "se": se, "ci_low": g - 1,
        "ci_high": g + 1, "p": 0.5, "n_genes_used": 30, "coverage": 1.0, "status": "ok",
    }  # fmt: skip
    return tuple(
        table.cast(pd.DataFrame([one]).reindex(columns=table.names))
        for table, one in ((CLAIM, claim), (SIGNATURES, row))
    )


def pool(*made, roles=None):
    names = [claim["experiment"].iloc[0] for claim, _ in made]
    tables = {
        "claim": dict(zip(names, (claim for claim, _ in made), strict=True)),
        "signatures": dict(zip(names, (rows for _, rows in made), strict=True)),
    }
    found = pool_experiments(roles or dict.fromkeys(names, "real"), tables)
    for name, table in found.items():
        POOLED_EXPERIMENT_TABLES[name].check(table, name)
    return found


def test_three_experiments_that_decide_nothing_alone_are_pooled_as_cohorts_are():
    g, se = np.array([-1.4, -1.1, -1.6]), np.array([0.75, 0.7, 0.8])
    found = pool(*(experiment(f"e{i}", g[i], se[i]) for i in range(3)))
    claim, plain = found["claim"].iloc[0], pool_normal_normal(g[None], se[None], scale=0.5)
    assert claim["estimate"] == pytest.approx(plain.mu.centre[0])
    assert claim["ci_high"] == pytest.approx(plain.mu.quantile(0.975)[0])
    assert (claim["k"], claim["n_samples"], claim["experiments"]) == (3, 24, "e0, e1, e2")
    assert claim["ci_high"] < 0 and (claim["verdict"], claim["rule"]) == ("supported", "pooled_expected")
    assert claim["sentence"].startswith("In 3 experiments (e0, e1, e2), bone lesions against primary")
    forest = found["forest"]
    assert forest["experiment"].tolist() == ["e0", "e1", "e2", "pooled"]
    assert forest["ci_low"].iloc[0] == pytest.approx(-1.4 - 1.959964 * 0.75)


def test_mirrored_experiments_contradict_and_restoration_expects_a_rise():
    up = [experiment(f"e{i}", 1.4, 0.4) for i in range(3)]
    assert pool(*up)["claim"]["verdict"].item() == "contradicted"
    up = [experiment(f"e{i}", 1.4, 0.4, meaning="restoration") for i in range(3)]
    assert pool(*up)["claim"]["verdict"].item() == "supported"


def test_simulated_experiments_stand_apart_and_one_is_not_pooled():
    roles = {"e0": "real", "e1": "real", "e2": "simulated"}
    found = pool(*(experiment(f"e{i}", -1.0, 0.3) for i in range(3)), roles=roles)
    claim = found["claim"].set_index("role")
    assert claim.loc["real", "k"] == 2 and claim.loc["simulated", "status"] == "too_few_experiments"
    assert claim.loc["simulated", "verdict"] == "too little data"
    assert np.isnan(claim.loc["simulated", "estimate"])


def test_what_stands_on_unspecific_experiments_alone_is_not_specific():
    made = [experiment(name, -1.5, 0.3, verdict="not specific") for name in "ab"]
    assert pool(*made, experiment("c", 0.0, 0.4))["claim"]["verdict"].item() == "not specific"


def test_contrasts_of_which_the_claim_says_nothing_are_not_pooled():
    found = pool(*(experiment(f"e{i}", -1.0, 0.3, meaning="other") for i in range(2)))
    assert all(len(table) == 0 for table in found.values())


@pytest.mark.parametrize(
    ("pooled", "verdict"),
    [
        (None, "too little data"),
        ((-2.0, -0.1), "supported"),
        ((0.1, 2.0), "contradicted"),
        ((-1.2, 0.4), "too little data"),
        ((-0.4, 0.4), "no evidence"),
    ],
)
def test_words_of_the_pooled_value(pooled, verdict):
    assert decide_experiments(-1, pooled, pooled)[0] == verdict
    mirrored = pooled and (-pooled[1], -pooled[0])
    assert decide_experiments(1, mirrored, mirrored)[0] == verdict


def test_the_forest_and_the_findings_say_what_is_pooled():
    found = pool(*(experiment(f"e{i}", -1.0, 0.3) for i in range(3)))
    figure = forest_experiments(found["forest"])
    written = " ".join(text.get_text() for text in figure.findobj(Text))
    assert "Experiments together" in written and "8 samples" in written and "24 samples" in written
    said = findings_together(found["claim"])
    assert len(said) == 1 and "Together: supported. In 3 experiments" in str(said[0])
    assert "In 3 experiments" in forest_of_experiments(found["claim"])
