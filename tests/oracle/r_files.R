# Small files of R as people have them, for tests/unit/acquire/test_r_file.py, and what write.csv makes of them.
# Rscript tests/oracle/r_files.R FOLDER
suppressPackageStartupMessages({
  library(Biobase)
  library(SummarizedExperiment)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
at <- function(name) file.path(folder, name)
set.seed(8)
genes <- c("IRF7", "STAT1", "ISG15", "MX1", "IFIT1", "OAS1", "HLA-A", "ESR1")
samples <- sprintf("S-%02d", 1:12)
values <- matrix(round(rnorm(96, 8, 1), 4), 8, dimnames = list(genes, samples))
values[2, 3] <- NA
patients <- data.frame(
  status = factor(rep(c("free", "bone"), 6), levels = c("free", "bone", "never")),
  months = c(10.5, 20, NA, 4:12),
  nodes = c(NA, 1:11),
  alive = c(TRUE, FALSE, NA, rep(TRUE, 9)),
  note = c("\u00e9t\u00e9", NA, "NA", letters[1:9]),
  seen = as.Date("2010-01-31") + c(0:10, NA),
  row.names = samples, stringsAsFactors = FALSE
)
saveRDS(values, at("matrix.rds"))
saveRDS(patients, at("patients.rds"), compress = "xz")
write.csv(values, at("matrix.csv"))
write.csv(patients, at("patients.csv"))

# a file of save: a data frame whose first column has the genes, the patients with a column of ids, and more
expression <- data.frame(gene = genes, values, check.names = FALSE, row.names = NULL)
clinical <- data.frame(id = samples, patients, row.names = NULL)
today <- "a remark"
save(expression, clinical, today, file = at("study.RData"))
save(values, patients, expression, file = at("several.rda"), compress = "bzip2")

# an ExpressionSet of probes, as GEOquery makes them
probes <- values
rownames(probes) <- as.character(100000L + 1:8)
features <- data.frame(Symbol = genes, row.names = rownames(probes))
set <- ExpressionSet(probes, AnnotatedDataFrame(patients), AnnotatedDataFrame(features))
saveRDS(set, at("expression_set.rds"))

# two assays, with ranges and without names on the matrices
counts <- matrix(as.integer(round(2^values)), 8)
counts[is.na(counts)] <- 0L
ranged <- SummarizedExperiment(list(counts = counts, log2 = unname(values)),
  rowRanges = GRanges("chr1", IRanges(1:8, width = 5), names = genes), colData = DataFrame(patients))
names(ranged) <- genes
saveRDS(ranged, at("ranged.rds"))
plain <- SummarizedExperiment(list(values), colData = DataFrame(patients, code = Rle(1:12)),
  rowData = DataFrame(symbol = genes))
saveRDS(plain, at("summarized.rds"))

# what is refused, or would be misread
big <- patients
big$large <- structure(c(4.94065645841247e-324, rep(0, 11)), class = "integer64")
big$time <- I(cbind(time = 1:12, event = 0))
big$code <- structure(c(1, rep(0, 11)), labels = c(alive = 0, dead = 1), class = "haven_labelled")
twice <- data.frame(a = 1:2, a = 3:4, check.names = FALSE)
words <- matrix(letters[1:4], 2, dimnames = list(c("IRF7", "MX1"), c("a", "b")))
sparse <- list(i = 1, x = 2)
class(sparse) <- "dgCMatrix"
saveRDS(list(big = big, twice = twice, words = words, sparse = sparse, bare = unname(values),
  ids = as.character(c(100000L, NA, 3665L)), numbers = as.character(c(1e5, 0.1 + 0.2, 1e15, 123456, 1e-5, NA))),
  at("odd.rds"))
