"""The study's config: one default that is complete, and every mistake found before a job starts."""

from __future__ import annotations

import copy
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from irf7bone.base.errors import InputError, Problem
from irf7bone.study.card_checks import CardKind
from irf7bone.study.plan import Study, load_study
from irf7bone.study.schema import load_schema
from irf7bone.study.settings import RandomSignatures
from irf7bone.study.strict_yaml import config_problems, read_configs

PROJECT = Path(__file__).resolve().parents[3]
SCRIPTS = PROJECT / "workflow" / "scripts"
DEFAULT = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
REMOVED = object()
# what most tests change: four of the default's cohorts, and another question
FOUR = {
    "cohorts": ["gse1992", "gse3143", "gse4335", "simulated_bone"],
    "endpoints": ["bone", "relapse", "death"],
    "primary.endpoint": "death",
}

CARD = """\
id: {id}
title: A cohort of one's own
citation: {{text: unpublished}}
organism: human
specimen: primary
role: validation
expression: {{source: table, path: x.csv, genes_in: rows, gene_id: symbol, scale: log2, collapse: mean}}
clinical: [{{source: table, path: x.csv, key: id}}]
fields: {{}}
endpoints:
  {endpoint}:
    definition: as recorded
    time: {{from: t, unit: months}}
    event: {{from: e, is: 1}}
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """An empty current folder with a GMT of all the signatures that the default config names."""
    monkeypatch.chdir(tmp_path)
    names = DEFAULT["signatures"]["select"]
    (tmp_path / "all.gmt").write_text(
        "".join(f"{name}\tx\tIRF7\tSTAT1\n" for name in names), encoding="utf-8"
    )
    (tmp_path / "x.csv").write_text("id\n", encoding="utf-8")
    return tmp_path


def add_card(folder: Path, identity: str, endpoint: str = "bone") -> str:
    """Write a card and return the path that a config names it by."""
    path = folder / f"{identity}.yaml"
    path.write_text(CARD.format(id=identity, endpoint=endpoint), encoding="utf-8")
    return f"./{path.name}"


def changed(changes: dict[str, object]) -> dict:
    """The default config on four cohorts and the GMT of the folder, changed at the given key paths."""
    config = copy.deepcopy(DEFAULT)
    config["signatures"]["files"] = ["all.gmt"]
    for dotted, value in {**FOUR, **changes}.items():
        *parents, last = dotted.split(".")
        at = config
        for part in parents:
            at = at[part]
        if value is REMOVED:
            del at[last]
        else:
            at[last] = value
    return config


def load(changes: dict[str, object] | None = None) -> Study:
    """Load the changed default study as the workflow does."""
    return load_study(changed(changes or {}), root=PROJECT)


def refused(changes: dict[str, object]) -> list[Problem]:
    """The problems for which the changed config is refused."""
    with pytest.raises(InputError) as caught:
        load(changes)
    return caught.value.problems


def test_default_study_is_typed(here):
    study = load({name: DEFAULT[name] for name in ("cohorts", "endpoints")} | {"primary": DEFAULT["primary"]})
    real = ("vantveer2002", "nki144", "nki295", "gse1992", "gse3143", "gse4335")
    assert study.config.cohorts == tuple(study.cards) == (*real, "simulated_bone")
    assert study.config.primary.endpoint == "distant"
    assert [name for name, card in study.cards.items() if "distant" in card.endpoints] == list(real[:2])
    assert study.cards["vantveer2002"].sampled_by_outcome["endpoint"] == "distant"
    assert study.config.signatures.min_agreement == 0.95
    assert study.config.verdict.smallest_hr == 0.7
    assert study.signature_files == (Path("all.gmt"),)
    assert study.config.signatures.files == ("all.gmt",)
    assert study.symbols == PROJECT / "data/genes/hgnc_symbols.tsv.gz"
    assert study.cards["simulated_bone"].role == "simulated"


def test_paths_inside_the_current_folder_are_relative_to_it(monkeypatch, here):
    monkeypatch.chdir(PROJECT)
    study = load_study(changed({"signatures.files": [str(here / "all.gmt")]}), root=PROJECT)
    assert study.cards["gse1992"].path == Path("data/cohorts/gse1992.yaml")
    assert study.symbols == Path("data/genes/hgnc_symbols.tsv.gz")
    assert study.signature_files == (here / "all.gmt",)


def test_own_cards_and_signatures_are_found_from_the_current_folder(here):
    (here / "more").mkdir()
    (here / "more" / "own.gmt").write_text("OWN_UP\tx\tA\nOWN_DN\tx\tB\n", encoding="utf-8")
    study = load(
        {
            "cohorts": [add_card(here, "mine"), "gse3143", "simulated_bone"],
            "signatures.files": ["all.gmt", "more", "more/own.gmt"],
            "signatures.select": ["HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_E2F_TARGETS", "OWN"],
            "endpoints": ["bone", "death"],
        }
    )
    assert study.cards["mine"].path == Path("mine.yaml")
    assert study.signature_files == (Path("all.gmt"), Path("more/own.gmt"))


def test_a_file_of_centroids_is_found_beside_the_study(here):
    (here / "pam50.tsv").write_text("gene\tBasal\tLumA\n", encoding="utf-8")
    assert load({"subtypes.centroids": "pam50.tsv"}).subtype_centroids == Path("pam50.tsv")
    assert load({}).subtype_centroids is None


def test_a_jobs_process_reads_the_study_that_planning_found_right(here, monkeypatch):
    planned = load({})
    monkeypatch.setattr(CardKind, "problems_of", None)  # would be called for every card
    assert load_study(changed({}), root=PROJECT, trusted=True) == planned


def test_a_message_names_few_of_many_cohorts(here):
    mine = [add_card(here, f"c{number:02d}") for number in range(40)]
    with pytest.raises(InputError) as refused:
        load({"cohorts": mine, "endpoints": ["bone", "death"], "primary.endpoint": "bone"})
    [problem] = refused.value.problems
    assert "c11: bone; and 28 more" in problem.expected and "c12" not in problem.expected


def test_a_group_stands_for_the_signatures_of_its_role(here):
    folder = str(PROJECT / "data/signatures")
    groups = {"signatures.files": [folder, f"{folder}/library"]}
    chosen = ["HALLMARK_E2F_TARGETS", "group:interferon", "HALLMARK_INTERFERON_ALPHA_RESPONSE"]
    select = load({**groups, "signatures.select": chosen}).config.signatures.select
    assert select[0] == "HALLMARK_E2F_TARGETS" and len(set(select)) == len(select)
    assert {"HALLMARK_INTERFERON_ALPHA_RESPONSE", "RICE_ISG6", "DESMEDT_STAT1"} <= set(select)
    assert "IRF7" not in select
    with pytest.raises(InputError) as refused:
        wrong = {"signatures.select": [*chosen, "group:interferno"], "primary.signature": "group:irf7"}
        load({**groups, **wrong})
    first, second = refused.value.problems[:2]
    assert "`group:interferno`" in first.found and "group:interferon" in first.remedy
    assert "`group:irf7`" in second.found and "primary" in second.where


def test_analysis_settings_change_with_what_the_numbers_depend_on(here):
    default = load().config.analysis()
    assert isinstance(default, tuple), "Snakemake tracks params of built-in types only"
    other = load(
        {"title": "Another title", "cohorts": ["gse3143", "simulated_bone", "gse1992"]}
    ).config.analysis()
    assert repr(other) == repr(default)
    assert repr(load({"min_events": 6}).config.analysis()) != repr(default)
    assert repr(load({"primary.model": "proliferation"}).config.analysis()) != repr(default)


@pytest.mark.parametrize(
    ("changes", "key", "said"),
    [
        ({"metods": ["zscore"]}, "metods", "did you mean `methods`"),
        ({"mirorr": "x"}, "mirorr", "the unknown key `mirorr`"),
        ({"primary.metod": "zscore"}, "primary.metod", "did you mean `method`"),
        ({"signatures.slect": []}, "signatures.slect", "did you mean `select`"),
        ({"title": REMOVED}, "title", "the key `title`"),
        ({"primary.model": REMOVED}, "primary.model", "One of models"),
        ({"methods": None}, "methods", "nothing (null)"),
        ({"methods": "zscore"}, "methods", "a list"),
        ({"methods": []}, "methods", "at least 1 entry"),
        ({"methods": ["zscore", "zscore"]}, "methods", "each entry once"),
        ({"methods": ["zscore", "ssGSEAs"]}, "methods[1]", "did you mean `ssgsea`"),
        (
            {"models": ["unadjusted", "adjusted", "proliferation_er"]},
            "models[1]",
            "one of unadjusted, proliferation, proliferation_er, clinical",
        ),
        ({"endpoints": ["relapse", "death", "bones"]}, "endpoints[2]", "did you mean `bone`"),
        ({"verdict.smallest_hr": 1.3}, "verdict.smallest_hr", "a number above 0 and below 1"),
        ({"verdict.smallest_hr": float("nan")}, "verdict.smallest_hr", "a number"),
        ({"verdict.power": 80}, "verdict.power", "at least 0.5 and below 1"),
        ({"verdict.power": True}, "verdict.power", "a number"),
        ({"min_events": 1}, "min_events", "at least 2"),
        ({"min_events": 5.5}, "min_events", "a whole number"),
        ({"signatures.min_coverage": 50}, "signatures.min_coverage", "at least 0 and at most 1"),
        ({"cohorts": [], "experiments": []}, "cohorts", "a card of data/cohorts or data/experiments"),
        ({"cohorts": [{"id": "gse1992"}]}, "cohorts[0]", "text"),
        ({"primary.method": "plague"}, "primary.method", "one of zscore, ssgsea, singscore, gsva, plage"),
        ({"methods": ["ssgsea"]}, "primary.method", "one of methods: ssgsea"),
        ({"models": ["proliferation"]}, "primary.model", "one of models: proliferation"),
        ({"endpoints": ["bone", "relapse"]}, "primary.endpoint", "one of endpoints: bone, relapse"),
        ({"primary.signature": "IRF77"}, "primary.signature", "did you mean `IRF7`"),
        (
            {"proliferation_signature": "PAM50"},
            "proliferation_signature",
            "did you mean `PAM50_PROLIFERATION`",
        ),
        (
            {"primary.signature": DEFAULT["proliferation_signature"], "primary.model": "proliferation"},
            "primary.signature",
            "in both",
        ),
        ({"signatures.files": ["all.gmt", "gone.gmt"]}, "signatures.files[1]", "which is not there"),
        ({"signatures.files": ["all.gmt", "empty"]}, "signatures.files[1]", "no such file in `empty`"),
        (
            {"cohorts": ["gse1992", "gse3143", "simulated_bonne"]},
            "cohorts[2]",
            "did you mean `simulated_bone`",
        ),
        ({"cohorts": ["gse1992", "gse3143", "gse1992", "simulated_bone"]}, "cohorts[2]", "each cohort once"),
        ({"cohorts": ["gse1992", "gse3143", "./simulated.yaml"]}, "cohorts[2]", "no such file"),
        ({"subtypes.centroids": "nowhere.tsv"}, "subtypes.centroids", "a file, seen from"),
        ({"mirror": "nowhere"}, "mirror", "a folder that is there"),
        ({"mirror": "ftp://host"}, "mirror", "a base URL (https://...)"),
        ({"endpoints": ["relapse", "death", "lung"]}, "endpoints[2]", "gse1992: relapse; gse3143: death"),
        ({"cohorts": ["gse1992", "gse3143"]}, "endpoints[0]", "`bone`, which none has"),
    ],
)
def test_each_mistake_has_its_own_message(here, changes, key, said):
    (here / "empty").mkdir()
    problems = refused(changes)
    assert len(problems) == 1, [str(problem) for problem in problems]
    assert problems[0].where == f"config.yaml, {key}"
    assert said in str(problems[0])


def test_selected_signature_that_the_library_lacks(here):
    select = [*DEFAULT["signatures"]["select"], "HALLMARK_INTERFERON_ALFA_RESPONSE"]
    [problem] = refused({"signatures.select": select})
    assert problem.where == f"config.yaml, signatures.select[{len(select) - 1}]"
    assert "did you mean `HALLMARK_INTERFERON_ALPHA_RESPONSE`" in problem.remedy


@pytest.mark.parametrize("key", ["primary.signature", "proliferation_signature"])
def test_named_signature_that_is_not_selected(here, key):
    name = DEFAULT["primary"]["signature"] if key == "primary.signature" else DEFAULT[key]
    select = [other for other in DEFAULT["signatures"]["select"] if other != name]
    [problem] = refused({"signatures.select": select})
    assert problem.where == f"config.yaml, {key}"
    assert "add it to signatures.select" in problem.remedy


def test_signature_planted_in_a_simulation_must_be_in_the_library(here):
    card = (PROJECT / "data/cohorts/simulated_bone.yaml").read_text(encoding="utf-8")
    (here / "simulated_bone.yaml").write_text(
        card.replace("HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_INTERFERON_ALPHA"), encoding="utf-8"
    )
    [problem] = refused({"cohorts": ["gse1992", "gse3143", "./simulated_bone.yaml"]})
    assert problem.where.startswith("simulated_bone.yaml:")
    assert problem.where.endswith("expression.signature")


def test_two_cards_with_one_id(here):
    (here / "other").mkdir()
    (here / "other" / "x.csv").write_text("id\n", encoding="utf-8")
    first, second = add_card(here, "mine"), "other/" + add_card(here / "other", "mine").removeprefix("./")
    [problem] = refused({"cohorts": [first, "gse1992", "gse3143", second]})
    assert problem.where == "config.yaml, cohorts[3]"
    assert "`./mine.yaml` has already" in problem.found


def test_path_of_a_card_is_suggested(here):
    add_card(here, "my_cohort")
    [problem] = refused({"cohorts": ["my_cohrt.yaml"]})
    assert "did you mean `my_cohort.yaml`" in problem.remedy


def test_everything_wrong_is_reported_at_once(here):
    broken = CARD.format(id="wrong", endpoint="bone").replace("unit: months", "unit: weeks")
    (here / "broken.yaml").write_text(broken, encoding="utf-8")
    (here / "latin.yaml").write_bytes(b"title: caf\xe9\n")
    changes = {
        "titel": "x",
        "cohorts": ["gse1992", "./broken.yaml", "latin.yaml", "nowhere"],
        "primary.signature": "IRF77",
        "verdict.power": 2,
        "endpoints": ["relapse", "death", "bone", "relapse"],
    }
    with pytest.raises(InputError) as caught:
        load(changes)
    places = sorted(problem.where for problem in caught.value.problems)
    assert places == [
        "broken.yaml:1, id",
        "broken.yaml:13, endpoints.bone.time.unit",
        "config.yaml, cohorts[3]",
        "config.yaml, endpoints",
        "config.yaml, primary.signature",
        "config.yaml, titel",
        "config.yaml, verdict.power",
        "latin.yaml:1",
    ]
    assert str(caught.value).startswith("8 problems")


def test_name_of_the_config_can_be_given(here):
    with pytest.raises(InputError) as caught:
        load_study(changed({"titel": 1}), root=PROJECT, source="study.yaml")
    assert caught.value.problems[0].where == "study.yaml, titel"


def test_ten_cards_are_checked_in_well_under_a_second(here):
    own = [add_card(here, f"own_{number}") for number in range(6)]
    load()
    start = time.process_time()
    study = load({"cohorts": [*FOUR["cohorts"], *own]})
    assert time.process_time() - start < 1
    assert len(study.cards) == 10


def test_what_every_start_of_snakemake_imports_and_loads_brings_no_data_library(here):
    stage = (PROJECT / "workflow/rules/common.smk").read_text(encoding="utf-8")
    imports = re.findall(r"^(?:from|import) irf7bone.*$", stage, flags=re.MULTILINE)
    assert any("load_study" in line for line in imports)
    program = "\n".join(imports) + (
        "\nimport sys, json, yaml; from pathlib import Path;"
        f"config = yaml.safe_load(open({str(PROJECT / 'config.yaml')!r}, encoding='utf-8'));"
        "config['signatures']['files'] = ['all.gmt'];"
        f"load_study(config, root=Path({str(PROJECT)!r}));"
        "heavy = ('numpy', 'pandas', 'scipy', 'anndata', 'scanpy', 'pyarrow', 'matplotlib');"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    environment = os.environ | {"PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        cwd=here,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def keys(tree: dict, under: str = "") -> set[str]:
    """Every key path of nested tables."""
    out = set()
    for key, value in tree.items():
        out |= {f"{under}{key}"} | (keys(value, f"{under}{key}.") if isinstance(value, dict) else set())
    return out


def schema_keys(schema: dict, under: str = "") -> set[str]:
    """Every key path that a schema knows."""
    out = set()
    for key, node in schema.get("properties", {}).items():
        out |= {f"{under}{key}"} | schema_keys(node, f"{under}{key}.")
    return out


EXPERIMENT = """\
id: {id}
title: An experiment
citation: {{text: unpublished}}
organism: human
role: real
expression: {{source: table, path: x.csv, genes_in: rows, gene_id: symbol, scale: log2, collapse: mean}}
samples: [{{source: table, path: x.csv, key: id}}]
groups: {{from: g, map: {{a: a, b: b}}}}
contrasts: [{{id: c, case: a, reference: b, paired: false, batch: false, meaning: other}}]
derive: {{contrast: c, name: {name}, log2_fold: 1, fdr: 0.1}}
patients_of: {patients_of}
"""


def test_the_former_name_of_the_unadjusted_model_is_understood(here):
    config = load({"models": ["crude", "full"], "primary.model": "crude"}).config
    assert config.models == ("unadjusted", "full") and config.primary.model == "unadjusted"


def add_experiment(folder: Path, identity: str, name: str, patients_of: str = "[]") -> str:
    """Write an experiment card and return the path that a config names it by."""
    text = EXPERIMENT.format(id=identity, name=name, patients_of=patients_of)
    (folder / f"{identity}.yaml").write_text(text, encoding="utf-8")
    return f"./{identity}.yaml"


def test_a_derived_signature_joins_the_selection_and_is_withheld_where_it_must_be(here):
    own = add_experiment(here, "own", "LOST", "[gse3143]")
    study = load({"experiments": ["simulated_pairs", own], "malignant_part.of": []})
    assert list(study.experiments) == ["simulated_pairs", "own"]
    assert study.config.experiments == ("simulated_pairs", "own")
    assert study.config.signatures.select[-2:] == ("SIMULATED_PAIRS_LOST_IN_BONE", "LOST")
    assert study.derived_files[1] == "results/experiments/own/derived/LOST.gmt"
    assert list(study.withheld("gse3143")) == ["SIMULATED_PAIRS_LOST_IN_BONE", "LOST"]
    assert list(study.withheld("gse1992")) == ["SIMULATED_PAIRS_LOST_IN_BONE"]
    assert study.withheld("simulated_bone") == {}


def test_without_experiments_nothing_is_derived(here):
    study = load({"experiments": [], "cells": []})
    assert study.derived_files == () and study.withheld("gse1992") == {}
    assert study.config.signatures.select == tuple(DEFAULT["signatures"]["select"])


def test_a_derived_signature_may_be_the_primary_one_unless_it_is_simulated(here):
    own = add_experiment(here, "own", "LOST")
    assert load({"experiments": [own], "primary.signature": "LOST"}).config.primary.signature == "LOST"
    [problem] = refused(
        {"experiments": ["simulated_pairs"], "primary.signature": "SIMULATED_PAIRS_LOST_IN_BONE"}
    )
    assert problem.found == "`SIMULATED_PAIRS_LOST_IN_BONE`, which simulated samples derive"


def add_cells(folder: Path, identity: str) -> str:
    """Write the card of a real single-cell data set and return the path that a config names it by."""
    text = (PROJECT / "data/cells/gse176078.yaml").read_text(encoding="utf-8")
    text = text.replace("id: gse176078", f"id: {identity}").replace("../downloads/gse176078", ".")
    (folder / "counts").mkdir()
    (folder / "cells.csv").write_text("cell\n", encoding="utf-8")
    (folder / f"{identity}.yaml").write_text(text, encoding="utf-8")
    return f"./{identity}.yaml"


PART = "HALLMARK_INTERFERON_ALPHA_RESPONSE_MALIGNANT"


def test_the_malignant_part_of_real_cells_is_scored_everywhere_that_of_simulated_ones_in_simulated_cohorts(
    here,
):
    study = load({"experiments": [], "cells": ["simulated_cells", add_cells(here, "own")]})
    assert study.config.signatures.select[-2:] == (PART, f"SIMULATED_{PART}")
    assert list(study.withheld("gse1992")) == [f"SIMULATED_{PART}"]
    assert "simulated cells" in study.withheld("gse1992")[f"SIMULATED_{PART}"]
    assert study.withheld("simulated_bone") == {}
    assert study.derived_files == (
        f"results/pooled_cells/malignant_part/{PART}.gmt",
        f"results/pooled_cells/malignant_part/SIMULATED_{PART}.gmt",
    )
    assert study.primary_of_files == study.config.primary.signature  # it is never primary unless it is named


def test_the_malignant_part_is_primary_where_it_is_named_unless_it_is_simulated(here):
    cells = [add_cells(here, "own")]
    study = load({"experiments": [], "cells": cells, "primary.signature": PART})
    assert (
        study.config.primary.signature == PART
        and study.primary_of_files == DEFAULT["signatures"]["select"][0]
    )
    [problem] = refused({"primary.signature": f"SIMULATED_{PART}"})
    assert problem.found == f"`SIMULATED_{PART}`, which simulated samples derive"
    [problem] = refused({"primary.signature": PART})  # no real cells, no such signature
    assert problem.where == "config.yaml, primary.signature"


def test_a_malignant_part_is_of_a_signature_in_a_file(here):
    [problem] = refused({"malignant_part.of": ["HALLMARK_INTERFERON_ALPHA"]})
    assert problem.where == "config.yaml, malignant_part.of[0]"
    assert problem.remedy == "did you mean `HALLMARK_INTERFERON_ALPHA_RESPONSE`?"
    assert load({"malignant_part.of": ["ELSEWHERE"], "cells": []}).malignant_parts == ()
    own = add_experiment(here, "own", "LOST")
    [problem] = refused({"experiments": [own], "malignant_part.of": ["LOST"]})
    assert problem.found == "`LOST`"
    [problem] = refused(
        {
            "experiments": [add_experiment(here, "two", f"SIMULATED_{PART}"[10:])],
            "cells": [add_cells(here, "real")],
        }
    )
    assert problem.found == f"`{PART}`, which an experiment derives"


def test_experiments_are_checked_like_cohorts(here):
    [problem] = refused({"experiments": ["simulated_pair"]})
    assert problem.remedy == "did you mean `simulated_pairs`?"
    [problem] = refused({"experiments": ["simulated_pairs", "simulated_pairs"]})
    assert problem.expected == "each experiment once"
    first, second = add_experiment(here, "one", "LOST"), add_experiment(here, "two", "LOST")
    [problem] = refused({"experiments": [first, second]})
    assert problem.expected == "another name than the signature of another experiment"
    taken = add_experiment(here, "three", DEFAULT["signatures"]["select"][0])
    [problem] = refused({"experiments": [taken]})
    assert problem.found == f"`{DEFAULT['signatures']['select'][0]}`, which a GMT file has already"


def test_an_experiment_has_another_id_than_every_cohort(here):
    own = add_experiment(here, "gse3143", "LOST")
    [problem] = refused({"experiments": [own]})
    assert problem.found == "`gse3143`, which a cohort has"


def test_a_misspelt_cohort_of_the_guard_is_refused(here):
    own = add_experiment(here, "own", "LOST", "[gse3413]")
    [problem] = refused({"experiments": [own]})
    assert "did you mean `gse3143`?" in problem.remedy


def test_config_and_schema_are_in_step():
    schema = load_schema("config")
    assert keys(DEFAULT) == schema_keys(schema)
    assert list(DEFAULT) == schema["required"] == list(schema["properties"])


def test_every_part_of_the_config_is_explained_where_it_stands():
    lines = (PROJECT / "config.yaml").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        top = line and not line.startswith((" ", "#"))
        below_signatures = (
            line.startswith("  ") and line.strip() in ("select:", "files:")
        ) or line.strip().startswith("min_")
        if top or below_signatures:
            assert lines[number - 1].lstrip().startswith("#"), line


def test_the_bone_study_names_bone_as_primary_and_cohorts_that_have_it(here):
    written = yaml.safe_load((PROJECT / "studies/bone_metastasis.yaml").read_text(encoding="utf-8"))
    changes = {
        f"{key}.{part}": value
        for key in ("primary", "random_signatures")
        for part, value in written.pop(key).items()
    }
    study = load(written | changes)
    assert study.config.primary.endpoint == "bone"
    with_bone = {name for name, card in study.cards.items() if "bone" in card.endpoints}
    assert with_bone == {"gse2034", "gse2603"}
    assert study.cards["gse2034"].expect == {
        "samples": 286,
        "events": {"bone": 69, "brain": 10, "distant": 107},
    }


def test_every_card_that_ships_in_the_default_study_or_not_has_a_known_role(here):
    yours = {"gse12276", "nki337"}  # refused until the files that their notes ask for are there
    shipped = sorted({path.stem for path in (PROJECT / "data/cohorts").glob("*.yaml")} - yours)
    study = load({"cohorts": shipped})
    assert [card.id for card in study.cards.values()] == shipped


@pytest.mark.parametrize(
    ("text", "where", "found"),
    [
        ("title: A\ncohorts: [x]\ntitle: B\n", "study.yaml:3, title", "first on line 1"),
        ("primary:\n  endpoint: bone\n  endpoint: death\n", "study.yaml:3, primary.endpoint", "line 2"),
        ('{"title": "A", "title": "B"}', "study.yaml:1, title", None),
        ("cohorts: [{a: 1, a: 2}]\n", "study.yaml:1, cohorts[0].a", None),
    ],
)
def test_keys_that_a_study_file_repeats_are_refused(here, text, where, found):
    """Plain YAML would keep the last of them only."""
    (here / "study.yaml").write_text(text, encoding="utf-8")
    problems = config_problems(Path("study.yaml"))
    if found is None:  # both on one line
        assert [problem.where for problem in problems] == [where]
        return
    [problem] = problems
    assert problem.where == where and found in problem.found
    with pytest.raises(InputError, match="silently replace"):
        load_study(DEFAULT, root=PROJECT, files=["study.yaml"])


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (BOMB, "aliases"),
        (f"title: {'[' * 5000}", "brackets within brackets"),
        (f"min_events: {'9' * 6000}\n", "6000 of them"),
        ("title: !!python/name:os.system\n", "the YAML tag"),
        ("title: A\n---\ntitle: B\n", "another document"),
        ("", "an empty file"),
    ],
)
def test_a_study_file_is_read_as_strictly_as_a_card(here, text, found):
    (here / "study.yaml").write_text(text, encoding="utf-8")
    [problem] = config_problems(Path("study.yaml"))
    assert found in problem.found


def test_a_study_file_keeps_its_words(here):
    (here / "study.yaml").write_text("title: no\nmin_events: 1e1\n", encoding="utf-8")
    assert read_configs([Path("study.yaml")]) == {"title": "no", "min_events": 10.0}
    assert config_problems(PROJECT / "config.yaml") == []


def test_a_simulated_cohort_gets_no_more_than_a_thousand_random_signatures():
    asked = RandomSignatures(10_000, 3)
    assert asked.of_role("simulated") == RandomSignatures(1_000, 3)
    assert asked.of_role("discovery") is asked and asked.of_role("validation") is asked
    assert RandomSignatures(200, 3).of_role("simulated").draws == 200
