# Scores every signature in every sample of a cohort by every configured method.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, the signature files
# OUTPUTS: results/scores/agreement.tsv, results/scores/{cohort}.genes.tsv, .parquet, .coverage.tsv, .subtypes.tsv


# One job: it takes a second, and what a cohort's part of a signature is worth is seen in the other cohorts.
rule measure_agreement:
    input:
        cohorts=every("results/cohorts/{cohort}.h5ad", cohort=study.cards),
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        agreement="results/scores/agreement.tsv",
    log:
        "results/logs/measure_agreement.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("measure_agreement"),
        runtime=minutes("measure_agreement"),
    params:
        cohorts=tuple(study.cards),
        real=real_cohorts,
        select=study.config.signatures.select,
        code=code_hash("measure_agreement"),
    message:
        "See whether the measured parts of the signatures say what the whole says"
    script:
        "../scripts/measure_agreement.py"


rule score_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        agreement="results/scores/agreement.tsv",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
        centroids=subtype_centroids,
    output:
        **({"subtypes": "results/scores/{cohort}.subtypes.tsv"} if subtype_centroids else {}),
        scores="results/scores/{cohort}.parquet",
        coverage="results/scores/{cohort}.coverage.tsv",
        genes="results/scores/{cohort}.genes.tsv",
    log:
        "results/logs/score_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    threads: scoring_threads
    resources:
        mem_mb=memory("score_cohort"),
        runtime=minutes("score_cohort"),
    params:
        select=study.config.signatures.select,
        methods=study.config.methods,
        min_coverage=study.config.signatures.min_coverage,
        min_agreement=study.config.signatures.min_agreement,
        withheld=withheld_signatures,
        code=code_hash("score_cohort"),
    message:
        "Score the signatures in cohort {wildcards.cohort}"
    script:
        "../scripts/score_cohort.py"
