"""`make check`: one screen, every problem at once, nothing written."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from check_study import main  # noqa: E402

from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.commands.check import check_study, undecided_contrasts  # noqa: E402
from irf7bone.commands.check_found import ExperimentCheck  # noqa: E402
from irf7bone.commands.check_screen import describe_check  # noqa: E402
from irf7bone.study.experiment_card import Contrast  # noqa: E402
from irf7bone.study.strict_yaml import merge_config  # noqa: E402


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_study(folder: Path, **changes) -> Path:
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({"title": "Mine", **changes}), encoding="utf-8")
    return path


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_default_study_is_shown_on_one_screen_and_nothing_is_written(here, capsys):
    assert main([]) == 0
    said = capsys.readouterr().out
    assert files(here) == {}
    assert len(said.splitlines()) < 52 and max(map(len, said.splitlines())) < 110
    assert "gse1992         relapse       124   119" in said
    assert "distant, proliferation_er\nbehind it: 82 events in 2 cohorts of patients" in said
    assert "AYERS_IFNG6                          83 %!  vantveer2002    100 %" in said
    assert "HALLMARK_E2F_TARGETS                 36 %         nki144    100 %" in said
    assert "planning: were the hazard ratio 0.7, these cohorts would decide with probability 0.0" in said
    assert "0.8 takes about" in said and "further cohorts of 41 events" in said
    assert (
        "nki144: NKI_120 and NKI_122 may be one patient (profile; agree: er, node; differ: age, grade,"
        in said
    )
    assert (
        "vantveer2002 and nki295: 59 pairs of samples look like one patient each; they share no endpoint"
        in said
    )
    for pair in ("vantveer2002 and nki295: 59", "nki144 and nki295: 144"):
        assert f"{pair} pairs of samples look like one patient each; they share no endpoint" in said
    assert "vantveer2002 and nki144" not in said
    assert "the run: about" in said and "of processor time; its largest job needs" in said
    assert said.endswith("no problems\n")


@pytest.mark.parametrize("watched", [True, False])
def test_who_waits_at_a_terminal_is_told_how_far_it_is(here, make_card, monkeypatch, watched):
    screen = io.StringIO()
    screen.isatty = lambda: watched
    monkeypatch.setattr(sys, "stderr", screen)
    card = make_card().path
    main([str(write_study(here, cohorts=[str(card)], experiments=[], cells=[]))])
    assert ("looking at 0 of 1 cohorts" in screen.getvalue()) == watched
    assert watched or not screen.getvalue()


def test_every_problem_of_a_study_is_said_at_once_and_the_rest_is_shown(here, make_card, clinical, capsys):
    good = make_card().path
    bad = yaml.safe_load(good.read_text(encoding="utf-8"))
    bad["id"], bad["endpoints"]["bone"]["time"]["unit"] = "wrong", "weeks"
    (here / "wrong.yaml").write_text(yaml.safe_dump(bad), encoding="utf-8")
    lost = yaml.safe_load(good.read_text(encoding="utf-8"))
    lost["id"], lost["clinical"][0]["path"] = "lost", "lost.tsv"
    (here / "lost.yaml").write_text(yaml.safe_dump(lost), encoding="utf-8")
    clinical.assign(months="soon").to_csv(here / "lost.tsv", sep="\t", index=False)
    study = write_study(
        here,
        cohorts=["./made.yaml", "./wrong.yaml", "./lost.yaml", "gse1992"],
        signatures={"select": ["IRF7", "HALLMARK_E2F_TARGETS", "NO_SUCH_SET"]},
        primary={"signature": "IRF7", "endpoint": "relapse"},
        endpoints=["relapse"],
    )
    before = files(here)
    lost_lines = (here / "lost.yaml").read_text(encoding="utf-8").splitlines()
    study_lines = study.read_text(encoding="utf-8").splitlines()
    assert main([str(study)]) == 1
    said = capsys.readouterr().out
    assert files(here) == before
    assert "3 problems:" in said
    for part in ("`NO_SUCH_SET`", "wrong.yaml:", "'weeks'", "endpoints.bone.time", "P-01: 'soon'"):
        assert part in said, part
    line = next(n for n, text in enumerate(lost_lines, 1) if text.strip() == "time:")
    assert f"lost.yaml:{line}, endpoints.bone.time" in said
    select = next(n for n, text in enumerate(study_lines, 1) if "NO_SUCH_SET" in text)
    assert f"study.yaml:{select}, signatures.select[2]" in said
    assert "lost: not usable: see the problems" in said
    assert "made     bone" in said and "gse1992  relapse" in said


def test_a_cohort_that_is_not_fetched_yet_has_its_card_checked(here, make_card):
    card = yaml.safe_load(make_card().path.read_text(encoding="utf-8"))
    card["expression"] = {
        "source": "geo", "accession": "GSE2034", "platform": "GPL96", "scale": "linear", "collapse": "mean",
    }  # fmt: skip
    card |= {"id": "remote", "clinical": [{"source": "geo"}]}
    (here / "remote.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    study = write_study(here, cohorts=["./remote.yaml", "gse1992"], endpoints=["bone", "relapse"],
                        primary={"endpoint": "relapse"})  # fmt: skip
    found = check_study(study, root=PROJECT)
    assert not found.problems
    said = describe_check(found)
    assert "remote: not fetched yet (2 of its files, first https://ftp.ncbi.nlm.nih.gov/geo/series/" in said
    card["expression"]["platform"] = "U133A"
    (here / "remote.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    [problem] = check_study(study, root=PROJECT).problems
    assert "expression.platform" in problem.where


def test_many_cohorts_share_the_columns_of_coverage(here, make_card, symbols):
    card = make_card()
    text = card.path.read_text(encoding="utf-8")
    for number in range(7):
        (here / f"m{number}.yaml").write_text(text.replace("id: made", f"id: m{number}"), encoding="utf-8")
    study = write_study(here, cohorts=[f"./m{number}.yaml" for number in range(7)], endpoints=["bone"],
                        primary={"endpoint": "bone"})  # fmt: skip
    said = describe_check(check_study(study, root=PROJECT))
    assert "lowest  in  highest" in said
    assert "further pairs of samples look like one patient" not in said  # 24 genes are too few to compare


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a\ntitle: b\n", "again"),
        ("", "an empty file"),
        ("- a\n", "the list a"),
        ("a: [\n", "in YAML"),
        ("a: !!python/object/apply:os.system ['touch owned']\n", "the YAML tag"),
    ],
)
def test_a_study_file_that_cannot_be_read_is_refused(here, text, said, capsys):
    (here / "study.yaml").write_text(text, encoding="utf-8")
    assert main(["study.yaml"]) == 1
    assert said in capsys.readouterr().err
    assert list(here.iterdir()) == [here / "study.yaml"]


def test_a_missing_study_file_is_refused(here):
    with pytest.raises(InputError, match="no such file"):
        check_study(Path("nowhere.yaml"), root=PROJECT)


def test_configs_are_merged_as_snakemake_does():
    update_config = pytest.importorskip("snakemake.utils").update_config
    default = {"a": {"b": 1, "c": [1, 2]}, "d": 5, "e": {"f": 1}}
    other = {"a": {"c": [3]}, "d": {"x": 1}, "e": None, "g": 1}
    expected = {"a": {"b": 1, "c": [1, 2]}, "d": 5, "e": {"f": 1}}
    update_config(expected, other)
    assert merge_config(default, other) == expected
    assert default["a"]["c"] == [1, 2]


def test_flagged_samples_are_counted(here, make_card, expression):
    rng = np.random.default_rng(1)
    genes = pd.DataFrame(rng.normal(8, 1, expression.shape), expression.index, expression.columns)
    genes.iloc[:12, 0] = 8.0
    make_card(genes=genes)
    study = write_study(here, cohorts=["./made.yaml"], endpoints=["bone"], primary={"endpoint": "bone"})
    assert "made: 1 of 12 samples break a rule of quality" in describe_check(check_study(study, root=PROJECT))


def test_missing_values_and_what_they_cost_are_on_the_screen(base, here, capsys):
    """0.2 % of the cells empty in 200 tumours: nearly a third of the genes are lost."""
    gaps = np.random.default_rng(0).random(base.expression.shape) < 0.002
    base.expression = base.expression.mask(gaps)
    main([str(write_study(here, cohorts=[str(base.write())], cells=[], experiments=[]))])
    said = " ".join(capsys.readouterr().out.split())
    cost = f"which costs {gaps.any(axis=1).sum():,} of 3,076 genes"
    assert f"base: 0.2% of the values are missing, {cost}" in said
    assert "would come back; " in said
    assert "of the lost ones are of HALLMARK_INTERFERON_ALPHA_RESPONSE" in said


@pytest.mark.parametrize(
    ("pairs", "said"), [(4, "has 4 pairs: relabelling cannot give a p below 0.125"), (6, "")]
)
def test_pairs_too_few_to_decide_are_said(here, make_card, pairs, said):
    contrast = Contrast("bone", "bone", "primary", paired=True, batch=False, meaning="loss_in_bone")
    card = SimpleNamespace(id="few", contrasts=(contrast,), simulated=False)
    obs = pd.DataFrame(
        {"group": ["primary", "bone"] * pairs, "pair": np.repeat([f"m{k}" for k in range(pairs)], 2)},
        index=[f"s{k}" for k in range(2 * pairs)],
    )
    found = undecided_contrasts(card, obs)
    assert len(found) == bool(said) and all(said in one for one in found)
    config = write_study(here, cohorts=[str(make_card().path)], experiments=[], cells=[])
    study = check_study(config, root=PROJECT)
    screen = describe_check(replace(study, experiments=[ExperimentCheck(card, "", {}, 0, found)]))
    assert ("few: contrast bone has 4 pairs" in screen) == bool(said)
