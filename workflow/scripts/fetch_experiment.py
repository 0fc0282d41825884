"""Fetch the files that one experiment needs from elsewhere."""

from pathlib import Path

from irf7bone.base.errors import report_plainly
from irf7bone.download.fetch import fetch_all

report_plainly(snakemake.log[0])

fetch_all(
    snakemake.params.files,
    Path(snakemake.output.manifest).parent,
    lock=snakemake.params.lock,
    mirror=snakemake.params.mirror,
)
