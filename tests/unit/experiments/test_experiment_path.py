"""Real pairs of primary tumour and bone metastasis (Priedigkeit 2017) through the whole path.

What is known of them: bone markers rise (IBSP by about 4.3 log2), interferon genes are not clearly lost, and
the tissue differs, so the warning on composition must be there.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from irf7bone.acquire.sources import acquire
from irf7bone.experiments.harmonise import HarmonisedExperiment, harmonise_experiment
from irf7bone.experiments.signature_stage import derive
from irf7bone.experiments.stage import analyse
from irf7bone.figures import experiment_figures
from irf7bone.figures.plot_experiment import plot_experiment_figures
from irf7bone.genes.signatures import load_library
from irf7bone.study.experiment_card import ExperimentCard
from irf7bone.study.experiment_checks import load_experiment
from irf7bone.study.plan import load_study
from irf7bone.tables.register import OF_EXPERIMENT, tables_in

PROJECT = Path(__file__).resolve().parents[3]
ORTHOLOGS = PROJECT / "data" / "orthologs" / "mouse_human.tsv.gz"


def write_card(folder: Path, realdata: Path) -> ExperimentCard:
    """The card of the pairs, which lie outside the project."""
    source = realdata / "priedigkeit2017"
    card = {
        "id": "priedigkeit2017",
        "title": "Eleven primary tumours and bone metastases of the same patients",
        "citation": {"text": "Priedigkeit N et al. JCI Insight 2017;2:e95703."},
        "organism": "human",
        "role": "real",
        "expression": {
            "source": "table",
            "path": str(source / "counts.ensembl.csv.gz"),
            "genes_in": "rows",
            "gene_id": "ensembl",
            "scale": "counts",
            "collapse": "max_mean",
        },
        "samples": [{"source": "table", "path": str(source / "samples.csv"), "key": "Sample"}],
        "groups": {"from": "Tumor", "map": {"primary": "primary", "metastasis": "bone"}},
        "pairs": {"from": "Patient"},
        "batch": {"from": "Decalcified"},
        "contrasts": [
            {
                "id": "bone_vs_primary",
                "case": "bone",
                "reference": "primary",
                "paired": True,
                "batch": False,
                "meaning": "loss_in_bone",
            }
        ],
        "derive": {"contrast": "bone_vs_primary", "name": "LOST_IN_BONE", "log2_fold": 1, "fdr": 0.05},
        "expect": {"samples": 22, "groups": {"primary": 11, "bone": 11}, "pairs": 11},
    }
    path = folder / "priedigkeit2017.yaml"
    path.write_text(yaml.safe_dump(card, sort_keys=False), encoding="utf-8")
    return load_experiment(path)


@pytest.fixture(scope="module")
def real(tmp_path_factory, realdata, symbols) -> tuple[HarmonisedExperiment, dict[str, pd.DataFrame], Path]:
    """The experiment, its tables, and the folder of its derived signature; figures are drawn on the way."""
    folder = tmp_path_factory.mktemp("real")
    card = write_card(folder, realdata)
    study = load_study(yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8")), root=PROJECT)
    config = study.config.analysis()
    harmonised = harmonise_experiment(acquire(card), card, symbols)
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
    for name, table in tables.items():
        tables_in(OF_EXPERIMENT)[name].check(table, name)
    derive(card, tables["genes"], ORTHOLOGS, folder / "derived")
    drawn = plot_experiment_figures(harmonised.adata, tables, simulated=False, fdr=card.fdr, config=config)
    assert tuple(drawn) == experiment_figures(["bone_vs_primary"])
    return harmonised, tables, folder / "derived"


def test_all_pairs_are_there(real):
    harmonised, tables, _ = real
    assert harmonised.adata.shape[0] == 22 and harmonised.adata.n_vars > 20_000
    assert tables["contrasts"].iloc[0]["n_pairs"] == 11


def test_bone_markers_rise(real):
    genes = real[1]["genes"].set_index("gene")
    # voom's offset is 0.5 of a count, not 1 per million: low primaries pull its fold change up
    assert genes.loc["IBSP", "log2_fc"] > 4.3 and genes.loc["IBSP", "p"] < 0.01
    composition = real[1]["composition"].set_index("marker")
    assert composition.loc["BONE", "differs"] and composition.loc["BONE", "difference"] > 1


def test_interferon_genes_are_not_clearly_lost_and_the_tissue_is_warned_of(real):
    claim = real[1]["claim"].iloc[0]
    assert claim["verdict"] != "supported"
    assert claim["warning"] is not None and "bone matrix" in claim["composition"]


def test_the_derived_signature_is_a_gmt_of_human_genes(real, symbols):
    [signature] = load_library([real[2]], symbols).values()
    assert signature.name == "LOST_IN_BONE" and not signature.unresolved
    assert "IBSP" not in signature.genes
