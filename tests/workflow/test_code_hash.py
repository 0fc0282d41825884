"""What a rule hashes is what its jobs import: no more, no less, and no message about a wrong card."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import yaml
from madeup import geo as madeup_geo
from madeup.studies import write_mirror

from irf7bone.acquire.sources import SOURCES
from irf7bone.scoring.functions import MODULES
from irf7bone.study import code_hash

from .conftest import PROJECT, copy_project, gene_sets, imported_by_jobs, snakemake

SCRIPTS = sorted(path.stem for path in (PROJECT / "workflow/scripts").glob("*.py"))
COHORTS = ("gse2034", "metabric", "gse1992", "stored", "on_disk", "of_r", "small_bone")
SIGNATURES = ["HALLMARK_INTERFERON_ALPHA_RESPONSE", "PAM50_PROLIFERATION", "IRF7"]
COMPILED = "irf7bone.statistics.partial_sums"  # by numba, for the first fit
FOR_LARGE_COHORTS = "irf7bone.scoring.gauss_transform"  # of more samples than any here
TYPE_ONLY = """from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from irf7bone.commands import check
"""


@pytest.fixture(scope="module")
def every_source(tmp_path_factory) -> Path:
    """A run that acquires a cohort of each source and scores one by each method."""
    folder = tmp_path_factory.mktemp("sources")
    names = gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE") + gene_sets("PAM50_PROLIFERATION")
    genes = pd.DataFrame({"symbol": names, "entrez": [str(1000 + number) for number in range(len(names))]})
    write_mirror(folder / "mirror", genes)
    (folder / "cards").mkdir()
    for name in ("gse2034", "metabric", "gse1992"):
        card = yaml.safe_load((PROJECT / f"data/cohorts/{name}.yaml").read_text(encoding="utf-8"))
        write_card(folder, {key: value for key, value in card.items() if key != "expect"})
    write_h5ad_cohort(folder, names)
    write_series_on_disk(folder, names)
    write_file_of_r(folder)
    write_simulated(folder)
    study = {
        "cohorts": [f"cards/{name}.yaml" for name in COHORTS],
        "endpoints": ["death"],
        "primary": {"endpoint": "death"},
        "methods": ["zscore", "ssgsea", "singscore", "gsva", "plage"],
        "mirror": "mirror",
        "experiments": ["cards/small_pairs.yaml"],
        "cells": ["cards/small_cells.yaml"],
        "signatures": {"select": SIGNATURES, "files": ["data/signatures"]},
        "proliferation_signature": "PAM50_PROLIFERATION",
        "random_signatures": {"draws": 100},
    }
    (folder / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    targets = [f"results/acquired/{name}/clinical.tsv" for name in COHORTS]
    targets += ["results/scores/stored.parquet", "results/figures/cells/small_cells"]
    targets += ["results/experiments/small_pairs/signatures.tsv"]
    importlib.import_module("irf7bone.cells.display_map")  # compiles its loops where they are kept
    # a copy, since what is fetched goes into the project's own downloads
    copy = copy_project(folder / "project")
    run = snakemake(folder, *targets, "--configfile", "study.yaml", project=copy)
    assert run.code == 0, run.text
    for kind, name in (("experiments", "small_pairs"), ("cells", "small_cells")):
        study[kind].append(repeat(folder, kind, name))
    (folder / "pooled.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    targets = ["results/figures/pooled_cells", "results/figures/pooled_experiments"]
    only = ("--allowed-rules", "pool_cells", "pool_experiments")
    run = snakemake(folder, *targets, *only, "--configfile", "pooled.yaml", project=copy)
    assert run.code == 0, run.text
    return folder


def repeat(folder: Path, kind: str, name: str) -> str:
    """A card of another name, with the tables of the first to be pooled with: they are not computed again."""
    card = yaml.safe_load((folder / "cards" / f"{name}.yaml").read_text(encoding="utf-8"))
    write_card(folder, {key: value for key, value in card.items() if key != "derive"} | {"id": f"{name}_too"})
    tables = folder / "results" / kind
    (tables / f"{name}_too").mkdir()
    for path in (tables / name).glob("*.tsv"):
        text = path.read_text(encoding="utf-8").replace(name, f"{name}_too")
        (tables / f"{name}_too" / path.name).write_text(text, encoding="utf-8")
    return f"cards/{name}_too.yaml"


def write_card(folder: Path, card: dict) -> None:
    (folder / "cards" / f"{card['id']}.yaml").write_text(
        yaml.safe_dump(card, sort_keys=False), encoding="utf-8"
    )


def write_simulated(folder: Path) -> None:
    """The simulated data that are shipped, with fewer samples, cells and genes."""
    small = {"n_patients": 5, "n_pairs": 4, "n_cells": 1000, "n_genes": 2300}
    for kind, name, part, sizes in (
        ("cohorts", "bone", "expression", {"n_samples": 60, "n_genes": 600}),
        ("experiments", "pairs", "expression", {"n_pairs": 4, "n_genes": 1000}),
        ("cells", "cells", "cells", small),
    ):
        card = yaml.safe_load((PROJECT / f"data/{kind}/simulated_{name}.yaml").read_text(encoding="utf-8"))
        card = {key: value for key, value in card.items() if key != "expect"}
        card[part] |= sizes
        write_card(folder, card | {"id": f"small_{name}"})


def write_series_on_disk(folder: Path, genes: list[str]) -> None:
    """A series matrix that the user has, and its card."""
    samples = [f"GSM{number}" for number in range(12)]
    genes = list(dict.fromkeys(genes))
    values = pd.DataFrame(np.random.default_rng(4).normal(8, 1, (len(genes), 12)), genes, samples)
    told = [
        [f"dead: {number % 2}" for number in range(12)],
        [f"months: {10 + number}" for number in range(12)],
    ]
    text = madeup_geo.matrix_text(values, accession="GSE77", characteristics=told, attributes={})
    (folder / "cards/GSE77_series_matrix.txt.gz").write_bytes(madeup_geo.zipped(text))
    card = yaml.safe_load((folder / "cards/stored.yaml").read_text(encoding="utf-8"))
    card["expression"] |= {"source": "geo_file", "path": "GSE77_series_matrix.txt.gz"}
    del card["expression"]["matrix"]
    write_card(folder, card | {"id": "on_disk", "clinical": [{"source": "geo_file"}]})


def write_file_of_r(folder: Path) -> None:
    """An ExpressionSet in a file of R, and its card."""
    shutil.copy(PROJECT / "tests/data/r_files/expression_set.rds", folder / "cards")
    card = yaml.safe_load((folder / "cards/stored.yaml").read_text(encoding="utf-8"))
    card["expression"] |= {"source": "r_file", "path": "expression_set.rds", "gene_column": "Symbol"}
    del card["expression"]["matrix"]
    card["endpoints"]["death"]["event"] = {"from": "status", "is": "bone", "else": "free"}
    write_card(folder, card | {"id": "of_r", "clinical": [{"source": "r_file"}]})


def write_h5ad_cohort(folder: Path, genes: list[str]) -> None:
    rng = np.random.default_rng(3)
    obs = pd.DataFrame(
        {"months": rng.uniform(5, 90, 30).round(1), "dead": rng.integers(0, 2, 30)},
        index=[f"s{number}" for number in range(30)],
    )
    genes = list(dict.fromkeys(genes))
    ad.AnnData(rng.normal(8, 1, (30, len(genes))), obs, pd.DataFrame(index=genes)).write_h5ad(
        folder / "cards/stored.h5ad"
    )
    write_card(
        folder,
        {
            "id": "stored",
            "title": "A stored cohort",
            "citation": {"text": "made by the tests"},
            "organism": "human",
            "specimen": "primary",
            "role": "validation",
            "expression": {
                "source": "h5ad",
                "path": "stored.h5ad",
                "matrix": "X",
                "gene_id": "symbol",
                "scale": "log2",
                "collapse": "max_mean",
            },
            "clinical": [{"source": "h5ad"}],
            "fields": {},
            "endpoints": {
                "death": {
                    "definition": "death",
                    "time": {"from": "months", "unit": "months"},
                    "event": {"from": "dead", "is": 1},
                }
            },
        },
    )


def test_what_a_job_imports_is_hashed_and_nothing_is_hashed_that_none_imports(tiny_run, every_source):
    found: dict[str, set[str]] = {}
    for folder in (tiny_run, every_source):
        for script, modules in imported_by_jobs(folder).items():
            found.setdefault(script, set()).update(modules)
    assert set(found) == set(SCRIPTS)
    unhashed = {script: modules - set(code_hash.modules_behind(script)) for script, modules in found.items()}
    assert {script: sorted(modules) for script, modules in unhashed.items() if modules} == {}
    # what depends on the card's source, on the config's methods or on a fit is imported when it is asked for
    entries = {*MODULES.values(), *(source.module for source in SOURCES.values()), COMPILED}
    late = entries.union(*map(code_hash.modules_with, entries))
    never = {
        script: set(code_hash.modules_behind(script)) - modules - late for script, modules in found.items()
    }
    assert {script: sorted(modules) for script, modules in never.items() if modules} == {}
    assert late - {FOR_LARGE_COHORTS} <= set().union(*found.values())


@pytest.fixture
def hashes(tmp_path, monkeypatch) -> Callable[[], dict[str, str]]:
    """The hash of every script's code, on a copy that a test may edit."""
    shutil.copytree(
        PROJECT / "workflow/scripts", tmp_path / "scripts", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(code_hash, "SCRIPTS", tmp_path / "scripts")
    return lambda: {script: code_hash.code_hash(script) for script in SCRIPTS}


def edit(module: str, old: str, new: str) -> None:
    path = code_hash.SCRIPTS.joinpath(*module.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


MESSAGES = {
    "irf7bone.study.card_checks": "rename the file or change the id",
    "irf7bone.study.cohort_checks": "correct one of the counts",
    "irf7bone.study.experiment_checks": "remove the count",
    "irf7bone.study.contrast_checks": "give one of them another id",
    "irf7bone.study.geo_checks": "write one entry for each",
    "irf7bone.study.cbioportal_checks": "name the study once",
    "irf7bone.study.cross_checks": "add a cohort whose card defines it",
    "irf7bone.study.signature_checks": "name another folder",
    "irf7bone.study.questions": "an answer",
    "irf7bone.study.schema": "text that is not empty",
    "irf7bone.study.strict_yaml": "each key once, as plain text",
}


def test_reworded_messages_about_a_card_or_config_rerun_nothing(hashes):
    before = hashes()
    for module, message in MESSAGES.items():
        edit(module, message, "said in other words")
    assert hashes() == before


def test_an_edited_model_reruns_what_fits_it_and_nothing_else(hashes):
    before = hashes()
    edit("irf7bone.statistics.cox", "BLOCK_NUMBERS = 300_000", "BLOCK_NUMBERS = 200_000")
    after = hashes()
    assert {script for script in SCRIPTS if after[script] != before[script]} == {
        "associate_cohort",
        "audit_cohorts",  # which follows samples into the designs of the models
        "random_signatures_pooled",
        "examine_pooled",  # where every gene is fitted
    }


def test_an_import_for_a_type_alone_is_not_followed(hashes):
    before = hashes()
    edit("irf7bone.base.vocabulary", "from __future__ import annotations\n", TYPE_ONLY)
    known = {script: code_hash.modules_behind(script) for script in SCRIPTS}
    code_hash._named_in.cache_clear()
    assert {script: code_hash.modules_behind(script) for script in SCRIPTS} == known
    assert hashes() != before  # the edit itself is seen


AFTER_AN_IMPORT = {
    "from irf7bone.base import (\n    limits,  # (so many)\n    nearest,\n)\n": {"limits", "nearest"},
    "from irf7bone.base import \\\n    limits\n": {"limits"},
    "from irf7bone.base import limits; from irf7bone.base import nearest\n": {"limits", "nearest"},
    "def late():\n    from irf7bone.base import limits\n": {"limits"},
    'LATE = {"a": "irf7bone.base.limits"}\n': {"limits"},
    '"""See :mod:`irf7bone.base.limits`."""\n': set(),
    "if TYPE_CHECKING:\n    from irf7bone.base import limits\n\nelse:\n    import irf7bone.base.nearest\n": {
        "nearest"
    },
}


@pytest.mark.parametrize("source", AFTER_AN_IMPORT)
def test_however_a_file_names_a_module_it_is_found(tmp_path, source):
    path = tmp_path / "module.py"
    path.write_text(f"from irf7bone.base import errors\n{source}", encoding="utf-8")
    found = {name.removeprefix("irf7bone.base.") for name in code_hash._named_in(path)}
    assert found - {"irf7bone.base"} == {"errors"} | AFTER_AN_IMPORT[source]


def test_the_imports_alone_of_a_file_name_what_all_of_it_does(monkeypatch):
    files = [*code_hash.SCRIPTS.rglob("*.py")]
    named = {path: code_hash._named_in(path) for path in files}
    monkeypatch.setattr(code_hash, "_all_that_names", lambda source: source)
    assert {path: code_hash._named_in.__wrapped__(path) for path in files} == named


def test_a_cohort_from_a_table_is_harmonised_without_the_code_of_other_sources():
    others = ("acquire.geo", "acquire.cbioportal", "acquire.simulate", "download.")
    behind = code_hash.modules_behind("harmonise_cohort")
    assert [name for name in behind if name.removeprefix("irf7bone.").startswith(others)] == []
