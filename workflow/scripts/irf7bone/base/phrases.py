"""How numbers, statuses and names are said, in figures, verdict and report alike."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence

from irf7bone.base.vocabulary import BY_EXPRESSION

STATUS_WORDS = {
    "ok": "estimated",
    "too_few_events": "too few events",
    "too_few_samples": "too few samples",
    "separated": "separated",
    "low_coverage": "low coverage",
    "not_measured": "not measured",
    "not_available": "not available",
    "failed": "failed",
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
# what is asked for, in a question
RISK_WORDS = ENDPOINT_WORDS | {"relapse": "relapse", "death": "a higher risk of death"}
# what Kaplan-Meier curves are of
SURVIVAL_WORDS = {
    **{site: f"{site}-metastasis-free survival" for site in ("bone", "brain", "lung", "liver")},
    "distant": "distant metastasis-free survival",
    "relapse": "relapse-free survival",
    "death": "overall survival",
}
SIGNATURE_NAMES = {
    "HALLMARK_INTERFERON_ALPHA_RESPONSE": "Interferon alpha response (Hallmark)",
    "HALLMARK_INTERFERON_GAMMA_RESPONSE": "Interferon gamma response (Hallmark)",
    "HALLMARK_G2M_CHECKPOINT": "G2M checkpoint (Hallmark)",
    "HALLMARK_E2F_TARGETS": "E2F targets (Hallmark)",
    "ROONEY_TYPE_I_IFN": "Type I interferon (Rooney)",
    "AYERS_IFNG6": "Interferon gamma, 6 genes (Ayers)",
    "BENCI_ISG_RS": "Resistance ISGs (Benci)",
    "HALLMARK_IFNA_NOT_IFNG": "IFN-alpha not IFN-gamma (Hallmark)",
    "HALLMARK_IFNG_NOT_IFNA": "IFN-gamma not IFN-alpha (Hallmark)",
    "DANAHER_CYTOTOXIC_CELLS": "Cytotoxic cells (Danaher)",
    "DANAHER_NK_CELLS": "NK cells (Danaher)",
    "DANAHER_NK_CD56DIM_CELLS": "CD56dim NK cells (Danaher)",
    "DANAHER_CD8_T_CELLS": "CD8 T cells (Danaher)",
    "PAM50_PROLIFERATION": "Proliferation (PAM50)",
}
# words of hallmarks that are names of genes and pathways
_SYMBOLS = frozenset(
    {
        *("AKT", "DNA", "IL2", "IL6", "JAK", "KRAS", "MTOR", "MTORC1", "MYC", "NFKB", "P53", "PI3K"),
        *("STAT3", "STAT5", "TGF", "TNFA", "UV", "WNT"),
    }
)
_SIGNATURE_ID = re.compile(rf"(?<![\w./])({'|'.join(SIGNATURE_NAMES)}|HALLMARK_[A-Z0-9_]+)(?!\w|[./]\w)")
LARGEST_RATIO = 1000.0


def is_missing(value: object) -> bool:
    """Whether a table's cell holds nothing (None, NaN or pandas' NA)."""
    return value is None or str(value) in ("nan", "<NA>", "NaT")


def names_in(said: object) -> list[str]:
    """The names of a cell that holds several, comma-separated; none where it is missing."""
    return [] if is_missing(said) else str(said).split(",")


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


def capital(words: str) -> str:
    """Words with a capital first letter, abbreviations as they are."""
    return words[:1].upper() + words[1:]


def listed(items: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``; ``none`` for nothing."""
    if not items:
        return "none"
    if len(items) == 1:
        return items[0]
    return f"{', '.join(items[:-1])} and {items[-1]}"


def subtype_name(subtype: str, source: str) -> str:
    """A subtype, marked where its tumours were called from expression."""
    return f"{subtype} (called from expression)" if source == BY_EXPRESSION else subtype


def signature_name(signature: str) -> str:
    """The name that readers know a signature by; its id where it has no other."""
    if signature in SIGNATURE_NAMES:
        return SIGNATURE_NAMES[signature]
    source, _, rest = signature.partition("_")
    if source != "HALLMARK" or not rest:
        return signature
    first, *words = rest.split("_")
    said = [first if first in _SYMBOLS else first.capitalize()]
    said += [word if word in _SYMBOLS else word.lower() for word in words]
    return f"{' '.join(said)} (Hallmark)"


def with_signature_names(text: str) -> str:
    """A sentence in which signatures stand by their names, not their ids."""
    return _SIGNATURE_ID.sub(lambda match: signature_name(match[0]), text)


def signature_label(signature: str, width: int = 24) -> str:
    """A signature's name broken into lines, and at the underscores of an id."""
    return "\n".join(
        textwrap.wrap(signature_name(signature).replace("_", " "), width, break_long_words=False)
    )
