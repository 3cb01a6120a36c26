"""An app on a real port of this machine, in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app


@contextmanager
def served(app: Flask) -> Iterator[int]:
    """Serve `app` on a free port of 127.0.0.1, which is given, until the end of the body."""

    def whole(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        # Read to the end before it is sent: a browser that leaves a page would leave the server's file open.
        parts, status, headers = run_wsgi_app(app, environ, buffered=True)
        start_response(status, headers.to_wsgi_list())
        return [b"".join(parts)]

    server = make_server("127.0.0.1", 0, whole, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
