"""R as a peer: the data go in as a file, R times its own calls, values and processor seconds come back."""

from __future__ import annotations

import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from bench.measure import ENOUGH, REPEATS, NotAvailable, Timed

# `task` is a function of no arguments that the script defines; reading files and starting R are not timed
_FRAME = f"""
options(warn = -1)
stop_here <- function(...) {{ cat(...); quit(status = 3) }}
for (name in packages) if (!requireNamespace(name, quietly = TRUE)) stop_here("R has no package", name)
if ("GSVA" %in% packages && packageVersion("GSVA") >= "1.50") stop_here("R GSVA before 1.50 is needed")
read <- function(name) as.matrix(read.delim(name, row.names = 1, check.names = FALSE))
seconds <- c()
TASK
while (length(seconds) < {REPEATS} && sum(seconds) < {ENOUGH}) {{
  spent <- system.time(values <- task())
  seconds <- c(seconds, spent[["user.self"]] + spent[["sys.self"]])
}}
writeLines(format(seconds), "seconds.txt")
writeLines(format(as.vector(values), digits = 17), "values.txt")
writeLines(paste(R.version$major, R.version$minor, sep = "."), "r.txt")
writeLines(as.character(packageVersion(packages[1])), "version.txt")
"""


def in_r(packages: list[str], script: str, tables: dict[str, pd.DataFrame], shape: tuple[int, ...]) -> Timed:
    """Run an R script that reads ``tables`` by name and defines ``task``.

    Args:
        packages: R packages that it needs, the one to give the version of first.
        script: R code.
        tables: Written as tab-separated files under their names.
        shape: Of the values, which R gives column by column.

    Raises:
        NotAvailable: R or a package is not installed.
        RuntimeError: The script failed.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise NotAvailable("R is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for table, frame in tables.items():
            frame.to_csv(folder / table, sep="\t", float_format="%.17g")
        listed = ", ".join(f'"{package}"' for package in packages)
        (folder / "task.R").write_text(
            f"packages <- c({listed})\n" + _FRAME.replace("TASK", script), encoding="utf-8"
        )
        run = subprocess.run([rscript, "task.R"], cwd=folder, capture_output=True, text=True, check=False)
        if run.returncode == 3:
            raise NotAvailable(run.stdout.strip())
        if run.returncode:
            raise RuntimeError(run.stderr.strip() or "R failed")
        said = {
            kind: (folder / f"{kind}.txt").read_text().split()
            for kind in ("seconds", "values", "r", "version")
        }
    return Timed(
        [float(number) for number in said["seconds"]],
        np.array(said["values"], dtype=float).reshape(shape, order="F"),
        version=f"{packages[0]} {said['version'][0]}, R {said['r'][0]}",
        peak_mb=resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    )
