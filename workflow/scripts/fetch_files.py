"""Fetch the files that one cohort, experiment or data set needs from elsewhere."""

from irf7bone.download.fetch import entries, fetch_all
from irf7bone.download.lock import write_lock
from irf7bone.study.job import begin

job_fetched = begin(snakemake)

fetched = fetch_all(
    snakemake.params.files,
    snakemake.params.folder,
    lock=snakemake.params.lock,
    mirror=snakemake.params.mirror,
)
write_lock(snakemake.output.manifest, entries(fetched))
job_fetched |= {f"{item.path.parent.name}/{item.path.name}": item.sha256 for item in fetched}
