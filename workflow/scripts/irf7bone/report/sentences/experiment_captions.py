"""What is said about the figures of a contrast: findings in full sentences, and what the marks mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import capital, counted, is_missing, listed, p_clause
from irf7bone.figures.experiment_genes import MOST_GENES
from irf7bone.figures.experiment_words import effect_words, marker_words, size_words
from irf7bone.report.html.section import not_estimated

if TYPE_CHECKING:
    from irf7bone.study.experiment_card import ExperimentCard

Row = Mapping[str, Any]


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign and a true minus."""
    return f"{value:+.{digits}f}".replace("-", "−")


def signed_range(low: float, high: float) -> str:
    """``−1.90 to −0.40``."""
    return f"{low:.2f} to {high:.2f}".replace("-", "−")


def samples_finding(experiment: str, quality: pd.DataFrame) -> str:
    """How the samples spread, and which were flagged."""
    flagged = quality[quality["outlier"]]
    named = [f"{row['sample']} ({row['reason']})" for row in flagged.to_dict("records")]
    shares = [100 * quality[f"{name}_variance"].iloc[0] for name in ("pc1", "pc2")]
    stay = f"flagged, and kept: {listed(named)}" if named else "none is flagged"
    return (
        f"Samples of {experiment} (n = {len(quality)}): the first two components hold {shares[0]:.0f} % and "
        f"{shares[1]:.0f} % of the variance; {stay}."
    )


SAMPLES_MARKS = (
    "Left: principal components, lines within pairs, flagged samples ringed. Right: root mean square log2 "
    "difference of the most variable genes, samples in the order of their clustering."
)


def volcano_finding(contrast: Row, panel: pd.DataFrame, fdr: float) -> str:
    """How many genes change, and how many of the interferon panel; IRF7 by name."""
    said = (
        f"{capital(effect_words(contrast))}, {size_words(contrast)}: of "
        f"{counted(int(contrast['n_genes']), 'gene')} tested, {int(contrast['n_down']):,} are lower and "
        f"{int(contrast['n_up']):,} higher at a false discovery rate of {100 * fdr:g} %."
    )
    tested = panel[panel["status"] == "ok"].drop_duplicates("gene")
    own = tested[tested["panel"] == "interferon"]
    falls, rises = own["log2_fc"] < 0, own["log2_fc"] > 0
    sure = own["q"] <= fdr
    said += (
        f" Of {counted(len(own), 'interferon gene')} measured {int(falls.sum())} are lower "
        f"({int((falls & sure).sum())} at that rate) and {int(rises.sum())} higher "
        f"({int((rises & sure).sum())})."
    )
    irf7 = panel[panel["panel"] == "irf7"]
    for row in irf7.to_dict("records"):
        if row["status"] == "ok":
            said += (
                f" {row['gene']} changes by {signed(row['log2_fc'])} log2 "
                f"({signed_range(row['ci_low'], row['ci_high'])}), {p_clause(row['p'])}."
            )
        else:
            said += f" {row['human']} was {not_estimated(row)}."
    return said


def volcano_marks(contrast: Row, fdr: float) -> str:
    """What the volcano's marks mean."""
    return (
        f"Moderated t ({contrast['engine']}, {contrast['model']}). Red: IRF7; blue: the genes of the primary "
        f"signature, the strongest named on each side; dashed: false discovery rate {100 * fdr:g} %."
    )


def slopes_finding(contrast: Row, scores: pd.DataFrame, differences: pd.DataFrame) -> str:
    """The difference of each signature shown, and in how many pairs it goes that way."""
    parts = []
    for row in differences.to_dict("records"):
        if row["status"] != "ok":
            parts.append(f"{row['signature']} {not_estimated(row)}")
            continue
        said = (
            f"{row['signature']} {signed(row['difference'])} SD "
            f"({signed_range(row['ci_low'], row['ci_high'])}), {p_clause(row['p'])}"
        )
        if not is_missing(row["permutation_p"]):
            said += f", by relabelling {p_clause(row['permutation_p'])}"
        if not is_missing(contrast["n_pairs"]):
            said += f", lower in {_falling(contrast, scores, row['signature'])}"
        parts.append(said)
    return f"Score, {effect_words(contrast)}, {size_words(contrast)}: {'; '.join(parts)}."


def _falling(contrast: Row, scores: pd.DataFrame, signature: str) -> str:
    own = scores[(scores["signature"] == signature) & scores["pair"].notna()]
    wide = own.pivot_table(index="pair", columns="group", values="score_z", aggfunc="mean", observed=True)
    wide = wide.reindex(columns=[contrast["reference"], contrast["case"]]).dropna()
    falls = int((wide[contrast["case"]] < wide[contrast["reference"]]).sum())
    return f"{falls} of {counted(len(wide), 'pair')}"


SLOPES_MARKS = (
    "Dots: samples, in standard deviations of the score over the experiment; lines: pairs, solid where "
    "the score is lower in the case; bars: group means. Differences with 95 % intervals."
)


def heatmap_finding(contrast: Row, table: pd.DataFrame) -> str:
    """Which interferon genes stand at the two ends."""
    if table.empty:
        return "None of the interferon genes is measured."
    genes = table["gene"].drop_duplicates().tolist()
    return (
        f"{counted(len(genes), 'interferon gene')} in {counted(table['sample'].nunique(), 'sample')} "
        f"({effect_words(contrast)}, {size_words(contrast)}), from the lowest fold change "
        f"({listed(genes[:3])}) to the highest ({listed(genes[-3:])})."
    )


HEATMAP_MARKS = (
    f"At most {MOST_GENES} genes, those with the smallest p, in the order of their fold change; samples by "
    "group and then by pair. Colour: log2 expression, centred and scaled over the samples shown."
)


def running_finding(contrast: Row, sets: pd.DataFrame) -> str:
    """Enrichment of each signature shown, by both tests."""
    parts = []
    for row in sets.to_dict("records"):
        if row["status"] != "ok":
            parts.append(f"{row['signature']} {not_estimated(row)}")
            continue
        parts.append(
            f"{row['signature']} ({counted(int(row['n_genes_used']), 'gene')}): NES {signed(row['nes'])}, "
            f"prerank {p_clause(row['prerank_p'])}, camera {p_clause(row['camera_p'])}, mean fold change "
            f"{signed(row['mean_log2_fc'])} log2"
        )
    return f"Enrichment along the ranking by moderated t, {effect_words(contrast)}: {'; '.join(parts)}."


RUNNING_MARKS = (
    "Green: running sum, genes that are higher in the case on the left; dotted: its largest deviation; "
    "strokes: genes of the set. Prerank takes genes as independent; camera allows for their correlation."
)


def composition_finding(contrast: Row, markers: pd.DataFrame) -> str:
    """Which marker lists differ, and by how much."""
    differing = markers[markers["differs"]]
    if differing.empty:
        return (
            f"No marker list of tissue or cells differs in {effect_words(contrast)}, {size_words(contrast)}."
        )
    said = [
        f"{marker_words(row['marker'])} by {signed(row['difference'])} log2"
        for row in differing.to_dict("records")
    ]
    return (
        f"What the samples hold differs in {effect_words(contrast)}, {size_words(contrast)}: {listed(said)}."
    )


COMPOSITION_MARKS = (
    "Left: difference in the mean expression of each marker list; orange where the interval excludes 0 "
    "and the mean moves by 0.5 log2 or more. Right: the difference of the primary signature's score with "
    "each of them in the model. Lines: 95 % intervals."
)


def signature_sentence(
    card: ExperimentCard, derived: pd.DataFrame, withheld: Mapping[str, str], *, in_cohorts: bool = True
) -> str:
    """How many genes the derived signature has, and where it is not scored.

    Args:
        card: The experiment's card.
        derived: Its rows of :data:`irf7bone.tables.experiment.DERIVED`.
        withheld: Cohorts in which it is not scored, with the reason.
        in_cohorts: Whether the study has cohorts.
    """
    rule = card.derive
    if rule is None:
        return ""
    genes, used = derived["gene"].nunique(), derived.loc[derived["used"], "human"].nunique()
    said = (
        f"Signature {rule.name}: {counted(genes, 'gene')} of {card.id} ({rule.contrast}) fall by "
        f"{rule.log2_fold:g} log2 or more at a false discovery rate of {100 * rule.fdr:g} %; "
        f"{counted(used, 'human gene')} make it."
    )
    if not in_cohorts:
        return said
    if used == 0:
        return f"{said} It is empty, so no cohort has a score of it."
    by_reason = dict.fromkeys(withheld.values())
    not_tested = [
        f"not in {listed([cohort for cohort, why in withheld.items() if why == reason])} ({reason})"
        for reason in by_reason
    ]
    but = f", but {', '.join(not_tested)}" if not_tested else ""
    return f"{said} It is scored in the cohorts{but}."


EXPERIMENT_FOREST_MARKS = (
    "A square is an experiment's Hedges' g of the primary signature with its 95 % interval, a diamond what "
    "is pooled; simulated experiments stand on the hatched ground, apart."
)


def forest_of_experiments(claim: pd.DataFrame) -> str:
    """The finding of the forest of experiments: what is pooled, or that nothing is."""
    said = [str(row["sentence"]) for row in claim.to_dict("records")]
    return " ".join(said) or "No contrast that the claim speaks of."
