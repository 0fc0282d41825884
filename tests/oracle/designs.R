# Designs with more than two groups, by limma and edgeR, for tests/oracle/test_designs_oracle.py.
# Rscript tests/oracle/designs.R FOLDER  reads experiment_counts.tsv there and writes designs_genes.tsv. The samples are
# P1 L1 ... P6 L6; animals 1-3 have the vector and 4-6 Irf7; hours are 0, 6 and 24 in turn.
suppressPackageStartupMessages({
  library(limma)
  library(edgeR)
  library(statmod)  # duplicateCorrelation asks for it
})
folder <- commandArgs(trailingOnly = TRUE)[1]
counts <- read.delim(file.path(folder, "experiment_counts.tsv"), comment.char = "#", check.names = FALSE)
counts <- as.matrix(data.frame(counts[, -1], row.names = counts[, 1], check.names = FALSE))
animal <- factor(rep(1:6, each = 2))
lesion <- rep(0:1, 6)
irf7 <- rep(0:1, each = 6)
batch <- factor(c(1, 1, 2, 2, 1, 1, 2, 2, 1, 1, 2, 2))
hours <- rep(c(0, 6, 24), 4)
cells <- factor(paste(irf7, lesion))
designs <- list(
  interaction = list(model.matrix(~ irf7 + lesion + irf7:lesion), cells),
  interaction_batch = list(model.matrix(~ batch + irf7 + lesion + irf7:lesion), cells),
  interaction_pairs = list(model.matrix(~ animal + lesion + irf7:lesion), cells),
  ordered = list(model.matrix(~ I(hours / 24)), factor(hours))
)
tidy <- function(model, fit, coef = ncol(fit$coefficients)) {
  table <- topTable(fit, coef = coef, number = Inf, sort.by = "none")
  data.frame(model = model, gene = rownames(table), log2_fc = table$logFC, t = table$t,
             p = table$P.Value)
}
found <- list()
for (name in names(designs)) {
  design <- designs[[name]][[1]]
  group <- designs[[name]][[2]]
  y <- DGEList(counts)
  y <- calcNormFactors(y[filterByExpr(y, group = group), , keep.lib.sizes = FALSE])
  found[[paste0("voom_", name)]] <- tidy(paste0("voom_", name), eBayes(lmFit(voom(y, design), design)))
  array <- log2(counts + 1)
  array <- array[apply(array, 1, sd) > 0, ]
  array <- array[rowSums(array > 1) >= min(table(group)), ]
  for (trend in c(TRUE, FALSE)) {
    label <- paste0(if (trend) "trend_" else "limma_", name)
    found[[label]] <- tidy(label, eBayes(lmFit(array, design), trend = trend))
  }
}
# two samples of one animal, modelled by the correlation within animals
design <- model.matrix(~ irf7)
array <- log2(counts + 1)
array <- array[apply(array, 1, sd) > 0, ]
array <- array[rowSums(array > 1) >= 6, ]
consensus <- duplicateCorrelation(array, design, block = animal)$consensus.correlation
blocked <- lmFit(array, design, block = animal, correlation = consensus)
found$blocked <- tidy("blocked", eBayes(blocked, trend = TRUE))
table <- do.call(rbind, found)
numbers <- vapply(table, is.double, logical(1))
table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 9, format = "g", width = -1))
connection <- file(file.path(folder, "designs_genes.tsv"), "w")
versions <- vapply(c("limma", "edgeR"), function(p) paste(p, packageVersion(p)), "")
writeLines(paste0("# ", R.version.string, ", ", paste(versions, collapse = ", ")), connection)
writeLines("# lmFit, eBayes, voom, duplicateCorrelation: tests/oracle/designs.R", connection)
write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
