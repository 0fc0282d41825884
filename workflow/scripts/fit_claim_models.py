"""Fit the models that the verdict reads, and the positive control, in one cohort."""

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort_file import read_cohort
from irf7bone.outcome.claim_models import fit_claim_controls, fit_claim_models
from irf7bone.random_signatures.axis import random_axes
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODELS
from irf7bone.tables.cohort import SCORES

begin(snakemake)

cohort = snakemake.wildcards.cohort
config: Config = snakemake.params.config
adata = read_cohort(snakemake.input.cohort)
scores = SCORES.read(snakemake.input.scores)
axes = random_axes(
    cohort,
    adata.to_df(),
    config.signatures.select,
    load_library(snakemake.input.signatures, SymbolTable.load(snakemake.input.symbols)),
    method=config.primary.method,
    n_draws=snakemake.params.random_signatures.draws,
    seed=snakemake.params.random_signatures.seed,
)
models = fit_claim_models(cohort, adata.obs, scores, axes, config=config)
CLAIM_MODELS.write(models, snakemake.output.models)
controls = fit_claim_controls(cohort, adata.obs, scores, config=config)
CLAIM_CONTROLS.write(controls, snakemake.output.controls)
