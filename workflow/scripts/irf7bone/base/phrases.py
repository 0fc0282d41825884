"""How numbers, statuses and names are said, in figures, verdict and report alike."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence

STATUS_WORDS = {
    "ok": "estimated",
    "too_few_events": "too few events",
    "too_few_samples": "too few samples",
    "separated": "separated",
    "low_coverage": "low coverage",
    "not_measured": "not measured",
    "not_available": "not available",
}
MODEL_WORDS = {
    "unadjusted": "unadjusted",
    "proliferation": "adjusted for proliferation",
    "proliferation_er": "adjusted for proliferation and ER",
    "clinical": "adjusted for clinical covariates",
    "full": "adjusted for proliferation and clinical covariates",
}
ENDPOINT_WORDS = {
    "bone": "bone metastasis",
    "brain": "brain metastasis",
    "lung": "lung metastasis",
    "liver": "liver metastasis",
    "distant": "distant metastasis",
    "relapse": "relapse",
    "death": "death",
}
LARGEST_RATIO = 1000.0


def is_missing(value: object) -> bool:
    """Whether a table's cell holds nothing (None, NaN or pandas' NA)."""
    return value is None or str(value) in ("nan", "<NA>", "NaT")


def said_ratio(value: float) -> str:
    """A ratio with two decimals, two significant digits under 0.1, and none that only looks exact."""
    if value > LARGEST_RATIO:
        return f"> {LARGEST_RATIO:.0f}"
    if value < 1 / LARGEST_RATIO:
        return f"< {1 / LARGEST_RATIO:g}"
    if value >= 10:
        return f"{value:.1f}"
    if value < 0.095:
        return f"{value:.2g}"
    return f"{value:.2f}"


def hazard_ratio(log_hr: float) -> str:
    """The hazard ratio behind a log hazard ratio, e.g. ``0.97``."""
    # exp overflows past 709; anything near that is said as "> 1000" anyway
    return said_ratio(math.exp(max(-700.0, min(700.0, log_hr))))


def interval(log_low: float, log_high: float) -> str:
    """An interval of log hazard ratios as hazard ratios, e.g. ``0.82 to 1.15``."""
    return f"{hazard_ratio(log_low)} to {hazard_ratio(log_high)}"


def estimate(log_hr: float, log_low: float, log_high: float) -> str:
    """``0.97 (0.82 to 1.15)`` from log hazard ratios."""
    return f"{hazard_ratio(log_hr)} ({interval(log_low, log_high)})"


def p_value(p: float) -> str:
    """A p value without false precision: ``0.42``, ``0.031``, ``< 0.001``, ``> 0.99``."""
    if p < 0.001:
        return "< 0.001"
    if p > 0.99:
        return "> 0.99"
    return f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def p_clause(p: float) -> str:
    """``p = 0.42`` or ``p < 0.001``."""
    said = p_value(p)
    return f"p {said}" if said[0] in "<>" else f"p = {said}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 patient``, ``397 patients``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; ``none`` for nothing."""
    if not items:
        return "none"
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def signature_label(name: str, width: int = 24) -> str:
    """A signature's name broken into lines at its underscores."""
    return "\n".join(textwrap.wrap(name.replace("_", " "), width, break_long_words=False))
