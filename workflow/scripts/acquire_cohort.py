"""Read one cohort from its source."""

from pathlib import Path

from irf7bone.acquire import acquire, write_acquired
from irf7bone.acquire.fetch import Downloads
from irf7bone.acquire.lock import lock_path
from irf7bone.cards import load_card
from irf7bone.errors import report_plainly

report_plainly(snakemake.log[0])

card = load_card(snakemake.input.card)
write_acquired(
    acquire(card, Downloads(Path(snakemake.params.downloads), lock_path(card.path))),
    expression=snakemake.output.expression,
    clinical=snakemake.output.clinical,
    source=snakemake.output.source,
)
