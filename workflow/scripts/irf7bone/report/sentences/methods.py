"""The methods text, made from what was really run, with citations and versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, counted, listed, signature_name
from irf7bone.base.vocabulary import BETTER, ESR1, EVENTS_PER_PARAMETER, FEWEST_WORKS, UNRELATED
from irf7bone.outcome.er_adjustment import COMPLETE
from irf7bone.report.sentences.methods_cells import write_cells
from irf7bone.report.sentences.methods_deeper import write_deeper
from irf7bone.report.sentences.methods_experiments import write_alone, write_experiments
from irf7bone.report.sentences.references import Citations, Work, Works
from irf7bone.scoring.agreement import REFERENCE_SHARE
from irf7bone.scoring.registry import METHODS

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature
    from irf7bone.report.inputs import CellSets, Experiments
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.settings import Config


@dataclass(frozen=True)
class Methods:
    """Paragraphs with numbered citations, and the references in the order of their numbers."""

    paragraphs: tuple[tuple[str, str], ...]
    references: tuple[Work, ...]


def as_markdown(methods: Methods) -> str:
    """The methods text as a file to take over into a manuscript."""
    parts = [f"## {heading}\n\n{paragraph}\n" for heading, paragraph in methods.paragraphs]
    numbered = [f"{number}. {work.text}" for number, work in enumerate(methods.references, start=1)]
    return "\n".join([*parts, "## References", "", *numbered, ""])


def write_methods(
    works: Works,
    config: Config,
    cards: Mapping[str, CohortCard],
    library: Mapping[str, Signature],
    associations: pd.DataFrame,
    curves_competing: bool,
    provenance: Mapping[str, Any],
    experiments: Experiments | None = None,
    cells: CellSets | None = None,
    called_subtypes: pd.DataFrame | None = None,
    *,
    dfbetas: bool = False,
) -> Methods:
    """Describe the run.

    Args:
        works: Those of data/references.bib.
        config: The settings.
        cards: Cohort id -> card.
        library: Signatures by name; those selected are described.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`, for what was needed: which estimators.
        curves_competing: Whether an endpoint of a cohort has competing events.
        provenance: Result of :func:`irf7bone.study.provenance.collect`.
        experiments: None where the study has none.
        cells: None where the study has no single-cell data set.
        called_subtypes: :data:`irf7bone.tables.cohort.SUBTYPES` of every cohort; None or empty where none are
            called.
        dfbetas: Whether some samples of a large cohort were not left out by refitting.
    """
    cite = Citations(works)
    packages = packages_used(provenance, cards, experiments, cells)
    if not cards:
        alone = (
            *write_alone(config, cite),
            *write_experiments(experiments, cite),
            *write_cells(cells, cite),
            ("Software", _software(provenance, packages, cite)),
        )
        return Methods(alone, tuple(cite.cited))
    paragraphs = (
        ("Claim and question", _claim(config, cite)),
        ("Cohorts", _cohorts(cards, cite)),
        ("Signatures", _signatures(config, library, cite)),
        ("Scores", _scores(config, cite)),
        ("Outcome", _outcome(config, associations, curves_competing, cite)),
        ("Pooling and multiplicity", _pooling(config, cite)),
        *write_deeper(config, cite, called_subtypes, dfbetas=dfbetas),
        *write_experiments(experiments, cite),
        *write_cells(cells, cite),
        ("Verdict", _verdict(config, cite)),
        ("Software", _software(provenance, packages, cite)),
    )
    return Methods(paragraphs, tuple(cite.cited))


def _claim(config: Config, cite: Citations) -> str:
    primary = config.primary
    return (
        "Tumour cells that silence IRF7 have been reported to lose the interferon signal that exposes them "
        f"to the immune system, and to spread to bone {cite('bidwell2012')}. One analysis was named before "
        f"the run as the primary one: signature {signature_name(primary.signature)}, "
        f"method {primary.method}, endpoint {ENDPOINT_WORDS[primary.endpoint]}, "
        f"model {MODEL_WORDS[primary.model]}."
    )


def _cohorts(cards: Mapping[str, CohortCard], cite: Citations) -> str:
    real: list[str] = []
    simulated: list[str] = []
    for card in cards.values():
        work = cite.works.of_card(card)
        if card.simulated:
            simulated.append(card.id)
        else:
            real.append(f"{card.id} {cite(work)}" if work else card.id)
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
        f"and rows of one gene to one row{_by_companions(cards, cite)}. Samples were matched to clinical "
        "data by identifier; every loss is counted and named. Sample quality (median, interquartile range, "
        "agreement with the others) and principal components were computed on AnnData "
        f"{cite('virshup2024')} with scanpy "
        f"{cite('wolf2018')}; no "
        "sample was left out for them. Median follow-up is by the reverse Kaplan-Meier method "
        f"{cite('schemper1996')}."
    )
    return " ".join(parts)


def _by_companions(cards: Mapping[str, CohortCard], cite: Citations) -> str:
    """The cohorts in which companions may choose a gene's row; empty where there are none."""
    named = [card.id for card in cards.values() if card.collapses_by_companions]
    if not named:
        return ""
    return (
        f" (in {listed(named)} the one that follows the genes which published sets put beside it, where "
        "these go together and it follows them better than the loudest row, by a one-sided p below "
        f"{BETTER:g} {cite('meng1992')}; no outcome was read)"
    )


def _signatures(config: Config, library: Mapping[str, Signature], cite: Citations) -> str:
    parts = []
    for name in config.signatures.select:
        signature = library[name]
        marker = _origin(signature, cite)
        said = name if signature_name(name) == name else f"{signature_name(name)}, {name}"
        parts.append(f"{said} ({counted(len(signature.genes), 'gene')}{marker})")
    return (
        f"{counted(len(parts), 'signature')}: {listed(parts)}. A signature is scored in a cohort where the "
        "genes measured there stand for the whole: in every other real cohort that measures at least "
        f"{100 * REFERENCE_SHARE:g} % of it, their score correlates with that of all by at least "
        f"{config.signatures.min_agreement:g}; where there is no such cohort, "
        f"{100 * config.signatures.min_coverage:g} % of the genes are enough. A signature of one gene is "
        "scored unless its row is another's: no correlation (upper 99 % limit below "
        f"{UNRELATED:g}) with the genes that published sets of {FEWEST_WORKS} works or more name beside it "
        "and that go together in the cohort, and closest to genes that have nothing to do with these, or to "
        "none."
    )


def _origin(signature: Signature, cite: Citations) -> str:
    """Who defined a signature; one that this run derived is no paper."""
    if signature.role == "derived":
        return f", derived in this run: {signature.citation}"
    defined_by = cite.works.of_signature(signature)
    return f" {cite(*defined_by)}" if defined_by else ", no source stated"


def _scores(config: Config, cite: Citations) -> str:
    parts = [f"{name}: {METHODS[name].description} {cite(METHODS[name].citation)}" for name in config.methods]
    return (
        f"{'; '.join(parts)}. Each score was centred and scaled to one standard deviation within its cohort."
    )


def _outcome(config: Config, associations: pd.DataFrame, competing: bool, cite: Citations) -> str:
    models = listed([MODEL_WORDS[model] for model in config.models])
    parts = [
        f"Endpoints: {listed([ENDPOINT_WORDS[endpoint] for endpoint in config.endpoints])}. The effect is "
        f"the hazard ratio per standard deviation (SD) of the score, from Cox models {cite('cox1972')} with "
        f"Efron's handling of ties {cite('efron1977')}: {models}. Proliferation is the score of "
        f"{signature_name(config.proliferation_signature)} by {config.primary.method}."
    ]
    expressed = by_esr1(associations)
    if expressed:
        parts.append(
            f"ER is its recorded status where {100 * COMPLETE:g} % of the patients of a cohort have one, and "
            f"the expression of ESR1 elsewhere: in {listed(expressed)}."
        )
    if {"clinical", "full"} & set(config.models):
        parts.append(
            "Clinical covariates are those of ER, node, grade, size and age that a cohort has, stratified by "
            "ER where both strata have the events for it."
        )
    if (associations["estimator"] == "firth").any():
        parts.append(
            f"With fewer than {EVENTS_PER_PARAMETER} events per coefficient Firth's penalised likelihood was "
            f"used, with profile-likelihood intervals {cite('heinze2001')}."
        )
    parts.append(
        f"With fewer than {counted(config.min_events, 'event')} nothing was fitted. Proportional hazards "
        f"were tested by the score test {cite('grambsch1994')}; discrimination is Harrell's C "
        f"{cite('harrell1996')} for longer time without the event."
    )
    curve = f"Curves by tertile, for display only, are Kaplan-Meier estimates {cite('kaplan1958')}"
    if competing:
        curve += (
            ", and Aalen-Johansen cumulative incidence where other outcomes compete "
            f"{cite('aalen1978')}; hazard ratios are then cause-specific, competing events censored at their "
            "time"
        )
    return " ".join(
        [*parts, f"{curve}; medians have Brookmeyer and Crowley's intervals {cite('brookmeyer1982')}."]
    )


def by_esr1(associations: pd.DataFrame, drawn: pd.DataFrame | None = None) -> list[str]:
    """Cohorts in which ESR1 expression stands for ER in an adjusted model.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        drawn: Rows with ``model``; only models among them count. None: every model counts.
    """
    rows = associations if drawn is None else associations[associations["model"].isin(list(drawn["model"]))]
    covariates = rows["covariates"].fillna("").astype(str).str.split(",")
    return list(dict.fromkeys(rows.loc[[ESR1 in names for names in covariates], "cohort"]))


def _pooling(config: Config, cite: Citations) -> str:
    return (
        "Cohorts of patients were pooled in two stages by random effects, between-cohort variance by "
        f"restricted maximum likelihood {cite('viechtbauer2005')}, intervals by Knapp and Hartung "
        f"{cite('knapp2003')} with the modification for few studies {cite('roever2015')}; I² after Higgins "
        f"and Thompson {cite('higgins2002')}. A single cohort keeps its own interval. Simulated cohorts are "
        "never pooled, nor are cohorts in which a signature was found or whose patients were all chosen for "
        "having the event. The p value of the primary analysis stands alone; every other pooled result but "
        "those "
        f"of positive controls has a Benjamini-Hochberg q {cite('benjamini1995')} over all of them."
    )


def _verdict(config: Config, cite: Citations) -> str:
    return (
        "The verdict rests on the hazard ratio given proliferation and ER. It must also hold given "
        "proliferation "
        "alone, and with both calibrated for measurement error "
        f"(reliability {config.reliability.proliferation:g} and {config.reliability.er:g}) "
        f"{cite('prentice1982')}; all three "
        f"must agree {cite('berger1982')}. Specificity is the same effect given proliferation and the mean "
        "score of matched "
        "random signatures. The same patients enter every model, and the same cohorts every pool: a Bayesian "
        f"normal-normal model with a flat prior of the mean and a half-normal prior of scale "
        f"{config.verdict.prior_scale:g} of the standard deviation between cohorts "
        f"{cite('roever2020')} {cite('friede2017')}, whose "
        "95 % interval decides; modified Knapp-Hartung intervals, a common effect and priors of scale 0.25 "
        "and 1 stand "
        "beside it. No effect of the size looked for is said where every model excludes hazard ratios of "
        f"{config.verdict.smallest_hr:g} and of its inverse {cite('schuirmann1987')}, proliferation, the "
        "positive control, "
        "shows, and the effect does not change over time. What was not named before the run is exploratory "
        "and needs "
        "a Benjamini-Hochberg q of 0.05 among its like, positive controls left out. How often each word "
        "errs was "
        "simulated (docs/statistics/calibration.md)."
    )


def packages_used(
    provenance: Mapping[str, Any],
    cards: Mapping[str, CohortCard],
    experiments: Experiments | None,
    cells: CellSets | None,
) -> list[str]:
    """The installed packages without those that only other kinds of data need.

    Args:
        provenance: Result of :func:`irf7bone.study.provenance.collect`.
        cards: Cohort id -> card.
        experiments: None where the study has none.
        cells: Likewise.
    """
    counts = experiments is not None and bool(
        (experiments.tables["contrasts"]["engine"] == "limma-voom").any()
    )
    needed = {
        "gseapy": experiments is not None,
        "pylimma": experiments is not None or cells is not None,
        "pydeseq2": counts,
        "umap-learn": cells is not None,
        "SurvSet": any(card.expression.get("package") == "SurvSet" for card in cards.values()),
    }
    versions = provenance["packages"]
    return [name for name, version in versions.items() if version != "NA" and needed.get(name, True)]


def _software(provenance: Mapping[str, Any], names: Sequence[str], cite: Citations) -> str:
    versions = [f"{name} {provenance['packages'][name]}" for name in names]
    return (
        f"Python {provenance['python']} with {listed(versions)}; run by Snakemake {cite('moelder2021')}, "
        f"drawn with seaborn {cite('waskom2021')}. The run is made again by: {provenance['command']}."
    )
