# syntax=docker/dockerfile:1
# The exporter: a checkpoint in, a Triton model repository out. Runs once, on the CPU, and is not needed to serve.
# Build from the repository root: docker build -f docker/export.Dockerfile -t qwen3-asr-export .
ARG PYTHON_IMAGE=python:3.12.13-slim-bookworm

FROM ${PYTHON_IMAGE}
# PyTorch's CPU build is a tenth of the default one, which brings CUDA along.
ARG PIP_FLAGS="--extra-index-url https://download.pytorch.org/whl/cpu"
WORKDIR /src
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY requirements/lock.txt requirements/lock.txt
# torch first and alone: its dependants could otherwise pull another build of it.
# hadolint ignore=DL3013,SC2086
RUN pip install --no-cache-dir ${PIP_FLAGS} -c requirements/lock.txt torch
COPY engine engine
COPY export export
COPY client client
COPY analysis analysis
COPY apps apps
COPY model_repository model_repository
# Editable, so that the exporter finds the template in model_repository.
# hadolint ignore=SC2086
RUN pip install --no-cache-dir ${PIP_FLAGS} -c requirements/lock.txt -e '.[export]' \
    && useradd --uid 1000 --create-home asr \
    && install -d -o 1000 -g 1000 /models /home/asr/.cache/huggingface
ENV PYTHONUNBUFFERED=1

USER 1000:1000
WORKDIR /models
ENTRYPOINT ["asr", "export"]
CMD ["--help"]
