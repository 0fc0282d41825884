"""Judge the pooled results by the decision table."""

import pandas as pd

from irf7bone.genes.signatures import load_library, positive_controls
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.job import begin
from irf7bone.study.settings import Config
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODELS
from irf7bone.tables.cohort import COHORTS, DUPLICATES
from irf7bone.tables.outcome import SITES
from irf7bone.tables.verdict import CHANCES, EXPLORATORY, FRAGILITY, SITE_CONTRAST, VERDICT, VERDICT_MODELS
from irf7bone.verdict.fragility import fragility
from irf7bone.verdict.gather import Tables
from irf7bone.verdict.judge import judge
from irf7bone.verdict.premises import cohort_facts
from irf7bone.verdict.site_contrast import site_contrast

begin(snakemake)

source, output = snakemake.input, snakemake.output
config: Config = snakemake.params.config
tables = Tables(
    models=pd.concat(map(CLAIM_MODELS.read, source.models), ignore_index=True),
    controls=pd.concat(map(CLAIM_CONTROLS.read, source.controls), ignore_index=True),
    facts=cohort_facts(COHORTS.read(source.summary)),
    duplicates=DUPLICATES.read(source.duplicates),
    sites=pd.concat(map(SITES.read, source.sites), ignore_index=True),
    failed=snakemake.params.failed,
)
library = load_library(source.signatures, SymbolTable.load(source.symbols))
contrast = site_contrast(tables.sites, tables.pooled, config=config)
judged = judge(
    tables, contrast, config=config, controls=positive_controls(library, config.proliferation_signature)
)
VERDICT.write(judged.verdict, output.verdict)
EXPLORATORY.write(judged.exploratory, output.exploratory)
VERDICT_MODELS.write(judged.models, output.models)
CHANCES.write(judged.chances, output.chances)
SITE_CONTRAST.write(contrast, output.site_contrast)
FRAGILITY.write(fragility(tables, config=config), output.fragility)
