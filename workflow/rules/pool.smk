# Pools the cohorts' results over real cohorts and judges them.
# REQUIRED INPUTS: results/associations/{cohort}.tsv, results/cohorts/{cohort}.summary.tsv of every cohort
# OUTPUTS: results/tables/: associations.tsv, cohorts.tsv, pooled.tsv, duplicates.tsv, audit.tsv, verdict.tsv and
#          what stands behind it


rule pool_associations:
    input:
        associations=every("results/associations/{cohort}.tsv", cohort=study.cards),
        null=every("results/outcome/{cohort}/null.tsv", cohort=study.cards),
        summaries=every("results/cohorts/{cohort}.summary.tsv", cohort=study.cards),
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        associations=report(
            "results/tables/associations.tsv",
            caption="../report/captions/table.rst",
            category="Tables",
            labels={"figure": "every cohort's results"},
        ),
        cohorts=report(
            "results/tables/cohorts.tsv",
            caption="../report/captions/table.rst",
            category="Tables",
            labels={"figure": "cohorts"},
        ),
        pooled=report(
            "results/tables/pooled.tsv",
            caption="../report/captions/table.rst",
            category="Tables",
            labels={"figure": "pooled results"},
        ),
        null="results/tables/null.tsv",
    log:
        "results/logs/pool_associations.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("pool_associations"),
    params:
        config=study.config.analysis(),
        failed=study.failed_reasons,
        code=code_hash("pool_associations"),
    message:
        "Pool the cohorts"
    script:
        "../scripts/pool_associations.py"


rule random_signatures_pooled:
    input:
        cohorts=every("results/cohorts/{cohort}.h5ad", cohort=study.cards),
        scores=every("results/scores/{cohort}.parquet", cohort=study.cards),
        associations="results/tables/associations.tsv",
        pooled="results/tables/pooled.tsv",
        null="results/tables/null.tsv",
        summary="results/tables/cohorts.tsv",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        null="results/tables/pooled_null.tsv",
        histogram="results/tables/pooled_null_histogram.tsv",
        controls="results/tables/controls.tsv",
    log:
        "results/logs/random_signatures_pooled.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("random_signatures_pooled"),
        runtime=minutes("random_signatures_pooled"),
    params:
        cohorts=tuple(study.cards),
        config=study.config.analysis(),
        random_signatures=study.config.random_signatures,
        code=code_hash("random_signatures_pooled"),
    message:
        "Draw random signatures over all cohorts"
    script:
        "../scripts/random_signatures_pooled.py"


# Genes are fitted here and not in a job of their own: starting takes as long as all of them.
rule examine_pooled:
    input:
        cohorts=every("results/cohorts/{cohort}.h5ad", cohort=real_cohorts),
        scores=every("results/scores/{cohort}.parquet", cohort=real_cohorts),
        genes=every("results/scores/{cohort}.genes.tsv", cohort=real_cohorts),
        associations="results/tables/associations.tsv",
        pooled="results/tables/pooled.tsv",
        summary="results/tables/cohorts.tsv",
        by_er=every("results/outcome/{cohort}/by_er.tsv", cohort=study.cards),
        subtypes=every("results/outcome/{cohort}/subtypes.tsv", cohort=study.cards),
        immune=every("results/outcome/{cohort}/immune.tsv", cohort=study.cards),
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        heterogeneity="results/tables/heterogeneity.tsv",
        leave_one_cohort_out="results/tables/leave_one_cohort_out.tsv",
        asymmetry="results/tables/asymmetry.tsv",
        funnel="results/tables/funnel.tsv",
        specifications="results/tables/specifications.tsv",
        specification_summary="results/tables/specification_summary.tsv",
        pooled_by_er="results/tables/pooled_by_er.tsv",
        pooled_subtypes="results/tables/pooled_subtypes.tsv",
        immune_pooled="results/tables/immune_pooled.tsv",
        genes="results/tables/genes.tsv.gz",
        gene_curves="results/tables/gene_curves.tsv",
        gene_tertiles="results/tables/gene_tertiles.tsv.gz",
        gene_follow_up="results/tables/gene_follow_up.tsv",
    log:
        "results/logs/examine_pooled.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("examine_pooled"),
    params:
        cohorts=real_cohorts,
        config=study.config.analysis(),
        genes=study.config.genes,
        code=code_hash("examine_pooled"),
    message:
        "Look deeper into the pooled results"
    script:
        "../scripts/examine_pooled.py"


rule audit_cohorts:
    input:
        cohorts=every("results/cohorts/{cohort}.h5ad", cohort=study.cards),
        flow=every("results/cohorts/{cohort}.flow.tsv", cohort=study.cards),
        scores=every("results/scores/{cohort}.parquet", cohort=study.cards),
        associations=every("results/associations/{cohort}.tsv", cohort=study.cards),
    output:
        duplicates="results/tables/duplicates.tsv",
        audit="results/tables/audit.tsv",
    log:
        "results/logs/audit_cohorts.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("audit_cohorts"),
        runtime=minutes("audit_cohorts"),
    params:
        cohorts=tuple(study.cards),
        simulated=tuple(name for name in study.cards if name not in real_cohorts),
        config=study.config.analysis(),
        code=code_hash("audit_cohorts"),
    message:
        "Look for patients that appear twice, and follow the samples into the models"
    script:
        "../scripts/audit_cohorts.py"


rule judge_results:
    input:
        models=every("results/outcome/{cohort}/claim_models.tsv", cohort=study.cards),
        controls=every("results/outcome/{cohort}/claim_controls.tsv", cohort=study.cards),
        sites=every("results/outcome/{cohort}/sites.tsv", cohort=study.cards),
        duplicates="results/tables/duplicates.tsv",
        summary="results/tables/cohorts.tsv",
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
    output:
        verdict=report(
            "results/tables/verdict.tsv",
            caption="../report/captions/table.rst",
            category="Tables",
            labels={"figure": "verdict"},
        ),
        exploratory="results/tables/exploratory.tsv",
        models="results/tables/verdict_models.tsv",
        chances="results/tables/chances.tsv",
        site_contrast="results/tables/site_contrast.tsv",
        fragility="results/tables/fragility.tsv",
    log:
        "results/logs/judge_results.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("judge_results"),
    params:
        config=study.config.analysis(),
        failed=study.failed_endpoints,
        code=code_hash("judge_results"),
    message:
        "Judge the pooled results"
    script:
        "../scripts/judge_results.py"
