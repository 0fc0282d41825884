"""What stands under each figure, and what it shows in words for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, SURVIVAL_WORDS, counted, listed
from irf7bone.pool.quoted import quoted_columns
from irf7bone.report.sentences.quote import quote
from irf7bone.report.sentences.text import fit_sentence, pooled_result, pooled_sentence, side


def curves_caption(
    cohort: str,
    endpoint: str,
    curves: pd.DataFrame,
    fits: pd.DataFrame,
    signatures: Sequence[str],
    *,
    sampled: bool = False,
) -> str:
    """Caption of a figure of curves.

    Args:
        cohort: Cohort id.
        endpoint: Endpoint.
        curves: The rows drawn.
        fits: :data:`irf7bone.tables.outcome.ASSOCIATIONS` shown above the panels.
        signatures: Signatures in panel order.
        sampled: Whether patients were chosen by this endpoint.
    """
    outcome = ENDPOINT_WORDS[endpoint]
    if curves.empty:
        return f"No curves for {outcome} in {cohort}: none of {listed(list(signatures))} has a score."
    competing = curves["kind"].iloc[0] == "cumulative_incidence"
    what = (
        f"Aalen-Johansen cumulative incidence of {outcome}, other outcomes competing,"
        if competing
        else f"Kaplan-Meier estimate of {SURVIVAL_WORDS[endpoint]}"
    )
    parts = []
    for signature in signatures:
        rows = curves[curves["signature"] == signature]
        if rows.empty:
            continue
        groups = rows.groupby("group", sort=False)
        parts.append(
            f"{signature}: n = {int(groups['n_at_risk'].max().sum())}, "
            f"{counted(int(groups['n_events'].max().sum()), 'event')}"
        )
    model = fits["model"].iloc[0] if len(fits) else None
    above = f" Above each panel: HR per SD of the score, Cox model {MODEL_WORDS[model]}." if model else ""
    chosen = (
        " Patients were chosen by this outcome: levels, medians and 5-year values are not those of a "
        "population."
        if sampled
        else ""
    )
    return (
        f"{what} in {cohort} by tertile of the score ({curves['method'].iloc[0]}). {'; '.join(parts)}. "
        f"Shaded: pointwise 95 % intervals.{above} p: test of equal curves; below the numbers at risk, the "
        f"estimate at 5 years and the median time (NR: not reached). The curves are unadjusted, for "
        f"display.{chosen} The first panel alone, one column wide: curve_{endpoint}.svg, .pdf, .tsv."
    )


def curves_alt(cohort: str, endpoint: str, fits: pd.DataFrame, signatures: Sequence[str]) -> str:
    """Finding of a figure of curves: the hazard ratio of each signature shown."""
    rows = [fits[fits["signature"] == signature] for signature in signatures]
    parts = [f"{row['signature'].iloc[0]} {fit_sentence(row.iloc[0])}" for row in rows if len(row)]
    return f"Curves of {ENDPOINT_WORDS[endpoint]} in {cohort} by tertile of score. {'; '.join(parts)}."


def forest_caption(
    endpoint: str, table: pd.DataFrame, method: str, without: Sequence[str], by_esr1: Sequence[str] = ()
) -> str:
    """Caption of a forest.

    Args:
        endpoint: Endpoint.
        table: The numbers drawn, :data:`irf7bone.figures.forest_tables.COLUMNS`.
        method: Scoring method.
        without: Cohorts that lack the endpoint.
        by_esr1: Cohorts drawn in which ESR1 expression stands for ER.
    """
    outcome = ENDPOINT_WORDS[endpoint]
    lacking = f" Without this endpoint: {listed(list(without))}." if without else ""
    if table.empty:
        return f"No cohort of this study has the endpoint {outcome}."
    models = listed([MODEL_WORDS[model] for model in dict.fromkeys(table["model"])])
    pools = table[(table["kind"] == "pooled") & (table["status"] == "ok")]
    pooled = (
        " Diamonds: pooled value over cohorts of patients with its Bayesian 95 % interval, as the verdict "
        "quotes it (one cohort: its own); k: cohorts pooled."
        if len(pools)
        else " No cohort of patients gives a pooled value."
    )
    predicted = (
        " Dashed: 95 % prediction interval, where the HR of a further cohort is expected."
        if (table["kind"] == "prediction").any()
        else ""
    )
    simulated = (
        " Hatched: simulated cohorts, not patients, in no pooled value."
        if (table["block"] == "simulated").any()
        else ""
    )
    return (
        f"Hazard ratio of {outcome} per SD of the score within the cohort ({method}), "
        f"{models}{_esr1(by_esr1)}. Squares: cohorts, area by precision; lines: 95 % "
        f"intervals.{pooled}{predicted}{simulated}{lacking}"
    )


def _esr1(cohorts: Sequence[str]) -> str:
    return f" (ER by ESR1 expression in {listed(list(cohorts))})" if cohorts else ""


def heterogeneity_words(
    pooled: pd.DataFrame, endpoint: str, method: str, signatures: Sequence[str], model: str
) -> str:
    """I2 and tau2 of the pooled values of one model, to follow a forest's caption; nothing where k < 2."""
    parts = []
    for signature in signatures:
        row = pooled_result(pooled, signature, method, endpoint, model)
        if row is not None and row["status"] == "ok" and row["k"] > 1:
            i2 = quote(f"{row['i2']:.0f}", "pooled", row, "i2")
            tau2 = quote(f"{row['tau2']:.3f}", "pooled", row, "tau2")
            parts.append(f"{signature} {i2} % ({tau2})")
    return f" I² (tau²), {MODEL_WORDS[model]}: {', '.join(parts)}." if parts else ""


def forest_alt(
    endpoint: str, pooled: pd.DataFrame, signatures: Sequence[str], method: str, model: str
) -> str:
    """Finding of a forest: the pooled value of each signature, and the direction where one is shown."""
    parts = []
    for signature in signatures:
        row = pooled_result(pooled, signature, method, endpoint, model)
        if row is None:
            continue
        _, low, high = quoted_columns(row["k"])
        direction = f", {side(row[low], row[high])}" if row["status"] == "ok" else ""
        parts.append(f"{signature}: {pooled_sentence(row)}{direction}")
    said = "; ".join(parts) or "no pooled result"
    return f"Forest plot for {ENDPOINT_WORDS[endpoint]}, {MODEL_WORDS[model]}. {said}."


def quality_caption(cohort: str, quality: pd.DataFrame) -> str:
    """Caption of a figure of sample quality: components, and the samples that were flagged."""
    flagged = quality[quality["outlier"]]
    if flagged.empty:
        outliers = "No sample was flagged."
    else:
        named = [f"{row['sample']} ({row['reason']})" for _, row in flagged.head(5).iterrows()]
        more = f" and {len(flagged) - 5} more" if len(flagged) > 5 else ""
        stay = "was flagged and stays" if len(flagged) == 1 else "were flagged and stay"
        outliers = (
            f"Ringed: {counted(len(flagged), 'sample')} {stay} in the analysis: {'; '.join(named)}{more}."
        )
    first = quality.iloc[0]
    return (
        f"Samples of {cohort} (n = {len(quality)}): principal components of its most variable genes "
        f"({100 * first['pc1_variance']:.1f} % and {100 * first['pc2_variance']:.1f} % of variance), and "
        f"four measures in the order of the file, with their medians.{_batch_sentence(quality)} {outliers}"
    )


def _batch_sentence(quality: pd.DataFrame) -> str:
    """How much of each component goes with the batch; nothing where the card names no batch."""
    known = quality[quality["batch"].notna()]
    if known["batch"].nunique() < 2:
        return ""
    shares = []
    for component in ("pc1", "pc2"):
        between = known.groupby("batch")[component].transform("mean")
        total = ((known[component] - known[component].mean()) ** 2).sum()
        share = ((between - known[component].mean()) ** 2).sum() / total
        shares.append(f"{100 * share:.0f} %")
    return (
        f" Shapes: {counted(known['batch'].nunique(), 'batch', 'batches')} as the card names them; they "
        f"explain {shares[0]} of the first component's variance and {shares[1]} of the second's."
    )


def quality_alt(cohort: str, quality: pd.DataFrame) -> str:
    """Finding of a figure of sample quality: how many samples were flagged."""
    flagged = int(quality["outlier"].sum())
    return (
        f"Sample quality of {cohort}: {flagged} of {counted(len(quality), 'sample')} flagged; the first two "
        f"components hold {100 * quality['pc1_variance'].iloc[0]:.1f} % and "
        f"{100 * quality['pc2_variance'].iloc[0]:.1f} % of the variance."
    )


def scores_caption(cohort: str, scores: pd.DataFrame, coverage: pd.DataFrame) -> str:
    """Caption of a figure of scores: how many samples and signatures, and which were not scored."""
    if scores.empty:
        return f"No signature could be scored in {cohort}."
    lost = coverage.loc[coverage["status"] != "ok", "signature"]
    without = (
        f" Not scored, for the reasons in the table of coverage: {listed(list(lost))}." if len(lost) else ""
    )
    return (
        f"Raw scores ({scores['method'].iloc[0]}) of {counted(scores['signature'].nunique(), 'signature')} "
        f"in {counted(scores['sample'].nunique(), 'sample')} of {cohort}, with quartiles, and the Spearman "
        f"correlation between them; signatures in the order of their correlation with the first.{without}"
    )


def scores_alt(cohort: str, scores: pd.DataFrame, primary: str) -> str:
    """Finding of a figure of scores: which signatures go with the primary one most and least."""
    wide = scores.pivot(index="sample", columns="signature", values="score_raw")
    if primary not in wide or wide.shape[1] < 2:
        return f"Distribution of {counted(wide.shape[1], 'score')} in {cohort}."
    correlation = wide.corr(method="spearman")[primary].drop(primary).dropna()
    if correlation.empty:
        return f"Distribution of {counted(wide.shape[1], 'score')} in {cohort}."
    most, least = correlation.idxmax(), correlation.idxmin()
    return (
        f"Scores in {cohort}: {primary} correlates most with {most} (Spearman {correlation[most]:.2f}) and "
        f"least with {least} ({correlation[least]:.2f})."
    )
