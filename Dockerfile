# The app: uWSGI with the uwsgi protocol on 3031, for the nginx in front of it (nginx/Dockerfile).
# Debian and not Alpine: pyuwsgi and others come as ready wheels for it, which a musl system would compile.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS compiler
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# Unpinned: Debian keeps one version of a package, and one that is named here cannot be installed next month.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /wheels
COPY requirements-build.txt ./

# pysqlite3 has wheels for amd64, with a SQLite of its own in them ...
FROM compiler AS pysqlite3-amd64

# ... and none for arm64: built here, with that same SQLite, since Debian's can corrupt a database with several writers.
FROM scratch AS sqlite
ADD --checksum=sha256:1e71ddf93849c6a6ecf58b827c0692073d2dd7ee40196158068f7b29f422e87d \
    https://sqlite.org/2026/sqlite-amalgamation-3530400.zip /
FROM compiler AS pysqlite3-arm64
COPY --from=sqlite / /sqlite/
WORKDIR /source
RUN locked() { sed -n "/^$1==/,/[^\\\\]\$/p" /wheels/requirements-build.txt >"$1.txt"; } \
    && locked setuptools && pip install -q --require-hashes -r setuptools.txt \
    && locked pysqlite3 && pip download -q --require-hashes --no-deps --no-build-isolation --no-binary :all: -r pysqlite3.txt \
    && tar -xzf pysqlite3-*.tar.gz --strip-components=1 \
    && python -m zipfile -e /sqlite/*.zip /sqlite \
    && cp /sqlite/sqlite-amalgamation-*/sqlite3.[ch] . \
    && pip wheel -q --no-deps --no-build-isolation -w /wheels .

# One of the two stages above.
# hadolint ignore=DL3006
FROM pysqlite3-${TARGETARCH} AS builder
RUN python -m venv /opt/oboegaki/venv
WORKDIR /opt/oboegaki/venv
# Packages first, the app afterwards: a change of the app reuses what is installed. Half of it is left out: symbols for
# debuggers, languages that the app does not speak, tests, a second build for newer processors (the first does as well),
# and bytecode of what is seldom or never asked for. An image never changes: bytecode in it is never stale.
RUN find /wheels -name '*.whl' -exec bin/pip install -q --no-compile --no-deps {} + \
    && bin/pip install -q --no-compile --require-hashes -r /wheels/requirements-build.txt \
    && find lib -name '*.so' ! -path '*.libs/*' -exec strip --strip-unneeded {} + \
    && find lib -path '*/babel/locale-data/*.dat' ! -name 'en*' ! -name 'ja*' ! -name root.dat -delete \
    && find lib \( -name '*.py[xi]' -o -name '*.pxd' -o -name '*_avx2.*.so' -o -path '*/testing/*' \) -delete \
    && bin/pip uninstall -q -y pycparser \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash \
        -x '/(pip|setuptools|dialects/(mssql|mysql|oracle))/|/lexers/(?!__init__|_mapping)' lib
WORKDIR /opt/oboegaki
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
COPY uwsgi.ini ./
# A clone may be its owner's alone; what runs here is somebody else.
RUN venv/bin/pip install -q --no-deps --no-build-isolation -e . \
    && venv/bin/pybabel -q compile -d app/translations \
    && venv/bin/pip uninstall -q -y setuptools pip \
    && rm -rf build README.md \
    && chmod -R a+rX app migrations uwsgi.ini pyproject.toml LICENSE \
    && python -m compileall -q -j 0 --invalidation-mode unchecked-hash app migrations

# The version stands in BASE.
# hadolint ignore=DL3006
FROM ${BASE}
ARG BASE
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="Oboegaki" \
      org.opencontainers.image.description="Self-hosted flashcards from Markdown notes, scheduled by SM-2" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/${BASE}"
# libexpat1 is what uWSGI asks for beyond the slim image. /data belongs to the app: a new volume takes that over.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends libexpat1 \
    && rm -rf /var/lib/apt/lists/* /var/cache/debconf/* /var/log/* \
    && groupadd --gid 10001 oboegaki \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin oboegaki \
    && install -d -m 0700 -o 10001 -g 10001 /data \
    && install -d -m 0755 /cards
COPY --from=builder /opt/oboegaki /opt/oboegaki
ENV PATH=/opt/oboegaki/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    OBOEGAKI_DATA_DIR=/data \
    OBOEGAKI_CARDS_DIR=/cards
WORKDIR /opt/oboegaki
USER 10001:10001
VOLUME ["/data"]
EXPOSE 3031
# Python listens to it from its first moment on. The first process of a container does not hear SIGTERM until it says so.
STOPSIGNAL SIGINT
ENTRYPOINT ["oboegaki"]
CMD ["serve", "--socket", "0.0.0.0:3031"]
