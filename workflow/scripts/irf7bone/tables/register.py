"""Every table that a run writes, by its path: the one list that rules, scripts, report and docs read.

A path is seen from the folder that the workflow runs in, with ``{cohort}``, ``{experiment}`` or
``{data_set}`` where each of them has a file of its own. Imports no numpy or pandas: Snakemake reads this
list at each start.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import PurePath

from irf7bone.tables import (
    cells,
    claim,
    cohort,
    every_gene,
    experiment,
    experiment_components,
    experiment_samples,
    outcome,
    outcome_checks,
    pooled,
    pooled_cells,
    pooled_experiments,
    random_signatures,
    verdict,
)
from irf7bone.tables.contract import Table

RESULTS = "results/"
OF_COHORT = "results/outcome/{cohort}/"
OVER_COHORTS = "results/tables/"
OF_ALL_COHORTS = (OVER_COHORTS, "results/scores/agreement.tsv", "results/qc/")
OF_EXPERIMENT = "results/experiments/{experiment}/"
OF_CELLS = "results/cells/{data_set}/"
OVER_CELLS = "results/pooled_cells/"
OVER_EXPERIMENTS = "results/pooled_experiments/"
DERIVED = f"{OF_EXPERIMENT}derived.tsv"  # only where an experiment derives a signature
SUBTYPES = "results/scores/{cohort}.subtypes.tsv"  # only where the study names centroids
PROBES = "results/cohorts/{cohort}.probes.tsv"  # only where a card asks for `collapse: companions`
NULLS = f"{OVER_COHORTS}null.tsv"  # the cohorts' own tables, one below the other
EVERY_GENE_FILE = f"{OVER_COHORTS}genes.tsv.gz"  # long: only who asks for it reads it

REGISTER: dict[str, Table] = {
    "results/tables/cohorts.tsv": cohort.COHORTS,
    "results/tables/associations.tsv": outcome.ASSOCIATIONS,
    "results/tables/pooled.tsv": pooled.POOLED,
    "results/tables/verdict.tsv": verdict.VERDICT,
    "results/cohorts/{cohort}.summary.tsv": cohort.COHORTS,
    "results/cohorts/{cohort}.flow.tsv": cohort.FLOW,
    "results/qc/{cohort}.tsv": cohort.QC,
    "results/scores/agreement.tsv": cohort.AGREEMENT,
    "results/scores/{cohort}.coverage.tsv": cohort.COVERAGE,
    "results/scores/{cohort}.genes.tsv": cohort.GENE_IDENTITY,
    SUBTYPES: cohort.SUBTYPES,
    PROBES: cohort.PROBES,
    "results/scores/{cohort}.parquet": cohort.SCORES,
    "results/associations/{cohort}.tsv": outcome.ASSOCIATIONS,
    "results/associations/{cohort}.curves.tsv": outcome.CURVES,
    "results/outcome/{cohort}/markers.tsv": cohort.MARKERS,
    "results/outcome/{cohort}/null.tsv": random_signatures.NULL,
    "results/outcome/{cohort}/null_histogram.tsv": random_signatures.NULL_HISTOGRAM,
    "results/outcome/{cohort}/claim_models.tsv": claim.CLAIM_MODELS,
    "results/outcome/{cohort}/claim_controls.tsv": claim.CLAIM_CONTROLS,
    "results/outcome/{cohort}/by_er.tsv": outcome.ER_ASSOCIATIONS,
    "results/outcome/{cohort}/subtypes.tsv": outcome.SUBTYPE_ASSOCIATIONS,
    "results/outcome/{cohort}/immune.tsv": outcome.IMMUNE_LINKS,
    "results/outcome/{cohort}/signature_quality.tsv": cohort.SIGNATURE_QUALITY,
    "results/outcome/{cohort}/competing.tsv": outcome.COMPETING,
    "results/outcome/{cohort}/sites.tsv": outcome.SITES,
    "results/outcome/{cohort}/sampled.tsv": outcome.SAMPLED,
    "results/outcome/{cohort}/group_tests.tsv": outcome_checks.GROUP_TESTS,
    "results/outcome/{cohort}/curve_summary.tsv": outcome_checks.CURVE_SUMMARY,
    "results/outcome/{cohort}/checks.tsv": outcome_checks.CHECKS,
    "results/outcome/{cohort}/check_curves.tsv": outcome_checks.CHECK_CURVES,
    "results/outcome/{cohort}/discrimination.tsv": outcome_checks.DISCRIMINATION,
    "results/outcome/{cohort}/table_one.tsv": outcome_checks.TABLE_ONE,
    "results/outcome/{cohort}/losses.tsv": outcome_checks.LOSSES,
    NULLS: random_signatures.NULL,
    "results/tables/pooled_null.tsv": random_signatures.POOLED_NULL,
    "results/tables/pooled_null_histogram.tsv": random_signatures.NULL_HISTOGRAM,
    "results/tables/controls.tsv": random_signatures.CONTROLS,
    "results/tables/heterogeneity.tsv": pooled.HETEROGENEITY,
    "results/tables/leave_one_cohort_out.tsv": pooled.LEAVE_ONE_COHORT_OUT,
    "results/tables/asymmetry.tsv": pooled.ASYMMETRY,
    "results/tables/funnel.tsv": pooled.FUNNEL,
    "results/tables/specifications.tsv": pooled.SPECIFICATIONS,
    "results/tables/specification_summary.tsv": pooled.SPECIFICATION_SUMMARY,
    "results/tables/pooled_by_er.tsv": pooled.ER_POOLED,
    "results/tables/pooled_subtypes.tsv": pooled.SUBTYPE_POOLED,
    "results/tables/immune_pooled.tsv": pooled.IMMUNE_POOLED,
    EVERY_GENE_FILE: every_gene.EVERY_GENE,
    "results/tables/gene_curves.tsv": every_gene.GENE_CURVES,
    "results/tables/duplicates.tsv": cohort.DUPLICATES,
    "results/tables/audit.tsv": outcome_checks.AUDIT,
    "results/tables/exploratory.tsv": verdict.EXPLORATORY,
    "results/tables/verdict_models.tsv": verdict.VERDICT_MODELS,
    "results/tables/chances.tsv": verdict.CHANCES,
    "results/tables/site_contrast.tsv": verdict.SITE_CONTRAST,
    "results/tables/fragility.tsv": verdict.FRAGILITY,
    "results/experiments/{experiment}.flow.tsv": cohort.FLOW,
    "results/experiments/{experiment}/contrasts.tsv": experiment.CONTRASTS,
    "results/experiments/{experiment}/genes.tsv": experiment.GENES,
    "results/experiments/{experiment}/panel.tsv": experiment.PANEL,
    "results/experiments/{experiment}/signatures.tsv": experiment.SIGNATURES,
    "results/experiments/{experiment}/sample_scores.tsv": experiment.SAMPLE_SCORES,
    "results/experiments/{experiment}/gene_sets.tsv": experiment.GENE_SETS,
    "results/experiments/{experiment}/leading_edge.tsv": experiment.LEADING_EDGE,
    "results/experiments/{experiment}/running.tsv": experiment.RUNNING,
    "results/experiments/{experiment}/composition.tsv": experiment.COMPOSITION,
    "results/experiments/{experiment}/adjusted.tsv": experiment.ADJUSTED,
    "results/experiments/{experiment}/components.tsv": experiment_components.COMPONENTS,
    "results/experiments/{experiment}/quality.tsv": experiment_samples.QUALITY,
    "results/experiments/{experiment}/distances.tsv": experiment_samples.DISTANCES,
    "results/experiments/{experiment}/orthologs.tsv": experiment.ORTHOLOGS,
    "results/experiments/{experiment}/claim.tsv": experiment.CLAIM,
    DERIVED: experiment.DERIVED,
    **{
        f"results/pooled_experiments/{name}.tsv": table
        for name, table in pooled_experiments.POOLED_EXPERIMENT_TABLES.items()
    },
    "results/cells/{data_set}/obs.parquet": cells.OBS,
    "results/cells/{data_set}/cell_quality.parquet": cells.CELL_MEASURES,
    "results/cells/{data_set}/sampled.parquet": cells.SAMPLED_CELLS,
    "results/cells/{data_set}/cells.parquet": cells.CELLS,
    "results/cells/{data_set}/flow.tsv": cohort.FLOW,
    "results/cells/{data_set}/calls.tsv": cells.CALLS,
    "results/cells/{data_set}/copy_number.parquet": cells.COPY_NUMBER,
    "results/cells/{data_set}/confusion.tsv": cells.CONFUSION,
    "results/cells/{data_set}/quality.tsv": cells.CELL_QUALITY,
    "results/pooled_cells/malignant_genes.tsv": pooled_cells.MALIGNANT_GENES,
    "results/pooled_cells/malignant_parts.tsv": pooled_cells.MALIGNANT_PARTS,
    **{f"results/pooled_cells/{name}.tsv": table for name, table in pooled_cells.POOLED_CELL_TABLES.items()},
    **{f"results/cells/{{data_set}}/{name}.tsv": table for name, table in cells.CELL_TABLES.items()},
}


def paths_in(folder: str) -> list[str]:
    """Paths of a folder's own tables as :data:`REGISTER` has them, but for those that are named on their own.

    Args:
        folder: :data:`OF_COHORT`, :data:`OVER_COHORTS` or :data:`OF_EXPERIMENT`.
    """
    own = [path for path in REGISTER if path.rpartition("/")[0] == folder.rstrip("/")]
    return [path for path in own if path not in (DERIVED, NULLS, EVERY_GENE_FILE)]


def tables_in(folder: str) -> dict[str, Table]:
    """The same as name of the file without its ending -> contract."""
    return {PurePath(path).stem: REGISTER[path] for path in paths_in(folder)}


def registered(
    *,
    cohort: Iterable[str],
    experiment: Iterable[str],
    data_set: Iterable[str],
    derived: Iterable[str],
    over_cells: Iterable[str],
    over_experiments: Iterable[str],
    lacking: Collection[str] = (),
) -> list[str]:
    """The path of every table of a study, in the order of :data:`REGISTER`.

    Args:
        cohort: Ids of cohorts.
        experiment: Ids of experiments.
        data_set: Ids of single-cell data sets.
        derived: Experiments that derive a signature.
        over_cells: Tables over all single-cell data sets that the study has.
        over_experiments: Tables over all its experiments.
        lacking: Those of :data:`SUBTYPES` and :data:`PROBES` that the study does not have.
    """
    planned = {*over_cells, *over_experiments}
    ids = {"cohort": list(cohort), "experiment": list(experiment), "data_set": list(data_set)}
    paths = []
    for path in REGISTER:
        if path.startswith(OF_ALL_COHORTS) and not ids["cohort"]:
            continue
        if path in lacking:
            continue
        if path.startswith((OVER_CELLS, OVER_EXPERIMENTS)) and path not in planned:
            continue
        word = next((word for word in ids if f"{{{word}}}" in path), "")
        named = list(derived) if path == DERIVED else ids.get(word, [""])
        paths += [path.replace(f"{{{word}}}", name) for name in named]
    return paths


def table_at(path: str) -> Table:
    """The contract of a file that a run wrote.

    Args:
        path: Its path, from the folder that the workflow runs in.

    Raises:
        KeyError: The file is not registered.
    """
    for pattern, table in REGISTER.items():
        if pattern_of(pattern).fullmatch(path):
            return table
    raise KeyError(f"{path} is no table of irf7bone.tables.register")


@cache
def pattern_of(path: str) -> re.Pattern[str]:
    """A path of the register as a regular expression; ids hold letters, digits, ``-`` and ``_``."""
    return re.compile(re.sub(r"\\\{\w+\\\}", "[A-Za-z0-9_-]+", re.escape(path)))
