# Looks deeper into one cohort: random signatures, competing risks, sites, ER strata, immune link, checks.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, results/scores/{cohort}.*, results/associations/{cohort}.tsv
# OUTPUTS: results/outcome/{cohort}/*.tsv


rule random_signatures_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        scores="results/scores/{cohort}.parquet",
        associations="results/associations/{cohort}.tsv",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        null="results/outcome/{cohort}/null.tsv",
        histogram="results/outcome/{cohort}/null_histogram.tsv",
    log:
        "results/logs/random_signatures_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        random_signatures=study.config.random_signatures,
        code=code_hash("random_signatures_cohort"),
    message:
        "Draw random signatures for cohort {wildcards.cohort}"
    script:
        "../scripts/random_signatures_cohort.py"


rule examine_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        card=card_file,
        scores="results/scores/{cohort}.parquet",
        coverage="results/scores/{cohort}.coverage.tsv",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        by_er="results/outcome/{cohort}/by_er.tsv",
        immune="results/outcome/{cohort}/immune.tsv",
        signature_quality="results/outcome/{cohort}/signature_quality.tsv",
        competing="results/outcome/{cohort}/competing.tsv",
        sites="results/outcome/{cohort}/sites.tsv",
        sampled="results/outcome/{cohort}/sampled.tsv",
        group_tests="results/outcome/{cohort}/group_tests.tsv",
        checks="results/outcome/{cohort}/checks.tsv",
        check_curves="results/outcome/{cohort}/check_curves.tsv",
        discrimination="results/outcome/{cohort}/discrimination.tsv",
        table_one="results/outcome/{cohort}/table_one.tsv",
        losses="results/outcome/{cohort}/losses.tsv",
    log:
        "results/logs/examine_cohort/{cohort}.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        withheld=withheld_signatures,
        code=code_hash("examine_cohort"),
    message:
        "Look deeper into cohort {wildcards.cohort}"
    script:
        "../scripts/examine_cohort.py"


rule fit_claim_models:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        scores="results/scores/{cohort}.parquet",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        models="results/outcome/{cohort}/claim_models.tsv",
        controls="results/outcome/{cohort}/claim_controls.tsv",
    log:
        "results/logs/fit_claim_models/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        random_signatures=study.config.random_signatures,
        code=code_hash("fit_claim_models"),
    message:
        "Fit the models of the verdict in cohort {wildcards.cohort}"
    script:
        "../scripts/fit_claim_models.py"
