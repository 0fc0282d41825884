"""Which malignant parts of signatures a study derives from its single cells, and where each is scored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from irf7bone.base.experiment_vocabulary import SIMULATED_PREFIX

SUFFIX = "_MALIGNANT"


class MalignantPart(NamedTuple):
    """One derived signature.

    Args:
        name: Its name; that of one from simulated cells says so.
        signature: What it is part of.
        simulated: Whether the simulated data sets make it; else the real ones do.
    """

    name: str
    signature: str
    simulated: bool


def malignant_parts(of: Sequence[str], roles: Iterable[str]) -> tuple[MalignantPart, ...]:
    """The derived signatures of a study: for each signature one from real and one from simulated cells.

    Args:
        of: Signatures that the config names.
        roles: Role of every single-cell data set.
    """
    kinds = sorted({role == "simulated" for role in roles})
    return tuple(
        MalignantPart(f"{SIMULATED_PREFIX if simulated else ''}{name}{SUFFIX}", name, simulated)
        for simulated in kinds
        for name in of
    )


def not_in_cohort(part: MalignantPart, *, simulated: bool) -> str | None:
    """Why a malignant part is not scored in a cohort; None where it is.

    Its genes are chosen by where their counts come from, never by site or outcome, so that patients who are
    in the cohort too do not bias it; one from simulated cells says nothing about patients.

    Args:
        part: The derived signature.
        simulated: Whether the cohort is simulated.
    """
    if part.simulated and not simulated:
        return "derived from simulated cells: scored in simulated cohorts only"
    return None
