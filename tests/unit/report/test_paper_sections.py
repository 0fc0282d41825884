"""What a paper takes over from the report: table 1 and the REMARK checklist."""

from __future__ import annotations

from dataclasses import replace

import pytest
from madeup import study as made
from madeup.report import Page, make_inputs

from irf7bone.report.html.build import build_report
from irf7bone.report.html.section import chosen
from irf7bone.report.sections.checks_section import checks_section
from irf7bone.report.sections.page import page_sections
from irf7bone.report.sections.patients_section import patients_section, patients_view
from irf7bone.report.sections.record_section import run_methods
from irf7bone.report.sections.remark_section import ITEMS, remark_table


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    cohorts = {name: made.cohort(name) for name in made.HAS}
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), made.cards(), cohorts)


def without(inputs, **rules):
    table = inputs.results.table_one
    for name, value in rules.items():
        table = table[table[name] != value]
    return replace(inputs, results=inputs.results.with_tables(table_one=table))


def test_table_one_says_what_its_rows_hold(inputs):
    rows = chosen(inputs.results.table_one, cohort="alpha")
    shown = [[cell.text for cell in row] for row in patients_view(rows, "alpha", inputs).rows]
    assert shown[0] == ["Patients", "number", "90", "30", "30", "30", "–"]
    assert shown[1][:3] == ["Age, years", "median (quartiles)", "54.5 (47 to 63.25)"]
    assert shown[1][-1] == "Spearman, p = 0.24"
    assert shown[2] == [
        "Oestrogen receptor",
        "negative",
        "70 (80 %)",
        *["10 (36 %)"] * 3,
        "Kruskal-Wallis, p = 0.041",
    ]
    assert shown[4][1:3] == ["not known", "2"]


def test_what_goes_with_the_score_is_named_and_called_uncorrected(inputs):
    findings = patients_section(inputs).findings
    said = {f.text.split(":")[0]: f for f in findings if "ssociated with" in f.text or "recorded" in f.text}
    assert "is associated with oestrogen receptor (p = 0.041) at p < 0.05, uncorrected" in said["alpha"].text
    assert "Not recorded: tumour size in cm, HER2, lymph nodes and grade." in said["alpha"].text
    assert [finding.simulated for finding in said.values()] == [False, False, False, True]


def test_page_and_methods_say_where_influence_is_no_refit(inputs):
    def texts(inputs):
        [methods] = (said for title, said in run_methods(inputs).paragraphs if "checks" in title)
        return [methods, *(figure.caption for figure in checks_section(inputs).figures)]

    assert not any("dfbeta" in said for said in texts(inputs))
    curves = inputs.results.check_curves
    one = (curves["cohort"] == "beta") & (curves["endpoint"] == "relapse") & (curves["position"] == 0)
    large = curves.assign(part=curves["part"].mask(one & (curves["part"] == "left_out"), "dfbeta"))
    methods, *captions = texts(replace(inputs, results=inputs.results.with_tables(check_curves=large)))
    assert (
        "(of more than 2,000 at risk those that move an estimate most, the others by their dfbeta ["
        in methods
    )
    said = [caption for caption in captions if "dfbeta" in caption]
    assert len(said) == 1 and said[0].startswith("beta, relapse") and "Of the 5 samples 4, among" in said[0]


def test_a_cohort_without_covariates_says_so(inputs):
    bare = without(without(inputs, characteristic="age"), characteristic="er")
    texts = [finding.text for finding in patients_section(bare).findings]
    nothing = [text for text in texts if text.startswith("None of age, size, ER, HER2, node and grade")]
    assert nothing[0].endswith("is recorded in alpha, beta and gamma.")


def test_remark_has_its_twenty_items_and_every_section_it_names(inputs):
    table = remark_table(inputs)
    assert table["number"].tolist() == list(range(1, 21))
    assert not table["answer"].eq("").any()
    there = {section.id for sections in page_sections(inputs).values() for section in sections}
    assert {name for item in ITEMS for name in item.sections} <= there


def test_remark_follows_the_run(inputs):
    before = remark_table(inputs).set_index("number")["answer"]
    assert "no value is filled in." in before[10] and "ESR1" not in before[10]
    covariates = inputs.associations["cohort"].map({"beta": "proliferation,esr1"})
    expressed = replace(inputs, associations=inputs.associations.assign(covariates=covariates))
    assert "is filled in, but ESR1 expression stands for ER in beta." in remark_table(expressed)["answer"][9]
    assert "hold no standard prognostic variables" in before[17]
    assert "alpha (99), beta (150) and gamma (60)" in before[2]
    assert "made" not in before[2]
    assert inputs.verdict.loc[inputs.verdict["is_primary"], "verdict"].iloc[0] in before[19]
    config = inputs.config._replace(models=("unadjusted", "full"))
    assert "ER, node, grade" in remark_table(replace(inputs, config=config)).set_index("number")["answer"][17]


def test_the_checklist_links_into_the_page(inputs):
    page = Page(build_report(inputs))
    links = {link["href"] for link in page.all("a") if "href" in link}
    assert {"#patients", "#forests", "#limits"} <= links
