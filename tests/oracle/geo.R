# What GEOquery reads from the files that test_geo_oracle.py names.
#
# usage: Rscript geo.R FOLDER MATRIX... : for each series matrix its values and characteristics
#        Rscript geo.R FOLDER --platform FILE : the probes, symbols and Entrez ids of a platform's annotation
# The tables go to FOLDER, each under the name of its file.
suppressMessages(library(GEOquery))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
write <- function(table, file) {
  write.table(table, file.path(folder, file), sep = "\t", quote = FALSE, row.names = FALSE, na = "NA")
}
if (arguments[2] == "--platform") {
  table <- Table(suppressMessages(getGEO(filename = arguments[3])))
  write(table[, c("ID", "Gene symbol", "Gene ID")], "platform.tsv")
} else {
  for (path in arguments[-1]) {
    # parseGSEMatrix is what getGEO calls; it asks the network for the platform unless told not to
    read <- suppressMessages(GEOquery:::parseGSEMatrix(path, getGPL = FALSE))$eset
    name <- sub("_series_matrix.txt.gz", "", basename(path))
    # %a writes every bit of a number
    values <- as.data.frame(apply(exprs(read), 2, function(column) sprintf("%a", column)))
    write(values, paste0(name, ".values.tsv"))
    samples <- pData(read)
    keyed <- samples[, grepl(":ch[12]$", colnames(samples)), drop = FALSE]
    write(cbind(sample = rownames(samples), title = samples$title, keyed), paste0(name, ".samples.tsv"))
  }
}
