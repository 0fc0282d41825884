# Single genes by R's survival, pooled by metafor, corrected by p.adjust, for tests/oracle/test_genes_oracle.py.
# Rscript tests/oracle/genes.R FOLDER  reads null_expression.tsv and null_patients.tsv there (written by null.R) and
# writes genes.tsv: patients 1-45 stand for cohort a, 46-90 for cohort b, which lacks the last 30 genes.
suppressPackageStartupMessages({
  library(metafor)
  library(survival)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
expression <- as.matrix(read.delim(file.path(folder, "null_expression.tsv"), row.names = 1, comment.char = "#"))
patients <- read.delim(file.path(folder, "null_patients.tsv"), comment.char = "#")
cohorts <- list(a = list(rows = 1:45, genes = 1:120), b = list(rows = 46:90, genes = 1:90))
rows <- list()
for (model in c("unadjusted", "proliferation")) {
  for (name in names(cohorts)) {
    own <- patients[cohorts[[name]]$rows, ]
    own$proliferation <- as.numeric(scale(own$proliferation))
    for (gene in cohorts[[name]]$genes) {
      own$z <- as.numeric(scale(expression[gene, cohorts[[name]]$rows]))
      right <- if (model == "unadjusted") "z" else "z + proliferation"
      fit <- coxph(as.formula(paste("Surv(time, event) ~", right)), own, ties = "efron",
                   control = coxph.control(eps = 1e-11, iter.max = 100))
      row <- summary(fit)$coefficients["z", ]
      rows[[length(rows) + 1]] <- data.frame(gene = rownames(expression)[gene], cohort = name, model = model, k = 1,
        n = fit$n, n_events = fit$nevent, log_hr = row[["coef"]], se = row[["se(coef)"]], p = row[["Pr(>|z|)"]])
    }
  }
}
single <- do.call(rbind, rows)
pooled <- lapply(split(single, list(single$gene, single$model)), function(part) {
  if (nrow(part) < 2) return(NULL)
  fit <- rma(part$log_hr, part$se^2, method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 10000))
  data.frame(gene = part$gene[1], cohort = "pooled", model = part$model[1], k = 2, n = sum(part$n),
             n_events = sum(part$n_events), log_hr = fit$beta[1], se = fit$se, p = fit$pval)
})
table <- rbind(single, do.call(rbind, pooled))
family <- interaction(table$cohort, table$model)
table$q <- ave(table$p, family, FUN = function(p) p.adjust(p, "BH"))
table$rank <- ave(table$p, family, table$k, FUN = function(p) rank(p, ties.method = "min"))
numbers <- vapply(table, is.double, logical(1))
table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
connection <- file(file.path(folder, "genes.tsv"), "w")
writeLines(paste0("# ", R.version.string, ", survival ", packageVersion("survival"), ", metafor ",
                  packageVersion("metafor")), connection)
writeLines(paste("# coxph(Surv(time, event) ~ scale(gene) [+ scale(proliferation)], ties='efron');",
                 "rma(yi, vi, method='REML', test='adhoc'); p.adjust(p, 'BH')"), connection)
write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
close(connection)
