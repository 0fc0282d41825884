"""The methods text, made from what was really run, with citations and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, counted, listed
from irf7bone.report.sentences.methods_cells import write_cells
from irf7bone.report.sentences.methods_deeper import write_deeper
from irf7bone.report.sentences.methods_experiments import write_experiments
from irf7bone.scoring.registry import METHODS
from irf7bone.statistics.firth import EVENTS_PER_PARAMETER

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.report.inputs import CellSets, Experiments
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.experiment_card import ExperimentCard
    from irf7bone.study.settings import Config

REFERENCES = {
    "aalen": "Aalen OO, Johansen S. An empirical transition matrix for non-homogeneous Markov chains based "
    "on censored observations. Scand J Stat 1978;5:141-150.",
    "anndata": "Virshup I, Rybakov S, Theis FJ, et al. anndata: access and store annotated data matrices. "
    "J Open Source Softw 2024;9:4371.",
    "benjamini": "Benjamini Y, Hochberg Y. Controlling the false discovery rate. J R Stat Soc B "
    "1995;57:289-300.",
    "bidwell": "Bidwell BN, Slaney CY, Withana NP, et al. Silencing of Irf7 pathways in breast cancer cells "
    "promotes bone metastasis through immune escape. Nat Med 2012;18:1224-1231. doi:10.1038/nm.2830.",
    "cox": "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220.",
    "efron": "Efron B. The efficiency of Cox's likelihood function for censored data. J Am Stat Assoc "
    "1977;72:557-565.",
    "firth": "Heinze G, Schemper M. A solution to the problem of monotone likelihood in Cox regression. "
    "Biometrics 2001;57:114-119.",
    "grambsch": "Grambsch PM, Therneau TM. Proportional hazards tests and diagnostics based on weighted "
    "residuals. Biometrika 1994;81:515-526.",
    "harrell": "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models. Stat Med 1996;15:361-387.",
    "hedges": "Hedges LV, Vevea JL. Fixed- and random-effects models in meta-analysis. Psychol Methods "
    "1998;3:486-504.",
    "higgins": "Higgins JPT, Thompson SG. Quantifying heterogeneity in a meta-analysis. Stat Med "
    "2002;21:1539-1558.",
    "hsieh": "Hsieh FY, Lavori PW. Sample-size calculations for the Cox proportional hazards regression "
    "model with nonbinary covariates. Control Clin Trials 2000;21:552-560.",
    "kaplan": "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. J Am Stat Assoc "
    "1958;53:457-481.",
    "knapp": "Knapp G, Hartung J. Improved tests for a random effects meta-regression with a single "
    "covariate. Stat Med 2003;22:2693-2710.",
    "roever": "Röver C, Knapp G, Friede T. Hartung-Knapp-Sidik-Jonkman approach and its modification for "
    "random-effects meta-analysis with few studies. BMC Med Res Methodol 2015;15:99.",
    "scanpy": "Wolf FA, Angerer P, Theis FJ. SCANPY: large-scale single-cell gene expression data analysis. "
    "Genome Biol 2018;19:15.",
    "schemper": "Schemper M, Smith TL. A note on quantifying follow-up in studies of failure time. "
    "Control Clin Trials 1996;17:343-346.",
    "seaborn": "Waskom ML. seaborn: statistical data visualization. J Open Source Softw 2021;6:3021.",
    "snakemake": "Mölder F, Jablonski KP, Letcher B, et al. Sustainable data analysis with Snakemake. "
    "F1000Research 2021;10:33.",
    "viechtbauer": "Viechtbauer W. Bias and efficiency of meta-analytic variance estimators in the "
    "random-effects model. J Educ Behav Stat 2005;30:261-293.",
}


@dataclass(frozen=True)
class Methods:
    """Paragraphs with numbered citations, and the references in the order of their numbers."""

    paragraphs: tuple[tuple[str, str], ...]
    references: tuple[str, ...]


def as_markdown(methods: Methods) -> str:
    """The methods text as a file to take over into a manuscript."""
    parts = [f"## {heading}\n\n{paragraph}\n" for heading, paragraph in methods.paragraphs]
    numbered = [f"{number}. {reference}" for number, reference in enumerate(methods.references, start=1)]
    return "\n".join([*parts, "## References", "", *numbered, ""])


class Citations:
    """Numbers references in the order in which the text first cites them."""

    def __init__(self) -> None:
        """Start without references."""
        self.references: list[str] = []

    def __call__(self, *references: str) -> str:
        """The bracketed numbers of ``references``: keys of :data:`REFERENCES`, or whole references."""
        numbers = []
        for reference in references:
            said = REFERENCES.get(reference, reference)
            if said not in self.references:
                self.references.append(said)
            numbers.append(self.references.index(said) + 1)
        return f"[{', '.join(map(str, sorted(numbers)))}]"


def write_methods(
    config: Config,
    cards: Mapping[str, CohortCard],
    library: Mapping[str, Signature],
    associations: pd.DataFrame,
    curves_competing: bool,
    provenance: Mapping[str, Any],
    experiments: Experiments | None = None,
    cells: CellSets | None = None,
) -> Methods:
    """Describe the run.

    Args:
        config: The settings.
        cards: Cohort id -> card.
        library: Signatures by name; those selected are described.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`, for what was needed: which estimators.
        curves_competing: Whether an endpoint of a cohort has competing events.
        provenance: Result of :func:`irf7bone.study.provenance.collect`.
        experiments: None where the study has none.
        cells: None where the study has no single-cell data set.
    """
    cite = Citations()
    paragraphs = (
        ("Claim and question", _claim(config, cite)),
        ("Cohorts", _cohorts(cards, cite)),
        ("Signatures", _signatures(config, library, cite)),
        ("Scores", _scores(config, cite)),
        ("Outcome", _outcome(config, associations, curves_competing, cite)),
        ("Pooling and multiplicity", _pooling(config, cite)),
        *write_deeper(config, cite),
        *write_experiments(experiments, cite, citation_of),
        *write_cells(cells, cite, citation_of),
        ("Verdict", _verdict(config, cite)),
        ("Software", _software(provenance, cite)),
    )
    return Methods(paragraphs, tuple(cite.references))


def _claim(config: Config, cite: Citations) -> str:
    primary = config.primary
    return (
        "Tumour cells that silence IRF7 have been reported to lose the interferon signal that exposes them "
        f"to the immune system, and to spread to bone {cite('bidwell')}. One analysis was named before the "
        f"run as the primary one: signature {primary.signature}, method {primary.method}, endpoint "
        f"{ENDPOINT_WORDS[primary.endpoint]}, model {MODEL_WORDS[primary.model]}."
    )


def _cohorts(cards: Mapping[str, CohortCard], cite: Citations) -> str:
    real, simulated = [], []
    for card in cards.values():
        reference = citation_of(card)
        marker = f" {cite(reference)}" if reference else ""
        (simulated if card.role == "simulated" else real).append(f"{card.id}{marker}")
    parts = [
        f"{counted(len(real), 'cohort')} of patients: {listed(real)}." if real else "No cohort of patients."
    ]
    if simulated:
        parts.append(
            f"{counted(len(simulated), 'simulated cohort')} with a planted effect, never pooled with "
            f"patients: {listed(simulated)}."
        )
    parts.append(
        "Expression was brought to log2 as each cohort's card states, gene names to current HGNC symbols, "
        "and rows of one gene to one row. Samples were matched to clinical data by identifier; every loss is "
        "counted and named. Sample quality (median, interquartile range, agreement with the others) and "
        f"principal components were computed on AnnData {cite('anndata')} with scanpy {cite('scanpy')}; no "
        "sample was left out for them. Median follow-up is by the reverse Kaplan-Meier method "
        f"{cite('schemper')}."
    )
    return " ".join(parts)


def citation_of(card: CohortCard | ExperimentCard) -> str:
    """The reference of a cohort or experiment as its card gives it; empty where it gives none."""
    parts = [str(card.citation["text"]).rstrip(".")] if "text" in card.citation else []
    parts += [
        f"{name}:{card.citation[key]}"
        for key, name in (("doi", "doi"), ("pmid", "PMID"))
        if key in card.citation
    ]
    return f"{'. '.join(parts)}." if parts else ""


def _signatures(config: Config, library: Mapping[str, Signature], cite: Citations) -> str:
    parts = []
    for name in config.signatures.select:
        signature = library[name]
        marker = f" {cite(signature.citation)}" if signature.citation else ", no source stated"
        parts.append(f"{name} ({counted(len(signature.genes), 'gene')}{marker})")
    return (
        f"{counted(len(parts), 'signature')}: {listed(parts)}. A signature of which a cohort has less than "
        f"{100 * config.signatures.min_coverage:g} % of the genes gets no score there."
    )


def _scores(config: Config, cite: Citations) -> str:
    parts = [f"{name}: {METHODS[name].description} {cite(METHODS[name].citation)}" for name in config.methods]
    return (
        f"{'; '.join(parts)}. Each score was centred and scaled to one standard deviation within its cohort."
    )


def _outcome(config: Config, associations: pd.DataFrame, competing: bool, cite: Citations) -> str:
    models = listed([MODEL_WORDS[model] for model in config.models])
    parts = [
        f"Endpoints: {listed([ENDPOINT_WORDS[endpoint] for endpoint in config.endpoints])}. The effect is "
        f"the hazard ratio for one standard deviation more score, from Cox models {cite('cox')} with Efron's "
        f"handling of ties {cite('efron')}: {models}. Proliferation is the score of "
        f"{config.proliferation_signature} by {config.primary.method}."
    ]
    if {"clinical", "full"} & set(config.models):
        parts.append(
            "Clinical covariates are those of ER, node, grade, size and age that a cohort has, stratified by "
            "ER where both strata have the events for it."
        )
    if (associations["estimator"] == "firth").any():
        parts.append(
            f"With fewer than {EVENTS_PER_PARAMETER} events per coefficient Firth's penalised likelihood was "
            f"used, with profile-likelihood intervals {cite('firth')}."
        )
    parts.append(
        f"With fewer than {counted(config.min_events, 'event')} nothing was fitted. Proportional hazards "
        f"were tested by the score test {cite('grambsch')}; discrimination is Harrell's C {cite('harrell')} "
        "for longer time without the event."
    )
    curve = f"Curves by tertile, for display only, are Kaplan-Meier estimates {cite('kaplan')}"
    if competing:
        curve += (
            ", and Aalen-Johansen cumulative incidence where other outcomes compete "
            f"{cite('aalen')}; hazard ratios are then cause-specific, competing events censored at their time"
        )
    return " ".join([*parts, f"{curve}."])


def _pooling(config: Config, cite: Citations) -> str:
    return (
        "Cohorts of patients were pooled in two stages by random effects, between-cohort variance by "
        f"restricted maximum likelihood {cite('viechtbauer')}, intervals by Knapp and Hartung "
        f"{cite('knapp')} with the modification for few studies {cite('roever')}; I² after Higgins and "
        f"Thompson {cite('higgins')}. A single cohort keeps its own interval. Simulated cohorts are never "
        "pooled. The p value of the primary analysis stands alone; every other pooled result has a "
        f"Benjamini-Hochberg q {cite('benjamini')} over all of them."
    )


def _verdict(config: Config, cite: Citations) -> str:
    return (
        "The verdict is that of the first rule that fits, in the order printed with it. An interval that "
        'includes 1 is called "no evidence" only where there are the events to see a hazard ratio of '
        f"{config.verdict.smallest_hr:g} per standard deviation with {100 * config.verdict.power:g} % power "
        f"at two-sided 5 % {cite('hsieh')} and where the average over these cohorts excludes that "
        f"hazard ratio or its inverse {cite('hedges')} and does not show an effect that may be as large; "
        '"too little data" otherwise.'
    )


def _software(provenance: Mapping[str, Any], cite: Citations) -> str:
    versions = [f"{name} {version}" for name, version in provenance["packages"].items() if version != "NA"]
    return (
        f"Python {provenance['python']} with {listed(versions)}; run by Snakemake {cite('snakemake')}, drawn "
        f"with seaborn {cite('seaborn')}. The run is made again by: {provenance['command']}."
    )
