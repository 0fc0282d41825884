"""How the numbers of a contrast are said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from irf7bone.base.phrases import listed, p_clause
from irf7bone.base.vocabulary import ALPHA

MINUS = "\u2212"
# marker list of data/markers -> what it stands for
MARKER_WORDS = {
    "BONE": "bone matrix",
    "OSTEOCLAST": "osteoclasts",
    "HAEMOGLOBIN": "blood",
    "MARROW": "bone marrow",
    "LEUKOCYTE": "leukocytes",
    "EPITHELIAL": "tumour content (epithelial genes)",
    "PROLIFERATION": "proliferation",
}
PROLIFERATION = "PROLIFERATION"
TUMOUR = "EPITHELIAL"
# lists that tumour cells themselves express; the others stand for tissue around them
TUMOUR_LISTS = (TUMOUR, PROLIFERATION)


@dataclass(frozen=True)
class Marker:
    """A marker list that differs between the groups.

    Attributes:
        name: Its name.
        difference: Case minus reference, log2.
        adjusted: The signature's difference with the list in the model, standard deviations; NaN where it
            could not be adjusted.
        adjusted_low: Lower end of its 95 % interval.
        adjusted_high: Upper end.
    """

    name: str
    difference: float
    adjusted: float
    adjusted_low: float
    adjusted_high: float

    @property
    def words(self) -> str:
        """What the list stands for."""
        return MARKER_WORDS.get(self.name, self.name)

    @property
    def shift_words(self) -> str:
        """The list with its difference."""
        return f"{self.words} {with_sign(self.difference)} log2"

    @property
    def side(self) -> int:
        """-1 where the adjusted interval lies wholly below 0, 1 where wholly above, else 0."""
        return int(self.adjusted_low > 0) - int(self.adjusted_high < 0)


def with_sign(value: float) -> str:
    """A number with its sign and two decimals."""
    return f"{'+' if value >= 0 else MINUS}{abs(value):.2f}"


def difference_words(difference: float, low: float, high: float) -> str:
    """``−0.52 (−0.90 to −0.14)``."""
    return f"{with_sign(difference)} ({with_sign(low)} to {with_sign(high)})"


def score_words(difference: float, low: float, high: float) -> str:
    """What the score does, with its 95 % interval."""
    way = "is lower by" if difference < 0 else "is higher by"
    ends = f"{with_sign(low)} to {with_sign(high)}"
    return f"{way} {abs(difference):.2f} standard deviations (95 % interval {ends})"


def p_words(p: float) -> str:
    """A p value that is never rounded onto the limit it is judged by."""
    return f"p = {p:.4f}" if abs(p - ALPHA) < 0.001 else p_clause(p)


def methods_words(by_method: Mapping[str, tuple[float, float]], method: str) -> str:
    """What each scoring method says, where they do not say the same.

    Args:
        by_method: Difference in standard deviations and p of the t test, by method.
        method: That the verdict rests on.
    """
    said = [f"{name} {with_sign(difference)} ({p_words(p)})" for name, (difference, p) in by_method.items()]
    return f"The scoring methods do not agree: {listed(said)}. The verdict rests on {method}."


def host_words(host: str) -> str:
    """What the marker lists of tissue are in a tumour that grew in an animal of another species."""
    return (
        f"Bone, marrow, blood and leukocytes of these tumours are of the {host} they grew in: only reads of "
        "the host that align to the genes of the tumour's species as well show here, and they are not the "
        "tumour's."
    )


def listed_markers(markers: Sequence[Marker]) -> str:
    """The lists in words."""
    return listed([marker.words for marker in markers])
