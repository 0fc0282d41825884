# Reference values for the verdict's pool and for imputed covariates. Usage: Rscript verdict.R OUTPUT_FOLDER
# Writes verdict_studies.tsv and verdict_pool.tsv (base R's adaptive quadrature: no package), and, where mice is
# there, verdict_gaps.tsv (patients, ER missing more often where the score is high and after an event) and
# verdict_imputed.tsv (mice's draws, pooled by Rubin's rules).
suppressPackageStartupMessages({library(survival); library(mice)})
out <- commandArgs(trailingOnly = TRUE)[1]
tsv <- function(x, name, calls) {
  for (k in names(x)) if (is.double(x[[k]])) x[[k]] <- sprintf("%.15g", x[[k]])
  to <- file(file.path(out, paste0("verdict_", name, ".tsv")), "w")
  versions <- paste0(R.version.string, ", survival ", packageVersion("survival"), ", mice ", packageVersion("mice"))
  writeLines(paste("#", c(versions, calls)), to)
  write.table(x, to, sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
  close(to)
}

# 1. Normal-normal hierarchical model, half-normal prior on tau, mu flat: P(tau | y) by integrate()
set.seed(20121113)
studies <- do.call(rbind, lapply(c(2, 3, 6, 12), function(k) {
  events <- sample(12:150, k)
  data.frame(k = k, log_hr = round(rnorm(k, log(0.8), 0.2) + rnorm(k) / sqrt(events), 3), se = round(1 / sqrt(events), 4))
}))
tsv(studies, "studies", "set.seed(20121113), see tests/oracle/verdict.R")
pooled <- function(y, se, scale) {
  parts <- function(tau) {
    w <- 1 / (se^2 + tau^2)
    m <- sum(w * y) / sum(w)
    list(m = m, v = 1 / sum(w), log = -tau^2 / (2 * scale^2) + sum(log(w)) / 2 - log(sum(w)) / 2 - sum(w * (y - m)^2) / 2)
  }
  top <- optimize(function(t) parts(t)$log, c(0, 3 * scale), maximum = TRUE)$objective
  over <- function(f) integrate(Vectorize(function(t) { p <- parts(t); exp(p$log - top) * f(p, t) }), 0, Inf,
                                rel.tol = 1e-12, subdivisions = 2000)$value
  total <- over(function(p, t) 1)
  below <- function(limit, further) over(function(p, t) pnorm(limit, p$m, sqrt(p$v + further * t^2))) / total
  quantile <- function(q, further) uniroot(function(x) below(x, further) - q, c(-4, 4), tol = 1e-11)$root
  c(mean = over(function(p, t) p$m) / total, low = quantile(0.025, 0), high = quantile(0.975, 0),
    below_1 = below(0, 0), below_07 = below(log(0.7), 0), further_low = quantile(0.025, 1),
    further_high = quantile(0.975, 1), tau = over(function(p, t) t) / total)
}
pool <- NULL
for (k in unique(studies$k)) for (scale in c(0.25, 0.5, 1)) {
  own <- studies[studies$k == k, ]
  pool <- rbind(pool, data.frame(k = k, scale = scale, t(pooled(own$log_hr, own$se, scale))))
}
tsv(pool, "pool", "integrate() over tau, rel.tol 1e-12; uniroot() for quantiles, tol 1e-11")

# 2. ER missing at random, imputed with the event and the Nelson-Aalen cumulative hazard
n <- 260
gaps <- data.frame(score = round(rnorm(n), 3))
gaps$proliferation <- round(0.4 * gaps$score + rnorm(n), 3)
er <- rbinom(n, 1, plogis(0.9 - 0.8 * gaps$proliferation + 0.5 * gaps$score))
clock <- rexp(n, 0.01 * exp(-0.3 * gaps$score + 0.4 * gaps$proliferation - 0.8 * er))
end <- runif(n, 24, 150)
gaps$time <- round(pmin(clock, end), 1)
gaps$event <- as.numeric(clock <= end)
gaps$er <- ifelse(runif(n) < plogis(-1.3 + 0.6 * gaps$score + 0.9 * gaps$event), NA, er)
tsv(gaps, "gaps", "set.seed(20121113), see tests/oracle/verdict.R")
known <- data.frame(er = gaps$er, event = gaps$event, cumulative_hazard = nelsonaalen(gaps, time, event),
                    score = gaps$score, proliferation = gaps$proliferation)
m <- 400
drawn <- mice(known, m = m, maxit = 1, method = c("pmm", "", "", "", ""), donors = 5, matchtype = 2,
              printFlag = FALSE, seed = 20121113)
fits <- lapply(seq_len(m), function(i) {
  whole <- cbind(complete(drawn, i), time = gaps$time)
  coxph(Surv(time, event) ~ score + proliferation + er, whole, ties = "efron")
})
imputed <- do.call(rbind, lapply(c("score", "er"), function(name) {
  found <- pool.scalar(sapply(fits, function(f) coef(f)[[name]]), sapply(fits, function(f) vcov(f)[name, name]))
  data.frame(covariate = name, m = m, mean = found$qbar, within = found$ubar, between = found$b)
}))
complete_cases <- coxph(Surv(time, event) ~ score + proliferation + er, gaps, ties = "efron")
imputed$complete_cases <- coef(complete_cases)[c("score", "er")]
tsv(imputed, "imputed", c("mice(m = 400, method = 'pmm', donors = 5, matchtype = 2, maxit = 1); nelsonaalen()",
                          "coxph(Surv(time, event) ~ score + proliferation + er, ties = 'efron'); pool.scalar()"))
