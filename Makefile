# `make` alone prints what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
QUIET := source scripts/environment.sh &&

.PHONY: help
help:  ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: setup
setup:  ## install what uv.lock says into .venv, and export the encoder
	@scripts/setup

.PHONY: encoder
encoder: setup  ## export the packaged encoder to int8 ONNX (part of setup)

.PHONY: train
train: setup  ## train the assistant, if anything changed since the last time
	@$(QUIET) $(PYTHON) -m assistant.serve train

.PHONY: run
run: setup  ## set up, train if needed, start, and print the page's address; Ctrl-C stops all
	@$(QUIET) exec $(PYTHON) -m assistant.serve run

.PHONY: shell
shell: setup  ## talk to the assistant in the terminal
	@$(QUIET) exec $(PYTHON) -m assistant.serve shell

.PHONY: test
test: setup  ## set up and pass all tests, checks and linters
	@scripts/test

.PHONY: lint
lint: setup  ## ruff (lint and format) and mypy
	@scripts/lint

.PHONY: evaluate
evaluate: train  ## measure answering, red flags and speed beside Rasa's stock components
	@$(QUIET) $(PYTHON) -m assistant.evaluation

.PHONY: purge
purge: setup  ## delete records and conversations older than retention_days of site.yml
	@$(QUIET) $(PYTHON) -m assistant.escalation.purge
