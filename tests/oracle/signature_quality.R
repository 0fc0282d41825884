# Measures of signature quality by base R, for tests/oracle/test_signature_quality_oracle.py.
# Rscript tests/oracle/signature_quality.R FOLDER  reads gsva_expression.tsv and gsva_sets.tsv there (written by
# gsva_scores.R) and writes signature_quality.tsv.
folder <- commandArgs(trailingOnly = TRUE)[1]
read <- function(file) read.delim(file.path(folder, file), comment.char = "#", check.names = FALSE)
expression <- read("gsva_expression.tsv")
values <- as.matrix(expression[, -1])
rownames(values) <- expression[[1]]
sets <- read("gsva_sets.tsv")
rho <- function(a, b) cor(a, b, method = "spearman")
pairs <- function(x) {
  all <- cor(t(x), method = "spearman")
  mean(all[upper.tri(all)])
}
share <- function(chosen, from) mean(rank(from)[chosen] <= 0.25 * length(from) + 0.5)
call <- paste(
  "cor(method='spearman'); prcomp(t(x), scale.=TRUE), sign by sum of loadings; rank(); x with constant genes left out;",
  "IRF7 stands for the first gene of the table"
)
rows <- lapply(seq_len(nrow(sets)), function(i) {
  members <- intersect(strsplit(sets[i, 2], "[, ]+")[[1]], rownames(values))
  sd <- apply(values, 1, sd)
  used <- members[sd[members] > 1e-10]
  if (length(used) < 2) return(NULL)
  x <- values[used, ]
  z <- t(scale(t(x)))
  fit <- prcomp(t(x), scale. = TRUE)
  first <- fit$x[, 1] * sign(sum(fit$rotation[, 1]))
  mean <- colMeans(z)
  median <- apply(z, 2, median)
  others <- setdiff(used, rownames(values)[1])
  data.frame(
    set = sets[i, 1], median_decile = median(ceiling(10 * (rank(rowMeans(values))[members] - 0.5) / nrow(values))),
    share_low_expressed = share(members, rowMeans(values)), share_low_variance = share(members, sd),
    mean_correlation = pairs(x), background_correlation = pairs(values[sd > 1e-10, ]),
    pc1_share = fit$sdev[1]^2 / sum(fit$sdev^2), mean_median = rho(mean, median), mean_pc1 = rho(mean, first),
    median_pc1 = rho(median, first), irf7_correlation = rho(values[1, ], colMeans(z[others, , drop = FALSE]))
  )
})
table <- do.call(rbind, rows)
numbers <- vapply(table, is.double, logical(1))
table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
connection <- file(file.path(folder, "signature_quality.tsv"), "w")
writeLines(paste("#", c(R.version.string, call)), connection)
write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
