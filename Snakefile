from snakemake.utils import min_version

min_version("9.0")


configfile: f"{workflow.basedir}/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/acquire.smk"
include: "workflow/rules/harmonise.smk"
include: "workflow/rules/experiments.smk"
include: "workflow/rules/cells.smk"
include: "workflow/rules/score.smk"
include: "workflow/rules/associate.smk"
include: "workflow/rules/examine.smk"
include: "workflow/rules/pool.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/freshness.smk"


rule all:
    default_target: True
    input:
        "results/report/index.html",
        "results/report/report.pdf",
        "results/provenance.json",
