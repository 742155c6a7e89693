# Warta with a PostgreSQL of your own (DATABASE_URL); see compose.yaml.
FROM python:3.12-slim

COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
RUN useradd --create-home --uid 10001 warta
WORKDIR /app
ENV UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 PATH="/app/.venv/bin:$PATH"

# What seldom changes first: a new version of the code reuses this layer.
COPY pyproject.toml uv.lock README.md ./
RUN uv sync --frozen --no-dev --no-install-project
COPY bot bot
COPY handlers handlers
COPY services services
RUN uv sync --frozen --no-dev

USER warta
# SIGTERM ends the bot in peace: what is being sent is finished first.
STOPSIGNAL SIGTERM
ENTRYPOINT ["warta"]
CMD ["run"]
