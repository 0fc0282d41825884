"""Hazard ratios of each endpoint, by cohort and over cohorts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import ENDPOINT_WORDS, capital
from irf7bone.figures.drawing import forest_models
from irf7bone.figures.forest_tables import cohorts_with
from irf7bone.report.html.figure_markup import read_figure
from irf7bone.report.html.section import Section, marked
from irf7bone.report.inputs import read_numbers
from irf7bone.report.sentences import captions
from irf7bone.report.sentences.methods import by_esr1

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.settings import Config


def forests_section(inputs: ReportInputs) -> Section:
    """The forests of every endpoint, the primary one first."""
    forests = [_forests(inputs, endpoint) for endpoint in _primary_first(inputs.config)]
    return Section(
        "forests", "Hazard ratios", "Hazard ratios", template="forests.html.j2", data={"forests": forests}
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
    first_model = forest_models(config)[0]
    figures = []
    for kind, title, signatures in (
        ("forest", "by cohort", inputs.shown),
        ("overview", "all signatures", [name for name in config.signatures.select if not of_simulated(name)]),
    ):
        table = read_numbers(inputs, f"pooled/{kind}_{endpoint}")
        caption = captions.forest_caption(endpoint, table, method, without, by_esr1(rows, table))
        caption += captions.heterogeneity_words(inputs.pooled, endpoint, method, signatures, first_model)
        figures.append(
            read_figure(
                inputs.figures,
                f"pooled/{kind}_{endpoint}",
                title=f"{capital(ENDPOINT_WORDS[endpoint])}: {title}",
                alt=captions.forest_alt(endpoint, inputs.pooled, signatures, method, first_model),
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
