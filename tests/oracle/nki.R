# Reference values for the cohorts of the Netherlands Cancer Institute, and for weighted Cox models, from R's survival.
# Usage: Rscript nki.R DATA OUTPUT
# DATA: tab-separated, columns cohort, time, event, score, proliferation, er (and weight): harmonised by the workflow.
suppressPackageStartupMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.delim(arguments[1])
control <- coxph.control(eps = 1e-12, toler.chol = 1e-13, iter.max = 50)
given <- list(none = "score", proliferation = c("score", "proliferation"), both = c("score", "proliferation", "er"))
rows <- list()
for (cohort in unique(data$cohort)) for (model in names(given)) {
  own <- data[data$cohort == cohort, ]
  formula <- reformulate(given[[model]], "Surv(time, event)")
  plain <- coxph(formula, own, ties = "efron", control = control)
  weighted <- coxph(formula, own, weights = weight, robust = TRUE, ties = "breslow", control = control)
  rows[[length(rows) + 1]] <- data.frame(
    cohort, model, n = plain$n, n_events = plain$nevent, log_hr = coef(plain)[["score"]], se = sqrt(vcov(plain)[1, 1]),
    weighted_log_hr = coef(weighted)[["score"]], robust_se = sqrt(vcov(weighted)[1, 1]))
}
table <- do.call(rbind, rows)
for (name in names(table)) if (is.double(table[[name]])) table[[name]] <- sprintf("%.15g", table[[name]])
to <- file(arguments[2], "w")
writeLines(paste0("# ", R.version.string, ", survival ", packageVersion("survival")), to)
writeLines('# coxph(ties = "efron"); coxph(weights, robust = TRUE, ties = "breslow")', to)
write.table(table, to, sep = "\t", quote = FALSE, row.names = FALSE)
close(to)
