# syntax=docker/dockerfile:1
# The `asr` command for transcribing and analysing calls: no torch, no ONNX Runtime, no Triton.
# Build from the repository root: docker build -f docker/client.Dockerfile -t qwen3-asr-client .
ARG PYTHON_IMAGE=python:3.12.13-slim-bookworm

FROM ${PYTHON_IMAGE}
WORKDIR /src
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY requirements/lock.txt requirements/lock.txt
COPY engine engine
COPY export export
COPY client client
COPY analysis analysis
COPY apps apps
RUN pip install --no-cache-dir -c requirements/lock.txt '.[client,batch,s3,analysis,intents]' \
    && useradd --uid 1000 --create-home asr
ENV PYTHONUNBUFFERED=1

USER 1000:1000
WORKDIR /calls
ENTRYPOINT ["asr"]
CMD ["--help"]
