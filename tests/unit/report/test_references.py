"""data/references.bib: read strictly, complete, without doubles, and cited for what it holds."""

from __future__ import annotations

import ast
import csv
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest

from irf7bone.base.errors import InputError
from irf7bone.genes.signatures import Signature
from irf7bone.report.sentences.references import Citations, Work, as_bibtex, read_works
from irf7bone.scoring.registry import METHODS
from irf7bone.study.cohort_checks import load_card
from irf7bone.study.strict_yaml import read_yaml

PROJECT = Path(__file__).resolve().parents[3]
PACKAGE = PROJECT / "workflow" / "scripts" / "irf7bone"
WORKS = read_works(PROJECT / "data" / "references.bib")
ENTRY = """@article{cox1972,
  author = {Cox, D. R.},
  title = {{Regression models and life-tables}},
  journal = {J R Stat Soc B},
  year = {1972},
  volume = {34},
  pages = {187--220},
  doi = {10.1/COX},
}
"""
# Works that code and documents name and the list does not hold: no doi, PMID or address of theirs was seen.
LEFT_OUT = {("Fisher", "1924"), ("Karsenty", "2009"), ("Moll", "1982"), ("Rueger", "1978"), ("Stone", "1985")}
LEFT_OUT |= {("van Houwelingen", "2006"), ("Mantel", "1966"), ("Greengard", "1991")}
# "Cox (1972, ...)", "Heinze and Schemper 2001", "Wolbers et al. (2014", "Law 2014", "van 't Veer 2002"
NAMED = re.compile(
    r"\b((?:van (?:de |den |'t )?)?[A-Z][A-Za-z'-]+)"
    r"(?: and [A-Z][A-Za-z]+(?:'s)?| et al\.)?,? \(?((?:19|20)\d\d)\b",
    re.ASCII,
)
NO_WORK = {"Med", "Schema", "August", "September", "October"}  # Nat Med 2012, JSON Schema 2020-12, dates


def read(folder: Path, text: str):
    (folder / "x.bib").write_text(text, encoding="utf-8")
    return read_works(folder / "x.bib")


def test_an_entry_is_read_and_written_as_it_stands(tmp_path):
    work = read(tmp_path, f"% said first\n\n{ENTRY}").by_key["cox1972"]
    assert as_bibtex([work]) == ENTRY
    assert (
        work.text
        == "Cox DR. Regression models and life-tables. J R Stat Soc B 1972;34:187-220. doi:10.1/COX."
    )


def test_the_words_of_a_work_without_volume_and_of_one_that_asks():
    book = {
        "author": "Gill, R. D. and Keiding, N. and others",
        "title": "{A \\& B?}",
        "publisher": "Springer",
    }
    said = Work("gill1993", "book", {**book, "year": "1993", "url": "https://x.org"}).text
    assert said == "Gill RD, Keiding N, et al. A & B? Springer 1993. https://x.org."


@pytest.mark.parametrize(
    ("change", "expected", "found"),
    [
        (("  year = {1972},\n", ""), "a year", "it lacks a year"),
        (("  doi = {10.1/COX},\n", ""), "a doi, PMID or URL", "it lacks a doi, PMID or URL"),
        (("  author = {Cox, D. R.},\n", ""), "authors", "it lacks authors"),
        (("journal = {J R Stat Soc B}", "note = {x}"), "a journal or publisher", "it lacks a journal"),
        (("title = {{", "title = {"), "a field", "title = {Regression models and life-tables}},"),
        (("  year = {1972},", "  year = 1972,"), "a field", "year = 1972,"),
        (("  volume", "  year = {1972},\n  volume"), "each once", "year = {1972},"),
        (("@article{cox1972", "@inbook{cox1972"), "an entry", "@inbook{cox1972,"),
        ((",\n}\n", ",\n"), "a } behind each entry", "none behind cox1972"),
    ],
)
def test_what_is_no_whole_entry_is_refused(tmp_path, change, expected, found):
    with pytest.raises(InputError) as caught:
        read(tmp_path, ENTRY.replace(*change))
    problem = caught.value.problems[0]
    assert expected in problem.expected and found in problem.found


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ([], "it stands twice"),
        ([("cox1972", "cox1972b"), ("{{Reg", "{{Other reg")], "cox1972 with the same doi"),
        ([("cox1972", "cox1972b"), ("10.1/COX", "10.1/cox"), ("{{Reg", "{{X")], "cox1972 with the same doi"),
        ([("cox1972", "cox1972b"), ("COX", "Y"), ("life-tables", "life tables.")], "with the same title"),
    ],
)
def test_a_work_that_stands_twice_is_refused(tmp_path, changes, found):
    second = ENTRY
    for change in changes:
        second = second.replace(*change)
    with pytest.raises(InputError) as caught:
        read(tmp_path, f"{ENTRY}\n{second}")
    assert any(found in problem.found for problem in caught.value.problems)


def test_works_are_numbered_as_they_are_first_cited():
    cite = Citations(WORKS)
    book = Work("a", "misc", {"note": "A book"})
    assert (cite("cox1972"), cite("efron1977", "cox1972"), cite(book)) == ("[1]", "[1, 2]", "[3]")
    assert [work.key for work in cite.cited] == ["cox1972", "efron1977", "a"]
    with pytest.raises(KeyError):
        cite("nobody1900")


def test_a_card_gives_the_work_of_the_list_where_its_doi_or_pmid_is_there():
    card = load_card(PROJECT / "data" / "cohorts" / "simulated_bone.yaml")
    for citation in ({"doi": "10.1016/s0140-6736(05)17947-1"}, {"pmid": 15721472, "text": "In other words"}):
        assert WORKS.of_card(replace(card, citation=citation)).key == "wang2005"
    own = WORKS.of_card(replace(card, citation={"text": "Our own 50 % & {unpublished} series_2.", "pmid": 7}))
    assert own.text == "Our own 50 % & unpublished series_2. PMID:7."
    assert own.bibtex == (
        "@misc{simulated_bone,\n"
        "  note = {Our own 50 \\% \\& \\{unpublished\\} series\\_2},\n  pmid = {7},\n}\n"
    )
    assert WORKS.of_card(replace(card, citation={})) is None


def test_a_signature_gives_every_work_of_its_provenance():
    signature = Signature(
        name="MINE",
        up=("IRF7",),
        down=(),
        citation="Liberzon 2015",
        source="",
        licence="",
        role="user",
        how_obtained="",
        sha256="",
        file=Path("mine.gmt"),
        pmids=("20837693", "19204204"),
    )
    assert [work.key for work in WORKS.of_signature(signature)] == ["nielsen2010", "parker2009"]
    [own] = WORKS.of_signature(replace(signature, pmids=("20837693", "1")))
    assert (own.key, own.text) == ("MINE", "Liberzon 2015. PMID:20837693 1.")
    assert WORKS.of_signature(replace(signature, citation="", pmids=())) == ()


def cited_keys() -> set[str]:
    """Keys that the code cites: in calls of ``cite``, of the list itself, and in the registry of methods."""
    keys = {method.citation for method in METHODS.values()}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "cite":
                keys |= {item.value for item in node.args if isinstance(item, ast.Constant)}
            if isinstance(node, ast.Subscript) and getattr(node.value, "attr", "") == "by_key":
                keys |= {node.slice.value} if isinstance(node.slice, ast.Constant) else set()
    return keys


def cards() -> dict[str, dict]:
    """What every shipped card says of its publication."""
    paths = [*PROJECT.glob("data/cohorts/*.yaml"), *PROJECT.glob("data/experiments/*.yaml")]
    read = {path.stem: read_yaml(path, what="card").data for path in paths}
    said = {name: card["citation"] for name, card in read.items() if card["role"] != "simulated"}
    cells = {path.stem: read_yaml(path, what="card").data for path in PROJECT.glob("data/cells/*.yaml")}
    # cards of cells may name no publication yet, only the study behind an accession
    return said | {
        name: card["citation"] for name, card in cells.items() if "pmid" in card.get("citation", {})
    }


def provenance() -> list[dict[str, str]]:
    """The rows that say where gene lists come from."""
    rows = []
    for path in PROJECT.glob("data/*/provenance.tsv"):
        with path.open(encoding="utf-8", newline="") as handle:
            rows += [row for row in csv.DictReader(handle, delimiter="\t") if "pmid" in row]
    return rows


def named() -> set[tuple[str, str]]:
    """First author and year of works that docstrings, comments and documents name."""
    paths = [*PACKAGE.rglob("*.py"), PROJECT / "README.md", *PROJECT.glob("data/*/README.md")]
    pages = ("statistics/methods", "development/decisions", "user/bone_metastasis_study")
    paths += [PROJECT / "docs" / f"{name}.md" for name in pages]
    texts = [" ".join(path.read_text(encoding="utf-8").split()) for path in paths]
    texts += [row["citation"] for row in provenance()]
    return {found for text in texts for found in NAMED.findall(text) if found[0] not in NO_WORK}


def first_author(work: Work) -> str:
    family = work.plain("author").split(",")[0].replace("ä", "ae").replace("ö", "oe").replace("ø", "o")
    return unicodedata.normalize("NFKD", family).encode("ascii", "ignore").decode()


BY_AUTHOR = {(first_author(work), work.plain("year")): key for key, work in WORKS.by_key.items()}


def test_every_key_that_is_cited_is_in_the_list():
    assert cited_keys() <= set(WORKS.by_key) and len(cited_keys()) > 40


def test_every_card_and_gene_list_cites_a_work_of_the_list():
    pmids = {work.plain("pmid"): work for work in WORKS.by_key.values() if "pmid" in work.fields}
    dois = {work.plain("doi"): work for work in WORKS.by_key.values()}
    for name, citation in cards().items():
        work = pmids[str(citation["pmid"])] if "pmid" in citation else dois[citation["doi"]]
        assert work.plain("doi") == citation["doi"], name
        assert f"{work.plain('year')};{work.plain('volume')}:{work.plain('pages')}" in citation["text"], name
        title = work.plain("title").lower()
        assert title in citation["text"].lower(), name
    for row in provenance():
        for pmid in filter(None, row["pmid"].split(";")):
            assert first_author(pmids[pmid]) in row["citation"], row["signature"]
            assert f"{pmids[pmid].plain('volume')}:" in row["citation"], row["signature"]


def test_every_marker_gene_names_works_of_the_list_and_is_in_its_list():
    with (PROJECT / "data" / "markers" / "genes.tsv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    by_id = {work.plain(field): work for work in WORKS.by_key.values() for field in ("pmid", "doi")}
    for row in rows:
        ids = [*row["pmid"].split(";"), row["doi"]]
        works = [by_id[one] for one in ids if one]
        assert len(works) == len(row["named_in"].split("; ")), row["gene"]
        for work in works:
            said = (first_author(work), *(work.plain(field) for field in ("year", "journal", "volume")))
            assert f"{' '.join(said)}:" in row["named_in"], row["gene"]
        for cell in row["cellmarker2"].split("; "):
            assert re.fullmatch(r".+ \(\d+\)|\d+ more", cell), row["gene"]
        assert re.fullmatch(r"(\d+(;\d+){0,2})?", row["cellmarker2_pmid"]), row["gene"]
    listed = {row["gene"] for row in rows if not row["list"].startswith("left out")}
    lines = (PROJECT / "data" / "markers" / "composition.gmt").read_text(encoding="utf-8").splitlines()
    named_lists = {line.split("\t")[0]: set(line.split("\t")[2:]) for line in lines}
    assert listed == set().union(*(genes for name, genes in named_lists.items() if name != "PROLIFERATION"))


def test_every_work_that_a_docstring_or_document_names_is_in_the_list():
    assert named() - set(BY_AUTHOR) == LEFT_OUT


def test_every_work_of_the_list_is_cited():
    by_pmid = {work.plain("pmid"): key for key, work in WORKS.by_key.items() if "pmid" in work.fields}
    by_doi = {work.plain("doi"): key for key, work in WORKS.by_key.items()}
    pmids = {str(citation["pmid"]) for citation in cards().values() if "pmid" in citation}
    pmids |= {pmid for row in provenance() for pmid in row["pmid"].split(";")}
    cited = cited_keys() | {by_pmid[pmid] for pmid in pmids if pmid}
    cited |= {by_doi[citation["doi"]] for citation in cards().values() if "pmid" not in citation}
    cited |= {BY_AUTHOR[work] for work in named() if work in BY_AUTHOR}
    assert set(WORKS.by_key) - cited == set()


def test_the_list_is_in_order_and_its_keys_say_author_and_year():
    keys = list(WORKS.by_key)
    assert keys == sorted(keys)
    for key, work in WORKS.by_key.items():
        family = re.sub("[^a-z]", "", first_author(work).lower())
        assert key == "tcga2012" or re.fullmatch(f"{family}{work.plain('year')}[a-z]?", key), key
        assert re.fullmatch(r"10\.\d{4,}/\S+", work.plain("doi") or "10.1000/none"), key
        assert re.fullmatch(r"\d*", work.plain("pmid")), key
