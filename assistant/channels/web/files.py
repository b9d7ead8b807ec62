"""The files of page and widget, compressed once, with the headers that protect them."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sanic.request import Request
from sanic.response import HTTPResponse, raw

STATIC = Path(__file__).resolve().parents[2] / "web" / "static"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}
COMPRESSED = frozenset({".html", ".css", ".js", ".svg", ".txt"})

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
# Script and style are no secret: pages of the hospital load them from here.
SHARED_HEADERS = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class ServedFile:
    """A file as it is sent.

    Attributes:
        packed: The same with gzip, None where that does not pay.
        tag: Changes with the content.
    """

    content: bytes
    packed: bytes | None
    kind: str
    tag: str


@lru_cache(maxsize=64)
def _read(file: Path, _changed: int) -> ServedFile:
    content = file.read_bytes()
    packed = gzip.compress(content, 9, mtime=0) if file.suffix in COMPRESSED else None
    tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return ServedFile(content, packed, CONTENT_TYPES[file.suffix], tag)


def read_file(file: Path) -> ServedFile:
    """A file, read anew only when it has changed."""
    return _read(file, file.stat().st_mtime_ns)


def send_file(request: Request, file: Path, shared: bool = False) -> HTTPResponse:
    """Answers with a file.

    Args:
        request: Whose headers say what the browser has and takes.
        file: Of a type in `CONTENT_TYPES`.
        shared: Whether pages of other origins may load it.
    """
    served = read_file(file)
    headers = {"ETag": served.tag, "Vary": "Accept-Encoding", **(SHARED_HEADERS if shared else {})}
    if request.headers.get("if-none-match") == served.tag:
        return HTTPResponse(status=304, headers=headers)
    if served.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return raw(served.packed, headers=headers, content_type=served.kind)
    return raw(served.content, headers=headers, content_type=served.kind)


def files_below(folder: Path) -> dict[str, Path]:
    """The files of a folder that may be served, by their path in it."""
    return {
        file.relative_to(folder).as_posix(): file
        for file in sorted(folder.rglob("*"))
        if file.suffix in CONTENT_TYPES and file.is_file()
    }
