"""The run in a machine's words: results/summary.json, and a table for MultiQC.

``summary.json`` keeps to workflow/schemas/summary.schema.yaml. MultiQC finds ``*_mqc.json`` and shows it as a
section of its own (docs.seqera.io/multiqc/custom_content).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from irf7bone.base.phrases import ENDPOINT_WORDS, capital, is_missing, names_in, said_ratio
from irf7bone.experiments.claim.rules import NOT_JUDGED
from irf7bone.figures.experiment_words import EXPERIMENTS_QUESTION, MEANING_WORDS
from irf7bone.report.sentences.text import question
from irf7bone.verdict.judge import headline

if TYPE_CHECKING:
    from irf7bone.report.inputs import Experiments, ReportInputs

SCHEMA_VERSION = 1
# name among the estimates -> columns of the verdict: value and 95 % interval
ESTIMATES = {
    "hazard_ratio": ("hr", "hr_low", "hr_high"),
    "hazard_ratio_beyond_random_signatures": ("random_hr", "random_low", "random_high"),
    "hazard_ratio_unadjusted": ("unadjusted_hr", "unadjusted_low", "unadjusted_high"),
}


def run_summary(inputs: ReportInputs) -> dict[str, Any]:
    """Verdict, numbers, reservations, cohorts and versions, as JSON has them; equal for equal runs.

    A study of experiments alone has no verdict of cohorts: it is null there, and question and headline are
    those of the experiments.
    """
    config, provenance = inputs.config, inputs.provenance
    alone = not inputs.cards
    verdicts = [] if alone else inputs.verdict.to_dict("records")
    experiments = _experiments(inputs.experiments) if inputs.experiments else []
    return {
        "schema_version": SCHEMA_VERSION,
        "title": config.title,
        "question": EXPERIMENTS_QUESTION if alone else question(config),
        "headline": _headline(experiments) if alone else headline(inputs.verdict),
        "primary_analysis": dict(vars(config.primary)),
        "verdict": next((_verdict(row) for row in verdicts if row["is_primary"]), None),
        "other_endpoints": [_verdict(row) for row in verdicts if not row["is_primary"]],
        "cohorts": [
            {
                "id": name,
                "title": card.title,
                "simulated": card.simulated,
                "endpoints": [
                    {
                        "endpoint": row["endpoint"],
                        "n": int(row["n_endpoint"]),
                        "n_events": int(row["n_events"]),
                        "sampled_by_outcome": not is_missing(row["sampled_by_outcome"]),
                    }
                    for row in _rows_of(inputs, name)
                ],
            }
            for name, card in inputs.cards.items()
        ],
        "experiments": experiments,
        "versions": {
            "git_revision": None if provenance["git_revision"] == "NA" else provenance["git_revision"],
            "python": provenance["python"],
            "packages": {
                name: version for name, version in provenance["packages"].items() if version != "NA"
            },
        },
        "command": provenance["command"],
    }


def multiqc_content(inputs: ReportInputs) -> dict[str, Any]:
    """A table of MultiQC's custom content: the verdict of each endpoint, or what each contrast says."""
    if not inputs.cards:
        return _multiqc_experiments(_experiments(inputs.experiments) if inputs.experiments else [])
    rows = {}
    for row in inputs.verdict.to_dict("records"):
        told = not is_missing(row["hr"])
        said = [said_ratio(row[name]) for name in ESTIMATES["hazard_ratio"]] if told else []
        rows[capital(ENDPOINT_WORDS[row["endpoint"]])] = {
            "verdict": row["verdict"],
            "hr": f"{said[0]} ({said[1]} to {said[2]})" if told else "no estimate",
            "cohorts": int(row["k"]),
            "events": int(row["n_events"]),
        }
    headers = {
        "verdict": {"title": "Verdict", "description": "What may be said"},
        "hr": {
            "title": "HR per SD (95 %)",
            "description": "Hazard ratio per SD of the score, adjusted for proliferation and ER",
        },
        "cohorts": {"title": "Cohorts", "description": "Of patients, with every model", "format": "{:,.0f}"},
        "events": {"title": "Events", "description": "In these", "format": "{:,.0f}"},
    }
    return {
        "id": "irf7bone_verdict",
        "section_name": "irf7bone: interferon score and outcome",
        "description": headline(inputs.verdict),
        "plot_type": "table",
        "pconfig": {"id": "irf7bone_verdict_table", "title": "irf7bone: verdict of each endpoint"},
        "headers": headers,
        "data": rows,
    }


def _multiqc_experiments(experiments: list[dict[str, Any]]) -> dict[str, Any]:
    """The same for a study without cohorts: a row for each contrast, and for all together."""
    rows = {}
    for row in experiments:
        told = row["difference"]["value"] is not None
        said = [f"{row['difference'][end]:.2f}" for end in ("value", "low", "high")] if told else []
        named = f"{row['experiment']}, {row['contrast']}" if row["experiment"] else "Together"
        rows[f"{named}{' (simulated)' if row['simulated'] else ''}"] = {
            "meaning": capital(MEANING_WORDS[row["meaning"]]),
            "verdict": row["word"],
            "difference": f"{said[0]} ({said[1]} to {said[2]})" if told else "no estimate",
        }
    headers = {
        "meaning": {"title": "Contrast", "description": "What is compared"},
        "verdict": {"title": "Verdict", "description": "What may be said"},
        "difference": {
            "title": "Difference (95 %)",
            "description": "Of the primary signature's score, in SD",
        },
    }
    return {
        "id": "irf7bone_claim",
        "section_name": "irf7bone: interferon score in experiments",
        "description": _headline(experiments),
        "plot_type": "table",
        "pconfig": {"id": "irf7bone_claim_table", "title": "irf7bone: what each contrast says"},
        "headers": headers,
        "data": rows,
    }


def json_text(content: Mapping[str, Any]) -> str:
    """JSON to be read by people too: indented, keys in their order, no NaN."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _rows_of(inputs: ReportInputs, cohort: str) -> list[dict[str, Any]]:
    rows = inputs.cohorts[(inputs.cohorts["cohort"] == cohort) & inputs.cohorts["endpoint"].notna()]
    return rows.to_dict("records")


def _verdict(row: Mapping[str, Any]) -> dict[str, Any]:
    """One row of :data:`irf7bone.tables.verdict.VERDICT`."""
    return {
        "endpoint": row["endpoint"],
        "word": row["verdict"],
        "rule": row["rule"],
        "withheld_because": names_in(row["hard"]),
        "reservations": names_in(row["soft"]),
        "cohorts": int(row["k"]),
        "tumours": int(row["n"]),
        "events": int(row["n_events"]),
        "estimates": {name: _estimate(row, columns) for name, columns in ESTIMATES.items()},
        "further_cohort": {
            "probability_below_1": _number(row["further_below_1"]),
            "low": _number(row["further_low"]),
            "high": _number(row["further_high"]),
        },
        "sentence": row["lead"],
        "details": row["details"],
    }


def _experiments(found: Experiments) -> list[dict[str, Any]]:
    """What each contrast says of the claim, and below them what the experiments say together."""
    rows = [
        {
            "experiment": row["experiment"],
            "contrast": row["contrast"],
            "simulated": found.cards[row["experiment"]].simulated,
            "difference": _estimate(row, ("difference", "ci_low", "ci_high")),
            **_claimed(row),
        }
        for row in found.tables["claim"].to_dict("records")
    ]
    together = found.over["claim"].to_dict("records") if found.over else []
    return rows + [
        {
            "experiment": None,
            "contrast": None,
            "simulated": row["role"] == "simulated",
            "difference": _estimate(row, ("estimate", "ci_low", "ci_high")),
            **_claimed(row),
        }
        for row in together
    ]


def _claimed(row: Mapping[str, Any]) -> dict[str, Any]:
    rule = None if is_missing(row["rule"]) else row["rule"]
    return {"meaning": row["meaning"], "word": row["verdict"], "rule": rule, "sentence": row["sentence"]}


def _headline(experiments: list[dict[str, Any]]) -> str:
    """What is said together, else of each contrast that the claim speaks of."""
    judged = [row for row in experiments if row["word"] != NOT_JUDGED]
    together = [row for row in judged if row["experiment"] is None]
    said = [
        f"{capital(MEANING_WORDS[row['meaning']])}"
        + (f" ({row['experiment']}, {row['contrast']})" if row["experiment"] else " (together)")
        + (", simulated" if row["simulated"] else "")
        + f": {row['word']}."
        for row in together or judged
    ]
    return " ".join(said) or "No contrast of these experiments is one that the claim speaks of."


def _estimate(row: Mapping[str, Any], columns: tuple[str, str, str]) -> dict[str, float | None]:
    return dict(zip(("value", "low", "high"), (_number(row[name]) for name in columns), strict=True))


def _number(value: Any) -> float | None:
    return None if is_missing(value) or not np.isfinite(value) else float(value)
