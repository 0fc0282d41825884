"""Read one cohort from its source."""

from irf7bone.acquire import acquire, write_acquired
from irf7bone.cards import load_card
from irf7bone.errors import report_plainly

report_plainly(snakemake.log[0])

write_acquired(
    acquire(load_card(snakemake.input.card)),
    expression=snakemake.output.expression,
    clinical=snakemake.output.clinical,
    source=snakemake.output.source,
)
