# Exolot. `make demo` and `make test` need Python 3.11 or newer, make and git; nothing else.

PORT ?= 8000
ARGS ?=
VENV := .venv
PYTHON_IN_VENV := $(VENV)/bin/python
# What check --deploy looks at is settings, not the server that this address names.
PRODUCTION := DATABASE_URL=postgresql://exolot_app:throwaway@localhost/exolot \
	SECRET_KEY=$$($(PYTHON_IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(64))')

.DEFAULT_GOAL := help
.PHONY: help demo test check fuzz

help: ## show this list
	@echo 'Exolot: quality-control records of exosome product lots'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

demo: $(VENV)/.installed-base ## serve demo data on this machine (PORT, default 8000) until Ctrl-C
	@EXOLOT_CLUSTER=demo exec $(PYTHON_IN_VENV) manage.py demo --port $(PORT)

test: $(VENV)/.installed-test ## run every test (ARGS: more words for pytest)
	@EXOLOT_CLUSTER=test $(VENV)/bin/pytest -n auto $(ARGS)

fuzz: $(VENV)/.installed-test ## ask every operation of the API 200 things at random, others each time
	@EXOLOT_CLUSTER=test EXOLOT_FUZZ=200 $(VENV)/bin/pytest -n auto tests/api/test_fuzz.py $(ARGS)

check: $(VENV)/.installed-test ## look at the code without running it: lint, types, layers, migrations
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PYTHON_IN_VENV) -W error manage.py makemigrations --check --dry-run
	@echo 'manage.py check --deploy'
	@$(PRODUCTION) $(PYTHON_IN_VENV) -W error manage.py check --deploy --fail-level WARNING

$(PYTHON_IN_VENV):
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			if command -v uv >/dev/null; then \
				exec uv venv --quiet --clear --python "$$(command -v "$$python")" $(VENV); \
			fi; \
			exec "$$python" -m venv --clear $(VENV); \
		fi; \
	done; \
	echo 'Exolot needs Python 3.11 or newer. Install it, or name it: make PYTHON=/path/to/python3' >&2; \
	exit 1

# The tests' packages include the others, the extra sso too: nothing is left to install.
$(VENV)/.installed-%: requirements/%.txt | $(PYTHON_IN_VENV)
	@echo 'Installing packages into $(VENV) ...'
	@if command -v uv >/dev/null; then \
		uv pip install --quiet --python $(PYTHON_IN_VENV) --require-hashes -r $<; \
	else \
		$(PYTHON_IN_VENV) -m pip install --quiet --disable-pip-version-check --require-hashes -r $<; \
	fi
	@touch $@
	@if [ '$*' = test ]; then touch $(VENV)/.installed-base; fi
