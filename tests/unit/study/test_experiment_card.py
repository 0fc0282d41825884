"""Experiment cards: every mistake in one is found before a job starts, each with its own message."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import yaml

from irf7bone.acquire.sources import input_files
from irf7bone.base.errors import InputError, Problem
from irf7bone.study.experiment_card import ExperimentCard
from irf7bone.study.experiment_checks import load_experiment

PROJECT = Path(__file__).resolve().parents[3]
SHIPPED = sorted((PROJECT / "data" / "experiments").glob("*.yaml"))
CARD = {
    "id": "made",
    "title": "Pairs of one's own",
    "citation": {"text": "made up"},
    "organism": "human",
    "role": "real",
    "expression": {
        "source": "table",
        "path": "counts.csv",
        "genes_in": "rows",
        "gene_id": "symbol",
        "scale": "counts",
        "collapse": "max_mean",
    },
    "samples": [{"source": "table", "path": "samples.csv", "key": "sample"}],
    "groups": {"from": "site", "map": {"P": "primary", "M": "bone", "LN": None}},
    "pairs": {"from": "patient"},
    "contrasts": [
        {
            "id": "loss",
            "case": "bone",
            "reference": "primary",
            "paired": True,
            "batch": False,
            "meaning": "loss_in_bone",
        }
    ],
    "derive": {"contrast": "loss", "name": "LOST_IN_BONE", "log2_fold": 1, "fdr": 0.05},
    "patients_of": ["gse2034"],
    "expect": {"samples": 4, "groups": {"bone": 2}, "pairs": 2},
}
REMOVED = object()


def write(folder: Path, changes: dict[str, object] | None = None) -> Path:
    """The card, changed at the given key paths, with the files that it names."""
    card = copy.deepcopy(CARD)
    for dotted, value in (changes or {}).items():
        *parents, last = [int(part) if part.isdigit() else part for part in dotted.split(".")]
        at = card
        for part in parents:
            at = at[part]
        if value is REMOVED:
            del at[last]
        else:
            at[last] = value
    for name in ("counts.csv", "samples.csv", "isre.txt"):
        (folder / name).write_text("sample\n", encoding="utf-8")
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return path


def load(folder: Path, changes: dict[str, object] | None = None) -> ExperimentCard:
    """The changed card, typed."""
    return load_experiment(write(folder, changes))


def refused(folder: Path, changes: dict[str, object]) -> list[Problem]:
    """The problems for which the changed card is refused."""
    with pytest.raises(InputError) as caught:
        load(folder, changes)
    return caught.value.problems


def test_a_card_is_typed(tmp_path):
    card = load(tmp_path, {"derive.within": "isre.txt"})
    assert card.groups == {"from": "site", "map": {"P": "primary", "M": "bone", "LN": None}}
    assert (card.pairs, card.batch) == ("patient", None)
    assert card.contrasts[0].case == "bone"
    assert card.derive.log2_fold == 1
    assert card.within_file() == tmp_path / "isre.txt"
    assert input_files(card) == [tmp_path / "counts.csv", tmp_path / "samples.csv"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_card_that_ships_is_right(path):
    card = load_experiment(path)
    assert card.simulated == (card.role == "simulated")
    assert card.simulated or card.unverified or card.expect


MISTAKES = {
    "unknown key": ({"pair": {"from": "x"}}, "pair", "did you mean `pairs`?"),
    "another id": ({"id": "other"}, "id", "rename the file"),
    "no citation": ({"citation": REMOVED}, "citation", "say where the experiment was published"),
    "organism": ({"organism": "rat"}, "organism", "use one of these words"),
    "host is the organism": (
        {"organism": "mouse", "host": "mouse"},
        "host",
        "tumour and tissue are of one species",
    ),
    "mouse ensembl": (
        {"organism": "mouse", "expression.gene_id": "ensembl"},
        "expression.gene_id",
        "bring the table to mouse symbols first",
    ),
    "real simulation": (
        {"role": "simulated", "derive.name": "SIMULATED_X"},
        "role",
        "must never pass for a real one",
    ),
    "cohort simulation": ({"expression": {"source": "simulate"}}, "expression.source", "simulate_pairs"),
    "no file": ({"samples.0.path": "sample.csv"}, "samples[0].path", "did you mean `samples.csv`?"),
    "no gene list": ({"derive.within": "isre.tx"}, "derive.within", "did you mean `isre.txt`?"),
    "unknown group": ({"contrasts.0.case": "bones"}, "contrasts[0].case", "did you mean `bone`?"),
    "group against itself": ({"contrasts.0.case": "primary"}, "contrasts[0].case", "as reference"),
    "no pairs": ({"pairs": REMOVED, "expect.pairs": REMOVED}, "contrasts[0].paired", "add `pairs"),
    "no batch": ({"contrasts.0.batch": True}, "contrasts[0].batch", "add `batch"),
    "meaning": ({"contrasts.0.meaning": "loss"}, "contrasts[0].meaning", "did you mean `loss_in_bone`?"),
    "contrast twice": (
        {"contrasts": [CARD["contrasts"][0], dict(CARD["contrasts"][0])]},
        "contrasts[1].id",
        "give one of them another id",
    ),
    "derive from nothing": ({"derive.contrast": "lost"}, "derive.contrast", "did you mean `loss`?"),
    "passes for simulated": ({"derive.name": "SIMULATED_X"}, "derive.name", "rename it"),
    "guard without signature": ({"derive": REMOVED}, "patients_of", "remove it"),
    "expected group": ({"expect.groups": {"bon": 2}}, "expect.groups.bon", "did you mean `bone`?"),
    "expected pairs": (
        {"pairs": REMOVED, "contrasts.0.paired": False},
        "expect.pairs",
        "add `pairs` or remove the count",
    ),
    "companions of few samples": (
        {"expression.collapse": "companions"},
        "expression.collapse",
        "`probes` names a gene's row by itself",
    ),
    "mean of counts": (
        {"expression.collapse": "mean"},
        "expression.collapse",
        "a mean of counts is no count",
    ),
    "opinion on no counts": (
        {"expression.scale": "log2", "second_opinion": True},
        "second_opinion",
        "compared by limma alone",
    ),
    "opinion on correlated samples": (
        {"replicates": {"from": "animal", "how": "correlation"}, "second_opinion": True},
        "second_opinion",
        "write `how: together`",
    ),
    "replicates otherwise": (
        {"replicates": {"from": "animal", "how": "mean"}},
        "replicates.how",
        "together",
    ),
    "exclusion of nothing": ({"exclude": [{"reason": "x"}]}, "exclude[0]", "write one rule an entry"),
    "exclusion without reason": ({"exclude": [{"samples": ["a"]}]}, "exclude[0].reason", "Why"),
    "two factors in three groups": (
        {"contrasts.0.meaning": "other", "contrasts.0.than": {"case": "bone", "reference": "lung"}},
        "contrasts[0].than",
        "leave `than` out",
    ),
    "another group of a factor": (
        {"contrasts.0.meaning": "other", "contrasts.0.than": {"case": "bones", "reference": "lung"}},
        "contrasts[0].than.case",
        "did you mean `bone`?",
    ),
    "claim of an interaction": (
        {"contrasts.0.than": {"case": "liver", "reference": "lung"}},
        "contrasts[0].meaning",
        "write `meaning: other`",
    ),
    "ends of a line": (
        {"contrasts.0.meaning": "other", "contrasts.0.at": {"primary": 0, "bone": 6, "lung": 24}},
        "contrasts[0].at",
        "name the first and the last group",
    ),
    "both at once": (
        {
            "contrasts.0.at": {"primary": 0, "lung": 6, "bone": 24},
            "contrasts.0.than": {"case": "liver", "reference": "lung"},
        },
        "contrasts[0].at",
        "one contrast for each",
    ),
    "fold": ({"derive.log2_fold": -1}, "derive.log2_fold", "Smallest fall"),
}


@pytest.mark.parametrize(("changes", "where", "remedy"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_its_own_message(tmp_path, changes, where, remedy):
    problems = refused(tmp_path, changes)
    assert any(problem.where.endswith(f", {where}") and remedy in problem.remedy for problem in problems), (
        problems
    )


def test_contrasts_of_more_than_two_groups_are_typed(tmp_path):
    groups = {"P": "primary", "M": "bone", "LN": "lung", "LI": "liver"}
    plain = {**CARD["contrasts"][0], "meaning": "other"}
    than = {**plain, "id": "more", "than": {"case": "liver", "reference": "lung"}}
    line = {**plain, "id": "line", "at": {"primary": 0, "lung": 6.5, "bone": 24}}
    card = load(tmp_path, {"groups.map": groups, "contrasts": [CARD["contrasts"][0], than, line]})
    assert card.contrasts[1].than == ("liver", "lung")
    assert list(card.contrasts[1].groups) == ["primary", "bone", "lung", "liver"]
    assert card.contrasts[2].at == {"primary": 0, "lung": 6.5, "bone": 24}
    assert card.contrasts[2].groups["lung"] == "at.lung"


def test_all_mistakes_are_said_together(tmp_path):
    problems = refused(tmp_path, {"contrasts.0.case": "bones", "derive.contrast": "lost", "id": "x"})
    assert [problem.where.rpartition(", ")[2] for problem in problems] == [
        "id",
        "contrasts[0].case",
        "derive.contrast",
    ]


def test_a_derived_signature_is_kept_from_its_own_patients(tmp_path):
    card = load(tmp_path)
    assert "shares patients with this cohort" in card.not_in_cohort("gse2034", simulated=False)
    assert card.not_in_cohort("gse1992", simulated=False) is None


def test_a_second_opinion_is_asked_for(tmp_path):
    assert load(tmp_path, {"second_opinion": True}).second_opinion
    assert not load(tmp_path).second_opinion


def test_replicates_are_put_together_unless_they_are_correlated(tmp_path):
    card = load(tmp_path, {"replicates": {"from": "animal"}})
    assert card.replicates == "animal" and not card.correlates
    assert load(tmp_path, {"replicates": {"from": "animal", "how": "correlation"}}).correlates


def test_a_simulated_signature_is_kept_from_patients():
    card = load_experiment(PROJECT / "data" / "experiments" / "simulated_pairs.yaml")
    assert "simulated cohorts only" in card.not_in_cohort("gse1992", simulated=False)
    assert card.not_in_cohort("simulated_bone", simulated=True) is None
