"""The jobs of an experiment: gene lists of users, sources in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from irf7bone.base.errors import InputError
from irf7bone.experiments.signature_stage import read_gene_list, source_of
from irf7bone.study.experiment_checks import load_experiment

PROJECT = Path(__file__).resolve().parents[3]


def test_a_gene_list_is_read_with_its_remarks_passed_over(tmp_path):
    path = tmp_path / "isre.txt"
    path.write_text("# genes with an ISRE\nIrf7\n\nStat1 \n", encoding="utf-8")
    assert read_gene_list(path, frozenset({"Irf7", "Mx1"})) == {"Irf7", "Stat1"}


def test_a_gene_list_of_another_organism_is_refused(tmp_path):
    path = tmp_path / "isre.txt"
    path.write_text("IRF7\nSTAT1\n", encoding="utf-8")
    with pytest.raises(InputError, match="none of which is one of 2 genes"):
        read_gene_list(path, frozenset({"Irf7", "Mx1"}))


def test_the_source_names_the_experiment():
    card = load_experiment(PROJECT / "data" / "experiments" / "simulated_pairs.yaml")
    assert source_of(card) == f"experiment simulated_pairs: {card.title}"
