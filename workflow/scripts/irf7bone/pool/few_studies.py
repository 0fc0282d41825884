"""The pool of few studies for Python programs: effects and standard errors in, a frame out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.statistics.random_effects import pool_many


def pool_studies(effect: Any, se: Any, *, prior_scale: float = 0.5) -> pd.DataFrame:
    """Pool the effects of few studies that may differ, the two ways that stand beside each other here.

    Random effects with REML and Knapp and Hartung's interval, never narrower than that of a common effect
    (metafor's ``rma(method="REML", test="adhoc")``), and Bayes' with a flat prior of the average effect and a
    half-normal one of the standard deviation between studies (bayesmeta's), which says something with two.

    Args:
        effect: Effects on a scale where they add, such as log hazard ratios: shape (k,) for one pool, or a
            frame or array of pools x studies, NaN where a pool lacks the study.
        se: Their standard errors, the same shape.
        prior_scale: Of the half-normal prior, in the unit of ``effect``: 0.5 allows for hazard ratios that
            differ 2.7-fold between studies.

    Returns:
        A row for each pool. ``k``; of random effects ``estimate``, ``se``, ``ci_low``, ``ci_high``, ``p``,
        ``tau2``, ``i2`` (percent), ``pi_low`` and ``pi_high`` (where a further study's effect lies, with
        three and more); of Bayes' ``bayes_estimate``, ``bayes_low``, ``bayes_high``,
        ``below_0`` (a probability), ``further_low``, ``further_high`` and ``bayes_tau``.

    Raises:
        ValueError: Shapes or names differ, values are missing apart, or an error is not above 0.

    Examples:
        >>> from irf7bone.pool import pool_studies
        >>> pooled = pool_studies([-0.3, -0.1, -0.5], [0.15, 0.2, 0.25])
        >>> pooled[["k", "estimate", "ci_low", "ci_high", "bayes_low", "bayes_high"]].round(2)
           k  estimate  ci_low  ci_high  bayes_low  bayes_high
        0  3     -0.28   -0.74     0.19      -0.71        0.13
    """
    named = isinstance(effect, pd.DataFrame) and isinstance(se, pd.DataFrame)
    alike = not named or effect.columns.equals(se.columns)
    if isinstance(effect, pd.DataFrame | pd.Series) and isinstance(se, pd.DataFrame | pd.Series):
        alike &= effect.index.equals(se.index)
    if not alike:
        raise ValueError("effect and se must have the same pools and studies, in one order")
    y, s = (np.atleast_2d(np.asarray(values, dtype=float)) for values in (effect, se))
    classic, bayes = pool_many(y, s), pool_normal_normal(y, s, scale=prior_scale)
    columns = {
        name: getattr(classic, name)
        for name in ("se", "ci_low", "ci_high", "p", "tau2", "i2", "pi_low", "pi_high")
    }
    return pd.DataFrame(
        {
            "k": classic.k,
            "estimate": classic.log_hr,
            **columns,
            "bayes_estimate": bayes.mu.centre,
            "bayes_low": bayes.mu.quantile(0.025),
            "bayes_high": bayes.mu.quantile(0.975),
            "below_0": bayes.mu.below(0.0),
            "further_low": bayes.further.quantile(0.025),
            "further_high": bayes.further.quantile(0.975),
            "bayes_tau": bayes.tau,
        },
        index=effect.index if named else None,
    )
