"""A made-up cohort whose outcome follows proliferation alone, for the tests of random signatures."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
from madeup.settings import primary
from madeup.settings import settings as study_settings

from irf7bone.outcome.associate import associate
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.random_signatures.cohort import cohort_null
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.settings import SignatureSettings, VerdictSettings
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM

N_GENES, N_SAMPLES = 400, 140
GENES = [f"G{k:03d}" for k in range(N_GENES)]


def signature(up, down=()):
    return SimpleNamespace(up=tuple(up), down=tuple(down))


def settings(select, **changes):
    base = {
        "signatures": SignatureSettings(tuple(select), (), 0.5, 0.5),
        "methods": ("zscore",),
        "endpoints": ("relapse",),
        "models": ("unadjusted", "proliferation"),
        "primary": primary(signature="NAMED", method="zscore", endpoint="relapse", model="unadjusted"),
        "proliferation_signature": "PROLIF",
        "verdict": VerdictSettings(smallest_hr=0.7, power=0.8, prior_scale=0.5),
        "min_events": 5,
    }
    return study_settings(**{**base, **changes})


def made_up(seed=0, n=N_SAMPLES, hazard=0.9, late=90):
    """A cohort whose outcome follows proliferation alone, and half of whose genes go with it."""
    random = np.random.default_rng(seed)
    proliferation = random.normal(size=n)
    loading = (random.random(N_GENES) < 0.5) * random.normal(0.5, 0.4, N_GENES)
    loading[:10] = 1.5
    level, spread = random.uniform(3, 12, N_GENES), random.gamma(4, 0.3, N_GENES)
    values = level + spread * (
        proliferation[:, None] * loading + random.normal(size=(n, N_GENES)) * np.sqrt(0.5)
    )
    samples = [f"S{k:03d}" for k in range(n)]
    clock = random.exponential(50 * np.exp(-hazard * proliferation))
    end = random.uniform(late / 4, late, n)
    obs = pd.DataFrame(
        {"relapse_time_months": np.minimum(clock, end), "relapse_event": (clock <= end).astype(float)},
        index=samples,
    )
    return pd.DataFrame(values.astype(np.float32), index=samples, columns=GENES), obs


LIBRARY = {
    "NAMED": signature(GENES[100:115]),
    "SIGNED": signature(GENES[200:208], GENES[208:212]),
    "ONE": signature(GENES[300:301]),
    "PROLIF": signature(GENES[:10]),
}


def run(expression, obs, library, config, n_draws=100, seed=1):
    library = {name: library[name] for name in config.signatures.select}
    scores, _ = score_cohort(expression, library, config.methods, config.signatures.min_coverage)
    plan = FitPlan("made", obs, scores, config=config)
    associations = associate(plan)
    null, histogram = cohort_null(plan, expression, associations, library, n_draws=n_draws, seed=seed)
    NULL.check(null, "null")
    NULL_HISTOGRAM.check(histogram, "histogram")
    return associations, null, histogram


def one(table, name="NAMED", model="unadjusted", method="zscore", endpoint="relapse"):
    wanted = {"signature": name, "model": model, "method": method, "endpoint": endpoint}
    rows = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    assert len(rows) == 1
    return rows.iloc[0]
