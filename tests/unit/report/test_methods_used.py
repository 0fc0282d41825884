"""The methods text names what was used: papers for what papers defined, software that the data needed."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from madeup import study as made
from madeup.report import make_inputs

from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sentences.methods import packages_used

PACKAGES = {
    "gseapy": "1",
    "pylimma": "1",
    "pydeseq2": "1",
    "umap-learn": "1",
    "SurvSet": "1",
    "numpy": "2",
    "old": "NA",
}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


def used(inputs, cards=None, engine=None, cells=None) -> list[str]:
    experiments = engine and SimpleNamespace(tables={"contrasts": pd.DataFrame({"engine": [engine]})})
    return packages_used({"packages": PACKAGES}, cards or inputs.cards, experiments, cells)


def test_only_what_the_data_needed_is_named(inputs):
    assert used(inputs) == ["numpy"]
    assert used(inputs, engine="limma") == ["gseapy", "pylimma", "numpy"]
    assert used(inputs, engine="limma-voom") == ["gseapy", "pylimma", "pydeseq2", "numpy"]
    assert used(inputs, cells=SimpleNamespace()) == ["pylimma", "umap-learn", "numpy"]
    card = inputs.cards["alpha"]
    packaged = replace(card, expression={**card.expression, "package": "SurvSet"})
    assert used(inputs, cards={"alpha": packaged}) == ["SurvSet", "numpy"]


def test_a_derived_signature_and_simulated_data_are_no_references(inputs):
    name = inputs.config.signatures.select[-1]
    derived = replace(
        inputs.library[name], role="derived", citation="experiment pairs: Simulated pairs", pmids=()
    )
    changed = replace(inputs, library={**inputs.library, name: derived})
    methods = run_methods(changed)
    assert f"{name} ({len(derived.genes)} gene" in dict(methods.paragraphs)["Signatures"]
    assert "derived in this run: experiment pairs" in dict(methods.paragraphs)["Signatures"]
    texts = [work.text for work in methods.references]
    assert not any("pairs" in text or "imulated" in text for text in texts)
    assert len(texts) == len(set(texts))


def test_companions_that_choose_rows_are_named_with_their_cohorts(inputs):
    card = inputs.cards["alpha"]
    chosen = replace(card, expression={**card.expression, "collapse": "companions"})
    said = dict(run_methods(replace(inputs, cards={**inputs.cards, "alpha": chosen})).paragraphs)["Cohorts"]
    assert "rows of one gene to one row (in alpha the one that follows the genes" in said
    assert "rows of one gene to one row. Samples" in dict(run_methods(inputs).paragraphs)["Cohorts"]
