# Everything a newcomer needs: `make card`, `make run`, `make test`. Sets up what is missing; needs Python 3.11+, make and a shell.

.PHONY: card run doctor test check test-hub bench bench-kills bench-archive bench-digest clean
.DEFAULT_GOAL := card

UV_VERSION := 0.13.9
SYSTEM_UV := $(shell command -v uv 2>/dev/null)
UV := $(if $(SYSTEM_UV),$(SYSTEM_UV),.uv/bin/uv)
SAMPLE := samples/jembatan.html
# uv must use the Python that is here, and never fetch one.
export UV_PYTHON_DOWNLOADS := never
# A second less at every start, also where Python may not write its caches.
export UV_COMPILE_BYTECODE := 1
BIN := .venv/bin
HUB_BIN := .venv-hub/bin

# `make card`, `make card URL=https://…`, `make card FILE=page.html`; the shell reads both names from the environment,
# so that no character of an address means anything to it.
export URL FILE
card: .venv/.synced
	@$(BIN)/warta card "$${FILE:-$${URL:-$(SAMPLE)}}"

# The bot; needs WARTA_BOT_TOKEN in `.env`.
run: .venv/.synced
	@exec $(BIN)/warta run

doctor: .venv/.synced
	@$(BIN)/warta doctor

test: .venv/.synced
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/.synced
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Loads small transformers models that the test makes itself; the extra brings torch (several GB on Linux).
test-hub: .venv-hub/.synced
	$(HUB_BIN)/python -m pytest -m hub

bench: .venv-hub/.synced
	$(HUB_BIN)/python -m bench.speed
	$(HUB_BIN)/python -m bench.extraction
	$(HUB_BIN)/python -m bench.cards
	$(HUB_BIN)/python -m bench.tone
	$(HUB_BIN)/python -m bench.stories
	$(HUB_BIN)/python -m bench.chat

# Topics of plain words on labelled pairs, and a day of 5,000 articles of feeds: a quarter of an hour.
bench-digest: .venv/.synced
	$(BIN)/python -m bench.topics
	$(BIN)/python -m bench.feeds

# An archive of 100,000 made articles: a quarter of an hour.
bench-archive: .venv/.synced
	$(BIN)/python -m bench.archive

# Kills the running bot fifty times; about ten minutes.
bench-kills: .venv/.synced
	$(BIN)/python -m bench.chat kills

clean:
	rm -rf .venv .venv-hub .uv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@echo "Setting up (once, about a minute) …" >&2
	@$(UV) sync --frozen --quiet
	@touch $@

.venv-hub/.synced: pyproject.toml uv.lock | $(UV)
	UV_PROJECT_ENVIRONMENT=.venv-hub $(UV) sync --frozen --extra hub
	@touch $@

.uv/bin/uv:
	@sh scripts/get-uv.sh $(UV_VERSION)
