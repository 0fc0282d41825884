# Reference values for the outcome statistics, from R's survival (and cmprsk for incidence with competing risks).
# Usage: Rscript survival.R OUTPUT_FOLDER
# Writes survival_data_<name>.tsv (the data) and survival_<kind>.tsv (the values); each begins with the version
# and the calls that made it. Data: lung, veteran and mgus2 of the survival package, and a simulated set with ties.
suppressPackageStartupMessages({library(survival); library(cmprsk)})
out <- commandArgs(trailingOnly = TRUE)[1]
tsv <- function(x, name, calls) {
  for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- ifelse(is.na(x[[k]]), NA, sprintf("%.15g", x[[k]]))
  to <- file(file.path(out, paste0("survival_", name, ".tsv")), "w")
  writeLines(paste("#", c(paste0(R.version.string, ", survival ", packageVersion("survival"), ", cmprsk ",
                                 packageVersion("cmprsk")), calls)), to)
  write.table(x, to, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
  close(to)
}
text <- function(x) paste(deparse(x, width.cutoff = 500L), collapse = " ")

lung2 <- na.omit(data.frame(time = lung$time, cause = lung$status - 1, score = lung$age, second = lung$ph.karno,
                            third = lung$ph.ecog, stratum = lung$sex))
veteran2 <- data.frame(time = veteran$time, cause = veteran$status, score = veteran$karno, second = veteran$age,
                       third = veteran$diagtime, stratum = as.integer(veteran$celltype))
mgus <- na.omit(data.frame(time = mgus2$ptime, cause = ifelse(mgus2$pstat == 1, 1, 2 * mgus2$death),
                           score = mgus2$hgb, second = mgus2$age, third = mgus2$mspike, stratum = as.integer(mgus2$sex)))
set.seed(20120801)
n <- 160
simulated <- data.frame(score = round(rnorm(n), 1), second = round(rnorm(n), 3), third = rbinom(n, 1, 0.4),
                        stratum = sample(1:3, n, TRUE, c(0.5, 0.4, 0.1)))
hazard1 <- 0.08 * exp(0.5 * simulated$score + 0.3 * simulated$second)
hazard2 <- 0.05 * exp(-0.3 * simulated$score)
clock <- rexp(n, hazard1 + hazard2)
censored <- runif(n, 1, 20)
simulated$cause <- ifelse(clock > censored, 0, ifelse(runif(n) < hazard1 / (hazard1 + hazard2), 1, 2))
simulated$time <- ceiling(pmin(clock, censored))
simulated <- simulated[, names(lung2)]
few <- simulated[1:60, ]
few$cause[few$cause == 1][-(1:9)] <- 0
sets <- list(lung = lung2, veteran = veteran2, mgus2 = mgus, simulated = simulated, few = few)
origins <- c(lung = "survival::lung", veteran = "survival::veteran", mgus2 = "survival::mgus2",
             simulated = "set.seed(20120801), see tests/oracle/survival.R",
             few = "60 rows of the simulated set with the first 9 of their events")
for (name in names(sets)) tsv(sets[[name]], paste0("data_", name), origins[[name]])

formulas <- list(unadjusted = Surv(time, cause == 1) ~ score,
                 adjusted = Surv(time, cause == 1) ~ score + second + third,
                 stratified = Surv(time, cause == 1) ~ score + second + strata(stratum))
control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
cox <- curve <- cindex <- NULL
for (name in names(sets)) {
  data <- sets[[name]]
  for (model in names(formulas)) {
    fit <- coxph(formulas[[model]], data, ties = "efron", control = control, x = TRUE)
    row <- summary(fit)$coefficients["score", ]
    base <- update(fit, . ~ . - score)
    # score test of the score given the covariates: one step from the fit without it
    start <- if (model == "unadjusted") NULL else c(0, coef(base))
    at_null <- coxph(formulas[[model]], data, ties = "efron", init = if (is.null(start)) 0 else start,
                     control = coxph.control(iter.max = 0))
    moved <- colSums(as.matrix(residuals(at_null, "score")))
    chi2 <- drop(moved %*% vcov(at_null) %*% moved)
    zph <- cox.zph(fit)$table["score", ]
    cox <- rbind(cox, data.frame(data = name, model = model, n = fit$n, n_events = fit$nevent, log_hr = row[["coef"]],
      se = row[["se(coef)"]], p = row[["Pr(>|z|)"]], loglik = fit$loglik[2], score_chi2 = chi2, ph_chi2 = zph[["chisq"]],
      ph_p = zph[["p"]]))
  }
  found <- concordance(Surv(time, cause == 1) ~ score, data)
  cindex <- rbind(cindex, data.frame(data = name, n = nrow(data), c = found$concordance, se = sqrt(found$var)))
  for (kind in c("event_free", "cumulative_incidence")) {
    if (kind == "event_free") {
      fit <- survfit(Surv(time, cause == 1) ~ 1, data, conf.type = "log-log")
      estimate <- fit$surv; se <- fit$std.err * fit$surv; events <- cumsum(fit$n.event); risk <- fit$n.risk
      low <- fit$lower; high <- fit$upper
      same <- NA
    } else {
      state <- factor(data$cause, 0:2, c("censored", "event", "competing"))
      if (!any(data$cause == 2)) next
      fit <- survfit(Surv(time, state) ~ 1, conf.type = "log-log", data = data.frame(data, state = state))
      estimate <- fit$pstate[, 2]; se <- fit$std.err[, 2]; events <- cumsum(fit$n.event[, 2]); risk <- fit$n.risk[, 1]
      low <- fit$lower[, 2]; high <- fit$upper[, 2]
      same <- timepoints(cuminc(data$time, data$cause), fit$time)$est["1 1", ]
    }
    curve <- rbind(curve, data.frame(data = name, kind = kind, time = fit$time, n_at_risk = risk, n_events = events,
      estimate = estimate, se = se, ci_low = low, ci_high = high, cmprsk = same))
  }
}
tsv(cox, "cox", c(paste0(names(formulas), ": coxph(", sapply(formulas, text), ", ties = 'efron', eps = 1e-13)"),
  "ph_chi2, ph_p: cox.zph(fit)", "score_chi2: one step from the fit without the score (iter.max = 0)"))
tsv(cindex, "concordance", "concordance(Surv(time, cause == 1) ~ score)")
tsv(curve, "curves", c("event_free: survfit(Surv(time, cause == 1) ~ 1, conf.type = 'log-log')",
  "cumulative_incidence: survfit(Surv(time, factor(cause)) ~ 1, conf.type = 'log-log')",
  "cmprsk: timepoints(cuminc(time, cause), times)$est"))

followup <- NULL
for (name in names(sets)) {
  fit <- survfit(Surv(time, cause == 0) ~ 1, sets[[name]])
  followup <- rbind(followup, data.frame(data = name, median = unname(quantile(fit, 0.5, conf.int = FALSE))))
}
tsv(followup, "followup", "quantile(survfit(Surv(time, cause == 0) ~ 1), 0.5)")
