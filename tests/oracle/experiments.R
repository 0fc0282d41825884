# Differential expression and camera by Bioconductor, for tests/oracle/test_experiments_oracle.py.
# Rscript tests/oracle/experiments.R FOLDER  reads experiment_counts.tsv (genes x samples), experiment_samples.tsv
# (sample, group, pair, batch) and experiment_sets.tsv (set, gene) there, or makes them where they are not there, and
# writes experiment_genes.tsv and experiment_camera.tsv.
suppressPackageStartupMessages({
  library(limma)
  library(edgeR)
  library(DESeq2)
})
folder <- commandArgs(trailingOnly = TRUE)[1]
write <- function(table, file, about, digits = 10) {
  numbers <- vapply(table, is.double, logical(1))
  table[numbers] <- lapply(table[numbers], function(x) formatC(x, digits = digits, format = "g", width = -1))
  connection <- file(file.path(folder, file), "w")
  versions <- vapply(c("limma", "edgeR", "DESeq2"), function(p) paste(p, packageVersion(p)), "")
  writeLines(paste0("# ", R.version.string, ", ", paste(versions, collapse = ", ")), connection)
  writeLines(paste("#", about), connection)
  write.table(table, connection, sep = "\t", quote = FALSE, row.names = FALSE)
  close(connection)
}
# 12 samples in 6 pairs and 2 batches; genes 1-30 fall together by 0.8 log2, 31-34 rise by 2
make <- function() {
  set.seed(11)
  n <- 600
  pair <- rep(1:6, each = 2)
  lesion <- rep(0:1, 6)
  log2_mean <- matrix(c(rnorm(n - 90, 8, 1.8), rnorm(90, 2, 1.5)), n, 12)
  log2_mean <- log2_mean + matrix(rnorm(n * 6, 0, 0.4), n, 6)[, pair]
  log2_mean[1:30, ] <- sweep(log2_mean[1:30, ], 2, rnorm(12, 0, 0.3) - 0.8 * lesion, "+")
  log2_mean[31:34, ] <- sweep(log2_mean[31:34, ], 2, 2 * lesion, "+")
  mu <- sweep(2^log2_mean, 2, runif(12, 0.6, 1.5), "*")
  dispersion <- (0.05 + 3 / rowMeans(mu)) * exp(rnorm(n, 0, 0.4))
  counts <- matrix(rnbinom(n * 12, mu = mu, size = 1 / dispersion), n, 12)
  colnames(counts) <- paste0(c("P", "L"), pair)
  genes <- sprintf("G%03d", seq_len(n))
  about <- "made up: make() in tests/oracle/experiments.R"
  write(data.frame(gene = genes, counts), "experiment_counts.tsv", about)
  samples <- data.frame(sample = colnames(counts), group = c("primary", "lesion")[lesion + 1],
                        pair = paste0("pair", pair), batch = c("b1", "b1", "b2", "b2", "b1", "b2")[c(1:6, 1:6)])
  write(samples, "experiment_samples.tsv", about)
  members <- list(FALLING = 1:30, RISING = 31:34, FEW = 40:49, SOME = 100:139)
  write(data.frame(set = rep(names(members), lengths(members)), gene = genes[unlist(members)]),
        "experiment_sets.tsv", about)
}
if (!file.exists(file.path(folder, "experiment_counts.tsv"))) make()
read <- function(name) read.delim(file.path(folder, name), comment.char = "#", check.names = FALSE)
counts <- read("experiment_counts.tsv")
counts <- as.matrix(data.frame(counts[, -1], row.names = counts[, 1], check.names = FALSE))
samples <- read("experiment_samples.tsv")
group <- factor(samples$group, levels = c("primary", "lesion"))
designs <- list(paired = model.matrix(~ factor(samples$pair) + group))
if ("batch" %in% names(samples)) designs$batch <- model.matrix(~ factor(samples$batch) + group)
named <- read("experiment_sets.tsv")
tidy <- function(model, fit) {
  table <- topTable(fit, coef = ncol(fit$design), number = Inf, sort.by = "none", confint = TRUE)
  data.frame(model = model, gene = rownames(table), log2_fc = table$logFC, ci_low = table$CI.L, t = table$t,
             p = table$P.Value)
}
genes <- sets <- list()
for (name in names(designs)) {
  design <- designs[[name]]
  y <- DGEList(counts)
  y <- y[filterByExpr(y, group = group), , keep.lib.sizes = FALSE]
  y <- calcNormFactors(y)
  genes[[paste0("voom_", name)]] <- tidy(paste0("voom_", name), eBayes(lmFit(voom(y, design), design)))
  dds <- DESeqDataSetFromMatrix(counts[rownames(y), ], samples, design)
  dds <- DESeq(dds, quiet = TRUE)
  found <- results(dds, name = tail(resultsNames(dds), 1))
  genes[[paste0("deseq2_", name)]] <- data.frame(
    model = paste0("deseq2_", name), gene = rownames(found), log2_fc = found$log2FoldChange, ci_low = NA,
    t = NA, p = found$pvalue
  )
  array <- log2(counts + 1)
  array <- array[apply(array, 1, sd) > 0, ]
  genes[[paste0("limma_", name)]] <- tidy(paste0("limma_", name), eBayes(lmFit(array, design)))
  array <- array[rowSums(array > 1) >= min(table(group)), ]
  genes[[paste0("trend_", name)]] <- tidy(paste0("trend_", name), eBayes(lmFit(array, design), trend = TRUE))
  index <- ids2indices(split(named$gene, named$set), rownames(array), remove.empty = TRUE)
  for (kind in c("preset", "estimated")) {
    found <- camera(array, index, design, inter.gene.cor = if (kind == "preset") 0.01 else NA, trend.var = TRUE,
                    sort = FALSE)
    sets[[paste(name, kind)]] <- data.frame(
      model = name, kind = kind, set = names(index), n_genes = found$NGenes, p = found$PValue,
      correlation = if (kind == "preset") 0.01 else found$Correlation, direction = found$Direction
    )
  }
}
write(do.call(rbind, genes), "experiment_genes.tsv", paste(
  "voom: filterByExpr(y, group), calcNormFactors, eBayes(lmFit(voom(y, design), design));",
  "limma: eBayes(lmFit(log2(counts + 1), design)); trend: of the genes above 1 in as many samples as the smaller",
  "group, eBayes(, trend = TRUE); deseq2: results(DESeq(dds)) of the genes that voom keeps;",
  "paired: ~ pair + group, batch: ~ batch + group"
))
write(do.call(rbind, sets), "experiment_camera.tsv", paste(
  "camera(log2(counts + 1), index, design, inter.gene.cor = 0.01 or NA, trend.var = TRUE), genes above 1 in as many",
  "samples as the smaller group"
))
