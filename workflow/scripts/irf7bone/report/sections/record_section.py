"""What the run leaves on record: every result, what cannot be tested, methods and provenance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from irf7bone.report.html import table_markup
from irf7bone.report.html.cell_markup import text_uri
from irf7bone.report.html.section import Section, of_patients
from irf7bone.report.sentences import text
from irf7bone.report.sentences.methods import Methods, write_methods
from irf7bone.report.sentences.references import as_bibtex
from irf7bone.tables.outcome_checks import DFBETA

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs


def tables_section(inputs: ReportInputs) -> Section:
    """Every pooled result, and every result of each cohort."""
    method = inputs.config.primary.method
    views = (
        table_markup.pooled_view(of_patients(inputs.pooled), method),
        table_markup.associations_view(inputs.associations, inputs.simulated, method),
    )
    return Section("tables", "All results", "All results", tables=views)


def glossary_section(inputs: ReportInputs) -> Section | None:
    """The field's words and their meanings, which the page shows as tooltips too."""
    if not inputs.glossary.meanings:
        return None
    data = {"meanings": inputs.glossary.meanings}
    return Section("glossary", "Glossary", "Glossary", template="glossary.html.j2", data=data, on_paper=False)


def limits_section(inputs: ReportInputs) -> Section:
    """What no public data can test."""
    data = {"source": inputs.works.by_key["bidwell2012"].text, "limits": text.NOT_TESTABLE}
    return Section("limits", "Limits", "What public data cannot test", template="limits.html.j2", data=data)


def run_methods(inputs: ReportInputs) -> Methods:
    """The methods of the run."""
    competing = bool((inputs.cohorts["n_competing"].fillna(0) > 0).any())
    return write_methods(
        inputs.works,
        inputs.config,
        inputs.cards,
        inputs.library,
        inputs.associations,
        competing,
        inputs.provenance,
        inputs.experiments,
        inputs.cells,
        inputs.called_subtypes,
        dfbetas=bool((inputs.results.check_curves["part"] == DFBETA).any()),
    )


def methods_section(inputs: ReportInputs) -> Section:
    """The methods text."""
    methods = run_methods(inputs)
    data = {"methods": methods, "bibtex": text_uri(as_bibtex(methods.references), "application/x-bibtex")}
    return Section("methods", "Methods", "Methods", template="methods.html.j2", data=data)


def provenance_section(inputs: ReportInputs) -> Section:
    """Command, inputs, versions and settings."""
    settings = json.dumps(inputs.provenance["config"], indent=1, ensure_ascii=False)
    data = {"provenance": inputs.provenance, "settings": settings}
    return Section("provenance", "Provenance", "Provenance", template="provenance.html.j2", data=data)
