"""Small and empty studies: each gives a report that says what is missing instead of empty panels."""

from __future__ import annotations

from dataclasses import replace

import pytest
from madeup import study as made
from madeup.report import Page, make_inputs

from irf7bone.report.html.build import build_report
from irf7bone.study.settings import Primary


def page_of(folder, config, cohorts) -> Page:
    endpoints, models = list(config.endpoints), list(config.models)
    kept = {}
    for name, cohort in cohorts.items():
        rows = cohort.associations
        rows = rows[rows["endpoint"].isin(endpoints) & rows["model"].isin(models)]
        kept[name] = replace(cohort, associations=rows.reset_index(drop=True))
    page = Page(build_report(make_inputs(folder, config, made.cards(), kept)))
    assert all(cell.strip() for rows in page.cells.values() for row in rows for cell in row)
    pictures = [found for found in page.all("div") if found.get("role") == "img"]
    assert all(len(picture["aria-label"]) > 30 for picture in pictures)
    return page


def test_one_cohort_is_not_pooled_and_says_so(tmp_path):
    page = page_of(tmp_path, made.config(cohorts=("alpha",)), {"alpha": made.cohort("alpha")})
    said = " ".join(page.text)
    assert "One cohort of patients: nothing is pooled, and heterogeneity cannot be told." in said
    assert "One cohort, not pooled" in said
    assert "simulated, not patients" not in said
    assert "it takes two cohorts" in said and "in a further cohort the effect may be" not in said


def test_a_study_without_bone_says_that_it_says_nothing_of_bone(tmp_path):
    names = ("alpha", "beta", "gamma")
    config = made.config(cohorts=names, endpoints=("relapse", "death"))
    page = page_of(tmp_path, config, {name: made.cohort(name) for name in names})
    said = " ".join(page.text)
    assert "Bone metastasis was not among the endpoints of this run" in said
    assert "says nothing of bone metastasis" in said
    assert "figure-pooled-forest_bone" not in {found["id"] for found in page.all("figure")}


def test_a_study_in_which_nothing_is_available_says_why_everywhere(tmp_path):
    config = made.config(
        cohorts=("alpha", "gamma"),
        endpoints=("bone",),
        primary=Primary(made.PRIMARY, "zscore", "bone", "unadjusted"),
    )
    page = page_of(tmp_path, config, {name: made.cohort(name) for name in ("alpha", "gamma")})
    said = " ".join(page.text)
    assert "no estimate" in said and "no cohort of patients gives every model" in said
    assert "No cohort of patients gives an estimate, so there is no pooled value." in said
    for name in ("alpha", "gamma"):
        assert f"{name} has none of this study's endpoints, so there are no curves." in said
    assert "No cohort of this study has the endpoint bone metastasis." in said
    assert "no data" in said
    assert not any(figure["id"].startswith("figure-alpha-curves") for figure in page.all("figure"))


@pytest.mark.parametrize("made_up", [("made",)])
def test_a_study_of_simulated_tumours_never_passes_for_patients(tmp_path, made_up):
    config = made.config(
        cohorts=made_up,
        endpoints=("bone", "relapse"),
        primary=Primary(made.PRIMARY, "zscore", "bone", "unadjusted"),
    )
    page = page_of(tmp_path, config, {name: made.cohort(name) for name in made_up})
    said = " ".join(page.text)
    assert "Every cohort of this run is simulated: nothing in this report is about patients." in said
    assert "No cohort of patients that is pooled records bone metastasis." in said
    figures = page.all("figure")
    plain = {figure["id"] for figure in figures if figure.get("class") != "simulated"}
    # what these show is patients only, and they say that there are none
    assert plain <= {f"figure-pooled-{kind}" for kind in ("specifications", "immune", "null_bone", "by_er")}
