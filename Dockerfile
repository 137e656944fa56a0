# Vitrine's image, with what a server needs: PostgreSQL's client programs for backups, and buckets.
#
#   docker build --tag vitrine .
#   docker run --network host --volume vitrine:/data vitrine
#
# starts it for one person, with everything in the volume. A team's processes stand in compose.yaml.
# BASE may be any image of Debian with Python 3.11 or newer.
ARG BASE=docker.io/library/python:3.11-slim-trixie

FROM ${BASE} AS build
RUN apt-get update && apt-get install --yes --no-install-recommends binutils postgresql-client
WORKDIR /build
COPY requirements requirements
RUN python3 -m venv /opt/vitrine \
 && /opt/vitrine/bin/python -m pip install --no-cache-dir --disable-pip-version-check \
    --no-deps --require-hashes -r requirements/image.txt \
 && /opt/vitrine/bin/python -m pip uninstall --yes --quiet pip setuptools
# Left out: tests of packages, languages that no page speaks, Amazon's services that are no storage,
# symbols for debuggers (but of libraries in *.libs: they were rewritten, and strip breaks them).
RUN cd /opt/vitrine/lib/python3*/site-packages \
 && find . -depth -type d \( -name tests -o -name __pycache__ \) -exec rm -r {} + \
 && find . -depth -path '*/locale/*' -type d ! -path '*/locale/en*' -exec rm -r {} + \
 && find botocore/data -mindepth 1 -maxdepth 1 -type d ! -name s3 ! -name sts -exec rm -r {} + \
 && find . -path '*.libs' -prune -o -name '*.so' -exec strip --strip-unneeded {} +
COPY . app
# A read-only root keeps no compiled code, so it is compiled here.
RUN rm -rf app/tests app/docs && mkdir programs \
 && cp /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore programs/ \
 && /opt/vitrine/bin/python -m compileall -q -j 0 /opt/vitrine/lib app

FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libpq5 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && useradd --system --uid 990 --home-dir /data --shell /usr/sbin/nologin vitrine \
 && install --directory --owner vitrine --group vitrine --mode 0750 /data /backups
COPY --from=build /build/programs /usr/local/bin
COPY --from=build /opt/vitrine /opt/vitrine
COPY --from=build /build/app /srv/vitrine/app
ENV PATH=/opt/vitrine/bin:$PATH VITRINE_DATA_DIR=/data PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=1048576 MALLOC_TRIM_THRESHOLD_=1048576
WORKDIR /srv/vitrine/app
USER vitrine
VOLUME ["/data", "/backups"]
EXPOSE 8000
# Of a web process; compose.yaml gives the others their own.
HEALTHCHECK --start-period=60s --interval=15s \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/livez')"]
CMD ["python", "manage.py", "up"]
