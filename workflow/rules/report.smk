# Draws the figures and puts everything into one report.
# REQUIRED INPUTS: the tables of every earlier stage
# OUTPUTS: results/figures/{cohort}/, results/figures/pooled/, results/provenance.json,
#          results/report/: index.html, report.pdf, methods.md, references.bib, irf7bone_mqc.json; results/summary.json


rule plot_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        quality="results/qc/{cohort}.tsv",
        scores="results/scores/{cohort}.parquet",
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
        summary="results/cohorts/{cohort}.summary.tsv",
        tables=cohort_tables,
    output:
        figures=report(
            directory("results/figures/{cohort}"),
            patterns=["{figure}.svg"],
            caption="../report/captions/cohort.rst",
            category="Cohorts",
            subcategory="{cohort}",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/plot_cohort/{cohort}.log",
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("plot_cohort"),
        runtime=minutes("plot_cohort"),
    params:
        config=study.config.analysis(),
        code=code_hash("plot_cohort"),
    message:
        "Draw the figures of cohort {wildcards.cohort}"
    script:
        "../scripts/plot_cohort.py"


rule plot_pooled:
    input:
        cohort_tables=every(cohort_tables, cohort=study.cards),
        pooled_tables=pooled_tables,
        genes=every_gene,
    output:
        figures=report(
            directory("results/figures/pooled"),
            patterns=["{figure}.svg"],
            caption="../report/captions/pooled.rst",
            category="All cohorts",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/plot_pooled.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("plot_pooled"),
    params:
        config=study.config.analysis(),
        code=code_hash("plot_pooled"),
    message:
        "Draw the figures over all cohorts"
    script:
        "../scripts/plot_pooled.py"


rule write_provenance:
    input:
        cards=[card.path for card in study.cards.values()],
        sources=every("results/acquired/{cohort}/source.json", cohort=study.cards),
        experiments=[card.path for card in study.experiments.values()],
        experiment_sources=expand(
            "results/experiments/{experiment}.source.json", experiment=study.experiments
        ),
        cells=[card.path for card in study.cells.values()],
        cell_sources=every("results/cells/{data_set}/source.json", data_set=study.cells),
        signatures=[*study.signature_files, *subtype_centroids],
        derived=every("results/experiments/{experiment}/derived", experiment=deriving),
        malignant_parts=malignant_parts,
        records=signature_records,
        results=Files(every_result),
    output:
        provenance="results/provenance.json",
    log:
        "results/logs/write_provenance.log",
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("write_provenance"),
    params:
        config=study.config,
        failed=study.failed_reasons,
        derived=study.derived_files,
        command=command,
        revision=git_revision(root),
        code=code_hash("write_provenance"),
    message:
        "Write down what the run is made of"
    script:
        "../scripts/write_provenance.py"


# What the page and the printed report are made from.
report_inputs = dict(
    cards=[card.path for card in study.cards.values()],
    signatures=signature_library,
    records=signature_records,
    symbols=study.symbols,
    flow=every("results/cohorts/{cohort}.flow.tsv", cohort=study.cards),
    coverage=every("results/scores/{cohort}.coverage.tsv", cohort=study.cards),
    quality=every("results/qc/{cohort}.tsv", cohort=study.cards),
    curves=every("results/associations/{cohort}.curves.tsv", cohort=study.cards),
    cohort_tables=every(cohort_tables, cohort=study.cards),
    pooled_tables=pooled_tables,
    genes=every_gene,
    called_subtypes=every(called_subtypes, cohort=study.cards),
    figures=every("results/figures/{part}", part=[*study.cards, "pooled"] if study.cards else []),
    experiments=[card.path for card in study.experiments.values()],
    experiment_tables=every(experiment_tables, experiment=study.experiments),
    experiment_flow=every("results/experiments/{experiment}.flow.tsv", experiment=study.experiments),
    derived=every("results/experiments/{experiment}/derived.tsv", experiment=deriving),
    over_experiments=pooled_experiment_tables,
    pooled_experiment_figures=["results/figures/pooled_experiments"] if several_experiments else [],
    experiment_figures=every("results/figures/experiments/{experiment}", experiment=study.experiments),
    cells=[card.path for card in study.cells.values()],
    cell_tables=every(cell_tables, data_set=study.cells),
    cell_flow=every("results/cells/{data_set}/flow.tsv", data_set=study.cells),
    over_cells=[*malignant_part_tables, *pooled_cell_tables],
    pooled_cell_figures=["results/figures/pooled_cells"] if several_cells else [],
    cell_figures=every("results/figures/cells/{data_set}", data_set=study.cells),
    provenance="results/provenance.json",
    templates=report_templates,
    references=references,
    calibration=calibration,
    glossary=glossary,
)


rule build_report:
    input:
        **report_inputs,
    output:
        **({"multiqc": "results/report/irf7bone_mqc.json"} if study.cards else {}),
        summary="results/summary.json",
        report=report(
            "results/report/index.html",
            caption="../report/captions/report.rst",
            category="Report",
            labels={"figure": "the whole report"},
        ),
        methods="results/report/methods.md",
        references="results/report/references.bib",
    log:
        "results/logs/build_report.log",
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("build_report"),
    params:
        config=study.config,
        code=code_hash("build_report"),
    message:
        "Build the page"
    script:
        "../scripts/build_report.py"


# A job of its own, so that what cannot be printed does not take the page with it.
rule print_report:
    input:
        **report_inputs,
    output:
        printed=report(
            "results/report/report.pdf",
            caption="../report/captions/report.rst",
            category="Report",
            labels={"figure": "the report to print"},
        ),
    log:
        "results/logs/print_report.log",
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("print_report"),
    params:
        config=study.config,
        code=code_hash("print_report"),
    message:
        "Print the report"
    script:
        "../scripts/print_report.py"
