FROM condaforge/miniforge3:latest
LABEL io.github.snakemake.containerized="true"
LABEL io.github.snakemake.conda_env_hash="c85d3b7e025e2089fda0eaa10610af966fdebcaeaf188e1b42e03a00a675a760"
# Conda environment:
#   source: envs/irf7bone.yaml
#   prefix: /conda-envs/40b79a05cf813e61c025dbbc728aca12
#   # The versions of requirements.lock for `snakemake --sdm conda`; it can also run the whole workflow. Where
#   # conda is not used, requirements.lock is the environment. A test holds the two together.
#   name: irf7bone
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.12
#     - snakemake-minimal ==9.27.1
#     - pygments ==2.21.0
#     - jinja2 ==3.1.6
#     - jsonschema ==4.26.0
#     - pyyaml ==6.0.3
#     - numpy ==2.4.6
#     - pandas ==2.3.3
#     - pyarrow ==26.0.1
#     - scipy ==1.17.1
#     - tqdm ==4.70.1
#     - gseapy ==1.3.1
#     - numba ==0.68.1
#     - rdata ==1.1.0
#     - scanpy ==1.11.5
#     - statsmodels ==0.15.0
#     - pydeseq2 ==0.5.4
#     - pypdf ==7.1.1
#     - reportlab ==5.1.0
#     - rocrate ==0.16.0
#     - seaborn ==0.13.2
#     # on the Python package index only
#     - pip
#     - pip:
#         - firthmodels==0.8.2
#         - pylimma==0.2.0
#         - survset==0.2.11
RUN mkdir -p /conda-envs/40b79a05cf813e61c025dbbc728aca12
COPY envs/irf7bone.yaml /conda-envs/40b79a05cf813e61c025dbbc728aca12/environment.yaml

RUN conda env create --prefix /conda-envs/40b79a05cf813e61c025dbbc728aca12 --file /conda-envs/40b79a05cf813e61c025dbbc728aca12/environment.yaml && \
    conda clean --all -y
