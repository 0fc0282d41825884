"""The sums behind the Cox partial likelihood for many fits at once, in one pass over the rows."""

from __future__ import annotations

import numpy as np

from irf7bone.base.compiled import FLAGS, INTEGER, INTEGERS, MATRIX, VECTOR, compiled

# fits that pass over the rows together: their sums stay in the processor's first cache
_TOGETHER = 128


@compiled(MATRIX, MATRIX, MATRIX, INTEGER, INTEGERS, FLAGS, INTEGERS, INTEGERS, VECTOR)
def partial_sums(weights, x, shared, q, row_starts, opens_stratum, event_starts, event_rows, fraction):
    """Sum over risk sets, and the means and covariances in them over the events.

    Args:
        weights: exp(linear predictor), shape (n_rows, B).
        x: Scores, shape (n_rows, B).
        shared: A column of ones, the covariates, and their products (1, 1), (1, 2) .. (p, p), shape
            (n_rows, n_shared).
        q: Coefficients, 1 + p.
        row_starts: First row of each group of rows that enter together, and the end, (n_groups + 1,).
        opens_stratum: Whether a group is the first of its stratum, (n_groups,).
        event_starts: First event of each group, and the end, (n_groups + 1,).
        event_rows: Row of each event, (n_events,).
        fraction: Share of those who fail at its time that an event no longer sees (Efron), (n_events,).

    Returns:
        sum(w) of each event (n_events, B); over the events, the sum of their scores (B,), of the means in
        their risk sets (q, B; the score's first), and of the covariances (q (q + 1) / 2, B; pairs
        (0, 0), (0, 1) .. (p, p)).
    """
    n_fits, n_shared = x.shape[1], shared.shape[1]
    # sums of w * shared, then of w * x times the ones and covariates, then of w * x * x
    n_sums = n_shared + q + 1
    totals = np.empty((event_rows.size, n_fits))
    observed = np.zeros(n_fits)
    means = np.zeros((q, n_fits))
    covariances = np.zeros((q * (q + 1) // 2, n_fits))
    sums = np.empty((2 * n_sums, _TOGETHER))  # at risk, and below them those who fail together
    moments = np.empty((n_sums, _TOGETHER))
    work = np.empty(_TOGETHER)
    for start in range(0, n_fits, _TOGETHER):
        end = min(start + _TOGETHER, n_fits)
        width = end - start
        for group in range(row_starts.size - 1):
            if opens_stratum[group]:
                sums[:n_sums] = 0.0
            n_rows = row_starts[group + 1] - row_starts[group]
            n_tied = event_starts[group + 1] - event_starts[group]
            if n_tied > 1:
                sums[n_sums:] = 0.0
                n_tied_rows = n_tied
            else:
                n_tied_rows = 0
            for step in range(n_rows + n_tied_rows):
                if step < n_rows:
                    row, first = row_starts[group] + step, 0
                else:
                    row, first = event_rows[event_starts[group] + step - n_rows], n_sums
                w, score = weights[row, start:end], x[row, start:end]
                for k in range(n_shared):
                    into, value = sums[first + k], shared[row, k]
                    for b in range(width):
                        into[b] += value * w[b]
                for b in range(width):
                    work[b] = w[b] * score[b]
                for k in range(q):
                    into, value = sums[first + n_shared + k], shared[row, k]
                    for b in range(width):
                        into[b] += value * work[b]
                into = sums[first + n_sums - 1]
                for b in range(width):
                    into[b] += work[b] * score[b]

            for event in range(event_starts[group], event_starts[group + 1]):
                score, into = x[event_rows[event], start:end], observed[start:end]
                for b in range(width):
                    into[b] += score[b]
                for k in range(n_sums):
                    at_risk, failing, moment = sums[k], sums[n_sums + k], moments[k]
                    if n_tied > 1:
                        for b in range(width):
                            moment[b] = at_risk[b] - fraction[event] * failing[b]
                    else:
                        for b in range(width):
                            moment[b] = at_risk[b]
                    if k:
                        for b in range(width):
                            moment[b] *= work[b]
                    else:
                        total = totals[event, start:end]
                        for b in range(width):
                            total[b] = moment[b]
                            work[b] = 1 / moment[b]
                pair = 0
                for j in range(q):
                    mean = moments[j if j else n_shared]
                    into = means[j, start:end]
                    for b in range(width):
                        into[b] += mean[b]
                    for k in range(j, q):
                        other = moments[k if k else n_shared]
                        if j:
                            square = moments[pair]
                        elif k:
                            square = moments[n_shared + k]
                        else:
                            square = moments[n_sums - 1]
                        into = covariances[pair, start:end]
                        for b in range(width):
                            into[b] += square[b] - mean[b] * other[b]
                        pair += 1
    return totals, observed, means, covariances
