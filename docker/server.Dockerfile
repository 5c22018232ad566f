# syntax=docker/dockerfile:1
# The GPU server: Triton's Python backend with the engine on onnxruntime-gpu.
# Build from the repository root: docker build -f docker/server.Dockerfile -t qwen3-asr-server .
#
# onnxruntime-gpu 1.31.1 is linked against CUDA 13, which Triton's images carry from 25.10 on. Images before
# 25.07 have known remote exploits and must not be used; see SECURITY.md.
ARG TRITON_IMAGE=nvcr.io/nvidia/tritonserver:26.09-py3
ARG PYTHON_IMAGE=python:3.12.13-slim-bookworm

# Packages are put together where pip is at home. Both images have Python 3.12.
FROM ${PYTHON_IMAGE} AS packages
WORKDIR /src
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY requirements/lock.txt requirements/lock.txt
COPY engine engine
COPY export export
COPY client client
COPY analysis analysis
COPY apps apps
RUN pip install --no-cache-dir -c requirements/lock.txt --target /packages '.[serve-gpu]'

FROM ${TRITON_IMAGE}
# A virtual environment first on PATH: Triton's embedded Python ignores PYTHONPATH, but it follows PATH's python3.
RUN python3 -m venv --without-pip /opt/asr
COPY --from=packages /packages /opt/asr/lib/python3.12/site-packages
ENV PATH=/opt/asr/bin:${PATH} \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1

SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# Fails the build, not the first request, when the images' Python or CUDA versions drift apart.
# libcuda.so.1 belongs to the driver and appears only in a container with a GPU.
RUN python3 -c "import asr_engine.triton.model, asr_server.server, asr_cli.serve_command, onnxruntime" \
    && ldd /opt/asr/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime_providers_cuda.so \
       | awk '/not found/ && !/libcuda[.]so/ {print; missing = 1} END {exit missing}' \
    && ldconfig -p | grep -q 'libcudnn.so.9'

# The image's own unprivileged user, triton-server.
USER 1000:1000
WORKDIR /tmp
EXPOSE 8000 8001 8002
# A real inference: Triton goes on saying ready when its Python process is dead. A full queue counts as healthy.
HEALTHCHECK --interval=15s --timeout=15s --start-period=300s --start-interval=3s --retries=3 \
    CMD ["python3", "-m", "asr_cli", "health", "--ready", "--timeout=10"]
# Nothing is repaired in place: the command ends with an error, and the container is started anew.
ENTRYPOINT ["python3", "-m", "asr_cli", "serve"]
CMD ["--repository=/models/repository", "--host=0.0.0.0", "--max-restarts=0", "--log-dir=/tmp/asr", "--echo-log"]
