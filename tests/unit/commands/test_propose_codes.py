"""`make card` on tables of ../shared/cases and their like: codes of an absence, legends, two times."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from propose_card import main  # noqa: E402

from irf7bone.commands.propose.endpoints import propose_endpoints  # noqa: E402
from irf7bone.commands.propose.fields import propose_fields  # noqa: E402
from irf7bone.study.questions import MARK  # noqa: E402

CODES = ["0", "0", "0", "1", "1", "0"]
TIMES = ["50", "60", "70", "10", "20", "80"]


def card_for(cases: Path, table: str, folder: Path) -> tuple[dict, str]:
    out = folder / f"{Path(table).stem}.yaml"
    expression = cases / "base_expression.csv.gz"
    assert main(["--from", str(expression), "--clinical", str(cases / table), "--out", str(out)]) == 0
    text = out.read_text(encoding="utf-8")
    return yaml.safe_load(text), text


@pytest.mark.parametrize(
    ("table", "kind", "absent", "present"),
    [
        ("relapse_free_yes", "relapse", "yes (114 samples", "no (86 samples"),
        ("relapse_free_01", "relapse", "1 (114 samples", "0 (86 samples"),
        ("bone_met_free_only", "bone", "yes (114 samples", "no (86 samples"),
    ],
)
def test_codes_of_the_absence_are_asked_with_counts_and_times(cases, tmp_path, table, kind, absent, present):
    card, _ = card_for(cases, f"cards/{table}.tsv", tmp_path)
    event = card["endpoints"][kind]["event"]
    assert event["is"].startswith(MARK) and event["else"].startswith(MARK)
    assert absent in event["is"] and present in event["is"] and event["is"].count("median") == 2


def test_several_columns_of_one_outcome_are_asked_with_counts_and_times(cases, tmp_path):
    card, _ = card_for(cases, "cards/alive.tsv", tmp_path)
    asked = card["endpoints"]["death"]
    assert asked.startswith(MARK)
    for part in ("alive: no (86 samples, median os_years", "os_event: 0 (114 samples", "1 (86 samples"):
        assert part in asked


def test_a_legend_in_the_name_is_read_and_said(cases, tmp_path):
    card, text = card_for(cases, "cards/event_legend_in_name.tsv", tmp_path)
    event = card["endpoints"]["death"]["event"]
    assert (event["is"], event["else"]) == ("0", "1")
    assert "0 is death, 1 is censored" in text


def test_times_of_the_dead_and_of_the_living_are_joined(cases, tmp_path):
    card, _ = card_for(cases, "cards/tcga_gdc.tsv", tmp_path)
    death = card["endpoints"]["death"]
    assert death["time"] == {"from": ["days_to_death", "days_to_last_follow_up"], "unit": "days"}
    assert (death["event"]["is"], death["event"]["else"]) == (["Dead"], ["Alive"])


def test_a_repeated_patient_a_count_of_nodes_and_a_status_of_1_and_2(cases, tmp_path):
    card, _ = card_for(cases, "cards/patient_id_repeated.tsv", tmp_path)
    assert card["patient"] == "patient_id"
    assert card["fields"]["node"]["map"]["0"] == "negative"
    assert set(card["fields"]["node"]["map"].values()) == {"negative", "positive"}
    assert card["fields"]["size_cm"]["unit"].startswith(MARK)
    asked = card["endpoints"]["death"]["event"]["is"]
    assert asked.startswith(MARK) and "1 (86 samples, median os_days 818), 2 (114" in asked


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("no_relapse", CODES),
        ("death_censored", CODES),
        ("relapse_free", ["yes", "yes", "yes", "no", "no", "yes"]),
        ("distant metastasis free survival event", CODES),
        ("without relapse", CODES),
        ("OS_STATUS", CODES),
    ],
)
def test_a_keyword_never_decides_a_code(name, codes):
    proposed, _ = propose_endpoints(pd.DataFrame({name: codes, "time": TIMES}, dtype=object), set())
    [endpoint] = proposed.values()
    assert endpoint["event"]["is"].startswith(MARK)


def test_an_event_that_is_the_commoner_code_with_the_longer_times_is_asked():
    """`relapse` 1 for most, who are watched for longest: the name alone does not decide against the times."""
    turned = ["1" if code == "0" else "0" for code in CODES]
    table = {"relapse": turned, "months to relapse": TIMES}
    proposed, _ = propose_endpoints(pd.DataFrame(table, dtype=object), set())
    assert proposed["relapse"]["event"]["is"].startswith(MARK)
    proposed, _ = propose_endpoints(pd.DataFrame(table | {"relapse": CODES}, dtype=object), set())
    assert proposed["relapse"]["event"] == {"from": "relapse", "is": "1", "else": "0"}


def test_a_legend_of_the_source_is_read_as_that_of_a_name():
    table = pd.DataFrame(
        {"OS_EVENT_CODE": CODES, "OS_MONTHS": ["9", "8", "7", "90", "95", "6"]}, dtype=object
    )
    described = {"OS_EVENT_CODE": "Overall survival (0 = deceased, 1 = living)"}
    proposed, _ = propose_endpoints(table, set(), described)
    assert proposed["death"]["event"] == {"from": "OS_EVENT_CODE", "is": "0", "else": "1"}
    proposed, _ = propose_endpoints(table, set())
    assert proposed["death"]["event"]["is"] == "1"  # what the name alone says


@pytest.mark.parametrize(
    ("event", "time", "kind", "unit"),
    [
        ("OSevent", "OSmonths", "death", "months"),
        ("e.dmfs", "t.dmfs", "distant", None),
        ("relapse", "TimeToRelapse", "relapse", None),
        ("relapse", "Months2Relapse", "relapse", "months"),
        ("distant metastasis", "distant metastasis-free survival (yr)", "distant", "years"),
        ("DFS_STATUS", "DFS_MONTHS", "relapse", "months"),
    ],
)
def test_time_and_event_are_paired_whatever_the_style_of_their_names(event, time, kind, unit):
    proposed, _ = propose_endpoints(pd.DataFrame({event: CODES, time: TIMES}, dtype=object), set())
    assert proposed[kind]["event"]["from"] == event and proposed[kind]["time"]["from"] == time
    asked = proposed[kind]["time"]["unit"]
    assert asked == unit if unit else asked.startswith(MARK)


def test_of_several_times_the_one_with_the_stem_of_the_event_is_taken():
    table = {"OS.event": CODES, "OS.days": TIMES, "survival days of dead": TIMES[::-1]}
    proposed, _ = propose_endpoints(pd.DataFrame(table, dtype=object), set())
    assert proposed["death"]["time"]["from"] == "OS.days"


@pytest.mark.parametrize(
    ("column", "field"),
    [("ERstatus", "er"), ("nhg", "grade"), ("HER2Status", "her2"), ("NodeStatus", "node")],
)
def test_covariates_are_known_by_the_names_that_people_give(column, field):
    values = ["1", "2", "3"] if field == "grade" else ["positive", "negative", "positive"]
    assert propose_fields(pd.DataFrame({column: values}, dtype=object))[field]["from"] == column


def test_the_lines_above_a_table_of_cbioportal_are_a_legend(tmp_path, monkeypatch, expression):
    """The same bare codes with two legends: filled in the way that the legend says."""
    monkeypatch.chdir(tmp_path)
    for number, (legend, happened) in enumerate(
        (("0 = living, 1 = deceased", "1"), ("0 = deceased, 1 = living", "0"))
    ):
        folder = tmp_path / f"study{number}"
        folder.mkdir()
        lines = [
            "#Patient\tSample\tOverall survival status\tOverall survival",
            f"#id\tid\t{legend}\tin months",
        ]
        lines += [
            "#STRING\tSTRING\tSTRING\tNUMBER",
            "#1\t1\t1\t1",
            "PATIENT_ID\tSAMPLE_ID\tOS_STATUS\tOS_MONTHS",
        ]
        for i, sample in enumerate(expression.columns):
            dead = i % 3 == 0
            code = happened if dead else str(1 - int(happened))
            lines.append(f"P{i}\t{sample}\t{code}\t{5 + i if dead else 50 + i}")
        (folder / "data_clinical_sample.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        expression.to_csv(folder / "data_mrna_seq.txt", sep="\t", index_label="Hugo_Symbol")
        assert main(["--from", str(folder), "--out", f"mine{number}.yaml"]) == 0
        card = yaml.safe_load(Path(f"mine{number}.yaml").read_text(encoding="utf-8"))
        assert card["endpoints"]["death"]["event"]["is"] == happened


def test_groups_of_an_experiment_are_those_of_the_only_column_with_two_codes(
    tmp_path, monkeypatch, expression
):
    monkeypatch.chdir(tmp_path)
    expression.to_csv("genes.csv", index_label="gene")
    described = {"treatment": ["ifn"] * 6 + ["none"] * 6, "batch": ["a", "b"] * 6}
    table = pd.DataFrame(described, index=expression.columns)
    table.to_csv("samples.csv", index_label="sample")
    arguments = ["--from", "genes.csv", "--clinical", "samples.csv", "--experiment", "--out", "mine.yaml"]
    assert main(arguments) == 0
    groups = yaml.safe_load(Path("mine.yaml").read_text(encoding="utf-8"))["groups"]
    assert groups["from"] == "treatment" and set(groups["map"]) == {"ifn", "none"}
    assert all(meaning.startswith(MARK) for meaning in groups["map"].values())
