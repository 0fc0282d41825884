"""Power of the experiments' engine at several planted falls, beside limma in R on the same counts."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from calibrate import experiments
from irf7bone.experiments.differential import differential

SIZES = ("3 against 3", "6 against 6", "8 pairs")
FALLS = (0.25, 0.5, 1.0, 1.5)
EXPERIMENTS = 20  # of each size and fall
SCALES = ("counts", "log2")
_R = """
suppressPackageStartupMessages({library(limma); library(edgeR)})
table <- read.delim("counts.tsv")
found <- lapply(split(table, table$id), function(one) {
  counts <- as.matrix(one[, -(1:3)])
  counts <- counts[, !is.na(counts[1, ])]
  rownames(counts) <- one$gene
  case <- rep(1:0, ncol(counts) / 2)
  pair <- factor(rep(seq_len(ncol(counts) / 2), each = 2))
  design <- if (one$paired[1]) model.matrix(~ pair + case) else model.matrix(~ case)
  last <- ncol(design)
  y <- DGEList(counts)
  y <- calcNormFactors(y[filterByExpr(y, group = case), , keep.lib.sizes = FALSE])
  voomed <- eBayes(lmFit(voom(y, design), design))$p.value[, last]
  array <- log2(sweep(counts, 2, colSums(counts), "/") * 1e4 + 1)
  array <- array[rowSums(array > 1) >= ncol(counts) / 2, ]
  trended <- eBayes(lmFit(array, design), trend = TRUE)$p.value[, last]
  data.frame(id = one$id[1], scale = rep(c("counts", "log2"), c(length(voomed), length(trended))),
             gene = c(names(voomed), names(trended)), p = c(voomed, trended))
})
write.table(do.call(rbind, found), "p.tsv", sep = "\\t", quote = FALSE, row.names = FALSE)
"""

WORDS = """
{experiments} experiments of each size and fall, {fallen} genes of {genes} that fall and {unexpressed} that
are not expressed; limma is R's own on the same counts: filterByExpr, TMM and voom for counts; for
log2(counts per million / 100 + 1) a value above 1 in half of the samples and eBayes(trend = TRUE). Share of
the falling genes with p < 0.05; one that is not tested counts as not found.
"""


def simulate(many: int, seed: int) -> pd.DataFrame:
    """The curve: one row a size, scale and fall, with the share found by the engine and by limma in R.

    Args:
        many: Not asked: a curve needs few experiments.
        seed: Of the counts.

    Raises:
        RuntimeError: R is not there, or its script failed.
    """
    drawn, ours = [], []
    for size in SIZES:
        for fall in FALLS:
            for number in range(EXPERIMENTS):
                random = np.random.default_rng([seed, SIZES.index(size), FALLS.index(fall), number])
                counts, _ = experiments.draw(size, True, fall, random)
                name = f"{size}/{fall}/{number}"
                drawn.append(_as_rows(counts, name, experiments.SIZES[size][1]))
                for scale in SCALES:
                    adata = experiments.as_experiment(counts, size, scale)
                    p = differential(adata, experiments.plan_of(size)).genes["p"]
                    ours.append(
                        pd.DataFrame({"id": name, "scale": scale, "gene": p.index, "ours": p.to_numpy()})
                    )
    found = pd.concat(ours).merge(_in_r(pd.concat(drawn)), on=["id", "scale", "gene"], how="outer")
    found[["size", "fall", "number"]] = found["id"].str.split("/", expand=True)
    falling = found[found["gene"].str[1:].astype(int) < experiments.SET_EXPRESSED]
    total = EXPERIMENTS * experiments.SET_EXPRESSED
    rows = falling.groupby(["size", "scale", "fall"], sort=False).agg(
        found=("ours", lambda p: (p < experiments.LEVEL).sum() / total),
        limma=("p", lambda p: (p < experiments.LEVEL).sum() / total),
    )
    apart = (np.log10(found["ours"]) - np.log10(found["p"])).abs()
    rows["largest_log10_difference"] = apart.groupby([found["size"], found["scale"], found["fall"]]).max()
    return rows.reset_index().assign(trials=total)


def _as_rows(counts: np.ndarray, name: str, paired: bool) -> pd.DataFrame:
    frame = pd.DataFrame(counts.T).reindex(columns=range(16))
    frame.insert(0, "gene", [f"G{number}" for number in range(counts.shape[1])])
    frame.insert(0, "paired", paired)
    frame["paired"] = np.where(frame["paired"], "TRUE", "FALSE")
    frame.insert(0, "id", name)
    return frame[["id", "gene", "paired", *range(16)]]


def _in_r(counts: pd.DataFrame) -> pd.DataFrame:
    rscript = shutil.which("Rscript")
    if rscript is None:
        raise RuntimeError("the curve beside limma needs R with limma and edgeR (make oracles installs them)")
    with tempfile.TemporaryDirectory() as folder:
        counts.to_csv(Path(folder, "counts.tsv"), sep="\t", index=False, na_rep="NA")
        done = subprocess.run([rscript, "-e", _R], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return pd.read_csv(Path(folder, "p.tsv"), sep="\t")


def section(table: pd.DataFrame, markdown: Callable[..., str]) -> list[str]:
    """The curve as Markdown."""
    words = WORDS.format(
        experiments=EXPERIMENTS,
        fallen=experiments.SET_EXPRESSED,
        genes=experiments.EXPRESSED + experiments.UNEXPRESSED,
        unexpressed=experiments.UNEXPRESSED,
    )
    largest = 10 ** table.groupby("scale")["largest_log10_difference"].max()
    columns = {
        "size": lambda row: row["size"],
        "values": lambda row: row["scale"],
        "fall, log2": lambda row: f"{float(row['fall']):g}",
        "found, %": lambda row: f"{100 * row['found']:.1f}",
        "limma in R, %": lambda row: f"{100 * row['limma']:.1f}",
    }
    said = (
        f"Counts: no gene's p differs by a share above {largest['counts'] - 1:.1g}. Log2: limma has the\n"
        "trend here always, the engine where it explains a tenth of the variances' spread; a gene's\n"
        f"p differs by up to a factor of {largest['log2']:.0f}, the power hardly.\n"
    )
    return ["## Power of experiments beside limma\n", words + said, markdown(table, columns)]
