# Relates each score to each endpoint of a cohort, holds the results against random signatures, and looks deeper: the
# verdict's models, competing risks, sites, ER strata, immune link, checks.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad, results/scores/{cohort}.*, the card, the signature files
# OUTPUTS: results/associations/{cohort}.tsv, results/associations/{cohort}.curves.tsv, results/outcome/{cohort}/*.tsv


# One job: all of it is one plan of fits on one cohort, and starting takes as long as most of the tables.
rule associate_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        card=card_file,
        scores="results/scores/{cohort}.parquet",
        coverage="results/scores/{cohort}.coverage.tsv",
        called=called_subtypes,
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
        null="results/outcome/{cohort}/null.tsv",
        histogram="results/outcome/{cohort}/null_histogram.tsv",
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
        withheld=withheld_signatures,
        subtypes=subtypes,
        code=code_hash("associate_cohort"),
    message:
        "Relate scores to outcome in cohort {wildcards.cohort}"
    script:
        "../scripts/associate_cohort.py"
