# Fetches what a cohort needs from elsewhere, then reads its source into one shape, deciding nothing.
# REQUIRED INPUTS: the card and the local files it names
# OUTPUTS: data/downloads/{cohort}/ of the project; results/downloads/{cohort}.tsv;
#          results/acquired/{cohort}/: expression.parquet, clinical.tsv, source.json


rule fetch_cohort:
    output:
        manifest="results/downloads/{cohort}.tsv",
    log:
        "results/logs/fetch_cohort/{cohort}.log",
    priority: 3
    localrule: True
    conda:
        "../../envs/irf7bone.yaml"
    params:
        files=card_downloads,
        folder=f"{downloads}/{{cohort}}",
        lock=card_lock,
        mirror=study.mirror,
        code=code_hash("fetch_files"),
    message:
        "Fetch the files of cohort {wildcards.cohort}"
    script:
        "../scripts/fetch_files.py"


rule acquire_cohort:
    input:
        card=card_file,
        files=card_inputs,
        downloads=card_manifest,
    output:
        expression="results/acquired/{cohort}/expression.parquet",
        clinical="results/acquired/{cohort}/clinical.tsv",
        source="results/acquired/{cohort}/source.json",
    log:
        "results/logs/acquire_cohort/{cohort}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("acquire_cohort"),
        runtime=minutes("acquire_cohort"),
    params:
        code=code_hash("acquire_cohort"),
        downloads=f"{downloads}/{{cohort}}",
    message:
        "Read cohort {wildcards.cohort} from its source"
    script:
        "../scripts/acquire_cohort.py"
