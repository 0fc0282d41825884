# Reads each cohort from its source into one shape, deciding nothing.
# REQUIRED INPUTS: the card and the local files it names
# OUTPUTS: results/acquired/{cohort}/: expression.parquet, clinical.tsv, source.json


rule acquire_cohort:
    input:
        card=card_file,
        files=card_inputs,
    output:
        expression="results/acquired/{cohort}/expression.parquet",
        clinical="results/acquired/{cohort}/clinical.tsv",
        source="results/acquired/{cohort}/source.json",
    log:
        "results/logs/acquire_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        code=code_hash("acquire", "cards"),
    message:
        "Read cohort {wildcards.cohort} from its source"
    script:
        "../scripts/acquire_cohort.py"
