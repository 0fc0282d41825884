# TMM factors by edgeR, for tests/oracle/test_normalise_oracle.py.
# Rscript tests/oracle/tmm.R FOLDER  reads tmm_counts.tsv (genes x samples) there and writes tmm_factors.tsv.
suppressPackageStartupMessages(library(edgeR))
folder <- commandArgs(trailingOnly = TRUE)[1]
counts <- as.matrix(read.delim(file.path(folder, "tmm_counts.tsv"), row.names = 1, comment.char = "#",
                               check.names = FALSE))
factors <- calcNormFactors(counts, method = "TMM")
connection <- file(file.path(folder, "tmm_factors.tsv"), "w")
writeLines(paste0("# ", R.version.string, ", edgeR ", packageVersion("edgeR")), connection)
writeLines("# calcNormFactors(counts, method = \"TMM\")", connection)
rows <- data.frame(sample = colnames(counts), factor = formatC(factors, digits = 17, format = "g", width = -1))
write.table(rows, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
