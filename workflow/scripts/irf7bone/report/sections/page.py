"""The order of the report. A section is a function of the inputs and one line here.

The function returns a :class:`irf7bone.report.html.section.Section`, or None where the study has nothing
of its kind (a study without experiments has no section on them). Contents, figures with their downloads and
tables follow from what it returns; see the fields of the section.
"""

from __future__ import annotations

from collections.abc import Callable

from irf7bone.report.html.section import Section
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sections.audit_section import audit_section
from irf7bone.report.sections.biology_section import immune_section, quality_section
from irf7bone.report.sections.cautions_section import with_cautions
from irf7bone.report.sections.cells_section import cells_section
from irf7bone.report.sections.checks_section import checks_section
from irf7bone.report.sections.choices_section import heterogeneity_section, specification_section
from irf7bone.report.sections.cohorts_section import cohorts_section, curves_section, scores_section
from irf7bone.report.sections.er_section import er_section
from irf7bone.report.sections.experiments_alone import experiments_answer, experiments_below
from irf7bone.report.sections.experiments_section import experiments_section
from irf7bone.report.sections.explore_section import explore_section
from irf7bone.report.sections.forests_section import forests_section
from irf7bone.report.sections.genes_section import genes_section
from irf7bone.report.sections.patients_section import patients_section
from irf7bone.report.sections.random_signatures_section import null_section
from irf7bone.report.sections.record_section import (
    glossary_section,
    limits_section,
    methods_section,
    provenance_section,
    tables_section,
)
from irf7bone.report.sections.remark_section import remark_section
from irf7bone.report.sections.sites_section import sites_section
from irf7bone.report.sections.subtypes_section import subtypes_section
from irf7bone.report.sections.verdict_section import verdict_section

# heading among the contents -> sections below it, from overview to detail
SECTIONS: dict[str, tuple[Callable[[ReportInputs], Section | None], ...]] = {
    "Answer": (verdict_section, explore_section, genes_section),
    "Data": (cohorts_section, patients_section, audit_section, scores_section, quality_section),
    "Outcome": (
        curves_section,
        forests_section,
        heterogeneity_section,
        sites_section,
        er_section,
        subtypes_section,
    ),
    "How far to trust it": (null_section, specification_section, checks_section),
    "Biology": (cells_section, experiments_section, immune_section),
    "Record": (
        tables_section,
        limits_section,
        methods_section,
        remark_section,
        provenance_section,
        glossary_section,
    ),
}


# of a study of experiments alone
WITHOUT_COHORTS: dict[str, tuple[Callable[[ReportInputs], Section | None], ...]] = {
    "Answer": (experiments_answer,),
    "Experiments": (experiments_below, cells_section),
    "Record": (methods_section, provenance_section),
}


def page_sections(inputs: ReportInputs) -> dict[str, list[Section]]:
    """Every section that the study has, below its heading among the contents."""
    made = {
        heading: [
            with_cautions(section, inputs) for write in writers if (section := write(inputs)) is not None
        ]
        for heading, writers in (SECTIONS if inputs.cards else WITHOUT_COHORTS).items()
    }
    return {heading: sections for heading, sections in made.items() if sections}
