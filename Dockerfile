# One image for the web server, the worker and the commands: `docker compose up` says which is which.
# Built in two steps, so that neither compilers nor pip's cache are in what runs.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /build/
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r /build/requirements.lock

FROM python:3.11-slim
RUN groupadd --gid 10001 connector && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app connector \
    && mkdir -p /app /var/lib/ml-connector && chown connector:connector /var/lib/ml-connector
COPY --from=build /opt/venv /opt/venv
COPY manage.py pyproject.toml /app/
COPY portal /app/portal
COPY integrations /app/integrations
COPY edi /app/edi
COPY templates /app/templates
COPY locale /app/locale
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    VAR_DIR=/var/lib/ml-connector STATIC_ROOT=/app/static DJANGO_SETTINGS_MODULE=portal.settings
WORKDIR /app
# Static files are the image's, not the installation's; the keys and the database named here live for this step alone.
RUN VAR_DIR=/tmp/build BASE_URL=https://build.invalid python manage.py collectstatic --no-input && rm -rf /tmp/build
USER 10001:10001
VOLUME /var/lib/ml-connector
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["python", "manage.py", "healthy", "--web"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--access-logfile", "-"]
