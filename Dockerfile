# One image for the server's processes, the broker and emulated stations; the command says which.
# The system packages are those marked [image] in packages.apt.
FROM python:3.11-slim-bookworm AS build
RUN pip install --no-cache-dir uv
WORKDIR /opt/guiwei
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
# Dependencies first: they change less often than the code.
COPY pyproject.toml uv.lock ./
RUN uv sync --locked --no-default-groups --no-install-project --extra server --extra edge --extra postgres
COPY . .
RUN uv sync --locked --no-default-groups --extra server --extra edge --extra postgres

FROM python:3.11-slim-bookworm
COPY packages.apt /tmp/packages.apt
RUN apt-get update \
 && sed -n 's/^\([a-z0-9.+-]*\)  *# \[image\].*/\1/p' /tmp/packages.apt \
    | DEBIAN_FRONTEND=noninteractive xargs apt-get install -y --no-install-recommends \
 && rm -rf /var/lib/apt/lists/* /tmp/packages.apt
COPY --from=build /opt/guiwei /opt/guiwei
ENV PATH=/opt/guiwei/.venv/bin:/usr/sbin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1
WORKDIR /opt/guiwei
# Any account may run it (docker-compose.yml takes the owner of the site's folder); never root.
USER 65534:65534
CMD ["guiwei", "--help"]
