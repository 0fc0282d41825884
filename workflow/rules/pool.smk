# Pools the cohorts' results over real cohorts and judges them.
# REQUIRED INPUTS: results/associations/{cohort}.tsv, results/cohorts/{cohort}.summary.tsv of every cohort
# OUTPUTS: results/tables/: associations.tsv, cohorts.tsv, pooled.tsv, verdict.tsv


rule pool_associations:
    input:
        associations=expand("results/associations/{cohort}.tsv", cohort=study.cards),
        summaries=expand("results/cohorts/{cohort}.summary.tsv", cohort=study.cards),
    output:
        associations="results/tables/associations.tsv",
        cohorts="results/tables/cohorts.tsv",
        pooled="results/tables/pooled.tsv",
        verdict="results/tables/verdict.tsv",
    params:
        config=study.config.analysis(),
        code=code_hash("pool", "verdict", "contracts"),
    script:
        "../scripts/pool_associations.py"
