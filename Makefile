# Everything that a developer runs; `make` alone lists it. It needs Python 3.11 or newer, with pip.

PYTHON  ?= python3
# Which wheel of onnxruntime: an extra of pyproject.toml.
RUNTIME ?= training
# The reference of some tests. The default wheel brings CUDA, several GB; PyTorch's own install page tells how to get the
# small one: say TORCH="..." with what it gives for pip.
TORCH   ?= torch==2.13.0
# More arguments for pytest.
PYTEST  ?=

demo  = .venv-demo-$(RUNTIME)
tests = .venv-$(RUNTIME)
comma := ,

# Make the environment of a stamp file: $(1) the runtime, $(2) what pip installs. It is made anew when pyproject.toml
# has changed, and the stamp comes last, so that a broken one is never taken for whole.
define environment
	@$(PYTHON) -c 'import sys; version = sys.version_info[:2]; \
	  fits = (3, 11) <= version and ("$(1)" != "training" or version <= (3, 12)); \
	  sys.exit(None if fits else "Python %d.%d does not fit: PYTHON=python3.11, or RUNTIME=cpu for 3.13 on" % version)'
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check $(2)
	@touch $@
endef

.DEFAULT_GOAL := help
.PHONY: help demo test test-floors test-slow test-reference bench accuracy data lint docs golden clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 18

.venv-demo-%/ready: pyproject.toml
	$(call environment,$*,-e '.[$*]')

.venv-reference/ready: pyproject.toml
	$(call environment,cpu,-e '.[cpu$(comma)test$(comma)reference]' $(TORCH))

.venv-floors/ready: pyproject.toml tests/floors.txt
	$(call environment,training,-e '.[training$(comma)test]' -c tests/floors.txt)

.venv-bench/ready: pyproject.toml
	$(call environment,cpu,-e '.[cpu$(comma)bench]' $(TORCH))

.venv-%/ready: pyproject.toml
	$(call environment,$*,-e '.[$*$(comma)test]')

demo: $(demo)/ready ## Train LeNet-5 on digits, export it, predict with onnxruntime and numpy alone.
	$(demo)/bin/declnet train specs/lenet5.json -o runs/demo --force
	$(demo)/bin/declnet evaluate runs/demo
	$(demo)/bin/declnet export runs/demo -o lenet5.onnx --force
	$(demo)/bin/python examples/predict.py lenet5.onnx

test: $(tests)/ready ## Run the tests; RUNTIME=cpu: against the stock onnxruntime.
	$(tests)/bin/python -m pytest $(PYTEST)

test-floors: .venv-floors/ready ## Run the tests against the oldest versions that pyproject.toml allows.
	.venv-floors/bin/python -m pytest $(PYTEST)

test-slow: $(tests)/ready ## Run the tests that take long.
	$(tests)/bin/python -m pytest -m slow $(PYTEST)

test-reference: .venv-reference/ready ## Run the tests that compare with PyTorch.
	.venv-reference/bin/python -m pytest -m reference $(PYTEST)

bench: .venv-bench/ready .venv-training/ready .venv-cpu/ready ## Race the training step against PyTorch and JAX.
	.venv-bench/bin/python benchmarks/step.py --peers .venv-bench/bin/python \
	  --declnet .venv-training/bin/python --declnet .venv-cpu/bin/python

accuracy: .venv-bench/ready $(tests)/ready ## Train every spec, here and in PyTorch, three seeds each: docs/results.md.
	$(tests)/bin/python benchmarks/accuracy/measure.py --side declnet
	.venv-bench/bin/python benchmarks/accuracy/measure.py --side torch
	$(tests)/bin/python benchmarks/accuracy/table.py

data: $(tests)/ready ## Fetch MNIST's digits and Fashion-MNIST into specs/data.
	$(tests)/bin/python scripts/fetch_data.py

lint: $(tests)/ready ## Check style, format and types.
	$(tests)/bin/ruff check .
	$(tests)/bin/ruff format --check .
	$(tests)/bin/python -m mypy

docs: $(tests)/ready ## Write what is generated: docs/spec.md, docs/layers.md, and the schema and types for editors.
	$(tests)/bin/python -m declnet.schema
	$(tests)/bin/python scripts/make_docs.py
	$(tests)/bin/python scripts/make_operators.py

golden: $(tests)/ready ## Rewrite the golden texts.
	$(tests)/bin/python -m pytest tests/test_golden.py --update-golden

clean: ## Remove environments, caches and what the demo wrote.
	rm -rf .venv* runs/demo build dist lenet5.onnx .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
