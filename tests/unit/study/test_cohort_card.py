"""Cohort cards: what is read, and that every way to get one wrong has its own message."""

from __future__ import annotations

import copy
import hashlib
import re
from pathlib import Path

import pytest
import yaml

from irf7bone.base import vocabulary
from irf7bone.base.errors import InputError, Problem
from irf7bone.study.card import codes
from irf7bone.study.cohort_card import CohortCard, make_cohort
from irf7bone.study.cohort_checks import COHORT_CARDS, load_card
from irf7bone.study.schema import load_schema
from irf7bone.study.strict_yaml import read_yaml

PROJECT = Path(__file__).resolve().parents[3]
SHIPPED = sorted((PROJECT / "data" / "cohorts").glob("*.yaml"))
# cohorts whose data come with the environment, and those that are fetched or the user's
AT_HAND = [path for path in SHIPPED if re.search(r"^  source: (package|simulate)$", path.read_text(), re.M)]
PUBLIC = [path for path in SHIPPED if path not in AT_HAND]

TABLE_CARD = {
    "id": "mine",
    "title": "A cohort of one's own",
    "citation": {"pmid": 1},
    "organism": "human",
    "specimen": "primary",
    "role": "validation",
    "expression": {
        "source": "table",
        "path": "values.csv",
        "genes_in": "rows",
        "gene_id": "symbol",
        "scale": "log2",
        "collapse": "max_mean",
    },
    "clinical": [{"source": "table", "path": "clinical.tsv", "key": "patient"}],
    "fields": {
        "er": {"from": "er_status", "map": {"ER+": "positive", "ER-": "negative", "?": None}},
        "metastasis_at_diagnosis": {"from": "m", "map": {"0": "negative", "1": "positive"}},
        "size_cm": {"from": "mm", "unit": "mm"},
    },
    "exclude": [
        {"field": "metastasis_at_diagnosis", "equals": "positive", "reason": "metastatic at diagnosis"}
    ],
    "endpoints": {
        "bone": {
            "definition": "bone metastasis",
            "time": {"from": "months", "unit": "months"},
            "event": {"from": "in_bone", "is": 1},
            "competing": {"from": "relapsed", "is": 1},
        },
        "death": {
            "definition": "death",
            "time": {"from": "days", "unit": "days"},
            "event": {"from": "status", "is": ["DOD", "DOC"], "else": ["alive", "lost"]},
        },
    },
    "expect": {"samples": 20, "events": {"bone": 5}, "competing": {"bone": 3}},
}
SIMULATED = {
    "source": "simulate",
    "seed": 1,
    "n_samples": 100,
    "n_genes": 500,
    "signature": "IRF7",
    "log_hr": -0.5,
    "log_hr_proliferation": 0.4,
    "programme_correlation": 0.2,
    "bone_rate_per_month": 0.004,
    "other_relapse_rate_per_month": 0.004,
    "follow_up_months": [24, 120],
    "gene_id": "symbol",
    "scale": "log2",
    "collapse": "max_mean",
}
STUDY = {
    "source": "cbioportal",
    "study": "brca_metabric",
    "profile": "data_mrna_illumina_microarray.txt",
    "gene_id": "symbol",
    "scale": "log2",
    "collapse": "max_mean",
}
NAMELESS_STUDY = {key: value for key, value in STUDY.items() if key != "study"}
PACKAGE = {
    "source": "package",
    "package": "SurvSet",
    "dataset": "gse1992",
    "sha256": "0" * 64,
    "gene_prefix": "num_HS_",
    "sample_column": "pid",
    "gene_id": "symbol",
    "scale": "log_ratio",
    "collapse": "mean",
}
REMOVED = object()


def write_card(folder: Path, changes: dict[str, object] | None = None, name: str = "mine.yaml") -> Path:
    """A good card with its files, changed at the given key paths (such as ``clinical.0.key``)."""
    card = copy.deepcopy(TABLE_CARD)
    for dotted, value in (changes or {}).items():
        *parents, last = [int(part) if part.isdigit() else part for part in dotted.split(".")]
        at = card
        for part in parents:
            at = at[part]
        if value is REMOVED:
            del at[last]
        else:
            at[last] = value
    for file in ("values.csv", "clinical.tsv"):
        (folder / file).write_text("id\n", encoding="utf-8")
    path = folder / name
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return path


def refused(path: Path) -> list[Problem]:
    """The problems for which a card is refused."""
    with pytest.raises(InputError) as caught:
        load_card(path)
    return caught.value.problems


def test_a_good_card_is_typed(tmp_path):
    path = write_card(tmp_path)
    card = load_card(path)
    assert isinstance(card, CohortCard)
    assert card.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card.resolve("values.csv") == tmp_path / "values.csv"
    assert card.notes == () and card.expect["events"] == {"bone": 5}
    assert card.fields["er"]["map"] == {"ER+": "positive", "ER-": "negative", "?": None}


def test_codes_are_lists_of_text_and_else_is_never_left_open(tmp_path):
    endpoints = load_card(write_card(tmp_path)).endpoints
    assert endpoints["bone"]["event"] == {"from": "in_bone", "is": ["1"], "else": ["0"]}
    assert endpoints["bone"]["competing"] == {"from": "relapsed", "is": ["1"], "else": ["0"]}
    assert endpoints["death"]["event"] == {"from": "status", "is": ["DOD", "DOC"], "else": ["alive", "lost"]}


@pytest.mark.parametrize(
    ("written", "text"), [(1, "1"), (1.0, "1"), (1.5, "1.5"), (True, "true"), ("01", "01"), ("Yes", "Yes")]
)
def test_codes_are_written_as_acquired_clinical_data_are(written, text):
    assert codes(written) == [text]


def test_yaml_words_stay_the_text_that_stands_in_the_card(tmp_path):
    path = tmp_path / "vocabulary.yaml"
    path.write_text(
        "map: {no: a, yes: b, 01: c, 1: d, null: e, 1:30: f}\nis: [no, on, 012, 2001-01-01]\nx: 1e-3\n"
    )
    data = read_yaml(path, what="card").data
    assert list(data["map"]) == ["no", "yes", "01", "1", "null", "1:30"]
    assert data["is"] == ["no", "on", "012", "2001-01-01"]
    assert data["x"] == 0.001


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"fields.er.mapp": {}}, "fields.er.mapp", "did you mean `map`"),
        ({"titel": "x", "title": REMOVED}, "titel", "did you mean `title`"),
        ({"role": "simulatd", "citation": REMOVED}, "role", "did you mean `simulated`"),
        ({"endpoints.bone.evnt": 1}, "endpoints.bone.evnt", "did you mean `event`"),
        ({"specimens": 1}, "specimens", "did you mean `specimen`"),
        ({"zzz": 1}, "zzz", "use one of: id, title"),
        ({"expression.plaform": "GPL96"}, "expression.plaform", "did you mean `platform`"),
        ({"endpoints.bones": {}}, "endpoints.bones", "did you mean `bone`"),
        ({"title": REMOVED}, "title", "the key `title`"),
        ({"title": ""}, "title", "text that is not empty"),
        ({"title": 5}, "title", "text"),
        ({"id": "other"}, "id", "the name of the file"),
        ({"id": "my cohort"}, "id", "text of the form"),
        ({"id": "x" * 65}, "id", "at most 64 characters"),
        ({"organism": "mouse"}, "organism", "one of human"),
        ({"specimen": "primry"}, "specimen", "did you mean `primary`"),
        ({"role": "training"}, "role", "one of discovery, validation, simulated"),
        ({"role": "simulated"}, "role", "role `simulated` with source `table`"),
        ({"citation": REMOVED}, "citation", "say where the cohort was published"),
        ({"citation": {"pmid": "x"}}, "citation.pmid", "a whole number"),
        ({"citation": {"doi": "doi.org/10.1/x"}}, "citation.doi", "text of the form"),
        (
            {"expression.source": "tape"},
            "expression.source",
            "one of table, h5ad, r_file, geo, geo_file, cbioportal, package, simulate",
        ),
        ({"expression.source": REMOVED}, "expression.source", "the key `source`"),
        ({"expression.scale": "log10"}, "expression.scale", "one of linear, log2, counts, log_ratio"),
        ({"expression.normalise": "tmn"}, "expression.normalise", "did you mean `tmm`"),
        ({"expression.normalise": "tmm"}, "expression.normalise", "no counts any more"),
        ({"expression.genes_in": "row"}, "expression.genes_in", "did you mean `rows`"),
        ({"expression.collapse": "median"}, "expression.collapse", "max_mean"),
        ({"expression.gene_id": "probe"}, "expression.gene_id", "symbol, entrez, ensembl"),
        ({"expression.excel_damaged": "keep"}, "expression.excel_damaged", "one of drop"),
        ({"expression.path": "valeus.csv"}, "expression.path", "did you mean `values.csv`"),
        ({"expression.path": "."}, "expression.path", "which is a folder"),
        ({"expression.path": "elsewhere/x.csv"}, "expression.path", "not there"),
        ({"clinical": []}, "clinical", "at least 1 entry"),
        ({"clinical.0.key": REMOVED}, "clinical[0].key", "the key `key`"),
        ({"clinical.0.path": "clinical.csv"}, "clinical[0].path", "did you mean `clinical.tsv`"),
        ({"clinical": [{"source": "package"}]}, "clinical[0].source", "while expression comes from `table`"),
        ({"clinical": [{"source": "h5ad"}]}, "clinical[0].source", "while expression comes from `table`"),
        ({"clinical": [{"source": "simulate"}]}, "clinical[0].source", "while expression comes from `table`"),
        ({"fields.er.map": {"1": "pos"}}, "fields.er.map.1", "did you mean `positive`"),
        ({"fields.er.map": REMOVED}, "fields.er.map", "the key `map`"),
        ({"fields.grade": {"from": "g", "map": {"IV": 4}}}, "fields.grade.map.IV", "one of 1, 2, 3, null"),
        ({"fields.size_cm.unit": "inch"}, "fields.size_cm.unit", "one of cm, mm"),
        ({"fields.age": {"from": "age"}}, "fields.age.unit", "the key `unit`"),
        ({"exclude.0.field": "metastasis"}, "exclude[0].field", "a field of this card"),
        (
            {"exclude.0.equals": "1"},
            "exclude[0].equals",
            "a value that the field can take: negative, positive",
        ),
        ({"exclude.0.reason": REMOVED}, "exclude[0].reason", "the key `reason`"),
        ({"exclude.0.samples": ["a"]}, "exclude[0]", "or `samples`"),
        ({"exclude": [{"column": "c", "reason": "r"}]}, "exclude[0]", "`column` and `is` or `is_not`"),
        ({"exclude": [{"column": "c", "is": 1, "is_not": 2, "reason": "r"}]}, "exclude[0]", "or `samples`"),
        ({"clinical.0.missing": "--"}, "clinical[0].missing", "a list"),
        ({"patient": ""}, "patient", "text that is not empty"),
        ({"expression": {**STUDY, "path": "study"}, "patient": "P"}, "expression", "both"),
        ({"expression": NAMELESS_STUDY, "patient": "P"}, "expression", "neither"),
        ({"expression": {**NAMELESS_STUDY, "path": "no"}, "patient": "P"}, "expression.path", "not there"),
        (
            {"expression": STUDY, "clinical": [{"source": "cbioportal"}]},
            "patient",
            "add `patient: PATIENT_ID`",
        ),
        ({"expression": {**STUDY, "profile": "mrna.txt"}}, "expression.profile", "text of the form"),
        ({"expression": {**STUDY, "gene_id": "ensembl"}}, "expression.gene_id", "one of symbol, entrez"),
        ({"exclude": [{"samples": ["a", "a"], "reason": "r"}]}, "exclude[0].samples", "each entry once"),
        ({"endpoints": {}}, "endpoints", "at least 1 entry"),
        ({"endpoints.bone.event": REMOVED}, "endpoints.bone.event", "the key `event`"),
        ({"endpoints.bone.event.is": REMOVED}, "endpoints.bone.event.is", "the key `is`"),
        ({"endpoints.bone.event.is": None}, "endpoints.bone.event.is", "nothing (null)"),
        ({"endpoints.bone.event.is": []}, "endpoints.bone.event.is", "at least 1 entry"),
        ({"endpoints.bone.time.unit": "weeks"}, "endpoints.bone.time.unit", "one of months, days, years"),
        ({"endpoints.bone.definition": REMOVED}, "endpoints.bone.definition", "the key `definition`"),
        ({"endpoints.death.event.else": REMOVED}, "endpoints.death.event.else", "did not happen"),
        ({"endpoints.death.event.else": ["DOC", "alive"]}, "endpoints.death.event.else", "DOC"),
        (
            {"endpoints.bone.competing.from": "in_bone"},
            "endpoints.bone.competing",
            "the same column and code",
        ),
        ({"expect.events": {"lung": 1}}, "expect.events.lung", "an endpoint of this card: bone, death"),
        ({"expect.events": {"bone": -1}}, "expect.events.bone", "at least 0"),
        ({"expect.events": {"bone": 21}}, "expect.events.bone", "at most 20, the expected samples"),
        ({"expect.competing": {"death": 1}}, "expect.competing.death", "has no `competing`"),
        ({"notes": "one sentence"}, "notes", "a list"),
    ],
)
def test_each_mistake_has_its_own_message(tmp_path, changes, key, said):
    problems = refused(write_card(tmp_path, changes))
    assert len(problems) == 1, [str(problem) for problem in problems]
    [problem] = problems
    assert problem.where.endswith(f", {key}")
    assert str(tmp_path / "mine.yaml") in problem.where
    assert said in str(problem)


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"role": "validation"}, "role", "`simulated` for `source: simulate`"),
        (
            {"clinical": [{"source": "table", "path": "clinical.tsv", "key": "x"}]},
            "clinical[0].source",
            "do not mix",
        ),
        ({"expression.seed": -1}, "expression.seed", "at least 0"),
        ({"expression.programme_correlation": 1}, "expression.programme_correlation", "above -1 and below 1"),
        ({"expression.follow_up_months": [24]}, "expression.follow_up_months", "at least 2 entries"),
        ({"expression.log_hr": REMOVED}, "expression.log_hr", "the key `log_hr`"),
        ({"expression.n_sample": 3}, "expression.n_sample", "did you mean `n_samples`"),
        ({"expression.scale": "linear"}, "expression.scale", "'linear'"),
    ],
)
def test_mistakes_of_simulated_cards(tmp_path, changes, key, said):
    good = {"role": "simulated", "expression": copy.deepcopy(SIMULATED), "clinical": [{"source": "simulate"}]}
    assert load_card(write_card(tmp_path, good | {"citation": REMOVED})).role == "simulated"
    [problem] = refused(write_card(tmp_path, good | changes))
    assert problem.where.endswith(f", {key}")
    assert said in str(problem)


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"expression.package": "Survset"}, "expression.package"),
        ({"expression.sha256": "abc"}, "expression.sha256"),
        ({"expression.dataset": "../gse1992"}, "expression.dataset"),
        ({"expression.path": "values.csv"}, "expression.path"),
    ],
)
def test_mistakes_of_package_cards(tmp_path, changes, key):
    good = {"expression": copy.deepcopy(PACKAGE), "clinical": [{"source": "package"}]}
    assert load_card(write_card(tmp_path, good)).expression == PACKAGE
    [problem] = refused(write_card(tmp_path, good | changes))
    assert problem.where.endswith(f", {key}")


def test_a_rule_for_times_that_differ_needs_several_columns(tmp_path):
    times = {"from": ["days", "days_alive"], "unit": "days", "differ": "first"}
    load_card(write_card(tmp_path, {"endpoints.death.time": times}))
    with pytest.raises(InputError) as caught:
        load_card(write_card(tmp_path, {"endpoints.death.time": {**times, "from": "days"}}))
    [problem] = caught.value.problems
    assert problem.where.endswith("endpoints.death.time.differ")


def test_all_mistakes_are_reported_at_once(tmp_path):
    changes = {"titel": "x", "role": "training", "expression.path": "gone.csv", "exclude.0.field": "stage"}
    keys = [problem.where.rpartition(", ")[2] for problem in refused(write_card(tmp_path, changes))]
    assert sorted(keys) == ["exclude[0].field", "expression.path", "role", "titel"]


def test_a_message_names_the_line(tmp_path):
    path = write_card(tmp_path, {"endpoints.bone.event.is": None})
    [line] = [n for n, text in enumerate(path.read_text().splitlines(), 1) if text.strip() == "is: null"]
    assert refused(path)[0].where == f"{path}:{line}, endpoints.bone.event.is"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "an empty file"),
        (b"# only a comment\n", "an empty file"),
        (b"- a\n- b\n", "the list a, b"),
        (b"<!DOCTYPE html>", "'<!DOCTYPE html>'"),
        (b"id: a\nid: b\n", "`key: value`|each key once|first on line 1"),
        (b"id: a\nfields: {er: 1, er: 2}\n", "mine.yaml:2, fields.er"),
        (b"id: [a\n", "in YAML"),
        (b"id: a\n\ttitle: b\n", "mine.yaml:2"),
        (b"title: a: b\n", "mapping values are not allowed"),
        (b"title: caf\xe9\n", "mine.yaml:1|0xe9|iconv -f latin1"),
        (b"id: a\n\nnotes: [\xff]\n", "mine.yaml:3"),
        (b"id: !!python/name:os.system x\n", "the YAML tag"),
        (b"a: &x [1]\nb: *x\n", "aliases"),
        (b"a: 1\n---\nb: 2\n", "in YAML"),
        (b"id: \x00\n", "in YAML"),
    ],
)
def test_what_is_not_a_yaml_mapping_says_so(tmp_path, content, said):
    path = tmp_path / "mine.yaml"
    path.write_bytes(content)
    text = str(InputError(refused(path)))
    assert any(option in text for option in said.split("|")), text
    if "|" in said and "iconv" in said:
        assert all(option in text for option in said.split("|")), text


def test_missing_card_and_folder_in_its_place(tmp_path):
    assert "no such file" in str(refused(tmp_path / "gone.yaml")[0])
    assert "a folder" in str(refused(tmp_path)[0])


def test_byte_order_mark_and_windows_line_ends_are_tolerated(tmp_path):
    path = write_card(tmp_path)
    plain = load_card(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    other = load_card(path)
    assert other.sha256 != plain.sha256
    assert (other.title, other.fields, other.endpoints) == (plain.title, plain.fields, plain.endpoints)


@pytest.mark.parametrize("path", AT_HAND, ids=lambda path: path.stem)
def test_shipped_cards_are_right_and_complete(path):
    card = load_card(path)
    assert card.documentation and set(card.expect["events"]) == set(card.endpoints)
    assert card.role == "simulated" or {"pmid", "doi", "text"} == set(card.citation)


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.stem)
def test_cards_of_public_cohorts_say_what_is_not_known_and_which_files_are_the_users(path):
    document = read_yaml(path, what="card")
    problems = COHORT_CARDS.problems_of(document)
    card = make_cohort(document)
    assert card.documentation and {"pmid", "doi", "text"} == set(card.citation)
    assert card.unverified and all(endpoint["definition"] for endpoint in card.endpoints.values())
    absent = [entry["path"] for entry in (card.expression, *card.clinical) if entry["source"] == "table"]
    assert len(problems) == len(absent)
    for name, problem in zip(absent, problems, strict=True):
        assert problem.where.endswith(".path") and problem.found.endswith(f"{name}, which is not there")
        assert any(name in note for note in card.notes), name


@pytest.mark.parametrize("path", AT_HAND, ids=lambda path: path.stem)
def test_shipped_cards_say_what_their_data_hold(path):
    from irf7bone.acquire.sources import acquire

    card = load_card(path)
    acquired = acquire(card)
    clinical = acquired.clinical
    shared = [sample for sample in acquired.expression.columns if sample in clinical.index]
    assert len(shared) == len(clinical) == card.expect["samples"]
    for name, field in card.fields.items():
        held = set(clinical[field["from"]])
        if "map" in field:
            assert held == set(field["map"]), name
        else:
            assert all(float(value) > 0 for value in held - {None}), name
    for name, endpoint in card.endpoints.items():
        assert all(float(value) > 0 for value in clinical[endpoint["time"]["from"]])
        happened = {}
        for part in ("event", "competing"):
            if part in endpoint:
                rule = endpoint[part]
                assert set(clinical[rule["from"]]) == {*rule["is"], *rule["else"]}
                happened[part] = clinical[rule["from"]].isin(rule["is"])
        assert happened["event"].sum() == card.expect["events"][name]
        if "competing" in happened:
            assert (happened["competing"] & ~happened["event"]).sum() == card.expect["competing"][name]
    for rule in card.exclude:
        assert set(rule["samples"]) <= set(clinical.index)


def nodes(schema: object, path: str = ""):
    """Every table of a schema with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            yield from nodes(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from nodes(value, f"{path}/{index}")


@pytest.mark.parametrize("name", ["config", "cohort", "experiment"])
def test_schemas_describe_every_key_refuse_others_and_set_no_defaults(name):
    schema = load_schema(name)
    described = 0
    for path, node in nodes(schema):
        if "/if" in path or path.endswith(("properties", "$defs")):
            continue
        assert "default" not in node, path
        if "properties" in node and "allOf" not in node:
            assert node.get("additionalProperties") is False, path
        if path.rpartition("/")[0].endswith("properties"):
            target = schema.get("$defs", {}).get(node.get("$ref", "").rpartition("/")[2], {}) | node
            assert len(target.get("description", "")) > 4, path
            described += 1
    assert described >= 19


def test_schemas_use_the_words_of_the_tables():
    card, config = load_schema("cohort"), load_schema("config")
    assert tuple(card["properties"]["endpoints"]["properties"]) == vocabulary.ENDPOINTS
    assert tuple(card["$defs"]["counts"]["properties"]) == vocabulary.ENDPOINTS
    assert tuple(card["properties"]["role"]["enum"]) == vocabulary.ROLES
    assert tuple(card["properties"]["specimen"]["enum"]) == vocabulary.SPECIMENS
    for key, singular, known in (
        ("methods", "method", vocabulary.METHOD_NAMES),
        ("endpoints", "endpoint", vocabulary.ENDPOINTS),
        ("models", "model", vocabulary.MODELS),
    ):
        assert tuple(config["properties"][key]["items"]["enum"]) == known
        assert tuple(config["properties"]["primary"]["properties"][singular]["enum"]) == known


def test_an_exclusion_by_a_field_with_a_unit_needs_a_number(tmp_path):
    rule = {"field": "size_cm", "equals": "50", "reason": "r"}
    [problem] = refused(write_card(tmp_path, {"exclude": [rule]}))
    assert problem.where.endswith("exclude[0].equals")
    assert problem.expected == "a number, as the field has a unit"
    assert load_card(write_card(tmp_path, {"exclude": [{**rule, "equals": 5.5}]})).exclude[0]["equals"] == 5.5


def test_true_and_false_are_the_same_code_however_they_are_written(tmp_path):
    assert codes([True, "TRUE", "False", "T"]) == ["true", "true", "false", "T"]
    event = {"from": "status", "is": True, "else": ["TRUE", "FALSE"]}
    [problem] = refused(write_card(tmp_path, {"endpoints.death.event": event}))
    assert problem.found == "codes in both"
