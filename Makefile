# Two commands do everything on a fresh machine: `make demo` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3)
PIP_FLAGS ?=
VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/lock.txt
TARGET ?= cpu-fp32
REPOSITORY := build/demo
# Ctrl-C is part of the tests; a shell that runs them in the background has it ignored.
PYTEST = env --default-signal=INT HF_HUB_OFFLINE=1 $(BIN)/python -m pytest
PIP_INSTALL = $(BIN)/python -m pip install $(PIP_FLAGS) -c $(LOCK)

.PHONY: help install install-dev demo export-demo serve test test-fast test-system accept accept-weights check format load bench bench-gpu demo-model lock clean

help:  ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.demo  ## create .venv with what the demo needs
install-dev: $(VENV)/.dev  ## add the test, lint and load-test tools

demo: $(VENV)/.demo  ## install, export, serve, transcribe and analyse the sample calls
	$(BIN)/python demo/run.py

export-demo: $(VENV)/.demo  ## export the demo checkpoint to build/demo (TARGET=cpu-fp32|cpu-int8)
	$(BIN)/asr export --checkpoint demo/checkpoint --target $(TARGET) --out $(REPOSITORY) --if-stale

serve: export-demo  ## keep a server with the demo model running; prints how to call it
	exec $(BIN)/asr serve --repository $(REPOSITORY)

test: $(VENV)/.dev  ## run the tests, with a real Triton and a browser (about ten minutes)
	$(PYTEST)

test-fast: $(VENV)/.dev  ## the tests without server, browser, export or kill (about a minute)
	$(PYTEST) -q -m 'not slow' --timeout 20 -n 2 --dist loadfile

test-system: $(VENV)/.dev  ## run the longer tests: chaos, many calls, the GPU check kit
	$(PYTEST) tests/system

accept: $(VENV)/.dev  ## measure every promise of the product and print the figures
	$(PYTEST) tests/accept -s

accept-weights: $(VENV)/.dev  ## measure CHECKPOINT=… on a test set DATA=…: export, accuracy, speed
	$(BIN)/python -m tests.accept.accept_weights --checkpoint "$(CHECKPOINT)" --data "$(DATA)" --target $(TARGET)

check: $(VENV)/.dev  ## lint, types, configuration files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/config

format: $(VENV)/.dev  ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

load: $(VENV)/.dev export-demo  ## 64 users for a minute against a server of its own
	$(BIN)/python loadtest/load_run.py

bench: $(VENV)/.dev  ## speed against PyTorch with the full-size architecture (BENCH=--help explains)
	PYTHONPATH=loadtest $(BIN)/python -m bench speed $(BENCH)

bench-gpu: $(VENV)/.dev $(VENV)-gpu/.ready  ## is the export for CUDA right on this GPU, and how fast
	PYTHONPATH=loadtest $(BIN)/python -m bench.gpu prepare
	PYTHONPATH=loadtest $(VENV)-gpu/bin/python -m bench.gpu run

demo-model:  ## train the demo checkpoint anew (~90 minutes on 2 idle cores; needs espeak-ng and libflite1)
	$(PYTHON) -m venv .venv-demo-model
	.venv-demo-model/bin/python -m pip install $(PIP_FLAGS) torch==2.13.0
	.venv-demo-model/bin/python -m pip install $(PIP_FLAGS) -r requirements/demo-model.txt
	cd demo && ../.venv-demo-model/bin/python -m training

lock: $(VENV)/.dev  ## pin what .venv holds now
	$(BIN)/python -m pip freeze --exclude-editable | sed -E 's/^(torch==[^+]*)\+.*/\1/' > $(LOCK)

clean:  ## remove build outputs and caches (keeps .venv)
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' || \
	  { echo "Python 3.11 or 3.12 is needed; got $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Of its own: onnxruntime-gpu and onnxruntime overwrite each other's files.
$(VENV)-gpu/.ready: pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)-gpu
	$(VENV)-gpu/bin/python -m pip install $(PIP_FLAGS) -c $(LOCK) -e '.[serve-gpu]' 'onnxruntime-gpu[cuda,cudnn]'
	touch $@

# torch first and alone: otherwise its dependants may pull another build of it.
$(VENV)/.demo: pyproject.toml $(LOCK) | $(VENV)/bin/python
	$(PIP_INSTALL) torch
	$(PIP_INSTALL) -e '.[client,media,batch,analysis,intents,eval,embedded,export]'
	touch $@

$(VENV)/.dev: $(VENV)/.demo
	$(PIP_INSTALL) -e '.[client,media,batch,analysis,intents,eval,embedded,export,loadtest,web,dev]'
	touch $@
