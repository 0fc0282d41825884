"""Against random signatures: where the named ones lie, and how often random ones are significant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from irf7bone.base.phrases import (
    ENDPOINT_WORDS,
    MODEL_WORDS,
    capital,
    counted,
    hazard_ratio,
    interval,
    is_missing,
    listed,
    p_clause,
    p_value,
)
from irf7bone.base.vocabulary import ALPHA
from irf7bone.figures.drawing import null_models
from irf7bone.random_signatures.controls import POOLED
from irf7bone.random_signatures.null_plan import null_plan
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    say_cohort,
    say_count,
    say_number,
    say_range,
    say_status,
    say_text,
    view,
)
from irf7bone.report.html.section import (
    Finding,
    Section,
    chosen,
    failed,
    figure_view,
    not_drawn,
    of_patients,
    one_row,
    outcome,
    recorded,
    with_endpoints,
)

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.settings import Config

MARKS = (
    "Pale: log hazard ratios of random signatures of the same size, matched gene by gene on mean and "
    "variance of expression; dark: those with p < 0.05. Line: the named signature, coloured where its "
    "empirical p is below 0.05."
)
CONTROL_WORDS = {
    "proliferation": "proliferation",
    "random": "one random signature",
    "shuffled": "shuffled patients",
}
PASSED_WORDS = {
    "yes": "as expected",
    "no": "NOT as expected",
    "unclear": "unclear",
    "not_available": "not available",
}


def null_section(inputs: ReportInputs) -> Section:
    """The section, patients first."""
    config, results = inputs.config, inputs.results
    primary = config.primary
    real = results.null[~results.null["cohort"].isin(inputs.simulated)]
    findings = [
        *(Finding(said) for said in pooled_findings(results.pooled_null, config)),
        *(Finding(said) for said in share_findings(recorded(real, inputs.cohorts), config)),
        Finding(controls_finding(results.controls[~results.controls["cohort"].isin(inputs.simulated)])),
        *not_drawn(inputs),
    ]
    figures = []
    named = {"signature": primary.signature, "method": primary.method, "model": primary.model}
    for endpoint in sorted(config.endpoints, key=lambda name: name != primary.endpoint):
        row = one_row(results.pooled_null, endpoint=endpoint, **named)
        if row is not None and row["status"] == "ok":
            figures.append(
                figure_view(
                    inputs,
                    f"pooled/null_{endpoint}",
                    title=f"{outcome(endpoint)}: pooled over patients, and random signatures",
                    finding=f"{outcome(endpoint)}, {MODEL_WORDS[primary.model]}: {held_sentence(row)}.",
                    marks=_marks(chosen(results.pooled_null, endpoint=endpoint), inputs),
                )
            )
    for cohort, endpoint in with_endpoints(inputs):
        if cohort not in inputs.drawn:
            continue
        row = one_row(results.null, cohort=cohort, endpoint=endpoint, **named)
        figures.append(
            figure_view(
                inputs,
                f"{cohort}/null_{endpoint}",
                title=f"{cohort}: {ENDPOINT_WORDS[endpoint]}, and random signatures",
                finding=f"{cohort}, {ENDPOINT_WORDS[endpoint]}, {MODEL_WORDS[primary.model]}: "
                f"{null_sentence(row)}.",
                marks=_marks(chosen(results.null, cohort=cohort, endpoint=endpoint), inputs),
                simulated=cohort in inputs.simulated,
            )
        )
    tables = (
        controls_view(told_controls(results.controls, inputs.cohorts), inputs.simulated),
        null_view(planned(recorded(results.null, inputs.cohorts), config), inputs.simulated, primary.method),
        pooled_null_view(of_patients(planned(results.pooled_null, config)), primary.method),
    )
    return Section("null", "Random signatures", "Against random signatures", findings, figures, tables)


def _marks(rows: pd.DataFrame, inputs: ReportInputs) -> str:
    """What the marks of a figure mean, with the signatures that it draws.

    Args:
        rows: Of the null of one endpoint, of one cohort or pooled.
        inputs: For what is drawn.
    """
    models = null_models(inputs.config)
    ok = chosen(rows, method=inputs.config.primary.method, status="ok")
    there = set(ok.loc[ok["model"].isin(list(models)), "signature"])
    drawn = [name for name in inputs.shown if name in there]
    return f"Rows: {listed(drawn)}. {MARKS}" if drawn else ""


def null_sentence(row: Mapping[str, Any] | None) -> str:
    """Where one named signature lies among random ones, or why that cannot be told.

    Args:
        row: Of :data:`irf7bone.tables.random_signatures.NULL`.
    """
    if row is None:
        return "not planned in this run"
    if row["status"] != "ok":
        return f"no comparison with random signatures ({failed(row)})"
    genes = counted(int(row["n_genes"]), "gene")
    said = (
        f"{row['signature']}, HR {hazard_ratio(row['log_hr'])}: {100 * row['null_percentile']:.1f} % of "
        f"{int(row['n_draws']):,} random signatures of {genes} have a lower hazard ratio "
        f"(empirical two-sided {p_clause(row['null_p'])})"
    )
    if int(row["n_failed"]):
        said += f", {int(row['n_failed']):,} more of which could not be fitted"
    if not is_missing(row["share_significant"]):
        said += f"; {percent(row['share_significant'])} of these have p < {ALPHA:g} themselves"
    return said


def held_sentence(row: Mapping[str, Any]) -> str:
    """As :func:`null_sentence`, of a row of :data:`irf7bone.tables.random_signatures.POOLED_NULL`."""
    said = null_sentence(row)
    if row["status"] != "ok":
        return said
    cohorts = str(row["cohorts"]).split(",")
    if len(cohorts) == 2 and not is_missing(row["share_significant"]):
        said += ", as hardly any interval over two cohorts excludes 1"
    return f"with the genes that {listed(cohorts)} share, {said}"


def pooled_findings(pooled_null: pd.DataFrame, config: Config) -> list[str]:
    """Why the primary result is not held against pooled random signatures; nothing where it is.

    Args:
        pooled_null: :data:`irf7bone.tables.random_signatures.POOLED_NULL`.
        config: The study's settings.
    """
    row = one_row(pooled_null, **vars(config.primary))
    if row is not None and row["status"] == "ok":
        return []
    why = "not planned in this run" if row is None else failed(row)
    return [f"The primary result was not compared with random signatures pooled over cohorts ({why})."]


def share_findings(real: pd.DataFrame, config: Config) -> list[str]:
    """How often random signatures are significant in patients, for the primary signature and endpoint.

    Args:
        real: Rows of :data:`irf7bone.tables.random_signatures.NULL` of cohorts of patients.
        config: The study's settings.
    """
    primary = config.primary
    rows = chosen(
        real, signature=primary.signature, method=primary.method, endpoint=primary.endpoint, status="ok"
    )
    rows = rows[rows["share_significant"].notna()]
    said = []
    for model in null_models(config):
        shares = rows.loc[rows["model"] == model].set_index("cohort")["share_significant"]
        if len(shares):
            named = listed([f"{percent(share)} in {cohort}" for cohort, share in shares.items()])
            said.append(f"{named} ({MODEL_WORDS[model]})")
    if not said:
        return []
    sentence = (
        f"Of random signatures, these have p < {ALPHA:g} for {ENDPOINT_WORDS[primary.endpoint]}: "
        f"{'; '.join(said)}. Expected if no gene were prognostic: {percent(ALPHA)} on average (Venet 2011). "
        "Random signatures of one cohort are correlated, so a single share can be far from that."
    )
    return [sentence]


def controls_finding(controls: pd.DataFrame) -> str:
    """How the controls came out in patients.

    Args:
        controls: Rows of :data:`irf7bone.tables.random_signatures.CONTROLS` of cohorts of patients and
            pooled ones.
    """
    told = controls[controls["passed"] != "not_available"]
    if told.empty:
        return "No control could be told in patients in this run."
    parts = []
    for control, words in CONTROL_WORDS.items():
        own = told[told["control"] == control]
        if own.empty:
            continue
        counts = own["passed"].value_counts()
        said = f"{words} as expected in {counts.get('yes', 0)} of {len(own)}"
        if counts.get("unclear", 0):
            said += f", unclear in {counts['unclear']} (too few events or cohorts)"
        wrong = own[own["passed"] == "no"]
        if len(wrong):
            said += f", not as expected in {len(wrong)}{_off(control, wrong)}"
        parts.append(said)
    wrong = told.loc[told["passed"] == "no", "control"]
    if wrong.empty:
        conclusion = "None speaks against the analysis."
    elif (wrong == "shuffled").all():
        conclusion = "The table names each."
    else:
        conclusion = "A failed control puts the analysis of its cohort in doubt; the table names each."
    return f"Controls in patients: {'; '.join(parts)}. {conclusion}"


def _off(control: str, wrong: pd.DataFrame) -> str:
    """How far shuffled patients were off; nothing for other controls."""
    if control != "shuffled":
        return ""
    low, high = (percent(round(share, 3)) for share in (wrong["value"].min(), wrong["value"].max()))
    found = low if low == high else f"{low} to {high}"
    said = f", with {found} of random signatures below p {ALPHA:g} where {percent(ALPHA)} should be"
    if (wrong["value"] > ALPHA).all():
        said += ", so that p values of these fits come out somewhat too small"
    return said


def told_controls(controls: pd.DataFrame, cohorts: pd.DataFrame) -> pd.DataFrame:
    """Controls of cohorts that have the endpoint, after the pooled ones.

    Args:
        controls: :data:`irf7bone.tables.random_signatures.CONTROLS`.
        cohorts: :data:`irf7bone.tables.cohort.COHORTS`.
    """
    pooled = controls[controls["cohort"] == POOLED]
    return pd.concat([pooled, recorded(controls, cohorts)], ignore_index=True)


def planned(table: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Rows for which random signatures are drawn by plan."""
    plan = null_plan(config)
    pairs = zip(table["signature"], table["method"], strict=True)
    scored = np.array([pair in plan.scores for pair in pairs], dtype=bool)
    return table[scored & table["model"].isin(list(plan.models)).to_numpy()]


def percent(share: float) -> str:
    """A share as a percentage: ``5 %``, ``0.4 %``."""
    value = 100 * share
    return f"{value:.1f} %" if 0 < value < 10 and value != round(value) else f"{value:.0f} %"


def _effect(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(NOTHING)
    return Cell(hazard_ratio(row["log_hr"]), float(row["log_hr"]))


_COLUMNS = (
    Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
    Field("Method", "how the score was made", say_text("method"), filtered=True),
    Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
    Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
    Field("Genes", "of the signature and of each random one", say_count("n_genes"), number=True),
    Field("Random", "random signatures with an estimate", say_count("n_draws"), number=True),
    Field("HR per SD", "of the named signature", _effect, number=True),
    Field(
        "Rank",
        "among random signatures, per cent with a smaller hazard ratio: a picture, not a test",
        say_number("null_percentile", lambda share: f"{100 * share:.1f}"),
        number=True,
    ),
    Field("Empirical p", "two-sided, against random signatures", say_number("null_p", p_value), number=True),
    Field(
        "Random p < 0.05",
        "share of random signatures that are significant themselves",
        say_number("share_significant", percent),
        number=True,
    ),
    Field(
        "Middle 95 %",
        "of the random hazard ratios",
        say_range("null_q025", "null_q975", interval),
        number=True,
    ),
    Field("Status", "whether there is a null, and why not", say_status),
)


def null_view(frame: pd.DataFrame, simulated: Collection[str], method: str) -> TableView:
    """Named signatures among random ones, by cohort."""
    columns = (Field("Cohort", "cohort id", say_cohort(simulated), filtered=True), *_COLUMNS)
    caption = "Each planned comparison with random signatures in each cohort that has the endpoint."
    return view("null", caption, frame, columns, simulated, initial={"Method": method}, searchable=True)


def pooled_null_view(frame: pd.DataFrame, method: str) -> TableView:
    """Named signatures among random ones, pooled."""
    columns = (Field("Cohorts", "of patients, pooled", say_count("k"), number=True), *_COLUMNS)
    caption = (
        "The same random signatures in every cohort of patients, pooled as the named ones are; hazard "
        "ratios are of the genes that all these cohorts have."
    )
    return view("pooled_null", caption, frame, columns, (), initial={"Method": method}, searchable=True)


def controls_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """What must show and what must not."""
    columns = (
        Field("Cohort", "cohort id, or pooled over patients", _control_cohort(simulated)),
        Field("Control", "what was tried", say_text("control")),
        Field("Endpoint", "outcome", say_text("endpoint")),
        Field("Model", "what the Cox model adjusts for", say_text("model")),
        Field("Expected", "if the analysis works", say_text("expectation")),
        Field("Found", "what came out", say_text("found")),
        Field("Came out", "as expected or not", _passed),
    )
    caption = (
        "Controls: proliferation must show; one random signature and shuffled patients must not. A control "
        "that is unclear had too few events to tell."
    )
    return view("controls", caption, frame, columns, simulated)


def _control_cohort(simulated: Collection[str]):
    def say(row: Mapping[str, Any]) -> Cell:
        return Cell("pooled") if row["cohort"] == POOLED else say_cohort(simulated)(row)

    return say


def _passed(row: Mapping[str, Any]) -> Cell:
    said = PASSED_WORDS[row["passed"]]
    return Cell(said if is_missing(row["reason"]) else f"{said}: {capital(row['reason'])}")
