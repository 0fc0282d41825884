# Meta-analyses by metafor, for tests/oracle/test_pool_oracle.py.
# Rscript tests/oracle/metafor.R FOLDER  writes metafor_studies.tsv and metafor_pooled.tsv there.
suppressPackageStartupMessages({
  library(metafor)
  library(survival)
})
folder <- commandArgs(trailingOnly = TRUE)[1]

per_group <- function(data, group, formula) {
  rows <- lapply(split(data, data[[group]]), function(part) {
    fit <- coxph(formula, data = part)
    data.frame(yi = unname(coef(fit)), vi = unname(vcov(fit)[1, 1]))
  })
  do.call(rbind, rows)
}
simulated <- function(seed, k, tau2, low, high) {
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  se <- runif(k, low, high)
  data.frame(yi = rnorm(k, -0.2, sqrt(tau2 + se^2)), vi = se^2)
}

bcg <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = metadat::dat.bcg)
busy <- lung[lung$inst %in% names(which(table(lung$inst[lung$status == 2]) >= 8)), ]
relapse <- subset(colon, etype == 1)
cases <- list(
  bcg_log_rr = data.frame(yi = as.numeric(bcg$yi), vi = as.numeric(bcg$vi)),
  lung_ph_karno_by_institution = per_group(busy, "inst", Surv(time, status) ~ I(ph.karno / 10)),
  veteran_karno_by_celltype = per_group(veteran, "celltype", Surv(time, status) ~ I(karno / 10)),
  colon_nodes_by_treatment = per_group(relapse, "rx", Surv(time, status) ~ log1p(nodes)),
  two_alike = data.frame(yi = c(0.04, -0.03), vi = c(0.149, 0.177)^2),
  two_apart = data.frame(yi = c(0.9, -0.4), vi = c(0.15, 0.12)^2),
  three_equal_se = data.frame(yi = c(-0.5, 0.1, 0.4), vi = rep(0.1^2, 3)),
  no_heterogeneity = data.frame(yi = c(-0.21, -0.20, -0.19, -0.2, -0.22), vi = c(0.1, 0.2, 0.15, 0.12, 0.3)^2),
  identical = data.frame(yi = rep(-0.25, 4), vi = c(0.1, 0.2, 0.15, 0.12)^2),
  ten_homogeneous = simulated(1, 10, 0, 0.05, 0.4),
  ten_mild = simulated(2, 10, 0.01, 0.05, 0.4),
  ten_strong = simulated(3, 10, 0.25, 0.05, 0.4),
  thirty = simulated(4, 30, 0.04, 0.03, 0.6),
  five_uneven = simulated(5, 5, 0.1, 0.02, 1.5)
)

# metafor stops iterating at a change of 1e-5 in tau2 unless told otherwise.
control <- list(threshold = 1e-14, maxiter = 10000)
call <- "rma(yi, vi, method='REML', test='adhoc', control=list(threshold=1e-14, maxiter=10000)); predict(); leave1out()"
pooled <- do.call(rbind, lapply(names(cases), function(name) {
  data <- cases[[name]]
  fit <- rma(yi, vi, data = data, method = "REML", test = "adhoc", control = control)
  beyond <- predict(fit)
  out <- if (nrow(data) > 2) leave1out(fit)$estimate else data$yi
  data.frame(
    case = name, k = nrow(data), log_hr = fit$beta[1], se = fit$se, ci_low = fit$ci.lb, ci_high = fit$ci.ub,
    p = fit$pval, tau2 = fit$tau2, i2 = fit$I2, q = fit$QE, pi_low = beyond$pi.lb, pi_high = beyond$pi.ub,
    loo_low = min(out), loo_high = max(out)
  )
}))
studies <- do.call(rbind, lapply(names(cases), function(name) {
  data.frame(case = name, log_hr = cases[[name]]$yi, se = sqrt(cases[[name]]$vi))
}))

write <- function(table, file) {
  numbers <- vapply(table, is.double, logical(1))
  table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
  connection <- file(file.path(folder, file), "w")
  writeLines(paste0(
    "# ", R.version.string, ", metafor ", packageVersion("metafor"), ", metadat ", packageVersion("metadat"),
    ", survival ", packageVersion("survival")
  ), connection)
  writeLines(paste("#", call), connection)
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
  close(connection)
}
write(studies, "metafor_studies.tsv")
write(pooled, "metafor_pooled.tsv")
