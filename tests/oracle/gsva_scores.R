# Scores by R GSVA on a small simulated cohort: what tests/oracle/test_scoring_oracle.py compares with.
#
# Usage: Rscript tests/oracle/gsva_scores.R FOLDER
# Writes FOLDER/gsva_expression.tsv, gsva_sets.tsv and gsva_scores.tsv. The values are rounded before they
# are scored, so that the text holds exactly what was scored; no two genes of a sample are tied.
# Ends with status 3 where there is no GSVA, or one whose call has changed (1.50).
usable <- requireNamespace("GSVA", quietly = TRUE) && packageVersion("GSVA") < "1.50"
if (!usable) quit(status = 3)
suppressMessages(library(GSVA))

folder <- commandArgs(trailingOnly = TRUE)[1]
set.seed(1868)
n_genes <- 200
n_samples <- 20
level <- rnorm(n_genes, 7, 2)
spread <- rgamma(n_genes, 3, 3)
programme <- matrix(rnorm(n_genes * 3, 0, 0.5), n_genes) %*% matrix(rnorm(3 * n_samples), 3)
expression <- round(level + spread * matrix(rnorm(n_genes * n_samples), n_genes) + programme, 6)
dimnames(expression) <- list(sprintf("GENE%03d", seq_len(n_genes)), sprintf("T%02d", seq_len(n_samples)))
expression["GENE007", ] <- 5.0123456
stopifnot(all(apply(expression, 2, function(values) length(unique(values))) == n_genes))

pick <- function(k) sample(setdiff(rownames(expression), "GENE007"), k)
sets <- list(one = pick(1), two = pick(2), five = pick(5), thirty = pick(30), sixty = pick(60),
             with_constant = c("GENE007", pick(9)), with_absent = c("NOT_THERE", pick(11)))

call_text <- paste("gsva(expression, sets, method=METHOD, kcdf='Gaussian', mx.diff=TRUE, abs.ranking=FALSE,",
                   "ssgsea.norm=FALSE, min.sz=1, max.sz=Inf, parallel.sz=1, verbose=FALSE)")
score <- function(method) {
  # GSVA warns of the constant gene, and its plage cannot take a set of one gene.
  chosen <- if (method == "plage") sets[names(sets) != "one"] else sets
  invisible(capture.output(es <- suppressWarnings(
    gsva(expression, chosen, method = method, kcdf = "Gaussian", mx.diff = TRUE, abs.ranking = FALSE,
         ssgsea.norm = FALSE, min.sz = 1, max.sz = Inf, parallel.sz = 1L, verbose = FALSE))))
  data.frame(method = method, set = rownames(es), matrix(sprintf("%.17g", es), nrow(es),
             dimnames = list(NULL, colnames(expression))))
}
table <- do.call(rbind, lapply(c("gsva", "ssgsea", "zscore", "plage"), score))

write_table <- function(frame, name, head = character()) {
  con <- file(file.path(folder, name), "wb")
  on.exit(close(con))
  writeLines(c(head, paste(names(frame), collapse = "\t"), do.call(paste, c(unname(as.list(frame)), sep = "\t"))), con)
}
write_table(data.frame(gene = rownames(expression), apply(expression, 2, sprintf, fmt = "%.7f")),
            "gsva_expression.tsv")
write_table(data.frame(set = names(sets), genes = sapply(sets, paste, collapse = ",")), "gsva_sets.tsv")
write_table(table, "gsva_scores.tsv", paste("#", c(
  paste("GSVA", packageVersion("GSVA"), "on", R.version.string), call_text,
  "plage: the sign of a singular vector is arbitrary")))
