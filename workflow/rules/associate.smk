# Relates each score to each endpoint of a cohort, draws the curves' numbers, and holds the results against random
# signatures.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, results/scores/{cohort}.parquet, the signature files
# OUTPUTS: results/associations/{cohort}.tsv, results/associations/{cohort}.curves.tsv, results/outcome/{cohort}/null*.tsv


# One job: random signatures go through the same plan of fits, and starting takes as long as all associations.
rule associate_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        scores="results/scores/{cohort}.parquet",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
        null="results/outcome/{cohort}/null.tsv",
        histogram="results/outcome/{cohort}/null_histogram.tsv",
    log:
        "results/logs/associate_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("associate_cohort"),
        runtime=minutes("associate_cohort"),
    params:
        config=study.config.analysis(),
        random_signatures=lambda wildcards: study.config.random_signatures.of_role(
            study.cards[wildcards.cohort].role
        ),
        code=code_hash("associate_cohort"),
    message:
        "Relate scores to outcome in cohort {wildcards.cohort}"
    script:
        "../scripts/associate_cohort.py"
