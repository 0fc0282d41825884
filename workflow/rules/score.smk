# Scores every signature in every sample of a cohort by every configured method.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, the signature files
# OUTPUTS: results/scores/{cohort}.parquet, results/scores/{cohort}.coverage.tsv


rule score_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        scores="results/scores/{cohort}.parquet",
        coverage="results/scores/{cohort}.coverage.tsv",
    log:
        "results/logs/score_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        select=study.config.signatures.select,
        methods=study.config.methods,
        min_coverage=study.config.signatures.min_coverage,
        withheld=withheld_signatures,
        code=code_hash("score_cohort"),
    message:
        "Score the signatures in cohort {wildcards.cohort}"
    script:
        "../scripts/score_cohort.py"
