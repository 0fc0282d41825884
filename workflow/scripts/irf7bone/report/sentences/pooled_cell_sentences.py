"""What the report says over several single-cell data sets, and of the malignant parts of signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.cells_vocabulary import OK
from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import counted, hazard_ratio, interval, is_missing
from irf7bone.figures.cell_words import MEASURE_WORDS
from irf7bone.figures.experiment_words import MEANING_WORDS
from irf7bone.report.sentences.cell_sentences import share_words
from irf7bone.report.sentences.experiment_captions import signed, signed_range

if TYPE_CHECKING:
    from irf7bone.study.settings import Primary

ROLE_WORDS = {"real": "patients", "simulated": "simulated cells"}
RULE_WORDS = {
    "too_few_data_sets": "fewer than two data sets have an estimate",
    "not_without_unspecific": "without the data sets in which it is not specific it no longer shows",
    "not_without_ambient": "without the data sets that ambient RNA could explain it no longer shows",
    "pooled_expected": "the pooled interval lies wholly on the expected side",
    "pooled_opposite": "the pooled interval lies wholly on the other side",
    "pooled_wide": "the pooled interval includes 0 and a change of 1 standard deviation",
    "bulk_alone": "all cells together show it, the malignant cells do not",
    "pooled_excludes_1_sd": "the pooled interval includes 0 and excludes a change of 1 standard deviation",
}
FOREST_MARKS = (
    "Squares are data sets with 95 % intervals, diamonds what is pooled of them; tinted rows are simulated "
    "and apart."
)


def two_decimals(value: float) -> str:
    """A number with two decimals."""
    return f"{value:.2f}"


def pooled_claim_sentence(row: Mapping[str, Any]) -> str:
    """The word over all data sets, with the pooled value and what a further data set would show."""
    head = f"Data sets of {ROLE_WORDS[row['role']]} together, {MEANING_WORDS[row['meaning']]}: "
    if row["status"] != OK:
        return f"{head}not pooled, {row['reason']}."
    return (
        f"{head}{row['verdict']}, because {RULE_WORDS[row['rule']]}. In {row['k']} data sets, "
        f"{counted(int(row['n_patients']), 'patient')}, the malignant cells differ by Hedges' g "
        f"{signed(row['estimate'])} ({signed_range(row['ci_low'], row['ci_high'])}); a further data set "
        "would lie within "
        f"{signed_range(row['further_low'], row['further_high'])}."
    )


def pooled_link_sentence(row: Mapping[str, Any]) -> str:
    """The pooled correlation with cytotoxic cells."""
    head = f"Data sets of {ROLE_WORDS[row['role']]} together, {row['group']}: "
    if row["status"] != OK:
        return f"{head}tumour interferon and cytotoxic cells not pooled, {row['reason']}."
    return (
        f"{head}the malignant cells' interferon score and {MEASURE_WORDS[row['measure']]} correlate with rho "
        f"{signed(row['estimate'])} ({signed_range(row['ci_low'], row['ci_high'])}) in {row['k']} data sets, "
        f"{counted(int(row['n_patients']), 'patient')}."
    )


def forest_finding(claims: pd.DataFrame) -> str:
    """What the forest shows: every pooled word."""
    said = [
        f"{ROLE_WORDS[row['role']]}, {MEANING_WORDS[row['meaning']]}: {row['verdict']} ({row['k']} data sets)"
        for row in claims.to_dict("records")
    ]
    return f"Together: {'; '.join(said)}." if said else "No contrast that the claim speaks of."


def part_sentence(row: Mapping[str, Any], pooled: pd.DataFrame, primary: Primary) -> str:
    """How many genes a malignant part has, and what it says of outcome.

    Args:
        row: Of :data:`irf7bone.tables.pooled_cells.MALIGNANT_PARTS`.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        primary: Its method, endpoint and model are looked at.
    """
    cells = "simulated cells" if of_simulated(row["name"]) else "cells of patients"
    head = f"{row['name']} (malignant part of {row['signature']}, from {cells}): "
    if row["status"] != OK:
        return f"{head}no score, {row['reason']}."
    head += (
        f"{row['n_used']} of {row['n_genes']} genes have {share_words(row['min_share'])} or more of their "
        "counts in malignant cells. "
    )
    if of_simulated(row["name"]):
        return head + "It is scored in simulated cohorts only."
    chosen = pooled[
        (pooled["signature"] == row["name"])
        & (pooled["method"] == primary.method)
        & (pooled["endpoint"] == primary.endpoint)
        & (pooled["model"] == primary.model)
    ]
    found = [one for one in chosen.to_dict("records") if not is_missing(one["bayes_log_hr"])]
    if not found:
        return f"{head}No cohort could relate it to {primary.endpoint}."
    ratio, ends = (
        hazard_ratio(found[0]["bayes_log_hr"]),
        interval(found[0]["bayes_low"], found[0]["bayes_high"]),
    )
    return (
        f"{head}In {counted(int(found[0]['k']), 'cohort')} together the hazard ratio of {primary.endpoint} "
        f"is {ratio} ({ends}) for one standard deviation; exploratory."
    )
