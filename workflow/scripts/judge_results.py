"""Judge the pooled results by the ordered table of rules."""

from irf7bone import contracts
from irf7bone.errors import report_plainly
from irf7bone.null_pooled import POOLED_NULL
from irf7bone.verdict import VERDICT, judge

report_plainly(snakemake.log[0])

cohorts = contracts.COHORTS.read(snakemake.input.summary)
verdict = judge(
    contracts.POOLED.read(snakemake.input.pooled),
    contracts.ASSOCIATIONS.read(snakemake.input.associations),
    dict(zip(cohorts["cohort"], cohorts["role"], strict=True)),
    snakemake.params.config,
    POOLED_NULL.read(snakemake.input.pooled_null),
)
VERDICT.write(verdict, snakemake.output.verdict)
