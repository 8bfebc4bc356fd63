"""A stand-in for an object storage: buckets behind HTTP, as programs for S3 speak to them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_ERROR = "<Error><Code>{code}</Code><Message>{code}</Message></Error>"
_EMPTY = (
    "<ListBucketResult><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
)


@dataclass
class Bucket:
    """One bucket; while it is locked nobody is let in.

    Shapes: `objects` are by their paths in HTTP, `variables` is the environment that finds it.
    """

    name: str
    objects: dict[str, bytes] = field(default_factory=dict)
    is_locked: bool = False
    port: int = 0

    @property
    def variables(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "ann",
            "AWS_SECRET_ACCESS_KEY": "s3cr3t",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_MAX_ATTEMPTS": "1",
        }

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of an answer."""
        if self.is_locked:
            return 403, _ERROR.format(code="AccessDenied").encode()
        if not path.startswith(f"/{self.name}"):
            return 404, _ERROR.format(code="NoSuchBucket").encode()
        if method == "PUT":
            self.objects[path] = body
            return 200, b""
        if path.rstrip("/") == f"/{self.name}":
            return 200, _EMPTY.encode()
        if path not in self.objects:
            return 404, _ERROR.format(code="NoSuchKey").encode()
        return 200, self.objects[path]


@contextmanager
def a_bucket(name: str) -> Iterator[Bucket]:
    """Serve a bucket."""
    bucket = Bucket(name=name)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            path = self.path.partition("?")[0]
            status, found = bucket.answer(self.command, path, body)
            self.send_response(status)
            self.send_header("content-length", str(len(found)))
            self.send_header("last-modified", "Sun, 01 Nov 2026 00:00:00 GMT")
            self.send_header("etag", '"1"')
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found)

        do_HEAD = do_PUT = do_GET

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    bucket.port = server.server_port
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
