"""A hub in Python with the gate inside it: the core module, run by `wasmtime` from PyPI.

    pip install wasmtime
    cargo build --profile edge --target wasm32-unknown-unknown -p weighbridge-core
    python examples/python_hub.py target/wasm32-unknown-unknown/edge/weighbridge_core.wasm weighbridge.blob 8080
    curl -i http://127.0.0.1:8080/acme/open-7b/resolve/main/config.json      # 200
    curl -i http://127.0.0.1:8080/acme/closed-13b/resolve/main/config.json   # 401, and why

The module has no imports: time, randomness and the client's address come with each request. `plugin/core/src/frame.rs` says
how a request and a verdict are laid out. Settings are WEIGHBRIDGE_* environment variables.
"""

import os
import secrets
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import wasmtime


class Gate:
    """One instance with one blob. It decides on one request at a time."""

    def __init__(self, module: bytes, blob: bytes, settings: dict[str, str]):
        self.store = wasmtime.Store()
        instance = wasmtime.Instance(self.store, wasmtime.Module(self.store.engine, module), [])
        self.exports = instance.exports(self.store)
        self.memory = self.exports["memory"]
        self.lock = threading.Lock()
        at = self.exports["reserve_blob"](self.store, len(blob))
        self.memory.write(self.store, blob, at)
        # The time and the highest sequence number taken so far (none), then the settings. 0: the blob was not vouched for, so
        # every byte is checked.
        fields = [text.encode() for text in [str(int(time.time())), "", *(text for pair in settings.items() for text in pair)]]
        if self.exports["open"](self.store, self._write(fields), len(fields), 0) == 0:
            raise ValueError(self._read(self.exports["output"](self.store)).decode())

    def decide(self, method: str, authority: str, path: str, headers: list[tuple[str, str]], address: str) -> dict:
        """What to do with a request: `{"pass": …}` or `{"status", "headers", "body"}`, each with its `record`."""
        head = [str(int(time.time())), secrets.token_hex(16), address, "", "", "", method, authority, path]
        fields = [text.encode() for text in head + [text for pair in headers for text in pair]]
        # A field that holds a zero byte would be noticed and refused.
        with self.lock:
            out = iter(self._read(self.exports["gate"](self.store, self._write(fields), len(fields))).split(b"\0"))
        kind, record = next(out).decode(), next(out).decode()
        pairs = lambda count: [(next(out).decode("latin-1"), next(out).decode("latin-1")) for _ in range(count)]
        if kind == "pass":
            _upstream, sent, added, removed = next(out), int(next(out)), int(next(out)), int(next(out))
            request_headers, add = pairs(sent), pairs(added)
            remove = {next(out).decode() for _ in range(removed)}
            return {"pass": True, "record": record, "request_headers": request_headers, "add": add, "remove": remove}
        status, body, count = int(next(out)), next(out), int(next(out))
        return {"pass": False, "record": record, "status": status, "body": body, "headers": pairs(count)}

    def _write(self, fields: list[bytes]) -> int:
        data = b"\0".join(fields)
        self.memory.write(self.store, data, self.exports["reserve"](self.store, len(data)))
        return len(data)

    def _read(self, at: int) -> bytes:
        length = int.from_bytes(self.memory.read(self.store, at, at + 4), "little")
        return bytes(self.memory.read(self.store, at + 4, at + 4 + length))


class Hub(BaseHTTPRequestHandler):
    """What the hub serves: here, a few words."""

    gate: Gate
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        try:
            verdict = self.gate.decide(self.command, self.headers.get("Host", ""), self.path, self.headers.items(), self.client_address[0])
        except Exception as error:  # A trap: the instance must not be asked again, and nothing is handed out undecided.
            print(f"the gate failed: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        if verdict["record"]:
            print(verdict["record"], flush=True)
        if not verdict["pass"]:
            self._answer(verdict["status"], verdict["headers"], verdict["body"])
            return
        headers = [("Content-Type", "text/plain"), ("Cache-Control", "public, max-age=60")]
        gone = verdict["remove"] | {name.lower() for name, _ in verdict["add"]}
        headers = [(name, value) for name, value in headers if name.lower() not in gone] + verdict["add"]
        self._answer(200, headers, f"what is at {self.path}\n".encode())

    do_HEAD = do_POST = do_GET

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes):
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        # A body that was sent and not read would be taken for the next request.
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: python_hub.py MODULE BLOB PORT")
    # A gate inside its hub passes nothing on over the network; the hub itself knows who connects.
    settings = {"WEIGHBRIDGE_UPSTREAM": "http://inside.invalid", "WEIGHBRIDGE_CLIENT_ADDRESS": "platform"}
    settings |= {name: value for name, value in os.environ.items() if name.startswith("WEIGHBRIDGE_")}
    with open(sys.argv[1], "rb") as module, open(sys.argv[2], "rb") as blob:
        Hub.gate = Gate(module.read(), blob.read(), settings)
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3])), Hub)
    print(f"listening {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
