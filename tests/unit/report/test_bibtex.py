from __future__ import annotations

import re

import pytest

from irf7bone.report.sentences import methods, methods_deeper
from irf7bone.report.sentences.bibtex import bibtex
from irf7bone.scoring.registry import METHODS

OURS = {**methods.REFERENCES, **methods_deeper.REFERENCES}


def fields(entry):
    return dict(re.findall(r"^  (\w+) = \{(.*)\},$", entry, re.MULTILINE))


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_reference_of_the_methods_text_is_an_article(name):
    entry = bibtex([OURS[name]])
    assert entry.startswith("@article{")
    assert {"author", "title", "journal", "year", "volume", "pages"} <= set(fields(entry))


@pytest.mark.parametrize("name", sorted(METHODS))
def test_so_is_that_of_every_scoring_method(name):
    assert bibtex([METHODS[name].citation]).startswith("@article{")


def test_a_full_reference():
    entry = bibtex([methods.REFERENCES["bidwell"]])
    assert entry.startswith("@article{bidwell2012,\n")
    assert fields(entry) == {
        "author": "Bidwell, B. N. and Slaney, C. Y. and Withana, N. P. and others",
        "title": "{Silencing of Irf7 pathways in breast cancer cells promotes bone metastasis through "
        "immune escape}",
        "journal": "Nat Med",
        "year": "2012",
        "volume": "18",
        "pages": "1224--1231",
        "doi": "10.1038/nm.2830",
    }


def test_a_short_reference_names_its_first_author_only():
    entry = bibtex(["Liberzon 2015 Cell Syst 1:417"])
    assert fields(entry) == {
        "author": "Liberzon and others",
        "journal": "Cell Syst",
        "year": "2015",
        "volume": "1",
        "pages": "417",
    }


@pytest.mark.parametrize("said", ["Hu Z et al.", "Hu Z, et al.", "Hu Z et al"])
def test_et_al_is_others(said):
    entry = bibtex([f"{said.removesuffix('.')}. A title. Nature 2001;1:2."])
    assert fields(entry)["author"] == "Hu, Z. and others"


def test_a_question_mark_ends_a_title():
    assert fields(bibtex([methods_deeper.REFERENCES["fisher"]]))["title"].endswith("deft approach?}")


def test_what_cannot_be_parsed_is_kept_whole_and_escaped():
    assert bibtex(["Our own 50 % & {unpublished} series_2"]) == (
        "@misc{reference,\n  note = {Our own 50 \\% \\& \\{unpublished\\} series\\_2},\n}\n"
    )


def test_keys_are_unique():
    keys = re.findall(
        r"^@\w+\{(\S+),$", bibtex(["Ito 2001 Nature 1:2", "Ito 2001 Nature 3:4", "a", "b"]), re.MULTILINE
    )
    assert keys == ["ito2001", "ito2001b", "reference", "referenceb"]
