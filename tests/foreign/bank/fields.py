"""Structured fields (RFC 8941), as far as `signature-input` and `signature` need them."""

import base64
import re

KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
STRING = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
BYTES = re.compile(r":([A-Za-z0-9+/=]*):")
BOOLEAN = re.compile(r"\?[01]")


class Bad(Exception):
    """A field or a signature that does not hold, and why."""


class Reader:
    """Reads one field from left to right."""

    def __init__(self, text):
        self.text = text
        self.at = 0

    def more(self):
        """Whether anything is left."""
        return self.at < len(self.text)

    def next(self):
        """The next character; nothing at the end."""
        return self.text[self.at:self.at + 1]

    def take(self, pattern):
        """Reads what fits the pattern."""
        match = pattern.match(self.text, self.at)
        if match is None:
            raise Bad(f"syntax at {self.at}")
        self.at = match.end()
        return match

    def skip(self, text):
        """Whether the text comes next; goes behind it if it does."""
        if not self.text.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def spaces(self, characters=" "):
        """Goes behind spaces."""
        while self.more() and self.next() in characters:
            self.at += 1

    def item(self):
        """One bare item."""
        first = self.next()
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self.take(STRING)[1])
        if first == ":":
            return base64.b64decode(self.take(BYTES)[1].encode(), validate=True)
        if first == "?":
            return self.take(BOOLEAN)[0] == "?1"
        if first and first in "-0123456789":
            return int(self.take(INTEGER)[0])
        return ("token", self.take(TOKEN)[0])

    def parameters(self):
        """Parameters, by their names; none may come twice."""
        found = {}
        while self.skip(";"):
            self.spaces()
            name = self.take(KEY)[0]
            if name in found:
                raise Bad("a parameter twice")
            found[name] = self.item() if self.skip("=") else True
        return found

    def inner_list(self):
        """Strings in parentheses: (string, its parameters, as it stands there) of each."""
        items = []
        if not self.skip("("):
            raise Bad("no list")
        while True:
            self.spaces()
            if self.skip(")"):
                return items
            start = self.at
            name = self.take(STRING)[1]
            parameters = self.parameters()
            items.append((name, parameters, self.text[start:self.at]))
            if self.next() not in (" ", ")"):
                raise Bad("no end of a list")

    def dictionary(self, member):
        """label: (what `member` reads there, as it stands there)."""
        found = {}
        self.spaces()
        while self.more():
            label = self.take(KEY)[0]
            if label in found or not self.skip("="):
                raise Bad("no dictionary")
            start = self.at
            value = member()
            found[label] = (value, self.text[start:self.at])
            self.spaces(" \t")
            if not self.more():
                return found
            if not self.skip(","):
                raise Bad("no comma")
            self.spaces(" \t")
            if not self.more():
                raise Bad("nothing after a comma")
        return found


def signature_inputs(field):
    """label: ((covered components, parameters), as it stands there)."""
    reader = Reader(field)
    return reader.dictionary(lambda: (reader.inner_list(), reader.parameters()))


def signatures(field):
    """label: ((signature, parameters), as it stands there)."""
    reader = Reader(field)
    return reader.dictionary(lambda: (reader.item(), reader.parameters()))
