"""What names, legends and words of clinical columns say, and what they leave open."""

from __future__ import annotations

import pytest

from irf7bone.harmonise.column_names import (
    kind_of,
    legend_of,
    meaning_of_code,
    plain_name,
    polarity,
    stem_of,
    unit_of,
)


@pytest.mark.parametrize(
    ("name", "plain", "kind", "unit"),
    [
        ("BoneRelapse", "bone_relapse", "bone", None),
        ("Months2Relapse", "months_to_relapse", "relapse", "months"),
        ("TimeToRelapse", "time_to_relapse", "relapse", None),
        ("OSmonths", "os_months", "death", "months"),
        ("OSevent", "os_event", "death", None),
        ("osmonths", "os_months", "death", "months"),
        ("ERstatus", "er_status", None, None),
        ("HER2Status", "her2_status", None, None),
        ("Her2Status", "her2_status", None, None),
        ("t.dmfs", "t_dmfs", "distant", None),
        ("DFS_MONTHS", "dfs_months", "relapse", "months"),
        ("distant metastasis-free survival (yr)", "distant_metastasis_free_survival_yr", "distant", "years"),
        ("days_to_death", "days_to_death", "death", "days"),
        ("alive", "alive", "death", None),
        ("dose", "dose", None, None),
    ],
)
def test_a_name_is_read_by_its_words(name, plain, kind, unit):
    assert (plain_name(name), kind_of(name), unit_of(name)) == (plain, kind, unit)


def test_a_time_and_its_event_share_a_stem():
    assert stem_of("OSmonths") == stem_of("os_event") == {"os"}
    assert stem_of("t.dmfs") == stem_of("e.dmfs") == {"dmfs"}
    assert stem_of("TimeToRelapse") == stem_of("relapse") != stem_of("bone relapse")


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("relapse", "event"),
        ("e.dmfs", "event"),
        ("OSevent", "event"),
        ("relapse_free", "absence"),
        ("relapse free", "absence"),
        ("no_relapse", "absence"),
        ("bone_metastasis_free", "absence"),
        ("non-relapsed", "absence"),
        ("without metastasis", "absence"),
        ("alive", "absence"),
        ("death_censored", "unclear"),
        ("survival", "unclear"),
        ("overall survival event", "unclear"),
        ("relapse_free_survival_event", "unclear"),
        ("OS_STATUS", "unclear"),
    ],
)
def test_what_a_yes_means_is_told_by_the_name_or_not_at_all(name, means):
    assert polarity(name) == means


@pytest.mark.parametrize(
    ("text", "legend"),
    [
        ("overall survival event (0=death, 1=censored)", {"0": "death", "1": "censored"}),
        ("RFS event [0: none; 1: relapse]", {"0": "none", "1": "relapse"}),
        ("status (dead=1, alive=0)", {"1": "dead", "0": "alive"}),
        ("Overall survival status, 0 = alive, 1 = dead of disease", {"0": "alive", "1": "dead of disease"}),
        ("bone relapses (1=yes, 0=no)", {"1": "yes", "0": "no"}),
        ("months to relapse (or follow-up)", {}),
        ("event (1=dead, 1=alive)", {}),
    ],
)
def test_a_legend_is_parsed_where_it_is_unambiguous(text, legend):
    assert legend_of(text) == legend


@pytest.mark.parametrize(
    ("code", "name", "kind", "happened"),
    [
        ("1", "relapse", "relapse", True),
        ("0", "relapse", "relapse", False),
        ("yes", "relapse_free", "relapse", False),
        ("1", "relapse free", "relapse", False),
        ("no", "alive", "death", True),
        ("1", "death_censored", "death", None),
        ("1", "OS_STATUS", "death", None),
        ("0", "overall survival event (0=death, 1=censored)", "death", True),
        ("1", "overall survival event (0=death, 1=censored)", "death", False),
        ("1", "bone relapses (1=yes, 0=no)", "bone", True),
        ("0", "relapse (1=True)", "relapse", False),
        ("2", "relapse (1=dead)", "relapse", None),
        ("1:DECEASED", "OS_STATUS", "death", True),
        ("0:Not Recurred", "RFS_STATUS", "relapse", False),
        ("1:Recurred/Progressed", "DFS_STATUS", "relapse", True),
        ("DiseaseFree", "DFS_STATUS", "relapse", False),
        ("relapse free", "status", "relapse", False),
        ("no relapse", "status", "relapse", False),
        ("alive with disease", "vital status", "death", False),
        ("Alive", "relapse status", "relapse", None),
        ("death, no relapse", "first event", "relapse", None),
        ("lost", "vital status", "death", None),
        ("2", "death", "death", None),
    ],
)
def test_a_code_means_the_event_by_legend_then_word_then_name(code, name, kind, happened):
    assert meaning_of_code(code, name, legend_of(name), kind) is happened
