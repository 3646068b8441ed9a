# One image for every part: provisioning, the web server, and judging.
FROM python:3.13-slim AS packages
# base, or sso to sign in through an identity provider.
ARG PACKAGES=base
COPY requirements/base.txt requirements/sso.txt /build/
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes \
       -r "/build/$PACKAGES.txt"

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin exolot \
 && install -d -o exolot /checkpoints
COPY --from=packages /venv /venv
WORKDIR /app
COPY manage.py ./
COPY qcsite qcsite
COPY products products
# Nothing is written when the container runs: its file system is read-only.
RUN /venv/bin/python -m compileall -q manage.py qcsite products
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    EXOLOT_CLUSTER=none
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "qcsite.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", "--threads", "4", \
     "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
