# Reduces each single-cell data set to samples of patients, and compares them in the tumour cells and beside them.
# REQUIRED INPUTS: the cards of data sets and the files they name, the signature files, data/cell_markers, data/genes
# OUTPUTS: results/cells/{data_set}/, results/pooled_cells/, results/figures/cells/{data_set}/


rule fetch_cells:
    output:
        manifest="results/downloads/{data_set}.tsv",
    log:
        "results/logs/fetch_cells/{data_set}.log",
    priority: 3
    localrule: True
    conda:
        "../../envs/irf7bone.yaml"
    params:
        files=cells_downloads,
        folder=f"{downloads}/{{data_set}}",
        lock=cells_lock,
        mirror=study.mirror,
        code=code_hash("fetch_files"),
    message:
        "Fetch the files of {wildcards.data_set}"
    script:
        "../scripts/fetch_files.py"


rule acquire_cells:
    input:
        card=cells_file,
        files=cells_inputs,
        downloads=cells_manifest,
        signatures=study.signature_files,
        cell_markers=cell_markers,
        positions=positions,
        symbols=study.symbols,
    output:
        counts=directory("results/cells/{data_set}/counts"),
        obs="results/cells/{data_set}/obs.parquet",
        matrices="results/cells/{data_set}/matrices.json",
        flow="results/cells/{data_set}/flow.tsv",
        source="results/cells/{data_set}/source.json",
    log:
        "results/logs/acquire_cells/{data_set}.log",
    priority: 3
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("acquire_cells"),
    params:
        downloads=f"{downloads}/{{data_set}}",
        code=code_hash("acquire_cells"),
    message:
        "Open the cells of {wildcards.data_set}"
    script:
        "../scripts/acquire_cells.py"


rule scan_cells:
    input:
        card=cells_file,
        obs="results/cells/{data_set}/obs.parquet",
        matrices="results/cells/{data_set}/matrices.json",
        counts="results/cells/{data_set}/counts",
        symbols=study.symbols,
    output:
        quality="results/cells/{data_set}/cell_quality.parquet",
        sample="results/cells/{data_set}/sampled.h5ad",
    log:
        "results/logs/scan_cells/{data_set}.log",
    priority: 3
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("scan_cells"),
    params:
        code=code_hash("scan_cells"),
    message:
        "Read the cells of {wildcards.data_set} for their quality"
    script:
        "../scripts/scan_cells.py"


rule call_compartments:
    input:
        card=cells_file,
        sample="results/cells/{data_set}/sampled.h5ad",
        cell_markers=cell_markers,
        positions=positions,
        orthologs=orthologs,
        symbols=study.symbols,
    output:
        calls="results/cells/{data_set}/calls.tsv",
        model="results/cells/{data_set}/model.npz",
        cells="results/cells/{data_set}/sampled.parquet",
        copy_number="results/cells/{data_set}/copy_number.parquet",
    log:
        "results/logs/call_compartments/{data_set}.log",
    priority: 3
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("call_compartments"),
    params:
        seed=study.config.random_signatures.seed,
        code=code_hash("call_compartments"),
    message:
        "Call the compartments of {wildcards.data_set}"
    script:
        "../scripts/call_compartments.py"


rule reduce_cells:
    input:
        card=cells_file,
        obs="results/cells/{data_set}/obs.parquet",
        matrices="results/cells/{data_set}/matrices.json",
        counts="results/cells/{data_set}/counts",
        quality="results/cells/{data_set}/cell_quality.parquet",
        calls="results/cells/{data_set}/calls.tsv",
        model="results/cells/{data_set}/model.npz",
        sampled="results/cells/{data_set}/sampled.parquet",
        signatures=study.signature_files,
        cell_markers=cell_markers,
        orthologs=orthologs,
        symbols=study.symbols,
    output:
        cells="results/cells/{data_set}/cells.parquet",
        pseudobulk="results/cells/{data_set}/pseudobulk.h5ad",
        confusion="results/cells/{data_set}/confusion.tsv",
        quality="results/cells/{data_set}/quality.tsv",
    log:
        "results/logs/reduce_cells/{data_set}.log",
    priority: 3
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("reduce_cells"),
    params:
        primary=cells_primary,
        code=code_hash("reduce_cells"),
    message:
        "Add the cells of {wildcards.data_set} up to samples"
    script:
        "../scripts/reduce_cells.py"


rule analyse_cells:
    input:
        card=cells_file,
        pseudobulk="results/cells/{data_set}/pseudobulk.h5ad",
        signatures=study.signature_files,
        records=signature_records,
        markers=markers,
        cell_markers=cell_markers,
        orthologs=orthologs,
        symbols=study.symbols,
    output:
        tables=compared,
    log:
        "results/logs/analyse_cells/{data_set}.log",
    priority: 2
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("analyse_cells"),
    params:
        config=study.config.analysis(),
        seed=study.config.random_signatures.seed,
        code=code_hash("analyse_cells"),
    message:
        "Compare the patients of {wildcards.data_set}"
    script:
        "../scripts/analyse_cells.py"


rule derive_malignant_parts:
    input:
        cards=[card.path for card in study.cells.values()],
        pseudobulk=every("results/cells/{data_set}/pseudobulk.h5ad", data_set=study.cells),
        signatures=study.signature_files,
        records=signature_records,
        orthologs=orthologs,
        symbols=study.symbols,
    output:
        signatures=directory("results/pooled_cells/malignant_part"),
        parts="results/pooled_cells/malignant_parts.tsv",
        genes="results/pooled_cells/malignant_genes.tsv",
    log:
        "results/logs/derive_malignant_parts.log",
    priority: 3
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("derive_malignant_parts"),
    params:
        parts=study.malignant_parts,
        rule=study.config.malignant_part,
        code=code_hash("derive_malignant_parts"),
    message:
        "Derive the malignant parts of signatures from the cells"
    script:
        "../scripts/derive_malignant_parts.py"


rule pool_cells:
    input:
        cards=[card.path for card in study.cells.values()],
        signatures=every("results/cells/{data_set}/signatures.tsv", data_set=study.cells),
        claim=every("results/cells/{data_set}/claim.tsv", data_set=study.cells),
        immune=every("results/cells/{data_set}/immune.tsv", data_set=study.cells),
    output:
        contrasts="results/pooled_cells/contrasts.tsv",
        links="results/pooled_cells/links.tsv",
        claim="results/pooled_cells/claim.tsv",
        forest="results/pooled_cells/forest.tsv",
        figures=report(
            directory("results/figures/pooled_cells"),
            patterns=["{figure}.svg"],
            caption="../report/captions/cells.rst",
            category="Single cells",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/pool_cells.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("pool_cells"),
    params:
        code=code_hash("pool_cells"),
    message:
        "Pool the single-cell data sets"
    script:
        "../scripts/pool_cells.py"


rule plot_cells:
    input:
        card=cells_file,
        tables=cell_tables,
        cells="results/cells/{data_set}/cells.parquet",
        copy_number="results/cells/{data_set}/copy_number.parquet",
        pseudobulk="results/cells/{data_set}/pseudobulk.h5ad",
        cell_markers=cell_markers,
        orthologs=orthologs,
        symbols=study.symbols,
    output:
        figures=report(
            directory("results/figures/cells/{data_set}"),
            patterns=["{figure}.svg"],
            caption="../report/captions/cells.rst",
            category="Single cells",
            subcategory="{data_set}",
            labels={"figure": "{figure}"},
        ),
    log:
        "results/logs/plot_cells/{data_set}.log",
    priority: 1
    conda:
        "../../envs/irf7bone.yaml"
    resources:
        mem_mb=memory("plot_cells"),
    params:
        code=code_hash("plot_cells"),
    message:
        "Plot the figures of {wildcards.data_set}"
    script:
        "../scripts/plot_cells.py"
