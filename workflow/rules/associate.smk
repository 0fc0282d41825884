# Relates each score to each endpoint of a cohort, and draws the curves' numbers.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, results/scores/{cohort}.parquet
# OUTPUTS: results/associations/{cohort}.tsv, results/associations/{cohort}.curves.tsv


rule associate_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        scores="results/scores/{cohort}.parquet",
    output:
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
    log:
        "results/logs/associate_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        code=code_hash("associate_cohort"),
    message:
        "Relate scores to outcome in cohort {wildcards.cohort}"
    script:
        "../scripts/associate_cohort.py"
