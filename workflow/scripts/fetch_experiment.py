"""Fetch the files that one experiment needs from elsewhere."""

from irf7bone.base.errors import report_plainly
from irf7bone.download.fetch import entries, fetch_all
from irf7bone.download.lock import write_lock

report_plainly(snakemake.log[0])

fetched = fetch_all(
    snakemake.params.files,
    snakemake.params.folder,
    lock=snakemake.params.lock,
    mirror=snakemake.params.mirror,
)
write_lock(snakemake.output.manifest, entries(fetched))
