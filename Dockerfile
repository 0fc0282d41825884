# The workflow with the environment of its lock: docker build -t irf7bone . ; then, in a folder with study.yaml and its cards,
#   docker run --rm -u "$(id -u):$(id -g)" -v "$PWD:/data" irf7bone run study.yaml
# Files that are fetched come beside the study as well: nothing is written into the image.
FROM python:3.12-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /opt/irf7bone

# As tools/setup_environment.sh does: the lock's own setuptools builds what is published as source only.
COPY envs/requirements.lock envs/requirements.lock
RUN sed -n '/^setuptools==/,/[^\\]$/p' envs/requirements.lock > builder.txt \
    && python -m pip install --no-deps --require-hashes -r builder.txt \
    && python -m pip install --no-build-isolation --no-deps --require-hashes -r envs/requirements.lock \
    && rm builder.txt

COPY . .
RUN python -m pip wheel --no-deps --no-build-isolation --wheel-dir /opt/wheel . \
    && python -m pip install --no-deps /opt/wheel/irf7bone-*.whl \
    && rm -r /opt/wheel \
    && python -m compileall -q -x '/tests?/' /usr/local/lib/python3.12/site-packages/irf7bone_workflow/workflow

WORKDIR /data
ENTRYPOINT ["irf7bone"]
CMD ["--help"]
