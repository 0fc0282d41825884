"""What each contrast says of the claim, from the tables of its experiment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from irf7bone.base.experiment_vocabulary import DIRECTIONS, EXPECTED
from irf7bone.base.phrases import counted
from irf7bone.experiments.claim.rules import Evidence, composition_warning, decide, methods_code
from irf7bone.experiments.claim.sentences import Marker, methods_words
from irf7bone.experiments.design import ContrastDesign
from irf7bone.study.experiment_card import Contrast
from irf7bone.tables.experiment import CLAIM

ESTIMATE = ("difference", "se", "ci_low", "ci_high", "df", "p", "permutation_p", "min_p", "code")


def judge_contrasts(
    experiment: str,
    designs: Sequence[ContrastDesign],
    *,
    signature: str,
    method: str,
    signatures: pd.DataFrame,
    gene_sets: pd.DataFrame,
    composition: pd.DataFrame,
    adjusted: pd.DataFrame,
    host: str | None = None,
) -> pd.DataFrame:
    """Hold every contrast against what the claim expects of it.

    Args:
        experiment: Experiment id.
        designs: The contrasts' models.
        signature: Signature to judge by.
        method: Scoring method to judge by.
        signatures: :data:`irf7bone.tables.experiment.SIGNATURES`.
        gene_sets: :data:`irf7bone.tables.experiment.GENE_SETS`.
        composition: :data:`irf7bone.tables.experiment.COMPOSITION`.
        adjusted: :data:`irf7bone.tables.experiment.ADJUSTED`, of ``method``.
        host: Species of the animal that the tumours grew in, where it is another than theirs.

    Returns:
        :data:`irf7bone.tables.experiment.CLAIM`.
    """
    own = signatures[signatures["signature"] == signature]
    scored = own[own["method"] == method].set_index("contrast")
    tested = gene_sets[(gene_sets["signature"] == signature) & (gene_sets["side"] == "up")].set_index(
        "contrast"
    )
    adjusted = adjusted[adjusted["signature"] == signature].set_index(["contrast", "adjustment"])
    rows = []
    for design in designs:
        contrast = design.contrast
        row = scored.loc[contrast.id]
        expected = EXPECTED[contrast.meaning]
        markers = _markers(composition, adjusted, contrast.id)
        evidence = Evidence(
            expected=expected,
            case=contrast.case,
            reference=_reference_words(contrast),
            sample_words=_sample_words(design),
            signature=signature,
            difference=_number(row["difference"]),
            low=_number(row["ci_low"]),
            high=_number(row["ci_high"]),
            p=_number(row["p"]),
            permutation_p=_number(row["permutation_p"]),
            smallest_p=_number(row["min_p"]),
            camera_p=_number(tested.loc[contrast.id, "camera_p"])
            if contrast.id in tested.index
            else math.nan,
            reason=row["reason"],
            markers=markers,
            not_measured=_not_measured(composition, contrast.id),
            host=host,
        )
        rule, sentence = decide(evidence)
        by_method = _by_method(own, contrast.id)
        differ = methods_code(by_method)
        estimate = {name: row[name] for name in ESTIMATE}
        rows.append(
            {
                "experiment": experiment,
                "contrast": contrast.id,
                "meaning": contrast.meaning,
                "expected": DIRECTIONS[expected],
                "signature": signature,
                "method": method,
                **design.sizes,
                **estimate,
                "camera_p": evidence.camera_p,
                "verdict": rule.verdict,
                "rule": rule.name,
                "sentence": sentence,
                "composition": "; ".join(marker.shift_words for marker in markers) or None,
                "warning": composition_warning(evidence),
                "methods_code": differ,
                "methods_warning": methods_words(by_method, method) if differ else None,
            }
        )
    return CLAIM.cast(pd.DataFrame(rows).reindex(columns=CLAIM.names))


def _markers(composition: pd.DataFrame, adjusted: pd.DataFrame, contrast: str) -> tuple[Marker, ...]:
    differing = composition[(composition["contrast"] == contrast) & composition["differs"]]
    rows = []
    for name, difference in zip(differing["marker"], differing["difference"], strict=True):
        row = adjusted.loc[(contrast, name)]
        ends = (_number(row[column]) for column in ("difference", "ci_low", "ci_high"))
        rows.append(Marker(name, float(difference), *ends))
    return tuple(rows)


def _by_method(own: pd.DataFrame, contrast: str) -> dict[str, tuple[float, float]]:
    """Difference and p of the signature in the contrast, by each method that has them."""
    rows = own[(own["contrast"] == contrast) & (own["status"] == "ok")]
    numbers = zip(rows["difference"].astype(float), rows["p"].astype(float), strict=True)
    return dict(zip(rows["method"], numbers, strict=True))


def _not_measured(composition: pd.DataFrame, contrast: str) -> tuple[str, ...]:
    missing = (composition["contrast"] == contrast) & (composition["status"] != "ok")
    return tuple(composition.loc[missing, "marker"])


def _sample_words(design: ContrastDesign) -> str:
    if design.n_pairs is not None:
        return counted(design.n_pairs, "pair")
    if design.n_blocks is not None:
        return f"{len(design.samples)} samples of {design.n_blocks} animals or cultures"
    if len(design.contrast.groups) > 2:
        return f"{len(design.samples)} samples in {len(design.contrast.groups)} groups"
    return f"{design.n_case} against {counted(design.n_reference, 'sample')}"


def _reference_words(contrast: Contrast) -> str:
    """What the case is held against, with the groups beside the two."""
    if contrast.than is not None:
        return f"{contrast.reference}, compared with {contrast.than[0]} against {contrast.than[1]}"
    return f"{contrast.reference} along a line through all groups" if contrast.at else contrast.reference


def _number(value: Any) -> float:
    return math.nan if pd.isna(value) else float(value)
