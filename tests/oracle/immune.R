# (Partial) correlations by base R and their pooling by metafor, for tests/oracle/test_immune_oracle.py.
# Rscript tests/oracle/immune.R FOLDER  writes immune_data.tsv (R's swiss, mtcars, attitude, airquality) and
# immune_correlations.tsv there.
suppressPackageStartupMessages(library(metafor))
folder <- commandArgs(trailingOnly = TRUE)[1]
air <- na.omit(airquality)
sets <- list(
  swiss = data.frame(x = swiss$Fertility, y = swiss$Education, w1 = swiss$Agriculture, w2 = swiss$Catholic),
  mtcars = data.frame(x = mtcars$mpg, y = mtcars$qsec, w1 = mtcars$wt, w2 = mtcars$drat),
  attitude = data.frame(x = attitude$rating, y = attitude$complaints, w1 = attitude$raises, w2 = attitude$advance),
  airquality = data.frame(x = air$Ozone, y = air$Temp, w1 = air$Wind, w2 = air$Solar.R)
)
call <- paste(
  "cor.test(x, y) on the n - q coordinates of x and y that are free of q covariates (Fisher 1924), which is",
  "cor(resid(lm(x ~ w)), resid(lm(y ~ w))) with the p of x in lm(y ~ x + w);",
  "pooled: escalc(measure='ZCOR', ri, ni = n - q), rma(yi, vi, method='REML', test='adhoc'), tanh"
)
adjustments <- list(none = character(), w1 = "w1", `w1,w2` = c("w1", "w2"))
# n - q values, of mean 0, with the inner products that the residuals of lm(v ~ held) have. (metafor's own ZPCOR
# has 1 / (n - q - 2) for the variance of Fisher's z in this version.)
free_of <- function(v, held) {
  design <- cbind(1, held)
  outside <- qr.Q(qr(design), complete = TRUE)[, -seq_len(ncol(design)), drop = FALSE]
  helmert <- contr.helmert(ncol(outside) + 1)
  helmert <- sweep(helmert, 2, sqrt(colSums(helmert^2)), "/")
  as.vector(helmert %*% crossprod(outside, v))
}
one <- function(data, held) {
  covariates <- as.matrix(data[held])
  test <- cor.test(free_of(data$x, covariates), free_of(data$y, covariates))
  left <- lapply(c("x", "y"), function(name) resid(lm(reformulate(c("1", held), name), data)))
  p <- summary(lm(reformulate(c("x", held), "y"), data))$coefficients["x", "Pr(>|t|)"]
  stopifnot(all.equal(unname(test$estimate), cor(left[[1]], left[[2]])), all.equal(test$p.value, p))
  fisher <- escalc(measure = "ZCOR", ri = test$estimate, ni = nrow(data) - length(held))
  data.frame(r = unname(test$estimate), ci_low = test$conf.int[1], ci_high = test$conf.int[2], p = test$p.value,
             yi = as.numeric(fisher$yi), vi = as.numeric(fisher$vi))
}
rows <- list()
for (name in names(adjustments)) {
  each <- do.call(rbind, lapply(sets, one, held = adjustments[[name]]))
  fit <- rma(each$yi, each$vi, method = "REML", test = "adhoc", control = list(threshold = 1e-14, maxiter = 10000))
  beyond <- predict(fit)
  pooled <- data.frame(r = tanh(fit$beta[1]), ci_low = tanh(fit$ci.lb), ci_high = tanh(fit$ci.ub), p = fit$pval,
                       tau2 = fit$tau2, i2 = fit$I2, pi_low = tanh(beyond$pi.lb), pi_high = tanh(beyond$pi.ub))
  each <- cbind(each[, c("r", "ci_low", "ci_high", "p")], tau2 = NA, i2 = NA, pi_low = NA, pi_high = NA)
  rows <- c(rows, list(cbind(adjustment = name, set = c(names(sets), "pooled"), rbind(each, pooled))))
}
write <- function(table, file, about) {
  numbers <- vapply(table, is.double, logical(1))
  table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = 17, format = "g", width = -1))
  connection <- file(file.path(folder, file), "w")
  writeLines(paste0("# ", R.version.string, ", metafor ", packageVersion("metafor")), connection)
  writeLines(paste("#", about), connection)
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
  close(connection)
}
data <- do.call(rbind, lapply(names(sets), function(name) cbind(set = name, sets[[name]])))
write(data, "immune_data.tsv", "R datasets: swiss, mtcars, attitude, airquality without missing values")
write(do.call(rbind, rows), "immune_correlations.tsv", call)
