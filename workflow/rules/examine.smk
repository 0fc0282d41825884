# Looks deeper into one cohort: the verdict's models, competing risks, sites, ER strata, immune link, checks.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, results/scores/{cohort}.*
# OUTPUTS: results/outcome/{cohort}/*.tsv


rule examine_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        card=card_file,
        scores="results/scores/{cohort}.parquet",
        curves="results/associations/{cohort}.curves.tsv",
        coverage="results/scores/{cohort}.coverage.tsv",
        called=called_subtypes,
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        by_er="results/outcome/{cohort}/by_er.tsv",
        subtypes="results/outcome/{cohort}/subtypes.tsv",
        immune="results/outcome/{cohort}/immune.tsv",
        signature_quality="results/outcome/{cohort}/signature_quality.tsv",
        competing="results/outcome/{cohort}/competing.tsv",
        sites="results/outcome/{cohort}/sites.tsv",
        sampled="results/outcome/{cohort}/sampled.tsv",
        group_tests="results/outcome/{cohort}/group_tests.tsv",
        curve_summary="results/outcome/{cohort}/curve_summary.tsv",
        checks="results/outcome/{cohort}/checks.tsv",
        check_curves="results/outcome/{cohort}/check_curves.tsv",
        discrimination="results/outcome/{cohort}/discrimination.tsv",
        table_one="results/outcome/{cohort}/table_one.tsv",
        losses="results/outcome/{cohort}/losses.tsv",
        claim_models="results/outcome/{cohort}/claim_models.tsv",
        claim_controls="results/outcome/{cohort}/claim_controls.tsv",
    log:
        "results/logs/examine_cohort/{cohort}.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("examine_cohort"),
        runtime=minutes("examine_cohort"),
    params:
        config=study.config.analysis(),
        random_signatures=study.config.random_signatures,
        withheld=withheld_signatures,
        subtypes=subtypes,
        code=code_hash("examine_cohort"),
    message:
        "Look deeper into cohort {wildcards.cohort}"
    script:
        "../scripts/examine_cohort.py"
