"""Figures and report section of experiments, made from a small simulated one that went the whole way."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import study as made
from matplotlib.figure import Figure

from irf7bone.acquire.sources import acquire
from irf7bone.experiments.harmonise import harmonise_experiment
from irf7bone.experiments.signature_stage import derive
from irf7bone.experiments.stage import analyse
from irf7bone.figures import EXPERIMENT_FIGURES, experiment_figures
from irf7bone.figures.experiment_genes import MOST_GENES, heatmap_table
from irf7bone.figures.plot_experiment import plot_experiment_figures
from irf7bone.figures.style import save_drawings
from irf7bone.genes.signatures import load_library
from irf7bone.report.inputs import Experiments
from irf7bone.report.run_summary import json_text, multiqc_content, run_summary
from irf7bone.report.sections.experiments_alone import experiments_answer, experiments_below
from irf7bone.report.sections.experiments_section import NOT_TESTED, experiments_section
from irf7bone.report.sections.page import WITHOUT_COHORTS
from irf7bone.report.sentences import experiment_captions as captions
from irf7bone.report.sentences.methods_experiments import write_alone, write_experiments
from irf7bone.report.sentences.references import Citations, read_works
from irf7bone.study.experiment_card import ExperimentCard
from irf7bone.study.experiment_checks import load_experiment
from irf7bone.study.schema import violations
from irf7bone.study.settings import SignatureSettings
from irf7bone.tables.experiment import DERIVED
from irf7bone.tables.register import OF_EXPERIMENT, tables_in

PROJECT = Path(__file__).resolve().parents[3]
SIGNATURES = ("HALLMARK_INTERFERON_ALPHA_RESPONSE", "IRF7", "PAM50_PROLIFERATION", "DANAHER_NK_CELLS")
ORTHOLOGS = PROJECT / "data" / "orthologs" / "mouse_human.tsv.gz"


@dataclass(frozen=True)
class Finished:
    """An experiment that went the whole way."""

    card: ExperimentCard
    adata: object
    tables: dict[str, pd.DataFrame]
    derived: pd.DataFrame
    config: object
    folder: Path


@pytest.fixture(scope="module")
def finished(tmp_path_factory, symbols) -> Finished:
    """Six simulated pairs of 1,500 genes, analysed, drawn and saved."""
    folder = tmp_path_factory.mktemp("experiment")
    shipped = load_experiment(PROJECT / "data" / "experiments" / "simulated_pairs.yaml")
    settings = {**shipped.expression, "n_pairs": 6, "n_genes": 1500, "contamination": [0.05, 0.4]}
    card = replace(shipped, expression=settings, expect={})
    config = made.config(signatures=SignatureSettings(SIGNATURES, (), 0.5)).analysis()
    acquired = acquire(card)
    harmonised = harmonise_experiment(acquired, card, symbols)
    tables = analyse(
        card,
        harmonised.adata,
        load_library([PROJECT / "data" / "signatures"], symbols),
        load_library([PROJECT / "data" / "markers"], symbols),
        ORTHOLOGS,
        config=config,
        seed=1,
    )
    tables = {name: tables_in(OF_EXPERIMENT)[name].cast(table) for name, table in tables.items()}
    derived = DERIVED.cast(derive(card, tables["genes"], ORTHOLOGS, folder / "derived"))
    drawn = plot_experiment_figures(harmonised.adata, tables, simulated=True, fdr=card.fdr, config=config)
    save_drawings(drawn, folder / "figures" / "experiments" / card.id)
    return Finished(card, harmonised, tables, derived, config, folder)


@pytest.fixture
def inputs(finished):
    """What the report's section is made from; only what it uses is there."""
    study = type("Inputs", (), {})()
    study.config = made.config(signatures=SignatureSettings(SIGNATURES, (), 0.5))
    study.cards = made.cards()
    study.simulated = frozenset({"made"})
    study.figures = finished.folder / "figures"
    study.experiments = Experiments(
        {finished.card.id: finished.card}, finished.tables, finished.adata.flow, finished.derived, {}
    )
    return study


def test_every_planned_figure_is_drawn_with_its_numbers(finished):
    drawn = plot_experiment_figures(
        finished.adata.adata, finished.tables, simulated=True, fdr=0.05, config=finished.config
    )
    assert tuple(drawn) == experiment_figures(["bone_vs_primary"])
    for name, drawing in drawn.items():
        assert isinstance(drawing.figure, Figure)
        assert len(drawing.table) > 3, name
        said = {text.get_text() for text in drawing.figure.texts}
        assert "SIMULATED DATA, NOT PATIENTS" in said, name


def test_real_figures_carry_no_mark_and_equal_input_gives_equal_bytes(finished, tmp_path):
    for folder in ("a", "b"):
        drawn = plot_experiment_figures(
            finished.adata.adata, finished.tables, simulated=False, fdr=0.05, config=finished.config
        )
        save_drawings(drawn, tmp_path / folder)
        assert not any("SIMULATED" in t.get_text() for d in drawn.values() for t in d.figure.texts)
    for kind in EXPERIMENT_FIGURES:
        for ending in ("svg", "pdf", "tsv"):
            name = f"bone_vs_primary_{kind}.{ending}"
            assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_the_heatmap_shows_the_strongest_genes_in_the_order_of_their_change(finished):
    panel = finished.tables["panel"]
    adata = finished.adata.adata
    table = heatmap_table(adata.to_df(), panel, adata.obs, ["primary", "bone"])
    genes = table["gene"].drop_duplicates().tolist()
    fold = panel.set_index("gene")["log2_fc"]
    assert len(genes) == MOST_GENES and fold[genes].is_monotonic_increasing
    assert table["group"].head(12).tolist() == ["primary"] * 6 + ["bone"] * 6
    assert table["pair"].head(12).tolist() == [f"P{n:02d}" for n in range(1, 7)] * 2
    first = table[table["gene"] == genes[0]]
    expected = adata.to_df().loc[first["sample"], genes[0]]
    np.testing.assert_allclose(first["z"], (expected - expected.mean()) / expected.std(ddof=1), rtol=1e-6)


def test_the_planted_loss_is_found_and_the_tissue_is_named(finished):
    claim = finished.tables["claim"].iloc[0]
    assert (claim["expected"], claim["signature"]) == ("falls", SIGNATURES[0])
    assert claim["ci_high"] < 0 and claim["camera_p"] < 0.01
    assert "bone matrix" in claim["composition"] and claim["warning"] is not None


def test_the_section_says_verdict_warning_and_signature_and_marks_them_simulated(inputs, finished):
    section = experiments_section(inputs)
    claim = finished.tables["claim"].iloc[0]
    said = {finding.text: finding.simulated for finding in section.findings}
    verdict = f"simulated_pairs, bone_vs_primary: {claim['verdict']}. {claim['sentence']}"
    assert said[verdict] and said[f"simulated_pairs, bone_vs_primary, composition: {claim['warning']}"]
    [signature] = [text for text in said if text.startswith("Signature SIMULATED_")]
    used = finished.derived.loc[finished.derived["used"], "human"].nunique()
    assert f"{used} human genes make it" in signature
    assert "not in alpha, beta and gamma (derived from the simulated experiment" in signature
    assert said[NOT_TESTED] is False
    assert all(simulated for text, simulated in said.items() if text != NOT_TESTED)
    assert [figure.simulated for figure in section.figures] == [True] * (1 + len(EXPERIMENT_FIGURES))
    assert all("SIMULATED DATA" in figure.caption for figure in section.figures)
    by_id = {table.id: table for table in section.tables}
    assert all(all(table.marked) for name, table in by_id.items() if name != "experiment_rules")
    row = [cell.text for cell in by_id["experiment_claims"].rows[0]]
    assert row[:5] == ["simulated_pairs (simulated)", "bone_vs_primary", "loss in bone", "6 pairs", "falls"]


def test_captions_give_n_and_thresholds(inputs, finished):
    by_kind = dict(zip(("samples", *EXPERIMENT_FIGURES), experiments_section(inputs).figures, strict=True))
    assert "Samples of simulated_pairs (n = 12)" in by_kind["samples"].alt
    genes = finished.tables["genes"]
    lower = int(((genes["q"] <= 0.05) & (genes["log2_fc"] < 0)).sum())
    assert f"{len(genes):,} genes tested, {lower:,} are lower" in by_kind["volcano"].alt
    assert "6 pairs" in by_kind["volcano"].alt and "5 %" in by_kind["volcano"].caption
    fit = finished.tables["signatures"].set_index(["signature", "method"]).loc[(SIGNATURES[0], "zscore")]
    assert captions.signed(fit["difference"]) in by_kind["slopes"].alt
    assert re.search(r"lower in [56] of 6 pairs", by_kind["slopes"].alt)
    sets = finished.tables["gene_sets"].set_index(["signature", "side"])
    assert f"NES {captions.signed(sets.loc[(SIGNATURES[0], 'up'), 'nes'])}" in by_kind["enrichment"].alt
    assert "bone matrix by +" in by_kind["composition"].alt
    for figure in by_kind.values():
        assert figure.alt.endswith(".") and figure.caption.endswith(".")


def test_without_experiments_there_is_no_section(inputs):
    inputs.experiments = None
    assert experiments_section(inputs) is None


def test_the_methods_text_says_what_was_done_and_cites_it(finished, inputs):
    cite = Citations(read_works(PROJECT / "data" / "references.bib"))
    [(heading, text)] = write_experiments(inputs.experiments, cite)
    assert heading == "Experiments" and "voom" in text and "simulated pairs" in text
    assert "fall in bone_vs_primary of simulated_pairs by 0.5 log2" in text and "ouse" not in text
    assert [work.key for work in cite.cited[:3]] == ["smyth2004", "law2014", "robinson2010"]
    assert write_experiments(None, cite) == ()
    real = replace(finished.card, role="real", organism="mouse", citation={"text": "A reference"})
    study = Experiments({"x": real}, finished.tables, finished.adata.flow, finished.derived, {})
    [(_, text)] = write_experiments(study, cite)
    assert (
        "A reference." in [work.text for work in cite.cited]
        and "Mouse genes were brought to human ones" in text
    )


def test_an_unpaired_contrast_is_drawn_and_said_without_pairs(finished):
    contrasts = finished.tables["contrasts"].assign(paired=False, n_pairs=pd.NA)
    contrasts = tables_in(OF_EXPERIMENT)["contrasts"].cast(contrasts)
    scores = finished.tables["sample_scores"].assign(pair=None)
    tables = {**finished.tables, "contrasts": contrasts, "sample_scores": scores}
    drawn = plot_experiment_figures(
        finished.adata.adata, tables, simulated=True, fdr=0.05, config=finished.config
    )
    assert len(drawn) == 1 + len(EXPERIMENT_FIGURES)
    row = contrasts.iloc[0].to_dict()
    said = captions.slopes_finding(row, scores, finished.tables["signatures"].head(1))
    assert "6 bone and 6 primary samples" in said and "pairs" not in said


def test_a_signature_without_genes_says_so(finished, tmp_path, symbols):
    strict = replace(finished.card, derive=replace(finished.card.derive, log2_fold=9.0))
    derived = DERIVED.cast(derive(strict, finished.tables["genes"], ORTHOLOGS, tmp_path / "derived"))
    assert not derived["used"].any()
    library = load_library([tmp_path / "derived"], symbols)
    assert library["SIMULATED_PAIRS_LOST_IN_BONE"].genes == ()
    assert "It is empty" in captions.signature_sentence(strict, derived, {})


def test_a_derived_signature_is_what_fell_and_says_that_it_is_simulated(finished, symbols):
    [signature] = load_library([finished.folder / "derived"], symbols).values()
    genes = finished.tables["genes"]
    fell = genes[(genes["log2_fc"] <= -0.5) & (genes["q"] <= 0.05)]
    assert set(signature.genes) == set(fell["gene"])
    assert "SIMULATED" in signature.how_obtained and "simulated_pairs" in signature.citation


def test_a_study_of_experiments_alone_asks_and_answers_first_and_says_nothing_of_cohorts(inputs, finished):
    inputs.cards = {}
    answer, below = experiments_answer(inputs), experiments_below(inputs)
    said = [finding.text for finding in answer.findings]
    assert said[0].startswith("Has the bone lesion lost the interferon signal")
    assert any("bone_vs_primary: supported." in text for text in said)
    assert [figure.file for figure in answer.figures if figure.file.endswith("_slopes")]
    shown = {figure.file for figure in answer.figures}
    assert below.figures and shown.isdisjoint(figure.file for figure in below.figures)
    assert below.findings and not set(said) & {finding.text for finding in below.findings}  # said once
    assert not [text for text in [*said, *(f.text for f in below.findings)] if "cohort" in text]
    assert WITHOUT_COHORTS["Answer"] == (experiments_answer,)


def test_a_study_of_experiments_alone_has_a_summary(inputs):
    inputs.cards, inputs.cohorts, inputs.verdict = {}, pd.DataFrame(), None
    inputs.provenance = {"git_revision": "NA", "python": "3", "packages": {}, "command": "make report"}
    summary = json.loads(json_text(run_summary(inputs)))
    assert violations(summary, "summary", str) == []
    assert summary["verdict"] is None and summary["other_endpoints"] == summary["cohorts"] == []
    assert summary["question"].startswith("Has the bone lesion lost")
    assert summary["headline"] == "Loss in bone (simulated_pairs, bone_vs_primary), simulated: supported."
    [row] = summary["experiments"]
    claim = inputs.experiments.tables["claim"].iloc[0]
    assert (row["word"], row["rule"], row["meaning"]) == ("supported", claim["rule"], "loss_in_bone")
    assert row["simulated"] and row["difference"]["value"] == claim["difference"]
    content = json.loads(json_text(multiqc_content(inputs)))
    assert content["description"] == summary["headline"] and content["plot_type"] == "table"
    said = f"{claim['difference']:.2f} ({claim['ci_low']:.2f} to {claim['ci_high']:.2f})"
    assert content["data"] == {
        "simulated_pairs, bone_vs_primary (simulated)": {
            "meaning": "Loss in bone", "verdict": "supported", "difference": said,
        }
    }  # fmt: skip
    assert set(content["headers"]) == {"meaning", "verdict", "difference"}


def test_the_methods_of_experiments_alone_name_no_cohort(finished, inputs):
    works = read_works(PROJECT / "data" / "references.bib")
    heading = dict(write_alone(finished.config, Citations(works)))
    assert list(heading) == ["Claim and question", "Scores"]
    assert "cohort" not in " ".join(heading.values())
