# Score x stratum interactions by R's survival, pooled by metafor, for tests/oracle/test_er_strata_oracle.py.
# Rscript tests/oracle/er_strata.R FOLDER  reads survival_data_<name>.tsv there (written by survival.R) and writes
# er_strata.tsv: the sets lung, mgus2 and simulated stand for cohorts, stratum 1 for ER-positive.
suppressPackageStartupMessages({
  library(metafor)
  library(survival)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
call <- paste(
  "coxph(Surv(time, cause == 1) ~ score * pos + strata(pos)), adjusted: ~ (score + second) * pos + strata(pos);",
  "each stratum alone: subset = pos == 1 or 0; pooled: rma(yi, vi, method='REML', test='adhoc')"
)
pick <- function(fit, name, label) {
  row <- summary(fit)$coefficients[name, ]
  data.frame(er = label, log_hr = row[["coef"]], se = row[["se(coef)"]], p = row[["Pr(>|z|)"]])
}
rows <- list()
for (model in c("unadjusted", "proliferation")) {
  right <- if (model == "unadjusted") "score" else "(score + second)"
  per_set <- lapply(c("lung", "mgus2", "simulated"), function(name) {
    data <- read.delim(file.path(folder, paste0("survival_data_", name, ".tsv")), comment.char = "#")
    data$pos <- as.integer(data$stratum == 1)
    # score and adjustment enter per standard deviation, as in the scores table
    data$score <- as.numeric(scale(data$score))
    data$second <- as.numeric(scale(data$second))
    alone <- as.formula(paste("Surv(time, cause == 1) ~", right))
    joint <- as.formula(paste("Surv(time, cause == 1) ~", right, "* pos + strata(pos)"))
    control <- coxph.control(eps = 1e-11, iter.max = 100)
    together <- suppressWarnings(coxph(joint, data = data, control = control))
    parts <- rbind(
      pick(coxph(alone, data = data, subset = pos == 1, control = control), "score", "positive"),
      pick(coxph(alone, data = data, subset = pos == 0, control = control), "score", "negative"),
      pick(together, "score:pos", "difference")
    )
    cbind(cohort = name, model = model, parts)
  })
  per_set <- do.call(rbind, per_set)
  pooled <- lapply(split(per_set, per_set$er), function(part) {
    fit <- rma(part$log_hr, part$se^2, method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 10000))
    data.frame(cohort = "pooled", model = model, er = part$er[1], log_hr = fit$beta[1], se = fit$se, p = fit$pval)
  })
  rows <- c(rows, list(per_set), pooled)
}
table <- do.call(rbind, rows)
numbers <- vapply(table, is.double, logical(1))
table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
connection <- file(file.path(folder, "er_strata.tsv"), "w")
writeLines(paste0("# ", R.version.string, ", survival ", packageVersion("survival"), ", metafor ",
                  packageVersion("metafor")), connection)
writeLines(paste("#", call), connection)
write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
