"""The empirical p of random signatures when proliferation alone drives outcome."""

from __future__ import annotations

import numpy as np
import pandas as pd

from calibrate.cohorts import Patients, Regime, as_cohort, patients, rates, sample_outcome
from calibrate.tally import Tally
from irf7bone.outcome.models import MODELS
from irf7bone.random_signatures.cohort import place
from irf7bone.random_signatures.fits import random_estimates
from irf7bone.random_signatures.sampling import cells, sample_sets, set_matrix
from irf7bone.scoring.engine import Prepared

GENES, MODULES, MEMBERS = 1000, 6, 25
DRAWS = 199
SIZE = Regime(200, 60, 0)
# p below these: uniform p values are as often below as the limit says
LIMITS = (0.05, 0.2, 0.5)
NAMED = {"random": "one more random set", "module": "a module of genes that go together"}


def one_cohort(random: np.random.Generator) -> Tally:
    """Two named signatures without effect, unadjusted and adjusted, against matched random ones."""
    tally = Tally()
    people = patients(SIZE.n, random)
    outcome = sample_outcome(people, rates(SIZE, ("proliferation",), 0.0), ("proliferation",), random)
    prepared = Prepared(expression(people, random))
    cell = cells(prepared.mean, prepared.sd)
    models = ("unadjusted", "proliferation")
    designs = [MODELS[name].design(as_cohort(people, outcome, outcome.cause == 1, name)) for name in models]
    everyone = np.arange(SIZE.n)
    for name in NAMED:
        own = np.arange(MEMBERS) if name == "module" else random.permutation(GENES)[:MEMBERS]
        drawn = sample_sets(cell, own, own[:0], DRAWS, random)
        members = np.vstack([np.sort(own), drawn.up])
        sets = [set_matrix(members, GENES), set_matrix(members[:, :0], GENES)]
        fitted = random_estimates(prepared, sets, "zscore", [(everyone, design) for design in designs])
        for model, (estimates, _) in zip(models, fitted, strict=True):
            _, p = place(estimates.log_hr[0], estimates.log_hr[1:])
            _count(tally, name, model, p, float(estimates.p[0]))
    return tally


def _count(tally: Tally, name: str, model: str, null_p: float, p: float) -> None:
    about = {"model": model, "endpoint": "plain", "n": SIZE.n, "n_events": SIZE.bone}
    for limit in LIMITS:
        regime = f"{NAMED[name]}, p below {limit:g}"
        tally.add(null_p <= limit, quantity="share_of_p", method="null_p", regime=regime, **about)
    tally.add(p < 0.05, quantity="share_of_p", method="wald_p", regime=NAMED[name], **about)


def expression(people: Patients, random: np.random.Generator) -> pd.DataFrame:
    """Genes of which most go with proliferation or other programmes; the first 25 are one module.

    The module goes with proliferation too, and has no effect beyond it.
    """
    n = people.n
    proliferation = people.drivers["proliferation"]
    programmes = random.normal(size=(MODULES, n))
    programmes[0] = 0.5 * proliferation + np.sqrt(0.75) * programmes[0]
    values = random.normal(size=(n, GENES))
    values += proliferation[:, None] * (random.random(GENES) < 0.4) * random.normal(0.4, 0.3, GENES)
    for programme in programmes[1:]:
        values += programme[:, None] * (random.random(GENES) < 0.2) * random.normal(0.0, 0.6, GENES)
    values[:, :MEMBERS] = random.normal(size=(n, MEMBERS)) + programmes[0][:, None]
    level, spread = random.uniform(3, 12, GENES), random.gamma(4, 0.3, GENES)
    # matching is on level and spread: the module's genes have those of any others
    values = level + spread * (values / values.std(axis=0))
    return pd.DataFrame(values, columns=[f"G{k:04d}" for k in range(GENES)])
