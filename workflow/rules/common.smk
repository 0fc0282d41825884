# Loads and checks the study before any job starts; every other stage file uses `study`.
# REQUIRED INPUTS: config.yaml (and --configfile), the cards it names, the signature files
# OUTPUTS: none

import functools
import gc
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

# whether another workflow uses this one
is_module = Path(workflow.basedir).resolve() not in (root.resolve(), root.resolve() / "workflow")
sys.path.insert(0, f"{root}/workflow/scripts")

from irf7bone.acquire.sources import input_files, remote_files
from irf7bone.acquire.sizes import size_of
from irf7bone.cells.remote_cells import remote_cells
from irf7bone.download.lock import lock_path
from irf7bone.download.remote import FOLDER
from irf7bone.study.code_hash import code_hash, code_hash_of
from irf7bone.study.needs import memory_mb, random_fits, seconds
from irf7bone.study.plan import load_study
from irf7bone.base.errors import InputError
from irf7bone.base.limits import MOST_IN_MEMORY
from irf7bone.study.command import command_for
from irf7bone.study.failures import cohorts_left_out
from irf7bone.study.provenance import git_revision
from irf7bone.study.places import downloads_folder, folder_problem, from_here
from irf7bone.study.planned_subtypes import planned_subtypes
from irf7bone.study.strict_yaml import merge_config, read_configs
from irf7bone.study.thin_plan import Files, is_shared, one_of
from irf7bone.tables.register import OF_CELLS, OF_COHORT, OF_EXPERIMENT
from irf7bone.tables.register import OVER_CELLS, OVER_COHORTS, OVER_EXPERIMENTS
from irf7bone.tables.register import EVERY_GENE_FILE, GENE_TERTILES_FILE, PROBES, SUBTYPES
from irf7bone.tables.register import paths_in, registered

if not workflow.is_main_process:
    code_hash = code_hash_of  # one job runs here, and the code of the other rules is asked by nobody

# Snakemake tells shell commands how many threads they have; scripts would take every core of a node.
if not is_module:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # A plan is made of millions of objects that live as long as it does; Python looks through them again and again.
    gc.set_threshold(200_000, 50, 1000)

# each is put over those before it; Snakemake lists those of the command line first
config_files = sorted(map(Path, workflow.configfiles), key=lambda path: path != root / "config.yaml")
given = workflow.config_settings.config
if is_module:
    # Snakemake passes over `configfile:`, and the files are those of the workflow that uses this one
    config_files, given = [root / "config.yaml"], config
# A module may run in a folder below (`prefix:`), and a job in a copy of what it reads from a store; from there
# paths that are relative to this folder lead nowhere.
seen = Path.absolute if is_module or not is_shared(workflow) else from_here
try:
    if problem := folder_problem(Path.cwd(), root, config_files):
        raise InputError(problem)
    study = load_study(
        # Snakemake reads plain YAML, in which a repeated key replaces the first and `no` is false
        merge_config(read_configs(map(from_here, config_files)), given),
        root=root,
        source="the module's config" if is_module else " + ".join(path.name for path in config_files),
        files=config_files,
        trusted=not workflow.is_main_process,
        seen=seen,
    ).without(cohorts_left_out())
except InputError as error:
    raise WorkflowError(str(error)) from None


real_cohorts = tuple(name for name, card in study.cards.items() if card.role != "simulated")
subtypes = planned_subtypes(study.cards.values(), study.subtype_centroids)
cohort_tables = paths_in(OF_COHORT)
pooled_tables = paths_in(OVER_COHORTS) if study.cards else []  # experiments alone
every_gene = [EVERY_GENE_FILE] if study.cards else []
gene_tertiles = [GENE_TERTILES_FILE] if study.cards else []
experiment_tables = paths_in(OF_EXPERIMENT)
# what is compared and called, not the cells themselves or what was lost on the way
cell_tables = [
    path for path in paths_in(OF_CELLS) if Path(path).suffix == ".tsv" and Path(path).stem != "flow"
]
compared = [path for path in cell_tables if Path(path).stem not in ("calls", "confusion", "quality")]
deriving = [name for name, card in study.experiments.items() if card.derive]
subtype_centroids = [study.subtype_centroids] if study.subtype_centroids else []
called_subtypes = [SUBTYPES] if subtype_centroids else []
# cohorts in which a gene's companions say which of its rows stands for it
by_companions = [name for name, card in study.cards.items() if card.collapses_by_companions]
probe_choices = [PROBES] if by_companions else []
malignant_parts = ["results/pooled_cells/malignant_part"] if study.malignant_parts else []
malignant_part_tables = [
    f"results/pooled_cells/{name}.tsv" for name in ("malignant_parts", "malignant_genes") if malignant_parts
]
several_cells = len(study.cells) > 1  # one data set is not pooled
pooled_cell_tables = [
    path for path in paths_in(OVER_CELLS) if several_cells and not Path(path).stem.startswith("malignant")
]
several_experiments = len(study.experiments) > 1  # one experiment is not pooled
pooled_experiment_tables = paths_in(OVER_EXPERIMENTS) if several_experiments else []
signature_library = [
    *study.signature_files,
    *expand("results/experiments/{experiment}/derived", experiment=deriving),
    *malignant_parts,
]
ids = {"cohort": list(study.cards), "experiment": list(study.experiments), "data_set": list(study.cells)}
# every table and folder of figures, for their checksums
every_result = [
    *registered(
        **ids,
        derived=deriving,
        over_cells=[*malignant_part_tables, *pooled_cell_tables],
        over_experiments=pooled_experiment_tables,
        lacking=[path for path, has in ((SUBTYPES, called_subtypes), (PROBES, probe_choices)) if not has],
    ),
    *expand("results/figures/{part}", part=[*study.cards, "pooled"] if study.cards else []),
    *expand("results/figures/experiments/{experiment}", experiment=study.experiments),
    *expand("results/figures/cells/{data_set}", data_set=study.cells),
    *(["results/figures/pooled_cells"] if several_cells else []),
    *(["results/figures/pooled_experiments"] if several_experiments else []),
]
downloads = seen(downloads_folder(study.root, FOLDER))
markers = sorted(map(seen, (study.root / "data/markers").glob("*.gmt")))
cell_markers = sorted(map(seen, (study.root / "data/cell_markers").glob("*.gmt")))
positions = seen(study.root / "data/genes/positions.tsv.gz")
calibration = sorted(map(seen, (study.root / "data/calibration").glob("*.tsv")))
references = seen(study.root / "data/references.bib")
glossary = seen(study.root / "docs/user/glossary.md")
orthologs = seen(study.root / "data/orthologs/mouse_human.tsv.gz")
signature_records = sorted(
    {
        path.with_name("provenance.tsv")
        for path in study.signature_files
        if path.with_name("provenance.tsv").is_file()
    }
)

report_templates = sorted(
    path for path in Path(root, "workflow", "report").rglob("*") if path.suffix in (".j2", ".css", ".js")
)
command = command_for(config_files[1:], root, given, module=is_module)


wildcard_constraints:
    **{wildcard: one_of(names) for wildcard, names in ids.items()},


def every(patterns, **ids):
    """Paths for each id, as `expand` has them, that the plan is spared."""
    return Files(expand(patterns, **ids))


def memory(rule):
    """What a job of the rule takes, by the files of the cards that it reads, and more each time it is tried."""
    return lambda wildcards, attempt: memory_mb(rule, (size for size, _ in sizes_of(wildcards))) * attempt


def minutes(rule):
    """How long a job of the rule may take, five times what it took where it was measured, half an hour at least."""
    return lambda wildcards, attempt: max(30, round(5 * seconds(rule, sizes_of(wildcards)) / 60)) * attempt


def scoring_threads(wildcards):
    """GSVA of a large cohort takes minutes on one core; anything else has as many jobs as there are cores."""
    size, _ = size_and_fits(wildcards.cohort)
    return 4 if "gsva" in study.config.methods and size.genes * size.samples > MOST_IN_MEMORY else 1


def sizes_of(wildcards):
    own = getattr(wildcards, "cohort", None)
    return map(size_and_fits, [own] if own in study.cards else study.cards)


@functools.cache  # opens files of the card, and each job of the cohort asks
def size_and_fits(cohort):
    card = study.cards[cohort]
    return size_of(card), random_fits(study.config, card.endpoints)


def card_file(wildcards):
    return study.cards[wildcards.cohort].path


def card_inputs(wildcards):
    return input_files(study.cards[wildcards.cohort])


def card_downloads(wildcards):
    return remote_files(study.cards[wildcards.cohort])


def card_manifest(wildcards):
    return ["results/downloads/{cohort}.tsv"] if card_downloads(wildcards) else []


def card_lock(wildcards):
    return str(lock_path(study.cards[wildcards.cohort].path))


def companion_sets(wildcards):
    """Published gene sets and what is said of them, where they choose a gene's row."""
    return [*study.signature_files, *signature_records] if wildcards.cohort in by_companions else []


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
    manifest = "results/downloads/{experiment}.tsv"
    return [manifest] if experiment_downloads(wildcards) else []


def experiment_lock(wildcards):
    return str(lock_path(study.experiments[wildcards.experiment].path))


def within_file(wildcards):
    return study.experiments[wildcards.experiment].within_file() or []


def cells_file(wildcards):
    return study.cells[wildcards.data_set].path


def cells_inputs(wildcards):
    return study.cells[wildcards.data_set].files()


def cells_downloads(wildcards):
    return remote_cells(study.cells[wildcards.data_set])


def cells_manifest(wildcards):
    return ["results/downloads/{data_set}.tsv"] if cells_downloads(wildcards) else []


def cells_lock(wildcards):
    return str(lock_path(study.cells[wildcards.data_set].path))


def cells_primary(wildcards):
    return study.primary_of_files
