"""What the tests in Python share: a check that ends them, and a server on a free loopback port."""
import http.server
import sys
import threading


def check(condition, what):
    if not condition:
        sys.exit("FAILED: " + what)
    print("ok: " + what, flush=True)


class LocalServer:
    """Serves from `with` to its end. `name` is "127.0.0.1:PORT"."""

    def __init__(self, handler):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.name = f"127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class QuietHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass
