# The program alone, from the hashed runtime lock. Needs CADRE_SECRET_KEY, and for more than one
# machine CADRE_DATABASE_URL=postgresql+psycopg://… ; `docker run … migrate` comes before `serve`.
FROM python:3.13-slim

# Time zone rules come from the pinned tzdata package, never from the image's older files.
ENV PYTHONTZPATH="" \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /srv/cadre
COPY requirements.lock .
RUN pip install --no-cache-dir --require-hashes -r requirements.lock

COPY alembic.ini LICENSE pyproject.toml README.md ./
COPY migrations migrations
COPY templates templates
COPY static static
COPY app app
RUN printf '#!/bin/sh\nexec python -m app.cli "$@"\n' > /usr/local/bin/cadre \
    && chmod 755 /usr/local/bin/cadre \
    && python -m compileall -q app migrations \
    && useradd --system --uid 10001 --home-dir /srv/cadre cadre \
    && install -d -o cadre -g cadre var

USER cadre
VOLUME /srv/cadre/var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
ENTRYPOINT ["cadre"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
