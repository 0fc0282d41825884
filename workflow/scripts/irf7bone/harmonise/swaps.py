"""Two samples whose labels were exchanged: what is recorded of each fits the other's genes far better.

Each clinical fact with a gene of its own (ER and ESR1, sex and XIST ...) says of a sample by how much its
expression speaks for the recorded value. An exchange is named where the facts together speak for it against
every other pair of samples of the cohort; it is never undone here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

# share of samples whose record and gene disagree although nothing was exchanged, at the least: receptors are
# read from slides with a cut-off, sex from a form
ERROR = {"er": 0.05, "pr": 0.1, "her2": 0.05, "sex": 0.002}
SURE = np.log(20)  # posterior odds of 20 to 1, against no exchange and against the next best pair
_MAD_TO_SD = 1.4826


@dataclass(frozen=True)
class Exchange:
    """Two samples by their places, and the log likelihood ratio that their labels were exchanged."""

    first: int
    second: int
    gain: float


def likely_exchange(evidence: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Exchange | None:
    """The exchange of two samples that the facts name; None where they name none, or more than one.

    Args:
        evidence: Fact -> expression of its gene, higher with the value that is coded 1, and the recorded
            value (1, 0, NaN where it is not known); both of shape (samples,).

    Returns:
        The pair, where the likelihood ratio of its exchange is 20 times the number of pairs, which are all as
        probable beforehand, and 20 times that of any other pair.
    """
    n = max((len(values) for values, _ in evidence.values()), default=0)
    if n < 2:
        return None
    gains = [_gain(values, status, ERROR[fact]) for fact, (values, status) in evidence.items()]
    total = np.triu(np.sum(gains, axis=0), 1)
    first, second = np.unravel_index(np.argmax(total), total.shape)
    best = float(total[first, second])
    total[first, second] = -np.inf
    if best < np.log(n * (n - 1) / 2) + SURE or best - total.max() < SURE:
        return None
    return Exchange(int(first), int(second), best)


def say_exchange(pair: str) -> str:
    """Two samples, joined by a comma, whose labels look exchanged."""
    first, second = pair.split(",")
    return (
        f"what is recorded of {first} and {second} fits each other's genes better than their own: look "
        "whether their labels were exchanged"
    )


def _gain(values: np.ndarray, status: np.ndarray, error: float) -> np.ndarray:
    """Log likelihood ratio of each exchange by one fact, shape (samples, samples)."""
    spoken = _spoken(values, status, error)
    code = np.where(np.isfinite(status), status, 0.5)
    gain = (spoken[:, None] - spoken[None, :]) * (code[None, :] - code[:, None])
    known = np.isfinite(status)
    return np.where(known[:, None] & known[None, :], gain, 0.0)


def _spoken(values: np.ndarray, status: np.ndarray, error: float) -> np.ndarray:
    """How much each sample's expression speaks for being recorded 1, as log odds.

    Both kinds have normal values of one spread (median and median absolute deviation, so that the few on
    the wrong side do not count); a record is wrong as often as the cohort itself shows, and no less than
    ``error``, which bounds what any one sample can say.
    """
    centres = [np.median(values[status == code]) for code in (0, 1)]
    deviations = [np.abs(values[status == code] - centre) for code, centre in enumerate(centres)]
    spread = max(_MAD_TO_SD * float(np.median(np.concatenate(deviations))), 1e-6)
    slope = (centres[1] - centres[0]) / spread**2
    odds = np.clip(slope * (values - sum(centres) / 2), -50, 50)
    high = 1 / (1 + np.exp(-odds))
    known = np.isfinite(status)
    wrong = np.sum((high[known] > 0.5) != (status[known] == 1))
    error = max(error, (wrong - 2) / known.sum())  # the two that may have been exchanged are no errors
    return np.log(error + (1 - 2 * error) * high) - np.log(1 - error - (1 - 2 * error) * high)
