# Nearest-centroid subtypes by hand, for tests/oracle/test_subtypes_oracle.py: what genefu's
# intrinsic.cluster.predict does with method = "spearman", on genes centred as its users are told to.
# Rscript tests/oracle/subtypes.R FOLDER  writes there subtypes_data.tsv (a gene a row: five centroids, then 48
# tumours; er in the second header line) and subtypes_calls.tsv. Base R alone.
folder <- commandArgs(trailingOnly = TRUE)[1]
set.seed(50)
kinds <- c("Basal", "Her2", "LumA", "LumB", "Normal")
n_genes <- 50
centroids <- matrix(rnorm(n_genes * 5), n_genes, dimnames = list(sprintf("G%02d", 1:n_genes), kinds))
truth <- rep(kinds, c(8, 8, 16, 10, 6))
er <- ifelse(truth %in% c("Basal", "Her2"), "negative", "positive")
# one decimal: equal values within a tumour, whose ranks are shared
x <- round(runif(n_genes, 4, 12) + centroids[, truth] + rnorm(n_genes * length(truth), sd = 3), 1)
colnames(x) <- sprintf("s%02d", seq_along(truth))
centroids <- round(centroids, 2)

# ER-positive and ER-negative tumours weigh the same: each positive as often as there are negatives, and the reverse
times <- ifelse(er == "positive", sum(er == "negative"), sum(er == "positive"))
centre <- apply(x, 1, function(gene) median(rep(gene, times)))
r <- cor(x - centre, centroids, method = "spearman")
nearest <- apply(r, 1, which.max)
second <- sapply(seq_len(nrow(r)), function(i) order(-r[i, ])[2])
calls <- data.frame(
  sample = rownames(r), subtype = kinds[nearest], correlation = r[cbind(seq_len(nrow(r)), nearest)],
  runner_up = kinds[second], second = r[cbind(seq_len(nrow(r)), second)], truth = truth, er = er
)
write <- function(table, name, what) {
  path <- file.path(folder, name)
  writeLines(c(paste0("# ", R.version.string), paste0("# ", what)), path)
  suppressWarnings(write.table(table, path, append = TRUE, sep = "\t", quote = FALSE, row.names = FALSE))
}
write(cbind(gene = rownames(x), as.data.frame(centroids), as.data.frame(x)), "subtypes_data.tsv", "50 made-up genes")
write(calls, "subtypes_calls.tsv", "which.max(cor(x - median of rep(x, times), centroids, method = 'spearman'))")
