"""Which samples a card leaves out, and that no patient is left in twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.harmonise.endpoints import code, find_column

Rule = Mapping[str, Any]


def excluded_unseen(exclude: Sequence[Rule], clinical: pd.DataFrame, named: pd.Index, where: str) -> pd.Index:
    """Samples that the rules leave out by name or by a column of the source, before anything is read of them.

    Args:
        exclude: The card's rules.
        clinical: Matched samples x columns of text.
        named: Every sample that a source names.
        where: The card, for messages.

    Raises:
        InputError: A rule names samples or a column that are in no source, or leaves out nobody.
    """
    by_name = [sample for rule in exclude for sample in rule.get("samples", ())]
    unknown = [sample for sample in by_name if sample not in named]
    if unknown:
        raise InputError(
            Problem(
                f"{where}, exclude: samples",
                "ids of samples of this cohort",
                f"{len(unknown)} that are in no source",
                "correct them: the rule would exclude nobody",
                tuple(unknown),
            )
        )
    by_column = [_by_column(rule, clinical, clinical, where) for rule in exclude if "column" in rule]
    lost = {*by_name, *(sample for samples in by_column for sample in samples)}
    return clinical.index[clinical.index.isin(lost)]


def left_out(exclude: Sequence[Rule], clinical: pd.DataFrame) -> set[str]:
    """Described samples that the rules leave out by name or by a column, also those without expression."""
    lost = {sample for rule in exclude for sample in rule.get("samples", ())}
    for rule in exclude:
        if rule.get("column") in clinical:
            codes = clinical[rule["column"]].map(code, na_action="ignore")
            out = ~codes.isin(rule["is_not"]) if "is_not" in rule else codes.isin(rule["is"])
            lost.update(clinical.index[out])
    return lost


def excluded_by(rule: Rule, clinical: pd.DataFrame, fields: pd.DataFrame, where: str) -> pd.Index:
    """Samples that one rule leaves out.

    Args:
        rule: With ``samples``, or ``column`` and ``is`` or ``is_not``, or ``field`` and ``equals``.
        clinical: Samples x columns of text.
        fields: Samples x standard fields.
        where: The card, for messages.

    Raises:
        InputError: The rule names nobody.
    """
    return next(lost for key, lost in _KINDS.items() if key in rule)(rule, clinical, fields, where)


def _by_name(rule: Rule, clinical: pd.DataFrame, fields: pd.DataFrame, where: str) -> pd.Index:
    return pd.Index(rule["samples"], dtype=object)


def _by_field(rule: Rule, clinical: pd.DataFrame, fields: pd.DataFrame, where: str) -> pd.Index:
    """Samples that a rule on a field names; a rule that names none is a mistake in it."""
    values = fields[rule["field"]]
    lost = fields.index[values == rule["equals"]]
    if lost.empty:
        raise InputError(
            Problem(
                f"{where}, exclude: field {rule['field']}",
                f"samples whose {rule['field']} is {rule['equals']!r}",
                "none: this rule excludes nobody",
                "correct `equals`, or remove the rule; values that are there:",
                tuple(map(repr, values.dropna().unique().tolist())) or ("none",),
            )
        )
    return lost


def _by_column(rule: Rule, clinical: pd.DataFrame, fields: pd.DataFrame, where: str) -> pd.Index:
    """Samples whose code in a column is one of ``is``, or none of ``is_not``, a missing code included.

    A rule with ``is`` that names nobody is a mistake in it, and so is one with ``is_not`` that leaves nobody.
    """
    problems = Problems()
    values = find_column(clinical, rule["column"], f"{where}, exclude: column", problems)
    problems.raise_if_any()
    assert values is not None  # else a problem was raised
    codes = values.map(code, na_action="ignore")
    if "is_not" in rule:
        stays = codes.isin(rule["is_not"])
        if not stays.any():
            raise InputError(
                Problem(
                    f"{where}, exclude: column {rule['column']}",
                    f"samples in which it is {' or '.join(rule['is_not'])}",
                    "none: this rule excludes everybody",
                    "correct `is_not`, or remove the rule; values that are there:",
                    tuple(map(repr, codes.dropna().unique().tolist())) or ("none",),
                )
            )
        return clinical.index[~stays]
    lost = clinical.index[codes.isin(rule["is"])]
    if lost.empty:
        raise InputError(
            Problem(
                f"{where}, exclude: column {rule['column']}",
                f"samples in which it is {' or '.join(rule['is'])}",
                "none: this rule excludes nobody",
                "correct `is`, or remove the rule; values that are there:",
                tuple(map(repr, codes.dropna().unique().tolist())) or ("none",),
            )
        )
    return lost


# key of a rule -> which samples it leaves out
_KINDS: dict[str, Callable[[Rule, pd.DataFrame, pd.DataFrame, str], pd.Index]] = {
    "samples": _by_name,
    "column": _by_column,
    "field": _by_field,
}


def check_patients(clinical: pd.DataFrame, column: str, where: str) -> None:
    """Refuse a cohort in which a patient counts twice; which of the samples stays is the card's decision.

    Args:
        clinical: Samples that stay x columns of text.
        column: Column with the patients' ids; samples without one are taken for patients of their own.
        where: The card, for messages.

    Raises:
        InputError: The column is missing, or a patient has several samples.
    """
    problems = Problems()
    patients = find_column(clinical, column, f"{where}, patient", problems)
    problems.raise_if_any()
    assert patients is not None  # else a problem was raised
    samples = pd.Series(patients.index, dtype=object).groupby(patients.to_numpy()).agg(list)
    several = samples[samples.map(len) > 1]
    if len(several):
        raise InputError(
            Problem(
                f"{where}, patient: column {column}",
                "one sample a patient",
                f"{len(several)} patients with several",
                "say in `exclude` which samples to leave out, by a column that tells them apart or by name",
                tuple(f"{patient}: {', '.join(ids)}" for patient, ids in several.items()),
            )
        )
