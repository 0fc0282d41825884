"""Sizes at which the way of reading changes; imports nothing, as Snakemake asks when it plans."""

# values (256 MB in float32): a matrix of more stays in its file and is read in blocks, a smaller one whole
MOST_IN_MEMORY = 2**26
