#!/usr/bin/env python3
"""A bank's server for bindproof/1.

    server.py serve CONFIG      listens, and says so in a line
    server.py journal CONFIG    prints the journal
"""

import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import config
import journal
import problems
import shapes
import signatures
from bank import Bank
from development import Development
from outbox import Outbox, joined
from problems import Problem
from transaction import wall_ms

BODY_MAX = 65_536
BODY_S = 10
IDLE_S = 60
ANSWERS = {"debit_request": "debit_answer"}
NOT_DECIDED = {"type": "about:blank", "title": "The server could not decide.", "status": 503}


class Unreadable(Exception):
    """The body is too long, or is not there in time."""


class Bare(Exception):
    """An answer of a status alone."""

    def __init__(self, status):
        super().__init__(status)
        self.status = status


class Edge:
    """Decides on requests, without the connection on which they came."""

    def __init__(self, bank):
        self.bank = bank
        self.config = bank.config
        self.development = Development(bank)

    def answer(self, request, whole):
        """The answer to a request; `whole` says whether its body could be read."""
        name = request.path.removeprefix("/v1/") if request.path.startswith("/v1/") else None
        fields = {"content-type": "application/json"}
        try:
            status, body = 200, self.decide(name, request, whole)
        except Problem as problem:
            body = problems.body(problem)
            status = body["status"]
            if body["retry"] == "same_key" or status == 429:
                fields["retry-after"] = "1"
        except Bare as bare:
            return signatures.Answer(bare.status, {}, b"")
        except Exception:
            traceback.print_exc()
            status, body = 503, NOT_DECIDED
        raw = journal.compact(body).encode()
        if status != 200:
            fields["content-type"] = "application/problem+json"
        fields["cache-control"] = "no-store"
        fields["content-digest"] = signatures.digest(raw)
        answer = signatures.Answer(status, fields, raw)
        if name in shapes.OF_SERVERS and whole:
            signatures.sign_answer(request, answer, self.config.key, self.config.key_id)
        return answer

    def decide(self, name, request, whole):
        """The body of the answer, in the order of docs/http.md, `At the edge`."""
        development = request.path in shapes.DEVELOPMENT
        if not development and name not in shapes.OF_CLIENTS + shapes.OF_SERVERS:
            raise Bare(404)
        if request.method != "POST":
            raise Bare(405)
        if development and not self.is_own_host(request):
            raise Bare(421)
        if not whole:
            raise Problem("request_malformed")
        if development:
            return self.decide_development(request)
        if name in shapes.OF_SERVERS:
            caller = self.server(request)
        else:
            caller = self.development.person(request.fields.get("authorization"))
        self.check_content_type(request)
        envelope = shapes.request(name, request.body, request.fields.get("idempotency-key"))
        try:
            if name in shapes.OF_SERVERS and caller != self.config.wallet:
                raise Problem("origin_not_allowed")
            message = getattr(self.bank, name)(caller, envelope)
        except Problem as problem:
            problem.request_id = envelope["request_id"]
            raise
        if name == "link_notice":
            return {}
        return {"protocol": shapes.PROTOCOL, "name": ANSWERS.get(name, "bind_outcome"),
                "request_id": envelope["request_id"], "issuer": self.config.name,
                "message": message}

    def is_own_host(self, request):
        """Whether the request is for the host at which the bank listens."""
        host = signatures.authority(request.fields.get("host"))
        return host == signatures.authority(self.config.listen)

    def check_content_type(self, request):
        """Refuses what is not said to be JSON."""
        media_type = request.fields.get("content-type", "").split(";")[0].strip().lower()
        if media_type != "application/json":
            raise Problem("request_malformed")

    def server(self, request):
        """Which server signed the request, for this host and not before."""
        if not self.is_own_host(request):
            raise Problem("signature_invalid")
        keys = {key: known.public for key, known in self.config.peer_keys.items()}
        try:
            signed = signatures.verify(request, None, signatures.REQUEST_TAG, keys, wall_ms())
        except signatures.Bad as error:
            raise Problem("signature_invalid") from error
        self.bank.take_nonce(signatures.REQUEST_TAG, signed)
        return self.config.peer_keys[signed.key_id].peer

    def decide_development(self, request):
        """The paths that stand in for a person, and for the bank's own systems."""
        asked = request.path.removeprefix("/development/")
        person = None
        if asked != "session":
            person = self.development.person(request.fields.get("authorization"))
        self.check_content_type(request)
        body = shapes.body_of(shapes.DEVELOPMENT[request.path], request.body)
        if asked == "session":
            return self.development.session(body)
        if asked == "block":
            return self.development.block(person, body)
        return self.development.authentication(person, body)


class Handler(BaseHTTPRequestHandler):
    """Reads requests and writes answers."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    wbufsize = 65_536  # an answer goes out at once
    disable_nagle_algorithm = True
    edge = None

    def log_message(self, *arguments):
        """Nothing is logged: paths say what customers do."""

    def handle_any(self):
        """Whatever the method is, the edge decides."""
        path, _, query = self.path.partition("?")
        fields = joined(self.headers.items())
        request = signatures.Request(self.command, path, query, fields)
        whole = True
        try:
            request.body = self.read_body()
        except (Unreadable, ValueError, OSError):
            whole = False
            self.close_connection = True
        self.write(self.edge.answer(request, whole))

    def __getattr__(self, name):
        """`do_POST` and the like: there is no method that the edge does not decide on."""
        if name.startswith("do_"):
            return self.handle_any
        raise AttributeError(name)

    def write(self, answer):
        """Writes the answer; the field of its length is added here."""
        self.send_response_only(answer.status)
        for name, value in answer.fields.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def read_body(self):
        """The whole body, within the time for it."""
        until = time.monotonic() + BODY_S
        try:
            if self.headers.get("transfer-encoding"):
                return self.read_chunks(until)
            return self.read_bytes(int(self.headers.get("content-length") or 0), until)
        finally:
            self.connection.settimeout(IDLE_S)

    def read_bytes(self, length, until):
        """So many bytes."""
        if not 0 <= length <= BODY_MAX:
            raise Unreadable
        data = b""
        while len(data) < length:
            self.connection.settimeout(max(0.01, until - time.monotonic()))
            more = self.rfile.read1(length - len(data))
            if not more or time.monotonic() > until:
                raise Unreadable
            data += more
        return data

    def read_chunks(self, until):
        """A body in chunks."""
        data = b""
        while True:
            self.connection.settimeout(max(0.01, until - time.monotonic()))
            length = int(self.rfile.readline(100).split(b";")[0], 16)
            data += self.read_bytes(length, until)
            self.rfile.readline(100)
            if length == 0:
                return data
            if len(data) > BODY_MAX or time.monotonic() > until:
                raise Unreadable


class Server(ThreadingHTTPServer):
    """A thread for each connection."""

    daemon_threads = True
    request_queue_size = 256


def serve(bank):
    """Listens until it is killed."""
    host, port = bank.config.listen.split(":")
    Handler.edge = Edge(bank)
    server = Server((host, int(port)), Handler)
    threading.Thread(target=Outbox(bank).run, daemon=True).start()
    print("listening", flush=True)
    server.serve_forever()


def main(arguments):
    if len(arguments) != 2 or arguments[0] not in ("serve", "journal"):
        sys.exit(__doc__)
    bank = Bank(config.read(arguments[1]))
    if arguments[0] == "serve":
        serve(bank)
    else:
        journal.export(bank.config, bank.store.journal(), sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
