# An empirical null made in R from scores to p values: what tests/oracle/test_null_oracle.py compares with.
#
# Usage: Rscript tests/oracle/null.R FOLDER
# Writes FOLDER/null_expression.tsv, null_patients.tsv, null_sets.tsv (the named set is the first) and
# null_log_hr.tsv (one row a set, method and model). Ends with status 3 where survival or a GSVA with this call
# (before 1.50) is absent.
usable <- requireNamespace("survival", quietly = TRUE) &&
  requireNamespace("GSVA", quietly = TRUE) && packageVersion("GSVA") < "1.50"
if (!usable) quit(status = 3)
suppressMessages({library(GSVA); library(survival)})

folder <- commandArgs(trailingOnly = TRUE)[1]
set.seed(2011)
n_genes <- 120
n_samples <- 90
proliferation <- round(rnorm(n_samples), 4)
loading <- rbinom(n_genes, 1, 0.5) * rnorm(n_genes, 0.8, 0.3)
expression <- round(rnorm(n_genes, 7, 2) + outer(loading, proliferation) +
                      matrix(rnorm(n_genes * n_samples), n_genes), 6)
dimnames(expression) <- list(sprintf("GENE%03d", seq_len(n_genes)), sprintf("T%02d", seq_len(n_samples)))
stopifnot(all(apply(expression, 2, function(values) length(unique(values))) == n_genes))
clock <- rexp(n_samples, 0.03 * exp(0.8 * proliferation))
end <- runif(n_samples, 20, 90)
patients <- data.frame(sample = colnames(expression), time = ceiling(pmin(clock, end)),  # whole months: ties
                       event = as.integer(clock <= end), proliferation = proliferation)
sets <- replicate(60, sort(sample(rownames(expression), 12)), simplify = FALSE)
names(sets) <- sprintf("SET%02d", seq_along(sets))

call_text <- c(
  "gsva(expression, sets, method=METHOD, ssgsea.norm=FALSE, min.sz=1, max.sz=Inf, parallel.sz=1)",
  "coxph(Surv(time, event) ~ scale(score) [+ proliferation], ties='efron')")
fit <- function(method) {
  invisible(capture.output(es <- gsva(expression, sets, method = method, ssgsea.norm = FALSE, min.sz = 1,
                                      max.sz = Inf, parallel.sz = 1L, verbose = FALSE)))
  rows <- lapply(rownames(es), function(name) {
    patients$z <- as.numeric(scale(es[name, ]))
    unadjusted <- coxph(Surv(time, event) ~ z, patients, ties = "efron")
    adjusted <- coxph(Surv(time, event) ~ z + proliferation, patients, ties = "efron")
    do.call(rbind, lapply(list(unadjusted = unadjusted, proliferation = adjusted), function(model)
      data.frame(log_hr = coef(model)[["z"]], se = sqrt(vcov(model)["z", "z"]),
                 p = summary(model)$coefficients["z", "Pr(>|z|)"]))) |>
      transform(set = name, method = method, model = c("unadjusted", "proliferation"))
  })
  do.call(rbind, rows)
}
table <- do.call(rbind, lapply(c("zscore", "ssgsea"), fit))
for (column in c("log_hr", "se", "p")) table[[column]] <- sprintf("%.15g", table[[column]])

write_table <- function(frame, name, head = character()) {
  con <- file(file.path(folder, name), "wb")
  on.exit(close(con))
  writeLines(c(head, paste(names(frame), collapse = "\t"),
               do.call(paste, c(unname(as.list(frame)), sep = "\t"))), con)
}
write_table(data.frame(gene = rownames(expression), apply(expression, 2, sprintf, fmt = "%.6f")),
            "null_expression.tsv")
write_table(patients, "null_patients.tsv")
write_table(data.frame(set = names(sets), genes = sapply(sets, paste, collapse = ",")), "null_sets.tsv")
write_table(table[c("set", "method", "model", "log_hr", "se", "p")], "null_log_hr.tsv", paste("#", c(
  paste0("GSVA ", packageVersion("GSVA"), ", survival ", packageVersion("survival"), ", ", R.version.string),
  call_text)))
