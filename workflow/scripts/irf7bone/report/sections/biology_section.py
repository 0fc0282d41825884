"""Whether the interferon score goes with immune cells, and whether signatures mean one thing in a cohort."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import STATUS_WORDS, counted, is_missing, listed, p_value
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
    not_estimated,
    one_row,
    patients_first,
    shown_only,
)
from irf7bone.report.sections.gene_remarks import identity_findings, overlap_findings
from irf7bone.report.sections.random_signatures_section import percent

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

GIVEN_WORDS = {
    "none": "unadjusted",
    "proliferation": "given proliferation",
    "proliferation,leukocytes": "given proliferation and PTPRC (CD45)",
}


def said_r(value: float) -> str:
    """Two decimals with a true minus."""
    return f"{value:.2f}".replace("-", "\u2212")


def correlation_range(low: float, high: float) -> str:
    """``0.41 to 0.61``."""
    return f"{said_r(low)} to {said_r(high)}"


def immune_section(inputs: ReportInputs) -> Section:
    """Correlation of interferon with immune scores, unadjusted and adjusted."""
    results, primary = inputs.results, inputs.config.primary
    pooled = chosen(results.immune_pooled, signature=primary.signature)
    cells = list(
        dict.fromkeys(results.immune.loc[results.immune["signature"] == primary.signature, "immune"])
    )
    said = [f"{immune_sentence(chosen(pooled, immune=cell), cell)}." for cell in cells]
    made_up = inputs.simulated.intersection(results.immune["cohort"])
    tinted = " Tinted: simulated cohorts, not patients, in no diamond." if made_up else ""
    figure = figure_view(
        inputs,
        "pooled/immune",
        title=f"{primary.signature} and immune scores",
        finding=" ".join(said) or f"No immune signature is selected to hold {primary.signature} against.",
        marks=(
            "Squares: cohorts, with 95 % intervals; diamonds: pooled over cohorts of patients. Shared genes "
            f"are taken out of the interferon score first.{tinted}"
            if cells
            else ""
        ),
        simulated=bool(cells) and inputs.simulated.issuperset(results.immune["cohort"]),
    )
    findings = (
        Finding(
            "A correlation in bulk tissue shows neither a direction nor the cells that the signal is in: "
            "immune cells have an interferon response of their own."
        ),
    )
    shown = [name for name in inputs.shown if name in set(results.immune["signature"])]
    tables = (
        (
            immune_pooled_view(results.immune_pooled, primary.signature),
            immune_view(results.immune[results.immune["signature"].isin(shown)], inputs.simulated, shown),
        )
        if cells
        else ()
    )
    return Section(
        "immune", "Immune link", "Immune link: NK, CD8 and cytotoxic cells", findings, (figure,), tables
    )


def immune_sentence(rows: pd.DataFrame, cell: str) -> str:
    """Pooled correlation with one immune score, by what is held constant.

    Args:
        rows: Of :data:`irf7bone.tables.pooled.IMMUNE_POOLED`, of one signature and immune signature.
        cell: The immune signature.
    """
    parts = []
    for adjustment, words in GIVEN_WORDS.items():
        row = one_row(rows, adjustment=adjustment)
        if row is None:
            continue
        if row["status"] != "ok":
            parts.append(f"{words} {not_estimated(row)}")
            continue
        ends = correlation_range(row["ci_low"], row["ci_high"])
        parts.append(f"{words} r = {said_r(row['r'])} (95 % CI {ends})")
    counts = rows[rows["status"] == "ok"]
    over = (
        f" over {counted(int(counts['k'].max()), 'cohort')} of patients, "
        f"{counted(int(counts['n'].max()), 'tumour')}"
        if len(counts)
        else ""
    )
    return f"With {cell}{over}: {', '.join(parts) or 'not pooled'}"


def _r(row: Mapping[str, Any]) -> Cell:
    if row["status"] != "ok":
        return Cell(STATUS_WORDS[row["status"]])
    ends = correlation_range(row["ci_low"], row["ci_high"])
    return Cell(f"{said_r(row['r'])} ({ends})", float(row["r"]))


_PAIR = (
    Field("Signature", "interferon signature", say_text("signature"), filtered=True, kept=True),
    Field("Immune score", "immune signature", say_text("immune"), filtered=True),
    Field("Held constant", "adjustment", lambda row: Cell(GIVEN_WORDS[row["adjustment"]]), filtered=True),
)


def immune_pooled_view(frame: pd.DataFrame, signature: str) -> TableView:
    """Pooled correlations; the page opens with those of ``signature``."""
    columns = (
        *_PAIR,
        Field("Cohorts", "real cohorts with an estimate", say_count("k"), number=True),
        Field("n", "samples in these", say_count("n"), number=True),
        Field("r (95 % CI)", "pooled correlation", _r, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field("q", "Benjamini-Hochberg over this table", say_number("q", p_value), number=True),
        Field(
            "I²", "share of variance between cohorts", say_number("i2", lambda x: f"{x:.0f} %"), number=True
        ),
        Field(
            "95 % PI", "prediction interval", say_range("pi_low", "pi_high", correlation_range), number=True
        ),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = "Random-effects pooled correlations over cohorts of patients."
    return view(
        "immune_pooled", caption, frame, columns, (), initial={"Signature": signature}, searchable=True
    )


def immune_view(frame: pd.DataFrame, simulated: Collection[str], shown: Sequence[str]) -> TableView:
    """Correlations of each cohort."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        *_PAIR,
        Field("n", "samples", say_count("n"), number=True),
        Field("r (95 % CI)", "correlation, partial where something is held constant", _r, number=True),
        Field("p", "two-sided", say_number("p", p_value), number=True),
        Field(
            "Explained",
            "larger share of variance of the two scores that the covariates explain",
            say_number("explained", percent),
            number=True,
        ),
        Field("Genes taken out", "shared genes", say_count("n_shared"), number=True),
        Field("Status", "whether there is an estimate, and why not", say_status),
    )
    caption = f"Correlations in each cohort. {shown_only(shown, 'immune')}"
    return view(
        "immune", caption, frame, columns, simulated, initial={"Signature": shown[0]}, searchable=True
    )


def quality_section(inputs: ReportInputs) -> Section:
    """What each signature is in each cohort."""
    results, signature = inputs.results, inputs.config.primary.signature
    figures = []
    for cohort in patients_first([name for name in inputs.cards if name in inputs.drawn], inputs.simulated):
        row = one_row(results.signature_quality, cohort=cohort, signature=signature)
        figures.append(
            figure_view(
                inputs,
                f"{cohort}/signature_quality",
                title=f"{cohort}: signature quality",
                finding=f"{signature} in {cohort}: {quality_sentence(row)}.",
                marks="Dots: each signature; dashed: what genes drawn at random would give.",
                simulated=cohort in inputs.simulated,
            )
        )
    real = chosen(results.signature_quality, signature=signature)
    real = real[~real["cohort"].isin(inputs.simulated)]
    tables = (signature_quality_view(results.signature_quality, inputs.simulated),)
    selected = {name: inputs.library[name] for name in inputs.config.signatures.select}
    findings = (
        *identity_findings(inputs.coverage, inputs.simulated),
        Finding(coherence_sentence(real, signature)),
        *overlap_findings(selected),
        *not_drawn(inputs),
    )
    return Section("signature_quality", "Signature quality", "Signature quality", findings, figures, tables)


def quality_sentence(row: Mapping[str, Any] | None) -> str:
    """Coverage and coherence of a signature in a cohort.

    Args:
        row: Of :data:`irf7bone.tables.cohort.SIGNATURE_QUALITY`.
    """
    if row is None:
        return "not planned"
    genes = f"{int(row['n_genes_used'])} of {counted(int(row['n_genes']), 'gene')} measured"
    if row["status"] != "ok":
        return f"{genes}; {failed(row)}"
    said = (
        f"{genes}; mean correlation of gene pairs {said_r(row['mean_correlation'])} against "
        f"{said_r(row['background_correlation'])} over all genes; the first component holds "
        f"{percent(row['pc1_share'])} of their variance"
    )
    if is_missing(row["irf7_correlation"]):
        return f"{said}; IRF7 itself cannot be compared with the others"
    return f"{said}; IRF7 correlates with the mean of the others at {said_r(row['irf7_correlation'])}"


def coherence_sentence(rows: pd.DataFrame, signature: str) -> str:
    """Whether the members of a signature go together more than other genes do, cohort by cohort.

    Args:
        rows: Of :data:`irf7bone.tables.cohort.SIGNATURE_QUALITY`, of the signature in patients.
        signature: Its name.
    """
    told = rows[rows["status"] == "ok"]
    if told.empty:
        why = list(dict.fromkeys(failed(row) for row in rows.to_dict("records")))
        return f"In no cohort of patients can it be told whether {signature} holds together ({listed(why)})."
    more = told[told["mean_correlation"] > told["background_correlation"]]
    said = (
        f"The genes of {signature} correlate with each other more than genes at large do in {len(more)} of "
        f"{counted(len(told), 'cohort')} of patients"
    )
    known = told[told["irf7_correlation"].notna()]
    if len(known):
        named = [f"{said_r(row['irf7_correlation'])} in {row['cohort']}" for row in known.to_dict("records")]
        said += f"; IRF7 correlates with the mean of the others at {listed(named)}"
    return f"{said}."


def _rho(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    return say_number(name, said_r)


def signature_quality_view(frame: pd.DataFrame, simulated: Collection[str]) -> TableView:
    """Every measure of every signature and cohort."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
        Field("Measured", "genes used", _genes, number=True),
        Field(
            "Decile",
            "median decile of mean expression; none for log ratios",
            say_number("median_decile", lambda x: f"{x:g}"),
            number=True,
        ),
        Field(
            "Low expression",
            "share in the lowest quarter",
            say_number("share_low_expressed", percent),
            number=True,
        ),
        Field(
            "Low variance",
            "share in the lowest quarter",
            say_number("share_low_variance", percent),
            number=True,
        ),
        Field("Pairs", "mean Spearman correlation of pairs", _rho("mean_correlation"), number=True),
        Field("All genes", "the same over all genes", _rho("background_correlation"), number=True),
        Field("Component 1", "share of variance", say_number("pc1_share", percent), number=True),
        Field("Mean, median", "Spearman correlation of the two", _rho("mean_median"), number=True),
        Field("Mean, component", "Spearman correlation of the two", _rho("mean_pc1"), number=True),
        Field("IRF7", "correlation with the mean of the others", _rho("irf7_correlation"), number=True),
        Field("Status", "whether it can be told, and why not", say_status),
    )
    caption = (
        "Signature quality in each cohort (after sigQC): genes measured, and how far they agree. Log ratios "
        "to a reference are no level of expression."
    )
    return view("signature_quality", caption, frame, columns, simulated, searchable=True)


def _genes(row: Mapping[str, Any]) -> Cell:
    if is_missing(row["n_genes_used"]):
        return Cell(NOTHING)
    return Cell(f"{int(row['n_genes_used'])} of {int(row['n_genes'])}", float(row["n_genes_used"]))
