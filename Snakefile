# The workflow is workflow/Snakefile, where catalogs and other workflows look for it; this is for `snakemake` in this folder.


include: "workflow/Snakefile"


workflow.default_target = "all"  # Snakemake forgets that of a file that is included
