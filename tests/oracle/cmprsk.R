# Reference values for competing risks and sites, from R's cmprsk and survival (and stats::glm for the odds of a site).
# Usage: Rscript cmprsk.R OUTPUT_FOLDER
# Writes competing_data.tsv (the data) and competing_<kind>.tsv (the values); each begins with the versions and
# the calls that made it. Data: mgus2, pbc and lung of the survival package, and three simulated sets.
suppressPackageStartupMessages({library(survival); library(cmprsk)})
out <- commandArgs(trailingOnly = TRUE)[1]
tsv <- function(x, name, calls) {
  for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- ifelse(is.na(x[[k]]), NA, sprintf("%.15g", x[[k]]))
  to <- file(file.path(out, paste0("competing_", name, ".tsv")), "w")
  writeLines(paste("#", c(paste0(R.version.string, ", cmprsk ", packageVersion("cmprsk"), ", survival ",
                                 packageVersion("survival")), calls)), to)
  write.table(x, to, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
  close(to)
}
thirds <- function(x) cut(x, c(-Inf, quantile(x, 1:2 / 3), Inf), labels = FALSE)

mgus <- na.omit(data.frame(time = mgus2$ptime, cause = ifelse(mgus2$pstat == 1, 1, 2 * mgus2$death),
                           score = mgus2$hgb, second = mgus2$age / 10, group = as.integer(mgus2$sex)))[1:700, ]
bile <- with(pbc[1:312, ], data.frame(time = time, cause = c(0, 2, 1)[status + 1], score = log(bili), second = age / 10,
                                      group = as.integer(stage)))
lungs <- na.omit(data.frame(time = lung$time, cause = lung$status - 1, score = lung$age / 10, second = lung$ph.karno / 10,
                            group = lung$sex))
set.seed(19990601)
simulate <- function(n, longest) {
  x <- data.frame(score = round(rnorm(n), 2), second = round(rnorm(n), 3))
  first <- 0.06 * exp(0.5 * x$score + 0.3 * x$second)
  other <- 0.05 * exp(-0.3 * x$score)
  clock <- rexp(n, first + other)
  ended <- runif(n, 1, longest)
  x$cause <- ifelse(clock > ended, 0, ifelse(runif(n) < first / (first + other), 1, 2))
  x$time <- pmin(clock, ended)
  x$group <- 1L + (x$second > 0)
  x[, c("time", "cause", "score", "second", "group")]
}
continuous <- simulate(140, 25)
tied <- simulate(200, 20)
tied$time <- ceiling(tied$time / 2)      # events, competing events and censoring share 10 times
# nearly all are censored before the last two events, so that weights of early competing events almost vanish
late <- simulate(90, 6)
late <- rbind(late, data.frame(time = c(30, 31, 32), cause = c(1, 2, 1), score = c(0.4, -1, -0.7),
                               second = c(0.1, 0.2, -0.5), group = c(1L, 2L, 2L)))
sets <- list(mgus2 = mgus, pbc = bile, lung = lungs, continuous = continuous, tied = tied, late = late)
for (name in names(sets)) sets[[name]]$third <- thirds(sets[[name]]$score)
tsv(do.call(rbind, lapply(names(sets), function(name) cbind(data = name, sets[[name]]))), "data",
    c("mgus2 (first 700 complete), pbc (first 312), lung: survival; the others: set.seed(19990601), see tests/oracle/cmprsk.R",
      "third: cut at quantile(score, 1:2 / 3)"))

control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 60)

# Fine-Gray stratified by group from crr's own pieces: score, information and the middle of the sandwich of each
# stratum at a common coefficient add up; Newton's method finds where the score is 0
stratified <- function(data, columns) {
  parts <- Filter(function(part) any(part$cause == 1), split(data, data$group))
  at <- function(b) lapply(parts, function(part)
    crr(part$time, part$cause, as.matrix(part[, columns, drop = FALSE]), init = b, maxiter = 0))
  sums <- function(fits, piece) Reduce(`+`, lapply(fits, piece))
  information <- function(fit) solve(fit$invinf)
  b <- rep(0, length(columns))
  for (step in 1:50) {
    fits <- at(b)
    move <- solve(sums(fits, information), sums(fits, function(fit) fit$score))
    b <- b + move
    if (max(abs(move)) < 1e-13) break
  }
  fits <- at(b)
  stopifnot(max(abs(sums(fits, function(fit) fit$score))) < 1e-8)
  bread <- solve(sums(fits, information))
  middle <- sums(fits, function(fit) solve(fit$invinf) %*% fit$var %*% solve(fit$invinf))
  data.frame(log_hr = b[1], se = sqrt((bread %*% middle %*% bread)[1, 1]))
}
fg <- gray <- rank <- stacked <- odds <- by_group <- NULL
for (name in names(sets)) {
  data <- sets[[name]]
  for (model in c("unadjusted", "adjusted")) {
    columns <- if (model == "unadjusted") "score" else c("score", "second")
    fit <- crr(data$time, data$cause, as.matrix(data[, columns, drop = FALSE]), gtol = 1e-11, maxiter = 100)
    stopifnot(max(abs(fit$score)) < 1e-7)      # not fit$converged: its line search may stall on the last digits
    log_hr <- fit$coef[["score"]]; se <- sqrt(fit$var[1, 1])
    weighted <- NA
    if (any(data$cause == 2)) {
      long <- finegray(Surv(time, factor(cause, 0:2)) ~ ., data, etype = "1")
      terms <- paste(columns, collapse = " + ")
      weighted <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", terms)), long, weights = fgwt,
                        ties = "breslow", control = control)$coefficients[["score"]]
    }
    fg <- rbind(fg, data.frame(data = name, model = model, n = nrow(data), n_events = sum(data$cause == 1),
      n_competing = sum(data$cause == 2), log_hr = log_hr, se = se, p = 2 * pnorm(-abs(log_hr / se)), finegray = weighted))
    if (!any(data$cause == 2)) next
    found <- stratified(data, columns)
    long <- finegray(Surv(time, factor(cause, 0:2)) ~ . + strata(group), transform(data, row = seq_len(nrow(data))), etype = "1")
    terms <- paste(c(columns, "strata(group)"), collapse = " + ")
    weighted <- coxph(as.formula(paste("Surv(fgstart, fgstop, fgstatus) ~", terms)), long, weights = fgwt,
                      ties = "breslow", control = control)$coefficients[["score"]]
    by_group <- rbind(by_group, data.frame(data = name, model = model, found,
      p = 2 * pnorm(-abs(found$log_hr / found$se)), finegray = weighted))
    twice <- rbind(cbind(data, id = seq_len(nrow(data)), first = 1, event = data$cause == 1),
                   cbind(data, id = seq_len(nrow(data)), first = 0, event = data$cause == 2))
    terms <- paste0(columns, " * first - first", collapse = " + ")
    formula <- as.formula(paste("Surv(time, event) ~", terms, "+ strata(first)"))
    both <- coxph(formula, twice, ties = "efron", control = control)
    clustered <- coxph(formula, twice, ties = "efron", control = control, cluster = id)
    row <- summary(both)$coefficients["score:first", ]
    stacked <- rbind(stacked, data.frame(data = name, model = model, difference = row[["coef"]], se = row[["se(coef)"]],
      p = row[["Pr(>|z|)"]], robust_se = sqrt(diag(vcov(clustered)))[["score:first"]]))
    relapsed <- data[data$cause > 0, ]
    logit <- glm(as.formula(paste("cause == 1 ~", paste(columns, collapse = " + "))), binomial, relapsed,
                 control = glm.control(epsilon = 1e-14, maxit = 100))
    row <- summary(logit)$coefficients["score", ]
    odds <- rbind(odds, data.frame(data = name, model = model, n = nrow(relapsed), log_odds_ratio = row[["Estimate"]],
      se = row[["Std. Error"]], p = row[["Pr(>|z|)"]]))
  }
  for (by in c("third", "group")) {
    found <- cuminc(data$time, data$cause, data[[by]])$Tests["1", ]
    gray <- rbind(gray, data.frame(data = name, by = by, statistic = found[["stat"]], df = found[["df"]],
      p = pchisq(found[["stat"]], found[["df"]], lower.tail = FALSE)))
    found <- survdiff(as.formula(paste("Surv(time, cause == 1) ~", by)), data)
    rank <- rbind(rank, data.frame(data = name, by = by, statistic = found$chisq, df = length(found$n) - 1,
      p = pchisq(found$chisq, length(found$n) - 1, lower.tail = FALSE)))
  }
}
tsv(fg, "fine_gray", c("crr(time, cause, cbind(score[, second]), gtol = 1e-11); se = sqrt(var[1, 1]), p = 2 * pnorm(-abs(log_hr / se))",
  "finegray: coxph(Surv(fgstart, fgstop, fgstatus) ~ score [+ second], finegray(Surv(time, factor(cause)) ~ .), weights = fgwt, ties = 'breslow')"))
tsv(by_group, "stratified", c("crr(..., init = b, maxiter = 0) of each group: scores, informations and sandwich middles added, b where the score is 0",
  "finegray: coxph(Surv(fgstart, fgstop, fgstatus) ~ score [+ second] + strata(group), finegray(Surv(time, factor(cause)) ~ . + strata(group)), weights = fgwt, ties = 'breslow')"))
tsv(gray, "gray", "cuminc(time, cause, by)$Tests['1', ]")
tsv(rank, "logrank", "survdiff(Surv(time, cause == 1) ~ by)")
tsv(stacked, "stacked", c("coxph(Surv(time, event) ~ score * first - first [+ second * first - first] + strata(first), rows stacked by cause, ties = 'efron')",
  "difference, se, p: score:first; robust_se: the same with cluster = id"))
tsv(odds, "odds", "glm(cause == 1 ~ score [+ second], binomial, those with cause > 0, epsilon = 1e-14)")
