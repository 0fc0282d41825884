"""Builds the report: tables, figures and sentences into one self-contained HTML file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from irf7bone.figures import key_signatures
from irf7bone.figures.draw import forest_models
from irf7bone.figures.forest_tables import cohorts_with
from irf7bone.report import captions, tables, text
from irf7bone.report.biology_section import immune_section, quality_section
from irf7bone.report.checks_section import checks_section
from irf7bone.report.choices_section import heterogeneity_section, specification_section
from irf7bone.report.depth import Depth
from irf7bone.report.er_section import er_section
from irf7bone.report.figures import FigureView, read_figure
from irf7bone.report.methods import citation_of, write_methods
from irf7bone.report.null_section import null_section
from irf7bone.report.section import capital, marked
from irf7bone.report.sites_section import sites_section
from irf7bone.verdict import headline, rules_table, simulated_check
from irf7bone.wording import ENDPOINT_WORDS, counted, is_missing, p_clause, ratio

if TYPE_CHECKING:
    from irf7bone.cards import CohortCard
    from irf7bone.config import Config
    from irf7bone.signatures import Signature


# what stands between the forests and the tables, in order
DEEPER = (
    heterogeneity_section,
    sites_section,
    er_section,
    null_section,
    specification_section,
    immune_section,
    checks_section,
)


@dataclass(frozen=True)
class ReportInputs:
    """All that the report is made from.

    Args:
        config: The settings.
        cards: Cohort id -> card, in the order of the config.
        library: Signatures by name.
        associations: :data:`irf7bone.contracts.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.contracts.POOLED`.
        cohorts: :data:`irf7bone.contracts.COHORTS`.
        verdict: :data:`irf7bone.verdict.VERDICT`.
        flow: :data:`irf7bone.contracts.FLOW` of every cohort.
        coverage: :data:`irf7bone.contracts.COVERAGE` of every cohort.
        quality: :data:`irf7bone.contracts.QC` of every cohort.
        depth: The tables that look deeper.
        figures: Folder with ``<cohort>/`` and ``pooled/``, each figure as .svg with its numbers as .tsv.
        provenance: Result of :func:`irf7bone.provenance.collect`.
        templates: Folder with ``templates/``, ``style.css`` and ``script.js``.
    """

    config: Config
    cards: Mapping[str, CohortCard]
    library: Mapping[str, Signature]
    associations: pd.DataFrame
    pooled: pd.DataFrame
    cohorts: pd.DataFrame
    verdict: pd.DataFrame
    flow: pd.DataFrame
    coverage: pd.DataFrame
    quality: pd.DataFrame
    depth: Depth
    figures: Path
    provenance: Mapping[str, Any]
    templates: Path

    @property
    def simulated(self) -> frozenset[str]:
        """Ids of simulated cohorts."""
        return frozenset(name for name, card in self.cards.items() if card.role == "simulated")

    @property
    def shown(self) -> tuple[str, ...]:
        """The signatures that are drawn one by one."""
        config = self.config
        return key_signatures(
            config.primary.signature, config.proliferation_signature, config.signatures.select
        )


@dataclass(frozen=True)
class Fact:
    """One number of the first screen."""

    label: str
    value: str
    detail: str


def build_report(inputs: ReportInputs) -> str:
    """The whole page; equal inputs give equal bytes.

    Raises:
        FileNotFoundError: A figure that the study should have is not in ``inputs.figures``.
    """
    config = inputs.config
    environment = Environment(
        loader=FileSystemLoader(inputs.templates / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    real = inputs.associations[~inputs.associations["cohort"].isin(inputs.simulated)]
    sound = inputs.quality[~inputs.quality["cohort"].isin(inputs.simulated)]
    planted = planted_effects(inputs.cards, config)
    cohorts = [_cohort(inputs, name) for name in inputs.cards]
    competing = bool((inputs.cohorts["n_competing"].fillna(0) > 0).any())
    page = environment.get_template("index.html.j2").render(
        title=config.title,
        config=config,
        question=text.question(config),
        source_of_claim=text.SOURCE_OF_CLAIM,
        headline=headline(inputs.verdict),
        verdict=primary,
        facts=first_facts(primary, inputs.pooled, config),
        bearing=text.bearing(inputs.verdict, inputs.pooled, real, sound, config),
        simulated_check=text.simulated_sentences(
            simulated_check(inputs.associations, planted, config=config)
        ),
        rules=rules_table().to_dict("records"),
        verdicts=tables.verdict_view(inputs.verdict),
        cohort_table=tables.cohorts_view(inputs.cohorts, inputs.simulated),
        cohorts=cohorts,
        coverage=tables.coverage_view(inputs.coverage, inputs.simulated),
        forests=[_forests(inputs, endpoint) for endpoint in _primary_first(config)],
        associations=tables.associations_view(inputs.associations, inputs.simulated, config.primary.method),
        signature_quality=quality_section(inputs),
        deeper=[section(inputs) for section in DEEPER],
        pooled=tables.pooled_view(inputs.pooled, config.primary.method),
        not_testable=text.NOT_TESTABLE,
        methods=write_methods(
            config, inputs.cards, inputs.library, inputs.associations, competing, inputs.provenance
        ),
        provenance=inputs.provenance,
        provenance_json=json.dumps(inputs.provenance["config"], indent=1, ensure_ascii=False),
        endpoint_words=ENDPOINT_WORDS,
        style=Markup((inputs.templates / "style.css").read_text(encoding="utf-8")),
        script=Markup((inputs.templates / "script.js").read_text(encoding="utf-8")),
    )
    return page if page.endswith("\n") else page + "\n"


def planted_effects(cards: Mapping[str, CohortCard], config: Config) -> dict[str, dict[str, float]]:
    """Planted log hazard ratio of bone metastasis by simulated cohort, where the primary signature has it."""
    return {
        name: {"bone": float(card.expression["log_hr"])}
        for name, card in cards.items()
        if card.role == "simulated" and card.expression["signature"] == config.primary.signature
    }


def first_facts(verdict: pd.Series, pooled: pd.DataFrame, config: Config) -> list[Fact]:
    """The numbers of the first screen: effect, what a further cohort may show, adjustment, size."""
    primary = config.primary
    if is_missing(verdict["hr"]):
        effect = Fact("Hazard ratio per SD", "no estimate", "no cohort of patients gives one")
    else:
        value = f"{ratio(verdict['hr'])} ({ratio(verdict['hr_low'])} to {ratio(verdict['hr_high'])})"
        effect = Fact("Hazard ratio per SD (95 % CI)", value, p_clause(verdict["p"]))
    row = text.pooled_result(pooled, primary.signature, primary.method, primary.endpoint, primary.model)
    if is_missing(row["pi_low"]):
        predicted = Fact("95 % prediction interval", "none", "it takes three cohorts")
    else:
        said = text.interval(row["pi_low"], row["pi_high"])
        predicted = Fact("95 % prediction interval", said, "HR in a further cohort")
    if is_missing(verdict["adjusted_hr"]):
        adjusted = Fact("Adjusted for proliferation", "no estimate", "see below")
    else:
        ends = f"{ratio(verdict['adjusted_low'])} to {ratio(verdict['adjusted_high'])}"
        adjusted = Fact(
            "Adjusted for proliferation", f"{ratio(verdict['adjusted_hr'])} ({ends})", "HR (95 % CI)"
        )
    size = Fact(
        "Behind it",
        counted(int(verdict["n_events"]), "event"),
        f"{counted(int(verdict['n']), 'tumour')}, {counted(int(verdict['k']), 'cohort')} of patients",
    )
    return [effect, predicted, adjusted, size]


def _cohort(inputs: ReportInputs, name: str) -> dict[str, Any]:
    """What the page says of one cohort."""
    card, simulated = inputs.cards[name], name in inputs.simulated
    rows = inputs.cohorts[inputs.cohorts["cohort"] == name]
    quality = inputs.quality[inputs.quality["cohort"] == name]
    scores = _numbers(inputs, f"{name}/scores")
    figures = {
        "quality": read_figure(
            inputs.figures,
            f"{name}/quality",
            title=f"{name}: sample quality",
            alt=captions.quality_alt(name, quality),
            caption=marked(captions.quality_caption(name, quality), simulated),
            simulated=simulated,
        ),
        "scores": read_figure(
            inputs.figures,
            f"{name}/scores",
            title=f"{name}: scores",
            alt=captions.scores_alt(name, scores, inputs.config.primary.signature),
            caption=marked(
                captions.scores_caption(name, scores, inputs.coverage[inputs.coverage["cohort"] == name]),
                simulated,
            ),
            simulated=simulated,
        ),
    }
    endpoints = rows[rows["endpoint"].isin(list(inputs.config.endpoints))]
    return {
        "card": card,
        "simulated": simulated,
        "reference": citation_of(card),
        "summary": rows.iloc[0].to_dict(),
        "endpoints": [
            {
                "name": ENDPOINT_WORDS[row["endpoint"]],
                "definition": row["definition"],
                "said": _endpoint_sentence(row),
            }
            for row in rows[rows["endpoint"].notna()].to_dict("records")
        ],
        "flow": inputs.flow[inputs.flow["cohort"] == name].sort_values("step").to_dict("records"),
        "figures": figures,
        "curves": [_curves(inputs, name, endpoint, simulated) for endpoint in endpoints["endpoint"]],
    }


def _endpoint_sentence(row: Mapping[str, Any]) -> str:
    competing = (
        f", {counted(int(row['n_competing']), 'competing event')}"
        if int(row["n_competing"])
        else ", none competing"
    )
    return (
        f"{counted(int(row['n_endpoint']), 'sample')}, {counted(int(row['n_events']), 'event')}{competing}; "
        f"median follow-up {text.months(row['median_followup_months'])}"
    )


def _curves(inputs: ReportInputs, name: str, endpoint: str, simulated: bool) -> FigureView:
    config = inputs.config
    curves = _numbers(inputs, f"{name}/curves_{endpoint}")
    rows = inputs.associations
    fits = rows[
        (rows["cohort"] == name)
        & (rows["endpoint"] == endpoint)
        & (rows["method"] == config.primary.method)
        & (rows["model"] == forest_models(config)[0])
    ]
    return read_figure(
        inputs.figures,
        f"{name}/curves_{endpoint}",
        title=f"{name}: {ENDPOINT_WORDS[endpoint]}",
        alt=captions.curves_alt(name, endpoint, fits, inputs.shown),
        caption=marked(captions.curves_caption(name, endpoint, curves, fits, inputs.shown), simulated),
        simulated=simulated,
    )


def _primary_first(config: Config) -> list[str]:
    return sorted(config.endpoints, key=lambda endpoint: endpoint != config.primary.endpoint)


def _forests(inputs: ReportInputs, endpoint: str) -> dict[str, Any]:
    """The two forests of an endpoint."""
    config, method = inputs.config, inputs.config.primary.method
    rows = inputs.associations[
        (inputs.associations["endpoint"] == endpoint) & (inputs.associations["method"] == method)
    ]
    present = cohorts_with(rows)
    without = [name for name in inputs.cards if name not in present]
    made_up = bool(present) and inputs.simulated.issuperset(present)
    figures = []
    for kind, title, signatures in (
        ("forest", "by cohort", inputs.shown),
        ("overview", "all signatures", config.signatures.select),
    ):
        table = _numbers(inputs, f"pooled/{kind}_{endpoint}")
        caption = captions.forest_caption(endpoint, table, method, without)
        figures.append(
            read_figure(
                inputs.figures,
                f"pooled/{kind}_{endpoint}",
                title=f"{capital(ENDPOINT_WORDS[endpoint])}: {title}",
                alt=captions.forest_alt(
                    endpoint, inputs.pooled, signatures, method, forest_models(config)[0]
                ),
                caption=marked(caption, made_up),
                simulated=made_up,
            )
        )
    verdict = inputs.verdict[inputs.verdict["endpoint"] == endpoint].iloc[0]
    return {
        "endpoint": endpoint,
        "title": capital(ENDPOINT_WORDS[endpoint]),
        "verdict": verdict,
        "figures": figures,
    }


def _numbers(inputs: ReportInputs, name: str) -> pd.DataFrame:
    """The numbers beside a figure; ids stay text."""
    ids = ("cohort", "sample", "signature", "method", "endpoint", "label", "heading", "er", "reason")
    path = inputs.figures / f"{name}.tsv"
    return pd.read_csv(
        path,
        sep="\t",
        dtype=dict.fromkeys(ids, "object"),
        keep_default_na=False,
        na_values=["NA"],
        encoding="utf-8",
        float_precision="round_trip",
    )
