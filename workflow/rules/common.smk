# Loads and checks the study before any job starts; every other stage file uses `study`.
# REQUIRED INPUTS: config.yaml (and --configfile), the cards it names, the signature files
# OUTPUTS: none

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, f"{workflow.basedir}/workflow/scripts")

from irf7bone.acquire.sources import input_files, remote_files
from irf7bone.download.lock import lock_path
from irf7bone.study.code_hash import code_hash
from irf7bone.study.settings import load_study
from irf7bone.base.errors import InputError
from irf7bone.study.provenance import file_name, git_revision
from irf7bone.study.cross_checks import from_here

try:
    study = load_study(
        config,
        root=Path(workflow.basedir),
        source=" + ".join(Path(path).name for path in workflow.configfiles),
        files=workflow.configfiles,
    )
except InputError as error:
    raise WorkflowError(str(error)) from None


DEPTH = [
    "null",
    "null_histogram",
    "by_er",
    "immune",
    "signature_quality",
    "competing",
    "sites",
    "group_tests",
    "checks",
    "check_curves",
    "discrimination",
    "table_one",
]
DEPTH_POOLED = [
    "heterogeneity",
    "leave_one_out",
    "asymmetry",
    "funnel",
    "specifications",
    "specification_summary",
    "pooled_by_er",
    "immune_pooled",
    "pooled_null",
    "pooled_null_histogram",
    "controls",
    "duplicates",
    "audit",
]
EXPERIMENT = [
    "contrasts",
    "genes",
    "panel",
    "signatures",
    "sample_scores",
    "gene_sets",
    "leading_edge",
    "running",
    "composition",
    "adjusted",
    "quality",
    "distances",
    "orthologs",
    "claim",
]
CELL_TABLES = [
    "compartments",
    "signatures",
    "scores",
    "genes",
    "gene_sets",
    "claim",
    "composition",
    "split",
    "immune",
    "robustness",
]
CALL_TABLES = ["calls", "confusion", "quality"]
deriving = [name for name, card in study.experiments.items() if card.derive]
signature_library = [
    *study.signature_files,
    *expand("results/experiments/{experiment}/derived", experiment=deriving),
]
markers = sorted(map(from_here, (study.root / "data/markers").glob("*.gmt")))
cell_markers = sorted(map(from_here, (study.root / "data/cell_markers").glob("*.gmt")))
positions = from_here(study.root / "data/genes/positions.tsv.gz")
calibration = sorted(map(from_here, (study.root / "data/calibration").glob("*.tsv")))
orthologs = from_here(study.root / "data/orthologs/mouse_human.tsv.gz")
signature_records = sorted(
    {
        path.with_name("provenance.tsv")
        for path in study.signature_files
        if path.with_name("provenance.tsv").is_file()
    }
)

report_templates = sorted(
    path
    for path in Path(workflow.basedir, "workflow", "report").rglob("*")
    if path.suffix in (".j2", ".css", ".js")
)
command = " ".join(
    ["snakemake --cores all"]
    + [f"--configfile {file_name(path, Path(workflow.basedir))}" for path in workflow.configfiles[1:]]
)


wildcard_constraints:
    cohort="|".join(study.cards),
    experiment="|".join(study.experiments) or "none",
    data_set="|".join(study.cells) or "none",


def card_file(wildcards):
    return study.cards[wildcards.cohort].path


def card_inputs(wildcards):
    return input_files(study.cards[wildcards.cohort])


def card_downloads(wildcards):
    return remote_files(study.cards[wildcards.cohort])


def card_manifest(wildcards):
    return ["data/downloads/{cohort}/fetched.tsv"] if card_downloads(wildcards) else []


def card_lock(wildcards):
    return str(lock_path(study.cards[wildcards.cohort].path))


def card_title(wildcards):
    return study.cards[wildcards.cohort].title


def withheld_signatures(wildcards):
    return study.withheld(wildcards.cohort)


def experiment_file(wildcards):
    return study.experiments[wildcards.experiment].path


def experiment_inputs(wildcards):
    return input_files(study.experiments[wildcards.experiment])


def experiment_downloads(wildcards):
    return remote_files(study.experiments[wildcards.experiment])


def experiment_manifest(wildcards):
    manifest = "data/downloads/{experiment}/fetched.tsv"
    return [manifest] if experiment_downloads(wildcards) else []


def experiment_lock(wildcards):
    return str(lock_path(study.experiments[wildcards.experiment].path))


def within_file(wildcards):
    return study.experiments[wildcards.experiment].within_file() or []


def cells_file(wildcards):
    return study.cells[wildcards.data_set].path


def cells_inputs(wildcards):
    return study.cells[wildcards.data_set].files()


def cells_primary(wildcards):
    return study.primary_of_files
