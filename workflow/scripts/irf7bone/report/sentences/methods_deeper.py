"""The methods text of the sections that look deeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from irf7bone.base.phrases import MODEL_WORDS, counted, listed
from irf7bone.base.vocabulary import (
    ALL_REFITTED,
    EVENTS_PER_PARAMETER,
    FEWEST_FOR_FUNNEL,
    FEWEST_OF_ER,
    FEWEST_TUMOURS,
    LEAST_SHARE_OF_ER,
    LEAST_SHARE_OF_GENES,
    LEUKOCYTE_GENE,
)
from irf7bone.random_signatures.null_plan import draws_by, null_plan
from irf7bone.tables.outcome_checks import AUC_MONTHS, SPLIT_MONTHS

if TYPE_CHECKING:
    import pandas as pd

    from irf7bone.report.sentences.references import Citations
    from irf7bone.study.settings import Config


def write_deeper(
    config: Config, cite: Citations, called_subtypes: pd.DataFrame | None = None, *, dfbetas: bool = False
) -> tuple[tuple[str, str], ...]:
    """Headings and paragraphs.

    Args:
        config: The settings.
        cite: Numbers what is cited.
        called_subtypes: :data:`irf7bone.tables.cohort.SUBTYPES` of every cohort, where some are called.
        dfbetas: Whether some samples of a large cohort were not left out by refitting.
    """
    called = () if called_subtypes is None or called_subtypes.empty else _called(called_subtypes, cite)
    return (
        ("Random signatures", _random(config, cite)),
        ("Sites, competing risks and strata", _rivals(config, cite)),
        *called,
        ("Agreement, choices and checks", _checks(cite, dfbetas=dfbetas)),
        ("Immune link and signature quality", _biology(config, cite)),
    )


def _random(config: Config, cite: Citations) -> str:
    drawn = config.random_signatures
    fewer = drawn.of_role("simulated").draws
    in_simulated = f"; {fewer:,} in a simulated cohort" if fewer < drawn.draws else ""
    models = [MODEL_WORDS[model] for model in config.models if model in null_plan(config).models]
    return (
        f"Named signatures were compared with up to {drawn.draws:,} random ones of the same size (seed "
        f"{drawn.seed}{in_simulated}), matched gene by gene on deciles of mean and variance of expression, "
        f"through the same score, endpoint and model ({listed(models)}{_by_fewer(config)}), because most "
        f"gene sets are prognostic in breast cancer {cite('venet2011')}. The empirical p is twice the "
        f"smaller tail, (1 + as extreme) / (1 + draws) {cite('phipson2010')}. For the pooled result the same "
        f"random signatures were drawn in every cohort. {_which(config)}"
    )


def _by_fewer(config: Config) -> str:
    """Which methods had fewer random signatures, and how many."""
    draws = config.random_signatures.draws
    by = {method: draws_by(method, config, draws) for method in config.methods}
    return "".join(f"; {n:,} by {method}" for method, n in by.items() if n < draws)


def _which(config: Config) -> str:
    """Which scores were held against random signatures."""
    primary = config.primary
    drawn = null_plan(config).scores
    others = [
        name for name in config.methods if name != primary.method and (primary.signature, name) in drawn
    ]
    said = f"This was done for every signature by {primary.method}"
    if others:
        said += f", and for {primary.signature} by {listed(others)}"
    return f"{said}."


def _rivals(config: Config, cite: Citations) -> str:
    return (
        "Where events compete, cause-specific hazard ratios stand next to those of the subdistribution "
        f"hazard {cite('fine1999')}, and curves by tertile are compared by Gray's test {cite('gray1988')}, "
        "elsewhere by "
        f"the log-rank test. Bone was compared with other sites on data stacked by cause {cite('lunn1995')} "
        "and, among the relapsed, by logistic regression; with few events both are penalised. Effects by ER "
        "status, and by HER2 and subtype where they are recorded, were estimated per standard deviation "
        "within the whole cohort, below "
        f"{EVENTS_PER_PARAMETER} events per coefficient by Firth's penalised likelihood with "
        f"profile-likelihood intervals {cite('heinze2001')}, and their difference was "
        f"taken within cohorts and then pooled {cite('fisher2017')}. All are for scores by "
        f"{config.primary.method}. Every single gene was related to the same endpoints, unadjusted and given "
        "proliferation, and corrected for their number (Benjamini-Hochberg); this is exploration."
    )


def _called(calls: pd.DataFrame, cite: Citations) -> tuple[tuple[str, str]]:
    """How subtypes were called from expression, and in how many tumours; the refusals are in the page."""
    by_cohort = calls.groupby("cohort", sort=False)["subtype"].agg(["count", "size"])
    with_calls = by_cohort[by_cohort["count"] > 0]
    said = (
        "Where a card states no subtype, subtypes were called from expression by the nearest centroid: each "
        "gene centred on its median over tumours, ER-positive and ER-negative ones weighing the same, and "
        f"the subtype whose centroid has the highest Spearman correlation {cite('parker2009')}. As genes "
        f"centred on tumours of one kind give wrong subtypes {cite('zhao2015')}, a cohort has calls only "
        f"with {FEWEST_TUMOURS} tumours, {FEWEST_OF_ER} and {LEAST_SHARE_OF_ER:.0%} of each ER status, and "
        f"{LEAST_SHARE_OF_GENES:.0%} of the centroids' genes; a tumour that no centroid correlates with has "
        f"none. {int(by_cohort['count'].sum()):,} of {counted(int(by_cohort['size'].sum()), 'tumour')} in "
        f"{len(with_calls)} of {counted(len(by_cohort), 'cohort')} were called. Stated and called subtypes "
        "are never in one estimate."
    )
    return (("Subtypes called from expression", said),)


def _checks(cite: Citations, *, dfbetas: bool) -> str:
    approximated = (
        f" (of more than {ALL_REFITTED:,} at risk those that move an estimate most, the others by their "
        f"dfbeta {cite('lin1989')})"
        if dfbetas
        else ""
    )
    years = listed([str(months // 12) for months in AUC_MONTHS])
    return (
        f"Intervals of I² and tau² are by the Q-profile method {cite('viechtbauer2007')}; asymmetry was "
        "tested by "
        f"Egger's regression {cite('egger1997')} with {FEWEST_FOR_FUNNEL} cohorts or more. A specification "
        f"curve {cite('simonsohn2020')} repeats the pooled primary question for every selected interferon "
        "signature, "
        f"method and model. Fits were checked by hazard ratios before and after {SPLIT_MONTHS} months, by a "
        "restricted cubic spline against the line, and by leaving out each sample"
        f"{approximated}. Discrimination is also "
        f"measured by Uno's C {cite('uno2011')} and the time-dependent area under the curve at {years} years "
        f"{cite('blanche2013')}."
    )


def _biology(config: Config, cite: Citations) -> str:
    return (
        "Interferon scores were correlated with immune scores over all samples of a cohort, unadjusted, "
        f"given proliferation, and given also the leukocyte gene {LEUKOCYTE_GENE}, shared genes taken out "
        "first; Fisher's z was pooled over cohorts of patients by random effects. Signatures were described "
        f"in each cohort after sigQC {cite('dhawan2019')}: coverage, level and variance of their genes, "
        "their correlation, and whether mean, median and first component agree."
    )
