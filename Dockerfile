# The assistant, its worker and its console in one image; no compiler, no PyTorch, no TensorFlow, no root.
# Build: docker build -t bone-metastases-assistant:1 .     What was and was not run of this: docs/cluster.md.
FROM python:3.10-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# --- trains the model: needs everything, and none of it is served
FROM base AS trained
RUN pip install uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
COPY scripts scripts
# What the export of the encoder imports, and no more: other changes keep this layer.
COPY assistant/encoder assistant/encoder
COPY assistant/observability assistant/observability
COPY assistant/__init__.py assistant/paths.py assistant/
RUN scripts/setup
COPY . .
RUN bash -c "source scripts/environment.sh && .venv/bin/python -m assistant.serve train"

# --- the packages that serving needs
FROM base AS packages
RUN pip install uv==0.13.9
WORKDIR /app
COPY pyproject.toml uv.lock ./
COPY scripts/serving-packages scripts/serving-packages
RUN python -m venv /venv && scripts/serving-packages >/serving.txt \
    && uv pip install --python /venv/bin/python --no-cache --no-deps --requirement /serving.txt

# --- what runs
FROM base AS serving
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin assistant \
    && install -d -o assistant -m 0700 /var/lib/assistant
WORKDIR /app
COPY --from=packages /venv /venv
COPY . .
COPY --from=trained /app/models models
# hadolint ignore=DL3064
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app ASSISTANT_STATE=/var/lib/assistant \
    OMP_NUM_THREADS=1 TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 LOG_LEVEL=WARNING \
    RASA_TELEMETRY_ENABLED=false SQLALCHEMY_SILENCE_UBER_WARNING=1 PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1
USER 10001
VOLUME /var/lib/assistant
EXPOSE 5005
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:5005/webhooks/web/serves', timeout=4)"]
# The worker: python -m assistant.escalation.delivery.process    The console: python -m assistant.web.console
CMD ["python", "-m", "assistant.serve", "replica"]
