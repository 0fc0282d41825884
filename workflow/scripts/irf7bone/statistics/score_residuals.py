"""What each sample adds to the gradient of a partial likelihood and to its information (Lin and Wei 1989)."""

from __future__ import annotations

import numpy as np

from irf7bone.statistics.risk_sets import RiskSets


def score_residuals(
    risk: RiskSets, design: np.ndarray, beta: np.ndarray, weights: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Each sample's score residual and own information, whose sums are the gradient and the information.

    Residuals times the inverse information are R's ``residuals(coxph(...), "dfbeta")``: with weights, those
    with ``weighted = TRUE``.

    Args:
        risk: The risk sets.
        design: Covariates, shape (n_rows, q), rows as in ``risk.rows``.
        beta: Coefficients, shape (q,).
        weights: For how many each row stands, shape (n_rows,), where ties follow Breslow; None for one each.

    Returns:
        Shapes (q, n_rows) and (q, q, n_rows); of a row that leaves (``risk.sign`` is -1), zeros.
    """
    x, hazards = design.T, np.exp(design @ beta)
    hazards *= 1.0 if weights is None else weights
    failing = np.ones(risk.n_events) if weights is None else weights[risk.event_rows]
    at_risk = hazards if risk.sign is None else hazards * risk.sign
    one = np.ones((risk.n_rows, 1))
    total, *moments = risk.sums(one)(at_risk[:, None] * np.column_stack([one, design]))[0].T
    mean = np.array(moments) / total
    q, n_events = mean.shape
    # what each event adds to the hazard of those at risk, and to its first and second moment
    steps = np.vstack([np.ones((1, n_events)), mean, (mean[:, None] * mean).reshape(q * q, n_events)])
    hazard, drift, square = np.split(hazards * risk.seen(steps * failing / total), [1, 1 + q])
    residual = drift - x * hazard
    # of d tied events each has the mean of their d means
    _, _, event_starts, event_rows, _ = risk.layout
    tied = np.diff(event_starts)
    mean = np.repeat(np.add.reduceat(mean, event_starts[:-1], axis=1) / tied, tied, axis=1)
    residual[:, event_rows] += failing * (x[:, event_rows] - mean)
    crossed = x[:, None] * drift
    information = x[:, None] * x * hazard - crossed - crossed.swapaxes(0, 1) + square.reshape(q, q, -1)
    return residual, information
