"""nginx in front of a uWSGI server, as the containers have it: one worker each, the uwsgi protocol between them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SETTINGS = """
daemon off;
worker_processes 1;
pid {folder}/nginx-{port}.pid;
error_log stderr error;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    scgi_temp_path {folder}/nginx-scgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            include {params};
            uwsgi_pass 127.0.0.1:{uwsgi_port};
        }}
    }}
}}
"""
_PARAMS = Path("/etc/nginx/uwsgi_params")


def is_installed() -> bool:
    """Whether there is an nginx to put in front."""
    return shutil.which("nginx") is not None and _PARAMS.exists()


@contextmanager
def in_front(folder: Path, port: int, uwsgi_port: int) -> Iterator[None]:
    """nginx on `port`, passing everything to the uwsgi socket, until the end of the body."""
    settings = folder / f"nginx-{port}.conf"
    settings.write_text(_SETTINGS.format(folder=folder, port=port, uwsgi_port=uwsgi_port, params=_PARAMS))
    nginx = shutil.which("nginx") or "nginx"
    command = [nginx, "-e", "stderr", "-c", str(settings)]
    with (folder / f"nginx-{port}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - our own
    try:
        yield
    finally:
        process.terminate()
        process.wait()
