# Fetches and compares the groups of each experiment, and derives the signatures that cohorts are then scored with.
# REQUIRED INPUTS: the experiment cards and the files they name, the signature files, data/markers, data/orthologs
# OUTPUTS: data/downloads/{experiment}/ of the project; results/downloads/, results/experiments/,
#          results/figures/experiments/; results/pooled_experiments/ and its figures where there are two or more


rule fetch_experiment:
    output:
        manifest="results/downloads/{experiment}.tsv",
    log:
        "results/logs/fetch_experiment/{experiment}.log",
    priority: 3
    localrule: True
    conda:
        "../../envs/irf7bone.yaml"
    params:
        files=experiment_downloads,
        folder=f"{downloads}/{{experiment}}",
        lock=experiment_lock,
        mirror=study.mirror,
        code=code_hash("fetch_files"),
    message:
        "Fetch the files of experiment {wildcards.experiment}"
    script:
        "../scripts/fetch_files.py"


rule acquire_experiment:
    input:
        card=experiment_file,
        files=experiment_inputs,
        downloads=experiment_manifest,
        symbols=study.symbols,
    output:
        experiment="results/experiments/{experiment}.h5ad",
        flow="results/experiments/{experiment}.flow.tsv",
        source="results/experiments/{experiment}.source.json",
    log:
        "results/logs/acquire_experiment/{experiment}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("acquire_experiment"),
    params:
        code=code_hash("acquire_experiment"),
        downloads=f"{downloads}/{{experiment}}",
    message:
        "Read experiment {wildcards.experiment} from its source"
    script:
        "../scripts/acquire_experiment.py"


rule analyse_experiment:
    input:
        card=experiment_file,
        experiment="results/experiments/{experiment}.h5ad",
        signatures=study.signature_files,
        records=signature_records,
        symbols=study.symbols,
        markers=markers,
        orthologs=orthologs,
    output:
        tables=experiment_tables,
    log:
        "results/logs/analyse_experiment/{experiment}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("analyse_experiment"),
    params:
        config=study.config.analysis(),
        seed=study.config.random_signatures.seed,
        code=code_hash("analyse_experiment"),
    message:
        "Compare the groups of experiment {wildcards.experiment}"
    script:
        "../scripts/analyse_experiment.py"


rule derive_signature:
    input:
        card=experiment_file,
        genes="results/experiments/{experiment}/genes.tsv",
        orthologs=orthologs,
        within=within_file,
    output:
        derived="results/experiments/{experiment}/derived.tsv",
        signature=directory("results/experiments/{experiment}/derived"),
    log:
        "results/logs/derive_signature/{experiment}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("derive_signature"),
    params:
        code=code_hash("derive_signature"),
    message:
        "Derive a signature from experiment {wildcards.experiment}"
    script:
        "../scripts/derive_signature.py"


rule pool_experiments:
    input:
        cards=[card.path for card in study.experiments.values()],
        signatures=every("results/experiments/{experiment}/signatures.tsv", experiment=study.experiments),
        claim=every("results/experiments/{experiment}/claim.tsv", experiment=study.experiments),
    output:
        contrasts="results/pooled_experiments/contrasts.tsv",
        claim="results/pooled_experiments/claim.tsv",
        forest="results/pooled_experiments/forest.tsv",
        figures=report(
            directory("results/figures/pooled_experiments"),
            patterns=["{figure}.svg"],
            caption="../report/captions/experiment.rst",
            category="Experiments",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/pool_experiments.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("pool_experiments"),
    params:
        code=code_hash("pool_experiments"),
    message:
        "Pool the experiments"
    script:
        "../scripts/pool_experiments.py"


rule plot_experiment:
    input:
        card=experiment_file,
        experiment="results/experiments/{experiment}.h5ad",
        tables=experiment_tables,
    output:
        figures=report(
            directory("results/figures/experiments/{experiment}"),
            patterns=["{figure}.svg"],
            caption="../report/captions/experiment.rst",
            category="Experiments",
            subcategory="{experiment}",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/plot_experiment/{experiment}.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("plot_experiment"),
    params:
        config=study.config.analysis(),
        code=code_hash("plot_experiment"),
    message:
        "Draw the figures of experiment {wildcards.experiment}"
    script:
        "../scripts/plot_experiment.py"
