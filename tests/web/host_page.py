"""A hospital's page on an origin of its own, with a strict policy and styles that wreck it."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HOSTILE_CSS = """
* { color: lime !important; font: italic 5px cursive !important; display: inline !important;
    position: static !important; direction: rtl; letter-spacing: 1em;
    text-transform: uppercase; visibility: hidden; line-height: .2; }
html { font-size: 2px } button, textarea, p { display: none !important }
bone-chat { display: none !important; opacity: .1 !important }
bone-chat { --text: lime; --card: lime; --scale: 9 }
"""


class HostPage:
    """Serves `/` with one line of script and the element."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        self.assistant = ""
        self.attributes = ""
        self.css = HOSTILE_CSS
        self.own_words = ""

    def shows(
        self, assistant: str, css: str = HOSTILE_CSS, attributes: str = "", own_words: str = ""
    ) -> str:
        """Sets what the page embeds; returns its address."""
        self.assistant, self.css = assistant, css
        self.attributes, self.own_words = attributes, own_words
        return f"{self.origin}/"

    def __enter__(self) -> HostPage:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        host = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                css = self.path == "/host.css"
                content = (host.css if css else host.html()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/css" if css else "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", host.policy())
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def policy(self) -> str:
        """What docs/widget.md tells the hospital's engineers to allow, and nothing else."""
        socket = self.assistant.replace("http", "ws", 1)
        return (
            f"default-src 'none'; script-src {self.assistant}; "
            f"connect-src {self.assistant} {socket}; style-src 'self'; img-src 'self' data:; "
            "require-trusted-types-for 'script'; base-uri 'none'; form-action 'none'"
        )

    def html(self) -> str:
        script = f'<script src="{self.assistant}/webhooks/web/widget.js" defer></script>'
        return (
            '<!doctype html><html lang="en"><head><title>St Example</title>'
            f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/host.css">{script}'
            "</head>"
            '<body><main><h1>St Example Hospital</h1><p>Welcome.</p><a href="#x">A link</a></main>'
            f"<bone-chat {self.attributes}>{self.own_words}</bone-chat></body></html>"
        )
