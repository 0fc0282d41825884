"""Snakemake's own report: every figure has a sentence of its own in the caption."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import Environment, StrictUndefined

from irf7bone.base.vocabulary import ENDPOINTS
from irf7bone.figures import cohort_figures, experiment_figures, pooled_figures

CAPTIONS = Path(__file__).resolve().parents[3] / "workflow" / "report" / "captions"
FIGURES = [
    *(("cohort", "Cohort c. ", name) for name in cohort_figures(ENDPOINTS)),
    *(("pooled", "", name) for name in pooled_figures(ENDPOINTS)),
    *(("experiment", "Experiment e. ", name) for name in experiment_figures(["bone_vs_primary"])),
]


@pytest.mark.parametrize(("file", "start", "figure"), FIGURES)
def test_every_figure_has_a_caption_of_its_own(file, start, figure):
    text = (CAPTIONS / f"{file}.rst").read_text(encoding="utf-8")
    wildcards = SimpleNamespace(figure=figure, cohort="c", experiment="e")
    written = (
        Environment(undefined=StrictUndefined)
        .from_string(text)
        .render(snakemake=SimpleNamespace(wildcards=wildcards))
    )
    said = " ".join(written.split()).removeprefix(start)
    assert not said.startswith(("The numbers", "Diamonds")), "no sentence of its own"
    assert len(said.partition(". ")[0].split()) >= 4
