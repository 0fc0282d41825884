# Finds the project's folder; every stage file is read from there.
# REQUIRED INPUTS: none
# OUTPUTS: none

import os
import tarfile
import tempfile
from pathlib import Path

# of this file, since workflow.basedir is that of whoever uses this workflow as a module
here = workflow.current_basedir
if not hasattr(here, "hosted_repo"):
    root = Path(here).parents[1]
else:
    # Snakemake took this file from a git host and reads others as it meets them; jobs import a package, and need it
    # all. So the revision is unpacked once, from the repository that Snakemake has cloned.
    repository = here.hosted_repo.repo
    root = here.cache_path / repository.commit(here.ref).hexsha / "irf7bone_workflow"
    if not root.exists():
        root.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root.parent) as partial:
            archive = Path(partial, "archive.tar")
            with archive.open("wb") as stream:
                repository.archive(stream, treeish=here.ref)
            with tarfile.open(archive) as packed:
                packed.extractall(Path(partial, "project"), filter="data")
            try:
                os.rename(Path(partial, "project"), root)
            except OSError:
                if not root.exists():  # else another process was first
                    raise
