"""Sends what is owed to the wallet until it is answered, and steps what the wallet answers."""

import http.client
import os
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import shapes
import signatures
from journal import compact
from transaction import wall_ms

LOOK_AGAIN_S = 0.02
FIRST_RETRY_MS = 100
ANSWER_S = 5
UNDER_WAY_MAX = 8  # sendings of one letter that still wait for an answer
BODY_MAX = 65_536
ANSWERS = {"account_query": "account_answer", "account_registration": "registration_answer"}


class Sending:
    """How often a letter has been sent, and when it is due again."""

    def __init__(self):
        self.times = 0
        self.due_ms = 0
        self.room = threading.Semaphore(UNDER_WAY_MAX)


class Outbox:
    """A letter is sent at once, then after longer and longer pauses, and is never given up."""

    def __init__(self, bank):
        self.bank = bank
        self.config = bank.config
        self.sendings = {}  # idempotency key of the letter: Sending
        self.threads = ThreadPoolExecutor(32)

    def run(self):
        """Looks at what is owed whenever something may be, for ever."""
        while True:
            self.bank.wake.wait(LOOK_AGAIN_S)
            self.bank.wake.clear()
            try:
                self.send_due(self.bank.letters())
            except Exception as error:  # the next look may do better
                print(f"outbox: {error!r}", file=sys.stderr, flush=True)

    def send_due(self, letters):
        """Sends the letters that are due."""
        now_ms = wall_ms()
        owed = {letter["key"] for letter in letters}
        self.sendings = {key: one for key, one in self.sendings.items() if key in owed}
        for letter in letters:
            sending = self.sendings.setdefault(letter["key"], Sending())
            if sending.due_ms > now_ms or not sending.room.acquire(blocking=False):
                continue
            pause_ms = FIRST_RETRY_MS << min(sending.times, 12)
            sending.due_ms = now_ms + min(self.config.timing["longest_retry_ms"], pause_ms)
            sending.times += 1
            self.threads.submit(self.send, letter, sending)

    def send(self, letter, sending):
        """Sends a letter once. What goes wrong is no answer: it will be sent again."""
        try:
            self.exchange(letter)
        except Exception as error:
            if os.environ.get("BANK_LOG"):
                print(f"{letter['message']}: {error!r}", file=sys.stderr, flush=True)
        finally:
            sending.room.release()

    def exchange(self, letter):
        """Asks the wallet and steps its answer, if it is one."""
        request_id = str(uuid.uuid4())
        request = self.request(letter, request_id)
        answer = self.post(request)
        keys = {key: known.public for key, known in self.config.peer_keys.items()
                if known.peer == self.config.wallet}
        signatures.verify(request, answer, signatures.ANSWER_TAG, keys, wall_ms())
        name = ANSWERS.get(letter["message"], "link_answer")
        if answer.status == 200:
            message = shapes.answer(name, answer.body, request_id, self.config.wallet)
            if message.get("binding", letter["binding"]) != letter["binding"]:
                raise ValueError("the answer is about another binding")
            self.bank.answered(letter, request_id, name, message)
        elif answer.status == 404 and name == "link_answer":
            if shapes.parse(answer.body).get("code") == "not_found":
                self.bank.answered(letter, request_id, name, None)

    def request(self, letter, request_id):
        """The signed request: a new id and time, and the letter's own key."""
        envelope = {"protocol": shapes.PROTOCOL, "name": letter["message"],
                    "request_id": request_id, "issued_at": wall_ms(), "message": letter["body"]}
        fields = {"host": self.config.wallet_host, "content-type": "application/json"}
        if letter["message"] not in shapes.WITHOUT_KEY:
            envelope["idempotency_key"] = fields["idempotency-key"] = letter["key"]
        request = signatures.Request("POST", "/v1/" + letter["message"], fields=fields,
                                     body=compact(envelope).encode())
        signatures.sign_request(request, self.config.key, self.config.key_id)
        return request

    def post(self, request):
        """One exchange on a connection of its own."""
        connection = http.client.HTTPConnection(self.config.wallet_host, timeout=ANSWER_S)
        try:
            connection.putrequest("POST", request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.fields.items():
                connection.putheader(name, value)
            connection.putheader("content-length", str(len(request.body)))
            connection.endheaders(request.body)
            answer = connection.getresponse()
            body = answer.read(BODY_MAX + 1)
            return signatures.Answer(answer.status, joined(answer.getheaders()), body)
        finally:
            connection.close()


def joined(pairs):
    """Fields by their names in lower case; those that come more than once are joined."""
    fields = {}
    for name, value in pairs:
        name, value = name.lower(), value.strip()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields
