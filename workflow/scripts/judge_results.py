"""Judge the pooled results by the ordered table of rules."""

from irf7bone.base.errors import report_plainly
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import COHORTS
from irf7bone.tables.outcome import ASSOCIATIONS
from irf7bone.tables.pooled import POOLED, VERDICT
from irf7bone.tables.random_signatures import POOLED_NULL
from irf7bone.verdict.judge import judge

report_plainly(snakemake.log[0])

config: Config = snakemake.params.config
cohorts = COHORTS.read(snakemake.input.summary)
verdict = judge(
    POOLED.read(snakemake.input.pooled),
    ASSOCIATIONS.read(snakemake.input.associations),
    dict(zip(cohorts["cohort"], cohorts["role"], strict=True)),
    config,
    POOLED_NULL.read(snakemake.input.pooled_null),
)
VERDICT.write(verdict, snakemake.output.verdict)
