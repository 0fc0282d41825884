# Measures in each cohort whether the genes that another has of a signature say what the whole says.
# REQUIRED INPUTS: results/cohorts/{cohort}.h5ad of all cohorts, the signature files
# OUTPUTS: results/scores/agreement.tsv


# One job: it takes a second, and what a cohort's part of a signature is worth is seen in the other cohorts.
rule measure_agreement:
    input:
        cohorts=expand("results/cohorts/{cohort}.h5ad", cohort=study.cards),
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
