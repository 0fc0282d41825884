"""Read one cohort from its source."""

from pathlib import Path

from irf7bone.acquire.acquired import write_acquired
from irf7bone.acquire.sources import acquire
from irf7bone.download.fetch import Downloads
from irf7bone.download.lock import lock_path
from irf7bone.study.cohort_card import read_cohort_card
from irf7bone.study.job import begin

begin(snakemake)

card = read_cohort_card(snakemake.input.card)
write_acquired(
    acquire(card, Downloads(Path(snakemake.params.downloads), lock_path(card.path))),
    expression=snakemake.output.expression,
    clinical=snakemake.output.clinical,
    source=snakemake.output.source,
)
