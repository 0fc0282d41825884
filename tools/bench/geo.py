"""Reading a GEO series of expression arrays: ours, GEOquery and GEOparse, from files in GEO's format.

The values are generated. GEOparse reads no series matrix and gets the same values as a family SOFT file.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from bench.measure import Case, NotAvailable, Timed

SMALL, LARGE = (22_283, 286), (54_675, 500)  # HG-U133A as in GSE2034; HG-U133 Plus 2
ROWS_MADE = 2_000  # so many are generated and then repeated: a parser's work hangs on length and format
GEOQUERY = """
if (!requireNamespace("GEOquery", quietly = TRUE)) quit(status = 3)
suppressMessages(library(GEOquery))
path <- "GSE1_series_matrix.txt.gz"
spent <- system.time(read <- suppressMessages(GEOquery:::parseGSEMatrix(path, getGPL = FALSE)))
writeBin(as.vector(exprs(read$eset)), "values")
writeLines(format(spent[["user.self"]] + spent[["sys.self"]]), "seconds")
writeLines(as.character(packageVersion("GEOquery")), "version")
"""


def write_series(folder: Path, probes: int, samples: int, *, soft: bool) -> None:
    """The same values as ``GSE1_series_matrix.txt.gz`` and, where asked for, ``GSE1_family.soft.gz``."""
    rng = np.random.default_rng(1)
    level = rng.uniform(4, 12, (ROWS_MADE, 1))
    made = np.round(2 ** (level + rng.normal(0, 0.7, (ROWS_MADE, samples))), 1)
    words = [list(map(repr, row)) for row in made.tolist()]
    lines = ["\t".join(row) for row in words]
    which = rng.integers(ROWS_MADE, size=probes)
    names = [f"GSM{100_000 + i}" for i in range(samples)]

    def quoted(cells: list[str]) -> str:
        return "\t".join(f'"{cell}"' for cell in cells)

    with gzip.open(folder / "GSE1_series_matrix.txt.gz", "wt", compresslevel=1) as out:
        out.write('!Series_title\t"bench"\n!Series_geo_accession\t"GSE1"\n')
        out.write(f"!Sample_title\t{quoted(names)}\n")
        out.write(f"!Sample_geo_accession\t{quoted(names)}\n")
        out.write(f"!Sample_platform_id\t{quoted(['GPL96'] * samples)}\n")
        out.write(f"!series_matrix_table_begin\n{quoted(['ID_REF', *names])}\n")
        out.writelines(f'"{i}_at"\t{lines[row]}\n' for i, row in enumerate(which))
        out.write("!series_matrix_table_end\n")
    if soft:
        with gzip.open(folder / "GSE1_family.soft.gz", "wt", compresslevel=1) as out:
            out.write("^SERIES = GSE1\n!Series_title = bench\n!Series_geo_accession = GSE1\n")
            for column, name in enumerate(names):
                out.write(f"^SAMPLE = {name}\n!Sample_title = {name}\n!Sample_geo_accession = {name}\n")
                out.write("#ID_REF = probe\n#VALUE = signal\n!sample_table_begin\nID_REF\tVALUE\n")
                out.writelines(f"{i}_at\t{words[row][column]}\n" for i, row in enumerate(which))
                out.write("!sample_table_end\n")


@contextmanager
def _series(shape: tuple[int, int], kind: str = "matrix") -> Iterator[Path]:
    """A folder with the files; written by another process, whose memory is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bench.geo", folder, *map(str, shape), kind], check=True)
        yield Path(folder)


def _ours(shape: tuple[int, int]) -> Timed:
    from irf7bone.acquire.series_matrix import read_series_matrix

    with _series(shape) as folder:
        start = time.process_time()
        values = read_series_matrix(folder / "GSE1_series_matrix.txt.gz", "GPL96").values
        return Timed([time.process_time() - start], values)


def _geoquery(shape: tuple[int, int]) -> Timed:
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise NotAvailable("R is not installed")
    with _series(shape) as folder:
        (folder / "read.R").write_text(GEOQUERY, encoding="utf-8")
        run = subprocess.Popen([rscript, "read.R"], cwd=folder, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(run.pid, 0)
        run.returncode = os.waitstatus_to_exitcode(status)
        if run.returncode == 3:
            raise NotAvailable("no R package GEOquery")
        if run.returncode:
            raise RuntimeError("GEOquery failed")
        seconds, version = ((folder / name).read_text().strip() for name in ("seconds", "version"))
        values = np.fromfile(folder / "values").reshape(shape, order="F")
        return Timed([float(seconds)], values, version=version, peak_mb=usage.ru_maxrss / 1024)


def _geoparse(shape: tuple[int, int]) -> Timed:
    import GEOparse

    with _series(shape, "soft") as folder:
        start = time.process_time()
        series = GEOparse.get_GEO(filepath=str(folder / "GSE1_family.soft.gz"), silent=True)
        table = series.pivot_samples("VALUE")
        seconds = time.process_time() - start
    order = next(iter(series.gsms.values())).table["ID_REF"]
    values = table.loc[order, list(series.gsms)].to_numpy()
    return Timed([seconds], values, note="from the family SOFT file: it reads no series matrix")


TASKS = {shape: f"read a GEO series, {shape[0]:,} probes x {shape[1]} samples" for shape in (SMALL, LARGE)}
CASES = [
    Case(TASKS[SMALL], "irf7bone", "", partial(_ours, SMALL)),
    Case(TASKS[SMALL], "GEOquery", "", partial(_geoquery, SMALL)),
    Case(TASKS[SMALL], "GEOparse", "geoparse", partial(_geoparse, SMALL)),
    Case(TASKS[LARGE], "irf7bone", "", partial(_ours, LARGE)),
    Case(TASKS[LARGE], "GEOquery", "", partial(_geoquery, LARGE)),
]

if __name__ == "__main__":
    write_series(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), soft=sys.argv[4] == "soft")
