"""How strong an unmeasured confounder would have to be, and results of imputed data sets as one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

# share of patients with the event above which a hazard ratio is not near a risk ratio
COMMON = 0.15


def e_value(hr: float, share_of_events: float) -> float:
    """The risk ratio that a confounder must have with score and outcome to explain a hazard ratio away.

    VanderWeele and Ding (2017, Ann Intern Med 167:268): RR + sqrt(RR (RR - 1)) for RR above 1, of 1 / RR
    below. A rare outcome's hazard ratio is near its risk ratio; a common one's risk ratio is (1 -
    0.5^sqrt(HR)) / (1 - 0.5^sqrt(1 / HR)) (ibid., table 2; VanderWeele 2020, Biometrics 76:746).

    Args:
        hr: Hazard ratio, above 0: an estimate, or the end of its interval that is nearer to 1.
        share_of_events: Events of the patients.

    Returns:
        At least 1, which is that nothing is needed.

    Raises:
        ValueError: If ``hr`` is not above 0.
    """
    if not hr > 0:
        raise ValueError(f"a hazard ratio must be above 0, not {hr}")
    ratio = hr
    if share_of_events > COMMON:
        ratio = (1 - 0.5 ** math.sqrt(hr)) / (1 - 0.5 ** math.sqrt(1 / hr))
    ratio = max(ratio, 1 / ratio)
    return ratio + math.sqrt(ratio * (ratio - 1))


def e_value_of_interval(low: float, high: float, share_of_events: float) -> float:
    """The same for the end of an interval of hazard ratios that is nearer to 1; 1 where it includes 1."""
    if low <= 1 <= high:
        return 1.0
    return e_value(high if high < 1 else low, share_of_events)


@dataclass(frozen=True)
class Combined:
    """One estimate of several completed data sets.

    Args:
        estimate: Their mean.
        se: From the variance within and between them.
        df: Degrees of freedom of the t distribution.
        ci_low: Lower end of the 95 % interval.
        ci_high: Upper end.
        p: Two-sided.
        missing_information: Share of the information that the missing values hold.
    """

    estimate: float
    se: float
    df: float
    ci_low: float
    ci_high: float
    p: float
    missing_information: float


def combine_imputed(estimates: ArrayLike, variances: ArrayLike, complete_df: float) -> Combined:
    """Rubin's rules (1987, Multiple Imputation for Nonresponse in Surveys, ch. 3).

    Degrees of freedom are those of Barnard and Rubin (1999, Biometrika 86:948), which do not exceed those of
    complete data.

    Args:
        estimates: One a completed data set, shape (m,), m at least 2.
        variances: Squared standard errors, shape (m,).
        complete_df: Degrees of freedom had nothing been missing.

    Raises:
        ValueError: If there are fewer than two data sets, or shapes differ.
    """
    q, u = np.asarray(estimates, float), np.asarray(variances, float)
    if q.ndim != 1 or q.shape != u.shape or q.size < 2:
        raise ValueError(f"two or more estimates with a variance each, not {q.shape} and {u.shape}")
    m = q.size
    within, between = float(u.mean()), float(q.var(ddof=1))
    total = within + (1 + 1 / m) * between
    share = (1 + 1 / m) * between / total
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    df = observed if share == 0 else 1 / (share**2 / (m - 1) + 1 / observed)
    estimate, se = float(q.mean()), math.sqrt(total)
    half = float(stdtrit(df, 0.975)) * se
    p = 2 * float(stdtr(df, -abs(estimate) / se))
    relative = share / (1 - share)
    missing = (relative + 2 / (df + 3)) / (relative + 1)
    return Combined(estimate, se, df, estimate - half, estimate + half, p, missing)
