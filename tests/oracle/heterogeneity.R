# Intervals of tau2 and I2, leave-one-out and Egger's test by metafor, for tests/oracle/test_heterogeneity_oracle.py.
# Rscript tests/oracle/heterogeneity.R FOLDER  reads metafor_studies.tsv there (written by metafor.R) and writes
# heterogeneity_intervals.tsv, heterogeneity_leave_one_cohort_out.tsv and heterogeneity_egger.tsv.
suppressPackageStartupMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
studies <- read.delim(file.path(folder, "metafor_studies.tsv"), comment.char = "#")

# The defaults stop at a change of 1e-5 in tau2, and look for its upper end up to 100 only.
control <- list(threshold = 1e-14, maxiter = 10000)
wide <- list(tau2.max = 1e5, tol = 1e-13, maxiter = 10000)
call <- paste(
  "fit <- rma(yi, vi, method='REML', test='adhoc', control=list(threshold=1e-14, maxiter=10000));",
  "confint(fit, control=list(tau2.max=1e5, tol=1e-13, maxiter=10000)); leave1out(fit);",
  "regtest(yi, vi, model='lm', predictor='sei')"
)
parts <- lapply(split(studies, factor(studies$case, unique(studies$case))), function(rows) {
  fit <- rma(rows$log_hr, rows$se^2, method = "REML", test = "adhoc", control = control)
  ends <- suppressWarnings(confint(fit, control = wide))
  interval <- data.frame(
    case = rows$case[1], cochran_q = fit$QE, q_p = fit$QEp,
    tau2_low = ends$random["tau^2", "ci.lb"], tau2_high = ends$random["tau^2", "ci.ub"],
    i2_low = ends$random["I^2(%)", "ci.lb"], i2_high = ends$random["I^2(%)", "ci.ub"],
    empty = ends$ci.null
  )
  left <- NULL
  if (nrow(rows) > 2) {
    out <- leave1out(fit)
    left <- data.frame(
      case = rows$case[1], study = seq_len(nrow(rows)), log_hr = out$estimate, se = out$se,
      ci_low = out$ci.lb, ci_high = out$ci.ub, p = out$pval, tau2 = out$tau2
    )
  }
  egger <- NULL
  if (nrow(rows) >= 10) {
    test <- regtest(rows$log_hr, rows$se^2, model = "lm", predictor = "sei")
    slope <- coef(summary(test$fit))[2, ]
    egger <- data.frame(case = rows$case[1], slope = slope[1], slope_se = slope[2], p = test$pval)
  }
  list(interval, left, egger)
})

write <- function(part, file) {
  table <- do.call(rbind, lapply(parts, `[[`, part))
  numbers <- vapply(table, is.double, logical(1))
  table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
  connection <- file(file.path(folder, file), "w")
  writeLines(paste0("# ", R.version.string, ", metafor ", packageVersion("metafor")), connection)
  writeLines(paste("#", call), connection)
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
  close(connection)
}
write(1, "heterogeneity_intervals.tsv")
write(2, "heterogeneity_leave_one_cohort_out.tsv")
write(3, "heterogeneity_egger.tsv")
