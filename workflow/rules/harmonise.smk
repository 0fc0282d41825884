# Brings a cohort to the AnnData contract, counts every loss, and describes each sample.
# REQUIRED INPUTS: results/acquired/{cohort}/, the card, data/genes/hgnc_symbols.tsv.gz
# OUTPUTS: results/cohorts/{cohort}.h5ad, .flow.tsv, .summary.tsv, .probes.tsv; results/outcome/{cohort}/markers.tsv; results/qc/{cohort}.tsv


rule harmonise_cohort:
    input:
        expression="results/acquired/{cohort}/expression.parquet",
        clinical="results/acquired/{cohort}/clinical.tsv",
        source="results/acquired/{cohort}/source.json",
        card=card_file,
        symbols=study.symbols,
        sets=companion_sets,
    output:
        **({"probes": "results/cohorts/{cohort}.probes.tsv"} if probe_choices else {}),
        cohort="results/cohorts/{cohort}.h5ad",
        flow="results/cohorts/{cohort}.flow.tsv",
        summary="results/cohorts/{cohort}.summary.tsv",
        markers="results/outcome/{cohort}/markers.tsv",
    log:
        "results/logs/harmonise_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("harmonise_cohort"),
        runtime=minutes("harmonise_cohort"),
    params:
        code=code_hash("harmonise_cohort"),
    message:
        "Harmonise cohort {wildcards.cohort}"
    script:
        "../scripts/harmonise_cohort.py"


# One job for all cohorts: what it computes takes a tenth of a second each, importing scanpy three seconds.
rule check_quality:
    input:
        cohorts=every("results/cohorts/{cohort}.h5ad", cohort=study.cards),
    output:
        quality=expand("results/qc/{cohort}.tsv", cohort=study.cards),
    log:
        "results/logs/check_quality.log",
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("check_quality"),
        runtime=minutes("check_quality"),
    params:
        cohorts=tuple(study.cards),
        code=code_hash("check_quality"),
    message:
        "Check the samples of every cohort"
    script:
        "../scripts/check_quality.py"
