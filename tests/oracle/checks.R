# Reference values for model checks and discrimination, from R's survival, Hmisc/rms, riskRegression and pec.
# Usage: Rscript checks.R FOLDER_WITH_survival_data OUTPUT_FOLDER
# Writes checks_data_continuous.tsv (a simulated set without ties, two causes) and checks_<kind>.tsv; each begins
# with the versions and the calls that made it. The other data are those of survival.R.
suppressPackageStartupMessages({library(survival); library(rms); library(riskRegression); library(pec)})
arguments <- commandArgs(trailingOnly = TRUE)
out <- arguments[2]
versions <- paste0(R.version.string, ", ", paste(sapply(c("survival", "rms", "riskRegression", "pec"), function(name)
  paste(name, packageVersion(name))), collapse = ", "))
tsv <- function(x, name, calls) {
  for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- ifelse(is.na(x[[k]]), NA, sprintf("%.15g", x[[k]]))
  to <- file(file.path(out, paste0("checks_", name, ".tsv")), "w")
  writeLines(paste("#", c(versions, calls)), to)
  write.table(x, to, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
  close(to)
}

set.seed(20120802)
n <- 180
score <- rnorm(n)
first <- rexp(n, exp(-0.4 * score) / 60)
second <- rexp(n, exp(0.3 * score) / 90)
censored <- runif(n, 5, 130)
time <- pmin(first, second, censored)
continuous <- data.frame(time, cause = ifelse(time == censored, 0, ifelse(time == first, 1, 2)), score,
                         second = rnorm(n), third = rbinom(n, 1, 0.4), stratum = sample(1:2, n, TRUE))
tsv(continuous, "data_continuous", "set.seed(20120802), see tests/oracle/checks.R")
names <- c("lung", "veteran", "mgus2", "simulated")
sets <- lapply(setNames(names, names), function(name)
  read.delim(file.path(arguments[1], paste0("survival_data_", name, ".tsv")), comment.char = "#"))
sets$continuous <- continuous
models <- c(unadjusted = "", adjusted = "+ second + third", stratified = "+ second + strata(stratum)")
control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)
cox <- function(response, terms, model, data)
  coxph(as.formula(paste(response, "~", terms, models[[model]])), data, ties = "efron", control = control)

# the hazard ratio in two periods
cuts <- c(lung = 300, veteran = 80, mgus2 = 60, simulated = 5, continuous = 36)
periods <- NULL
for (name in names(sets)) {
  data <- transform(sets[[name]], event = as.integer(cause == 1))
  episodes <- survSplit(Surv(time, event) ~ ., data, cut = cuts[[name]], episode = "period")
  episodes <- transform(episodes, early = score * (period == 1), late = score * (period == 2))
  for (model in names(models)) {
    own <- summary(cox("Surv(tstart, time, event)", "early + late", model, episodes))$coefficients
    change <- summary(cox("Surv(tstart, time, event)", "score + late", model, episodes))$coefficients
    rows <- rbind(own[c("early", "late"), ], change["late", ])
    periods <- rbind(periods, data.frame(data = name, model, cut = cuts[[name]], period = c("early", "late", "change"),
      estimate = rows[, "coef"], se = rows[, "se(coef)"], p = rows[, "Pr(>|z|)"]))
  }
}
tsv(periods, "periods", c("survSplit(Surv(time, cause == 1) ~ ., cut = cut, episode = 'period')",
  "early, late: coxph(Surv(tstart, time, event) ~ I(score * (period == 1)) + I(score * (period == 2)) + covariates)",
  "change: coxph(Surv(tstart, time, event) ~ score + I(score * (period == 2)) + covariates)"))

# restricted cubic spline against the line
spline <- NULL
for (name in names(sets)) for (number in 3:4) for (model in names(models)) {
  data <- sets[[name]]
  at <- Hmisc::rcspline.eval(data$score, nk = number, knots.only = TRUE)
  data$basis <- Hmisc::rcspline.eval(data$score, knots = at, inclx = TRUE)
  whole <- cox("Surv(time, cause == 1)", "basis", model, data)
  line <- cox("Surv(time, cause == 1)", "score", model, data)
  chi2 <- 2 * (whole$loglik[2] - line$loglik[2])
  # log hazard at the 90th centile of the score against its median, from the spline
  ends <- unname(quantile(data$score, c(0.9, 0.5)))
  contrast <- Hmisc::rcspline.eval(ends, knots = at, inclx = TRUE)
  contrast <- contrast[1, ] - contrast[2, ]
  own <- seq_along(contrast)
  spline <- rbind(spline, data.frame(data = name, model, number, knots = paste(sprintf("%.15g", at), collapse = ","),
    chi2, df = number - 2, p = pchisq(chi2, number - 2, lower.tail = FALSE), from = ends[2], to = ends[1],
    estimate = sum(contrast * coef(whole)[own]), se = sqrt(drop(contrast %*% vcov(whole)[own, own] %*% contrast))))
}
tsv(spline, "spline", c("knots: Hmisc::rcspline.eval(score, nk = number, knots.only = TRUE)",
  "chi2: twice the difference of log-likelihoods of coxph on rcspline.eval(score, inclx = TRUE) and on score",
  "estimate, se: log hazard at score = to against score = from, coef and vcov of the spline"))

# each sample left out
left_out <- NULL
models_left_out <- c(lung = "unadjusted", veteran = "stratified", simulated = "stratified", continuous = "adjusted")
for (name in names(models_left_out)) {
  data <- sets[[name]]
  model <- models_left_out[[name]]
  refits <- sapply(seq_len(nrow(data)), function(i) coef(cox("Surv(time, cause == 1)", "score", model, data[-i, ]))[[1]])
  dfbeta <- as.matrix(residuals(cox("Surv(time, cause == 1)", "score", model, data), type = "dfbeta"))[, 1]
  left_out <- rbind(left_out, data.frame(data = name, model, row = seq_along(refits), log_hr = refits, dfbeta))
}
tsv(left_out, "left_out", c("log_hr: coxph(Surv(time, cause == 1) ~ score + covariates, data[-row, ]), for every row",
  "dfbeta: residuals(coxph(...), type = \"dfbeta\") of the score"))

# discrimination; a marker of risk, so the score with its sign turned
horizons <- list(lung = c(200, 400), veteran = c(50, 120), mgus2 = c(60, 120), simulated = c(4, 9), continuous = c(36, 60))
auc <- uno <- wolbers <- NULL
for (name in names(sets)) for (competing in c(FALSE, TRUE)) {
  data <- sets[[name]]
  if (competing && !any(data$cause == 2)) next
  if (!competing) data$cause <- as.integer(data$cause == 1)
  formula <- if (competing) Hist(time, cause) ~ 1 else Surv(time, cause) ~ 1
  found <- as.data.frame(Score(list(marker = -data$score), formula = formula, data = data, cause = 1,
    times = horizons[[name]], metrics = "auc", cens.model = "km", null.model = FALSE, conservative = FALSE)$AUC$score)
  auc <- rbind(auc, data.frame(data = name, competing, horizon = found$times, auc = found$AUC, se = found$se))
  if (!competing) for (horizon in horizons[[name]]) {
    found <- concordance(Surv(time, cause) ~ score, data, timewt = "n/G2", ymax = horizon)
    uno <- rbind(uno, data.frame(data = name, horizon, c = found$concordance))
  }
}
for (horizon in horizons$continuous) {
  found <- pec::cindex(list(marker = matrix(-continuous$score, ncol = 1)), Hist(time, cause) ~ 1, continuous, cause = 1,
    eval.times = horizon, pred.times = horizon, cens.model = "marginal", verbose = FALSE)$AppCindex$marker
  wolbers <- rbind(wolbers, data.frame(data = "continuous", horizon, c = found))
}
tsv(auc, "auc", c("riskRegression::Score(list(-score), metrics = 'auc', cens.model = 'km', conservative = FALSE)",
  "competing: Hist(time, cause) ~ 1, else Surv(time, cause == 1) ~ 1"))
tsv(uno, "uno", "concordance(Surv(time, cause == 1) ~ score, timewt = 'n/G2', ymax = horizon)")
tsv(wolbers, "wolbers", "pec::cindex(list(-score), Hist(time, cause) ~ 1, eval.times = horizon, cens.model = 'marginal')")
