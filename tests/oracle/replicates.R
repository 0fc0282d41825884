# Correlated samples of one animal, by limma's duplicateCorrelation and lmFit, for tests/oracle/test_replicates_oracle.py.
# Rscript tests/oracle/replicates.R FOLDER  reads experiment_counts.tsv there and writes replicates_genes.tsv,
# replicates_consensus.tsv and, by nlme, replicates_lme.tsv. The samples are P1 L1 ... P6 L6; animals are blocks of two
# with one group each (between), with both (within), or blocks of one to three with either (both).
suppressPackageStartupMessages({
  library(limma)
  library(edgeR)
  library(statmod)  # duplicateCorrelation asks for it
})
folder <- commandArgs(trailingOnly = TRUE)[1]
counts <- read.delim(file.path(folder, "experiment_counts.tsv"), comment.char = "#", check.names = FALSE)
counts <- as.matrix(data.frame(counts[, -1], row.names = counts[, 1], check.names = FALSE))
counts <- counts[seq(1, nrow(counts), 2), ]  # statmod takes 3 ms a gene
animal <- rep(1:6, each = 2)
layouts <- list(
  between = list(animal, rep(0:1, each = 6)),
  within = list(animal, rep(0:1, 6)),
  both = list(c(1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6), c(0, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1))
)
found <- list()
consensus <- list()
keep_result <- function(model, fit, cor, steps) {
  table <- topTable(fit, coef = 2, number = Inf, sort.by = "none")
  found[[model]] <<- data.frame(model = model, gene = rownames(table), correlation = tanh(cor$atanh.correlations),
                                log2_fc = table$logFC, t = table$t, p = table$P.Value)
  consensus[[model]] <<- data.frame(model = model, step = seq_along(steps), consensus = steps)
}
for (name in names(layouts)) {
  block <- layouts[[name]][[1]]
  group <- layouts[[name]][[2]]
  design <- model.matrix(~group)
  array <- log2(counts + 1)
  array <- array[apply(array, 1, sd) > 0, ]
  array <- array[rowSums(array > 1) >= min(table(group)), ]
  cor <- duplicateCorrelation(array, design, block = block)
  fit <- lmFit(array, design, block = block, correlation = cor$consensus.correlation)
  keep_result(paste0("trend_", name), eBayes(fit, trend = TRUE), cor, cor$consensus.correlation)
  y <- DGEList(counts)
  y <- calcNormFactors(y[filterByExpr(y, group = group), , keep.lib.sizes = FALSE])
  v <- voom(y, design)
  first <- duplicateCorrelation(v, design, block = block)$consensus.correlation
  v <- voom(y, design, block = block, correlation = first)
  cor <- duplicateCorrelation(v, design, block = block)
  fit <- lmFit(v, design, block = block, correlation = cor$consensus.correlation)
  keep_result(paste0("voom_", name), eBayes(fit), cor, c(first, cor$consensus.correlation))
}
# a random intercept for each gene, where its variance is well above 0: log2 values of the layout with both
data <- data.frame(block = factor(layouts$both[[1]]), group = layouts$both[[2]])
genes <- with(found$trend_both, gene[correlation > 0.2])[1:40]
lme_of <- function(gene) {
  data$y <- log2(counts[gene, ] + 1)
  fit <- nlme::lme(y ~ group, random = ~ 1 | block, data = data, method = "REML")
  between <- as.numeric(nlme::getVarCov(fit))
  data.frame(gene = gene, effect = nlme::fixef(fit)[[2]], se = sqrt(vcov(fit)[2, 2]), sd = sqrt(between + fit$sigma^2))
}
write_table <- function(tables, name) {
  table <- do.call(rbind, tables)
  numbers <- vapply(table, is.double, logical(1))
  table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 10, format = "g", width = -1))
  connection <- file(file.path(folder, name), "w")
  versions <- vapply(c("limma", "statmod", "edgeR", "nlme"), function(p) paste(p, packageVersion(p)), "")
  writeLines(paste0("# ", R.version.string, ", ", paste(versions, collapse = ", ")), connection)
  writeLines("# duplicateCorrelation, lmFit, eBayes, voom: tests/oracle/replicates.R", connection)
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
  close(connection)
}
write_table(found, "replicates_genes.tsv")
write_table(consensus, "replicates_consensus.tsv")
write_table(lapply(genes, lme_of), "replicates_lme.tsv")
