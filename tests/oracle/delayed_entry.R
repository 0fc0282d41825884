# Reference values for delayed entry, from R's survival. Usage: Rscript delayed_entry.R OUTPUT_FOLDER
# Writes delayed_entry_data.tsv (a simulated set with ties), delayed_entry_cox.tsv, delayed_entry_logrank.tsv and
# delayed_entry_curves.tsv.
suppressPackageStartupMessages(library(survival))
out <- commandArgs(trailingOnly = TRUE)[1]
tsv <- function(x, name, calls) {
  for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.15g", x[[k]])
  to <- file(file.path(out, paste0("delayed_entry_", name, ".tsv")), "w")
  writeLines(paste("#", c(paste0(R.version.string, ", survival ", packageVersion("survival")), calls)), to)
  write.table(x, to, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
  close(to)
}
set.seed(20121113)
n <- 180
data <- data.frame(score = round(rnorm(n), 2), second = round(rnorm(n), 2), stratum = sample(1:2, n, TRUE))
clock <- rexp(n, 0.05 * exp(0.5 * data$score - 0.4 * data$second))
data$time <- ceiling(pmin(clock, runif(n, 5, 40)))
data$cause <- ifelse(clock > data$time, 0, sample(1:2, n, TRUE, c(0.7, 0.3)))
data$cause[clock <= data$time & data$cause == 0] <- 1
data$entry <- ifelse(runif(n) < 0.5, 0, floor(runif(n, 0, 12)))
data <- data[data$entry < data$time, ]
tsv(data, "data", "set.seed(20121113), see tests/oracle/delayed_entry.R")
control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
cox <- NULL
for (strata in c(FALSE, TRUE)) {
  formula <- if (strata) Surv(entry, time, cause == 1) ~ score + second + strata(stratum)
             else Surv(entry, time, cause == 1) ~ score + second
  fit <- coxph(formula, data, ties = "efron", control = control)
  cox <- rbind(cox, data.frame(strata = strata, log_hr = coef(fit)[["score"]],
                               se = sqrt(vcov(fit)["score", "score"]), loglik = fit$loglik[2],
                               ph_p = cox.zph(fit)$table["score", "p"]))
}
left <- sapply(seq_len(nrow(data)), function(i)
  coef(coxph(Surv(entry, time, cause == 1) ~ score + second, data[-i, ], ties = "efron", control = control))[["score"]])
tsv(cox, "cox", "coxph(Surv(entry, time, cause == 1) ~ score + second [+ strata(stratum)], ties = 'efron'); cox.zph")
weighted <- coxph(Surv(time, cause == 1) ~ score + second, data, weights = 1 + 2 * stratum, robust = TRUE,
                  ties = "breslow", control = control)
tsv(data.frame(log_hr = left, dfbeta_strata = residuals(fit, "dfbeta")[, 1],
               dfbeta_weighted = residuals(weighted, "dfbeta", weighted = TRUE)[, 1]), "left_out",
    c("log_hr: the same without each row in turn; dfbeta_strata: residuals(, 'dfbeta') of the score with strata",
      "dfbeta_weighted: with weights = 1 + 2 * stratum, ties = 'breslow', without entry and strata"))
km <- summary(survfit(Surv(entry, time, cause == 1) ~ 1, data))
aj <- survfit(Surv(entry, time, factor(cause, 0:2)) ~ 1, data, id = seq_len(nrow(data)))
at <- match(km$time, aj$time)
tsv(data.frame(time = km$time, n_risk = km$n.risk, free = km$surv, incidence = aj$pstate[at, 2]), "curves",
    "survfit(Surv(entry, time, cause == 1) ~ 1); survfit(Surv(entry, time, factor(cause)) ~ 1)")
# without ties Cox's score test is the log-rank test; survdiff() takes no entry
apart <- transform(data, time = time + seq_len(nrow(data)) / 1000, group = findInterval(score, c(-0.4, 0.4)))
logrank <- coxph(Surv(entry, time, cause == 1) ~ factor(group), apart)$score
tsv(data.frame(statistic = logrank, df = 2), "logrank",
    "coxph(Surv(entry, time + row / 1000, cause == 1) ~ factor(findInterval(score, c(-0.4, 0.4))))$score")
