# Draws the figures and puts everything into one report.
# REQUIRED INPUTS: the tables of every earlier stage
# OUTPUTS: results/figures/{cohort}/, results/figures/pooled/, results/provenance.json, results/report/index.html


rule draw_cohort:
    input:
        cohort="results/cohorts/{cohort}.h5ad",
        quality="results/qc/{cohort}.tsv",
        scores="results/scores/{cohort}.parquet",
        associations="results/associations/{cohort}.tsv",
        curves="results/associations/{cohort}.curves.tsv",
        summary="results/cohorts/{cohort}.summary.tsv",
    output:
        figures=report(
            directory("results/figures/{cohort}"),
            patterns=["{figure}.svg"],
            caption="../report/captions/cohort.rst",
            category="Cohorts",
            subcategory="{cohort}",
            labels={"figure": "{figure}"},
        ),
    params:
        config=study.config.analysis(),
        code=code_hash("figures.draw", "figures.style", "cohort"),
    script:
        "../scripts/draw_cohort.py"


rule draw_pooled:
    input:
        associations="results/tables/associations.tsv",
        pooled="results/tables/pooled.tsv",
        cohorts="results/tables/cohorts.tsv",
    output:
        figures=report(
            directory("results/figures/pooled"),
            patterns=["{figure}.svg"],
            caption="../report/captions/pooled.rst",
            category="All cohorts",
            labels={"figure": "{figure}"},
        ),
    params:
        config=study.config.analysis(),
        code=code_hash("figures.draw", "figures.style"),
    script:
        "../scripts/draw_pooled.py"
