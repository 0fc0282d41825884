# Draws the figures and puts everything into one report.
# REQUIRED INPUTS: the tables of every earlier stage
# OUTPUTS: results/figures/{cohort}/, results/figures/pooled/, results/provenance.json,
#          results/report/: index.html, report.pdf, methods.md, references.bib


rule draw_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        quality="results/qc/{cohort}.tsv",
        scores="results/scores/{cohort}.parquet",
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
        summary="results/cohorts/{cohort}.summary.tsv",
        depth=[f"results/depth/{{cohort}}/{table}.tsv" for table in DEPTH],
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
        "results/logs/draw_cohort/{cohort}.log",
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        code=code_hash("draw_cohort"),
    message:
        "Draw the figures of cohort {wildcards.cohort}"
    script:
        "../scripts/draw_cohort.py"


rule draw_pooled:
    input:
        associations="results/tables/associations.tsv",
        pooled="results/tables/pooled.tsv",
        cohorts="results/tables/cohorts.tsv",
        depth=expand("results/depth/{cohort}/{table}.tsv", cohort=study.cards, table=DEPTH),
        depth_pooled=expand("results/tables/{table}.tsv", table=DEPTH_POOLED),
    output:
        figures=report(
            directory("results/figures/pooled"),
            patterns=["{figure}.svg"],
            caption="../report/captions/pooled.rst",
            category="All cohorts",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/draw_pooled.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    params:
        config=study.config.analysis(),
        code=code_hash("draw_pooled"),
    message:
        "Draw the figures over all cohorts"
    script:
        "../scripts/draw_pooled.py"


rule write_provenance:
    input:
        cards=[card.path for card in study.cards.values()],
        sources=expand("results/acquired/{cohort}/source.json", cohort=study.cards),
        experiments=[card.path for card in study.experiments.values()],
        experiment_sources=expand(
            "results/experiments/{experiment}.source.json", experiment=study.experiments
        ),
        cells=[card.path for card in study.cells.values()],
        cell_sources=expand("results/cells/{data_set}/source.json", data_set=study.cells),
        signatures=signature_library,
        records=signature_records,
    output:
        provenance="results/provenance.json",
    log:
        "results/logs/write_provenance.log",
    conda:
        "../../envs/irf7bone.yaml"
    params:
        study=study,
        command=command,
        # the study itself is not compared between runs; what it holds beside the cards is
        settings=(
            study.config.title,
            study.config.cohorts,
            study.config.experiments,
            study.config.cells,
            study.config.analysis(),
        ),
        revision=git_revision(Path(workflow.basedir)),
        code=code_hash("write_provenance"),
    message:
        "Write down what the run is made of"
    script:
        "../scripts/write_provenance.py"


rule build_report:
    input:
        cards=[card.path for card in study.cards.values()],
        signatures=signature_library,
        records=signature_records,
        symbols=study.symbols,
        associations="results/tables/associations.tsv",
        pooled="results/tables/pooled.tsv",
        cohorts="results/tables/cohorts.tsv",
        verdict="results/tables/verdict.tsv",
        flow=expand("results/cohorts/{cohort}.flow.tsv", cohort=study.cards),
        coverage=expand("results/scores/{cohort}.coverage.tsv", cohort=study.cards),
        quality=expand("results/qc/{cohort}.tsv", cohort=study.cards),
        curves=expand("results/associations/{cohort}.curves.tsv", cohort=study.cards),
        depth=expand("results/depth/{cohort}/{table}.tsv", cohort=study.cards, table=DEPTH),
        depth_pooled=expand("results/tables/{table}.tsv", table=DEPTH_POOLED),
        figures=expand("results/figures/{part}", part=[*study.cards, "pooled"]),
        experiments=[card.path for card in study.experiments.values()],
        experiment_tables=expand(
            "results/experiments/{experiment}/{table}.tsv", experiment=study.experiments, table=EXPERIMENT
        ),
        experiment_flow=expand("results/experiments/{experiment}.flow.tsv", experiment=study.experiments),
        derived=expand("results/experiments/{experiment}/derived.tsv", experiment=deriving),
        experiment_figures=expand("results/figures/experiments/{experiment}", experiment=study.experiments),
        cells=[card.path for card in study.cells.values()],
        cell_tables=expand(
            "results/cells/{data_set}/{table}.tsv",
            data_set=study.cells,
            table=[*CELL_TABLES, *CALL_TABLES],
        ),
        cell_flow=expand("results/cells/{data_set}/flow.tsv", data_set=study.cells),
        cell_figures=expand("results/figures/cells/{data_set}", data_set=study.cells),
        provenance="results/provenance.json",
        templates=report_templates,
        calibration=calibration,
    output:
        report=report(
            "results/report/index.html",
            caption="../report/captions/report.rst",
            category="Report",
            labels={"figure": "the whole report"},
        ),
        printed=report(
            "results/report/report.pdf",
            caption="../report/captions/report.rst",
            category="Report",
            labels={"figure": "the report to print"},
        ),
        methods="results/report/methods.md",
        references="results/report/references.bib",
    log:
        "results/logs/build_report.log",
    conda:
        "../../envs/irf7bone.yaml"
    params:
        study=study,
        settings=(
            study.config.title,
            study.config.cohorts,
            study.config.experiments,
            study.config.cells,
            study.config.analysis(),
        ),
        code=code_hash("build_report"),
    message:
        "Build the report"
    script:
        "../scripts/build_report.py"
