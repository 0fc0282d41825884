"""The report: its sentences and cells equal the tables, text is escaped, nothing is left blank or fetched."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import study as made
from madeup.report import SVG, Page, make_inputs

from irf7bone.base.phrases import estimate, hazard_ratio, p_clause, p_value, said_ratio
from irf7bone.figures import cohort_figures, pooled_figures
from irf7bone.report.html import downloads
from irf7bone.report.html.build import build_report
from irf7bone.report.html.cell_markup import LONG
from irf7bone.report.html.figure_markup import read_figure
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sections.random_signatures_section import percent
from irf7bone.report.sections.verdict_section import chance_sentences, first_facts, planted_effects
from irf7bone.report.sentences import captions, text
from irf7bone.report.sentences.methods import write_methods
from irf7bone.report.sentences.quote import TABLES, plain
from irf7bone.study.settings import Primary
from irf7bone.verdict.judge import simulated_check
from irf7bone.verdict.sentences import probability

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def cohorts() -> dict[str, made.Cohort]:
    return {name: made.cohort(name) for name in made.HAS}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory, cohorts) -> ReportInputs:
    cards = made.cards(alpha='<script>alert("x")</script> & co')
    return make_inputs(tmp_path_factory.mktemp("figures"), made.config(), cards, cohorts)


@pytest.fixture(scope="module")
def html(inputs) -> str:
    return build_report(inputs)


@pytest.fixture(scope="module")
def page(html) -> Page:
    return Page(html)


def test_text_from_cards_is_shown_as_text(html, page):
    assert '<script>alert("x")' not in html
    assert any('<script>alert("x")</script> & co' in piece for piece in page.text)
    assert any("no other <event>" in piece for piece in page.text)  # from the table of cohorts


def test_equal_inputs_give_equal_bytes(inputs, html):
    assert build_report(inputs) == html


def test_the_page_fetches_nothing(html, page, inputs):
    assert not page.all("img") and not page.all("link")
    away = [link["href"] for link in page.all("a") if not link["href"].startswith(("#", "data:"))]
    # the figures' PDFs, in the folder of results that the page lies in
    assert away and all(href.startswith("../figures/") and href.endswith(".pdf") for href in away)
    drawn = (inputs.figures / href.removeprefix("../figures/") for href in away)
    assert all(path.with_suffix(".svg").is_file() for path in drawn)
    assert not any("src" in script for script in page.all("script"))
    addresses = re.findall(r"url\(([^)]*)\)", html)
    assert addresses and all(address.startswith(("data:font/woff;base64,", "#")) for address in addresses)
    assert "@import" not in html
    policy = [meta for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"].startswith("default-src 'none'")
    script = html[html.rindex("<script>") + len("<script>") : html.rindex("</script>")]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[0]["content"]


def test_ids_are_unique_and_links_arrive(page):
    ids = [found["id"] for _, found in page.tags if "id" in found]
    assert len(ids) == len(set(ids))
    inner = [link["href"][1:] for link in page.all("a") if link["href"].startswith("#")]
    assert set(inner) <= set(ids)


def test_every_figure_is_there_with_its_finding_in_words(page, html):
    figures = {found["id"] for found in page.all("figure")}
    wanted = {f"figure-{name}-{kind}" for name, has in made.HAS.items() for kind in cohort_figures(has)}
    wanted |= {f"figure-pooled-{kind}" for kind in pooled_figures(made.ENDPOINTS)}
    # too few cohorts for these: the reasons stand in words; no gene is fitted in simulated data
    assert figures == wanted - {
        "figure-pooled-null_bone",
        "figure-pooled-funnel",
        "figure-pooled-genes_bone",
    }
    pictures = [found for found in page.all("div") if found.get("role") == "img"]
    assert len(pictures) == len(figures) == html.count('class="drawn"')
    assert all(len(picture["aria-label"]) > 30 for picture in pictures)


def test_simulated_data_are_marked_wherever_they_show(page):
    marked = {found["id"] for found in page.all("figure") if found.get("class") == "simulated"}
    assert marked == {
        *(f"figure-made-{kind}" for kind in cohort_figures(made.HAS["made"])),
        *(f"figure-pooled-{kind}" for kind in ("forest_bone", "overview_bone", "sites", "competing")),
    }
    said = [row[0] for row in page.rows("associations")]
    assert {name for name in said if name.startswith("made")} == {"made (simulated)"}
    body = "".join(page.text)
    assert body.count("SIMULATED DATA, not patients.") == len(marked)


def test_cells_equal_the_table(inputs, page):
    rows = page.rows("associations")
    assert len(rows) == len(inputs.associations)
    for cells, fit in zip(rows, inputs.associations.to_dict("records"), strict=True):
        assert cells[1:5] == [fit["signature"], fit["method"], fit["endpoint"], fit["model"]]
        if fit["status"] == "ok":
            assert cells[7] == estimate(fit["log_hr"], fit["ci_low"], fit["ci_high"])
        else:
            assert not any(character.isdigit() for character in cells[7])
            assert cells[-1].endswith(fit["reason"])


def test_no_cell_is_blank(page):
    for name, rows in page.cells.items():
        assert all(cell.strip() for row in rows for cell in row), name


def test_downloads_are_the_whole_tables(inputs, page):
    tables = {name.removesuffix(".tsv") for name in page.files if name.startswith("table-")}
    assert {name for name in tables if not name.endswith(".json")} == set(page.cells)
    links = {link["download"] for link in page.all("a") if "download" in link}
    assert links == {"references.bib", "remark.tsv"}
    file = io.StringIO(page.unpack("table-associations.tsv"))
    table = pd.read_csv(file, sep="\t", float_precision="round_trip")
    assert len(table) == len(inputs.associations)
    np.testing.assert_array_equal(table["log_hr"], inputs.associations["log_hr"])


def test_the_numbers_of_a_figure_are_the_file_beside_it(inputs, page):
    for figure in page.all("figure"):
        name = figure["id"].removeprefix("figure-").replace("-", "/", 1)
        file = (inputs.figures / f"{name}.tsv").read_text(encoding="utf-8")
        assert page.unpack(f"{figure['id']}.tsv") == file


def test_a_long_table_opens_with_the_rows_of_the_primary_method(inputs, page):
    assert len(page.rows("associations")) > LONG
    shown = page.shown("associations")
    assert len(shown) == LONG and {row[2] for row in shown} == {"zscore"}
    assert page.shown("verdicts") == page.rows("verdicts")


def test_pdf_files_are_packed_while_there_is_room(tmp_path, monkeypatch):
    monkeypatch.setattr(downloads, "MOST_PAGE_BYTES", 1000)
    offered = downloads.OfferedFiles()
    for name, size in (("a", 300), ("b", 600), ("c", 150)):
        (tmp_path / f"{name}.svg").write_text(SVG)
        (tmp_path / f"{name}.tsv").write_text("x\n1\n")
        (tmp_path / f"{name}.pdf").write_bytes(b"x" * size)
        offered.figure(read_figure(tmp_path, name, title="", alt="", caption=""))
    files = Page(str(offered.blocks(100))).files
    assert [name for name in files if name.endswith(".pdf")] == ["figure-a.pdf", "figure-c.pdf"]
    assert base64.b64decode(files["figure-a.pdf"]) == b"x" * 300
    assert {f"figure-{name}.tsv" for name in "abc"} <= set(files)
    monkeypatch.setattr(downloads, "MOST_WITH_NUMBERS", 100 + 2 * len(downloads.packed("x\n1\n")))
    names = set(Page(str(offered.blocks(100))).files)
    assert {"figure-a.tsv", "figure-b.tsv"} <= names and "figure-c.tsv" not in names


def test_verdict_and_its_rule_stand_first(inputs, page):
    said = "".join(page.text)
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    for part in (primary["lead"], primary["details"]):
        assert said.index(part) < said.index("From file to cohort")
    assert f"Rule {primary['rule']} of the" in said
    assert all(limit in said for limit in text.NOT_TESTABLE)
    for word in ("mice", "knocking Irf7 out", "depleting"):
        assert word in said


def test_a_study_without_real_estimates_says_so(tmp_path, cohorts):
    config = made.config(
        endpoints=("bone",),
        primary=Primary(made.PRIMARY, "zscore", "bone", "unadjusted"),
        models=("unadjusted",),
    )
    chosen = {}
    for name, cohort in cohorts.items():
        rows = cohort.associations
        kept = rows[(rows["endpoint"] == "bone") & (rows["model"] == "unadjusted")].reset_index(drop=True)
        chosen[name] = replace(cohort, associations=kept)
    study = make_inputs(tmp_path, config, made.cards(), chosen)
    said = " ".join(Page(build_report(study)).text)
    assert "no cohort of patients gives every model" in said
    assert "No cohort of patients that is pooled records bone metastasis" in said
    assert "alpha has none of this study's endpoints, so there are no curves." in said
    assert "it could not be checked" in said  # no adjusted model was run


def test_direction_is_said_only_where_the_interval_excludes_one():
    assert text.side(-0.3, -0.1) == "a higher score, a lower risk"
    assert text.side(0.1, 0.3) == "a higher score, a higher risk"
    for ends in ((-0.1, 0.3), (0.0, 0.3), (-0.3, 0.0)):
        assert text.side(*ends) == "the interval includes 1"


def test_pooled_sentence():
    row = {
        **{name: "x" for name in ("signature", "method", "endpoint", "model")},
        "status": "ok",
        "log_hr": math.log(1.03),
        "ci_low": math.log(0.5),
        "ci_high": math.log(2.2),
        "bayes_log_hr": math.log(1.02),
        "bayes_low": math.log(0.9),
        "bayes_high": math.log(1.2),
        "k": 3,
        "n": 397,
        "n_events": 123,
    }
    said = "HR 1.02 per SD (95 % interval 0.90 to 1.20; 3 cohorts, 397 tumours, 123 events)"
    assert plain(text.pooled_sentence(row)) == said
    gone = {"status": "not_available", "reason": "no real cohort has the endpoint bone"}
    assert text.pooled_sentence(gone) == "not available: no real cohort has the endpoint bone"


def bearing_of(inputs: ReportInputs, **changes) -> dict[str, str]:
    pooled = changes.get("pooled", inputs.pooled)
    real = changes.get("real", inputs.associations[inputs.associations["cohort"] != "made"])
    verdicts = changes.get("verdict", inputs.verdict)
    quality = changes.get("quality", inputs.quality[inputs.quality["cohort"] != "made"])
    duplicates = changes.get("duplicates", inputs.results.duplicates)
    chosen = changes.get("chosen", {})
    rows = text.bearing(verdicts, pooled, real, quality, duplicates, inputs.config, chosen)
    return {heading: plain(said) for heading, said in rows}


def test_patients_chosen_by_the_primary_outcome_are_said_where_they_are_behind_the_result(inputs):
    question = "Were patients chosen by this outcome?"
    assert question not in bearing_of(inputs)
    assert question not in bearing_of(inputs, chosen={"elsewhere": "those with it"})
    said = bearing_of(inputs, chosen={"beta": "those with it, and others"})[question]
    assert said.startswith("Yes, in beta (those with it, and others). A test of no association")


def test_random_signatures_are_a_model_and_their_rank_a_picture():
    numbers = {"hr_low": 0.6, "hr_high": 0.95, "random_hr": 0.8, "random_low": 0.65, "random_high": 0.98}
    row = pd.Series({"endpoint": "death", **numbers})
    said = plain(text._against_random(row))
    nothing = plain(text._against_random(row.replace({0.95: 1.1})))
    assert nothing == f"Cannot be said: no effect is shown. {said}"
    assert "the HR is 0.80 (95 % interval 0.65 to 0.98)" in said and "not a test" in said
    assert "Not compared with" in text._against_random(pd.Series({"random_hr": None}))


def test_what_bears_on_it_follows_the_tables(inputs):
    said = bearing_of(inputs)
    assert said["Is it bone metastasis?"].startswith("No: no cohort of patients")
    assert "mean score of matched random signatures the HR is" in said["Is it specific (random signatures)?"]
    assert "Unadjusted, in the same patients" in said["Is it explained by proliferation?"]
    assert "Is the effect a straight line?" not in said
    assert "1 of 150 in beta" in said["Quality control of the samples?"]
    assert "I² 12 %" in said["Do the cohorts agree?"]
    assert said["Are hazards proportional?"] == "Nothing against it at p < 0.05 in 2 cohorts tested."
    assert said["Positive control (proliferation)?"].endswith("The known effect of proliferation is seen.")


def test_samples_that_were_not_flagged_are_said_to_be_so(inputs):
    sound = inputs.quality[inputs.quality["cohort"] != "made"].assign(outlier=False)
    said = bearing_of(inputs, quality=sound)["Quality control of the samples?"]
    assert said == "No sample of 2 cohorts was flagged by quality control."


def test_a_hidden_positive_control_is_admitted(inputs):
    control = inputs.pooled["signature"] == made.PROLIFERATION
    weak = inputs.pooled.assign(bayes_low=inputs.pooled["bayes_low"].where(~control, -0.2))
    said = bearing_of(inputs, pooled=weak)["Positive control (proliferation)?"]
    assert "proliferation is seen in 1 of 2 cohorts: these data can show an effect of that size" in said
    real = inputs.associations[inputs.associations["cohort"] != "made"]
    flat = real.assign(ci_low=real["ci_low"].where(real["signature"] != made.PROLIFERATION, -0.2))
    said = bearing_of(inputs, pooled=weak, real=flat)["Positive control (proliferation)?"]
    assert "is not seen here" in said


@pytest.mark.parametrize(
    ("cohort", "other", "status", "said"),
    [
        ("alpha", "beta", "none", "No patient appears to be included twice."),
        (
            "alpha",
            "beta",
            "copy",
            "No: two samples are one patient, and both are in the result, in two cohorts; the verdict is "
            "withheld until a card drops one.",
        ),
        ("alpha", "alpha", "same", "No: two samples are one patient, and both are in the result."),
        ("alpha", "made", "copy", "No patient appears to be included twice."),
        ("alpha", "beta", "not_compared", "compared by sample id and clinical data only."),
        (
            "alpha",
            "beta",
            "possible",
            "1 further pair may be one patient, to be looked at under Losses and duplicates: S1 in "
            "alpha and S2 in beta.",
        ),
        ("beta", "beta", "possible", "under Losses and duplicates: S1 and S2 in beta."),
    ],
)
def test_patients_who_may_be_there_twice_are_told_on_the_first_screen(inputs, cohort, other, status, said):
    pairs = pd.DataFrame(
        {
            **{"cohort": [cohort], "other_cohort": [other], "status": [status]},
            **{"sample": ["S1"], "other_sample": ["S2"]},
        }
    )
    assert bearing_of(inputs, duplicates=pairs)["Is every patient included once?"].endswith(said)


def test_several_patients_who_are_there_twice_are_counted(inputs):
    pairs = pd.DataFrame(
        {
            "cohort": ["alpha", "alpha"],
            "other_cohort": ["beta", "alpha"],
            "status": ["copy", "same"],
            "sample": ["S1", "S3"],
            "other_sample": ["S2", "S4"],
        }
    )
    assert bearing_of(inputs, duplicates=pairs)["Is every patient included once?"] == (
        "No: 2 pairs of samples are one patient each, and all are in the result, 1 of them across "
        "cohorts, and the verdict is withheld until a card drops them."
    )


def test_doubtful_hazards_are_named(inputs):
    real = inputs.associations[inputs.associations["cohort"] != "made"].copy()
    real.loc[real["cohort"] == "alpha", "ph_p"] = 0.004
    said = bearing_of(inputs, real=real)["Are hazards proportional?"]
    assert said.startswith("Doubtful in alpha (p = 0.004)")


def test_the_simulated_check_tells_right_from_wrong(inputs):
    config = inputs.config
    planted = planted_effects(inputs.cards, config)
    assert planted == {"made": {"bone": -0.4}}
    right = text.simulated_sentences(simulated_check(inputs.associations, planted, config=config))
    assert len(right) == 1 and "not patients" in right[0] and right[0].endswith("inside the interval.")
    wrong = text.simulated_sentences(
        simulated_check(inputs.associations, {"made": {"bone": 2.0}}, config=config)
    )
    assert "OUTSIDE the interval" in wrong[0]


def test_facts_of_the_first_screen_equal_the_verdict(inputs):
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    found = first_facts(primary, inputs.results.site_contrast)
    facts = {fact.label: (plain(fact.value), plain(fact.detail)) for fact in found}
    value = facts["Hazard ratio per SD (95 %)"][0]
    assert value == estimate(*np.log(primary[["hr", "hr_low", "hr_high"]].astype(float)))
    assert facts["Data"][0] == f"{primary['n_events']} events"
    assert f"{primary['n']} tumours, {primary['k']} cohorts" in facts["Data"][1]
    beyond = facts["Beyond random signatures"][0]
    assert beyond == estimate(*np.log(primary[["random_hr", "random_low", "random_high"]].astype(float)))
    assert facts["In a further cohort"][0] == probability(primary["further_below_1"])
    assert "Bone or any site?" not in facts


def test_bone_says_on_the_first_screen_whether_it_is_about_bone(inputs):
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    bone = pd.Series({**primary.to_dict(), "endpoint": "bone"})
    found = first_facts(bone, inputs.results.site_contrast)
    fact = next(fact for fact in found if fact.label == "Bone or any site?")
    assert fact.value == "not defined"


def test_chances_of_a_study_like_this_are_said():
    chances = pd.DataFrame(
        {
            "endpoint": "death",
            "true_hr": [1.0, 1.0, 0.7, 0.7],
            "verdict": ["too little data", "supported", "supported", "too little data"],
            "share": [0.97, 0.03, 0.8, 0.2],
            "n_studies": 1000,
        }
    )
    first, second, how = chance_sentences(chances, "death")
    assert first == (
        "With no effect, the verdict of a study with these cohorts is: too little data in 97 % and supported "
        "in 3 %."
    )
    assert second.startswith("With a hazard ratio of 0.7,") and "supported in 80 %" in second
    assert "1,000 studies" in how
    assert chance_sentences(chances, "bone") == []


FORMS = {
    **dict.fromkeys(("log_hr", "ci_low", "ci_high", "pi_low", "pi_high"), hazard_ratio),
    **dict.fromkeys(("bayes_log_hr", "bayes_low", "bayes_high"), hazard_ratio),
    **dict.fromkeys(("hr", "hr_low", "hr_high", "random_hr", "random_low", "random_high"), said_ratio),
    **dict.fromkeys(("unadjusted_hr", "unadjusted_low", "unadjusted_high"), said_ratio),
    "further_below_1": probability,
    **dict.fromkeys(
        ("k", "n", "n_events", "n_competing", "n_endpoint", "n_left", "rank", "n_ranked"),
        lambda x: f"{int(x):,}",
    ),
    **dict.fromkeys(("p", "null_p"), p_clause),
    "q": p_value,
    "i2": lambda x: f"{x:.0f}",
    "tau2": lambda x: f"{x:.3f}",
    "share": lambda x: f"{100 * x:.0f}",
    "at_60_months": percent,
    "null_percentile": lambda x: f"{100 * x:.1f}",
    "median_followup_months": text.months,
}


def test_every_number_of_the_text_equals_its_table(inputs, html):
    quoted = re.findall(
        r'<data value="([^"]*)" data-table="([^"]*)" data-row="([^"]*)" data-column="([^"]*)">([^<]*)</data>',
        html,
    )
    assert len(quoted) > 60 and len(quoted) == html.count("<data ")
    frames = {**vars(inputs), **inputs.results.by_name}
    seen = set()
    for value, table, place, column, said in quoted:
        frame = frames[table]
        keys = frame[list(TABLES[table].key)].astype(str).agg("/".join, axis=1)
        (number,) = frame.loc[keys == unescape(place), column]
        # a further cohort is a hazard ratio in the verdict, its logarithm among the pooled results
        form = hazard_ratio if table == "pooled" else said_ratio
        form = form if column in ("further_low", "further_high") else FORMS[column]
        assert float(value) == float(number) and said == form(number), (table, place, column)
        seen.add((table, column))
    assert {
        ("verdict", "hr"),
        ("pooled", "bayes_log_hr"),
        ("associations", "log_hr"),
        ("pooled", "further_low"),
        ("chances", "share"),
        ("curve_summary", "at_60_months"),
        ("group_tests", "p"),
        ("checks", "p"),
    } <= seen
    assert {("cohorts", "n_events"), ("flow", "n_left")} <= seen


def test_a_table_opens_with_a_value_that_its_filter_offers(html, page):
    opens = re.findall(r'<th [^>]*data-initial="([^"]*)"', html)
    assert len(opens) > 5 and set(opens) <= {made.PRIMARY, "zscore", *made.SIGNATURES}
    assert {made.PRIMARY} <= {cell for row in page.rows("pooled") for cell in row}


def test_captions_hold_n_events_and_estimator(cohorts):
    cohort = cohorts["made"]
    rows = cohort.curves[cohort.curves["endpoint"] == "bone"]
    said = captions.curves_caption("made", "bone", rows, cohort.associations.head(1), ["IRF7"])
    assert said.startswith("Aalen-Johansen cumulative incidence of bone metastasis")
    events = int(rows[rows["signature"] == "IRF7"].groupby("group")["n_events"].max().sum())
    assert f"IRF7: n = 198, {events} events" in said
    free = cohort.curves[cohort.curves["endpoint"] == "relapse"]
    said = captions.curves_caption("made", "relapse", free, cohort.associations.head(1), ["IRF7"])
    assert "not those of a population" not in said
    chosen = captions.curves_caption(
        "made", "relapse", free, cohort.associations.head(1), ["IRF7"], sampled=True
    )
    assert "levels, medians and 5-year values are not those of a population. The first panel" in chosen
    assert said.startswith("Kaplan-Meier estimate of relapse-free survival")


def test_flagged_samples_and_lost_signatures_are_named(cohorts):
    said = captions.quality_caption("beta", cohorts["beta"].quality)
    assert "1 sample was flagged" in said and "beta-003 (correlation far below the others)" in said
    gamma = cohorts["gamma"]
    ok = gamma.scores[(gamma.scores["status"] == "ok") & (gamma.scores["method"] == "zscore")]
    said = captions.scores_caption("gamma", ok, gamma.coverage)
    assert "5 signatures in 60 samples" in said and said.endswith("in the table of coverage: IRF7.")


def methods_of(inputs: ReportInputs, *, competing: bool = True, **changes):
    associations = inputs.associations.assign(**changes)
    return write_methods(
        inputs.works, inputs.config, inputs.cards, inputs.library, associations, competing, inputs.provenance
    )


def test_methods_say_what_was_run_and_no_more(inputs):
    said = dict(methods_of(inputs).paragraphs)
    assert "Aalen-Johansen" in said["Outcome"] and "Firth" not in said["Outcome"]
    assert "Clinical covariates" not in said["Outcome"]
    assert "Aalen-Johansen" not in dict(methods_of(inputs, competing=False).paragraphs)["Outcome"]
    assert "Firth" in dict(methods_of(inputs, estimator="firth").paragraphs)["Outcome"]
    assert "ESR1" not in said["Outcome"]
    covariates = inputs.associations["cohort"].map({"beta": "proliferation,esr1"})
    expressed = dict(methods_of(inputs, covariates=covariates).paragraphs)["Outcome"]
    assert (
        "where 80 % of the patients of a cohort have one, and the expression of ESR1 elsewhere: in beta."
        in expressed
    )
    assert "up to 1,000 random ones of the same size (seed 1)" in said["Random signatures"]
    assert "numpy 2.4.6" in said["Software"] and "gseapy" not in said["Software"]
    assert "NK_CELLS (2 genes, no source stated)" in said["Signatures"]
    assert "1 simulated cohort with a planted effect, never pooled with patients: made." in said["Cohorts"]


def test_references_are_numbered_in_the_order_of_their_citation(inputs):
    methods = methods_of(inputs)
    joined = " ".join(paragraph for _, paragraph in methods.paragraphs)
    first = [joined.index(f"[{number}]") for number in range(1, len(methods.references) + 1)]
    assert first == sorted(first)


def test_a_file_that_is_no_figure_is_refused(tmp_path):
    (tmp_path / "x.svg").write_text("<html>")
    with pytest.raises(ValueError, match="no viewBox"):
        read_figure(tmp_path, "x", title="", alt="", caption="")


def test_of_many_cohorts_those_with_most_events_have_their_figures_in_the_page(inputs, monkeypatch):
    monkeypatch.setattr("irf7bone.report.inputs.MOST_DRAWN", 2)
    few = replace(inputs)
    page = Page(build_report(few))
    others = set(inputs.cards) - few.drawn
    assert len(few.drawn) == 2 and others
    figures = [figure["id"] for figure in page.all("figure")]
    for name in few.drawn:
        assert f"figure-{name}-quality" in figures and f"figure-{name}-scores" in figures
    assert not [figure for figure in figures if figure.split("-")[1] in others]
    files = {
        f"../figures/{name}/{figure}.svg" for name in others for figure in cohort_figures(made.HAS[name])
    }
    addresses = {link["href"] for link in page.all("a")}
    # figures in the page have links to their PDFs besides
    assert {address for address in addresses if address.startswith("../") and "pdf" not in address} == files
    ids = {found["id"] for _, found in page.tags if "id" in found}
    assert {address[1:] for address in addresses if address.startswith("#")} <= ids
    assert "those with most events" in " ".join(page.text)
