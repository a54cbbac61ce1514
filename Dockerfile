# syntax=docker/dockerfile:1
# The gateway alone: no sandbox, no tests. Build with a digest for a repeatable image:
#   docker build --build-arg BASE=python:3.13-slim@sha256:... -t oncetold .
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/oncetold
COPY requirements/build.txt requirements/run.txt requirements/
# Wheels by hash: what was tested is what is installed, and no build tool runs that no lock names.
RUN /opt/oncetold/bin/pip install --require-hashes --only-binary=:all: -r requirements/run.txt \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes --only-binary=:all: -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY audit audit
COPY consent consent
COPY adapters adapters
COPY policies policies
COPY gateway gateway
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
 && /opt/oncetold/bin/pip install --no-deps --no-index /wheels/*.whl \
 && /opt/oncetold/bin/pip uninstall --yes pip

FROM ${BASE}
LABEL org.opencontainers.image.title="OnceTold" \
      org.opencontainers.image.licenses="Apache-2.0"
# Nothing but /data is ever written, so the root file system can be mounted read-only. What the operator decides
# (secrets, sources, issuers) is mounted read-only at /etc/oncetold and is no part of the image.
ENV PATH=/opt/oncetold/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ONCETOLD_HOST=0.0.0.0 \
    ONCETOLD_PORT=8800 \
    ONCETOLD_DATABASE_URL=sqlite:////data/gateway.db \
    ONCETOLD_KEYS_URL=sqlite:////data/keys/keys.db \
    ONCETOLD_SECRETS_FILE=/etc/oncetold/secrets.json \
    ONCETOLD_SOURCES_FILE=/etc/oncetold/sources.yaml \
    ONCETOLD_ISSUERS_FILE=/etc/oncetold/issuers.yaml
COPY --from=build /opt/oncetold /opt/oncetold
# A number, so that a cluster can see that it is not root without reading /etc/passwd.
RUN install -d -o 10001 -g 10001 -m 0700 /data /data/keys
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8800
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['ONCETOLD_PORT'] + '/healthz', timeout=4)"]
CMD ["oncetold", "serve"]
