"""irf7bone: is the interferon/IRF7 programme of a tumour related to bone metastasis?

The package holds everything that parses, decides or computes. It never imports Snakemake: the
scripts beside it unpack a job, call one function here and write the result.
"""

__version__ = "0.1.0"
