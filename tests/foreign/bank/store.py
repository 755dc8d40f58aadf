"""What the bank keeps, in SQLite: one JSON document for each person, and what is found by its id.

One connection and one lock: transactions come one after the other, each durable when it ends.
"""

import json
import sqlite3
import threading
from contextlib import contextmanager

TABLES = """
pragma journal_mode = wal;
pragma synchronous = full;
create table if not exists person(
  name text primary key, record text not null, deadline_ms integer);
create table if not exists owner(
  kind text, id text, person text not null, primary key (kind, id));
create table if not exists idempotency(
  caller text, message text, key text, digest text not null, until_ms integer not null,
  primary key (caller, message, key));
create table if not exists authentication(
  token text primary key, person text not null, instrument text not null,
  until_ms integer not null, used_by text);
create table if not exists nonce(
  tag text, key_id text, nonce text, until_s integer not null, primary key (tag, key_id, nonce));
create table if not exists letter(
  binding text primary key, person text not null, key text not null, message text not null,
  body text not null);
create table if not exists journal(number integer primary key, line text not null);
"""

NEW_PERSON = {"version": 0, "sequence": 0, "hash": "", "at_ms": 0,
              "bindings": {}, "debits": {}, "blocked": {}, "versions": {}}


class Store:
    """The tables; all but `journal` is to be called within `transaction`."""

    def __init__(self, path):
        self.lock = threading.RLock()
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.row_factory = sqlite3.Row
        self.database.executescript(TABLES)

    @contextmanager
    def transaction(self):
        """Everything in it is written together, or, if it raises, nothing is."""
        with self.lock:
            self.database.execute("begin immediate")
            try:
                yield
                self.database.execute("commit")
            except BaseException:
                self.database.execute("rollback")
                raise

    def one(self, query, *values):
        """The first row that is found; None if there is none."""
        return self.database.execute(query, values).fetchone()

    def write(self, query, *values):
        """Carries out one statement."""
        self.database.execute(query, values)

    # Persons, and whose a binding or an operation is.

    def person(self, name):
        """The records of a person, to be changed and saved."""
        row = self.one("select record from person where name = ?", name)
        return json.loads(row["record"] if row else json.dumps(NEW_PERSON))

    def save_person(self, name, record):
        """Writes the records of a person, and when the next deadline is."""
        deadlines = [one["deadline"][1] for one in record["bindings"].values() if one["deadline"]]
        self.write("insert or replace into person values(?, ?, ?)",
                   name, json.dumps(record), min(deadlines, default=None))

    def overdue(self, now_ms):
        """Persons of whom a deadline has passed."""
        rows = self.database.execute("select name from person where deadline_ms <= ?", (now_ms,))
        return [row["name"] for row in rows.fetchall()]

    def owner(self, kind, identity):
        """Whose it is; None if it is not there."""
        row = self.one("select person from owner where kind = ? and id = ?", kind, identity)
        return row["person"] if row else None

    def own(self, kind, identity, person):
        """Notes whose it is."""
        self.write("insert or ignore into owner values(?, ?, ?)", kind, identity, person)

    # Idempotency keys.

    def body_under(self, caller, message, key, now_ms):
        """The digest of the body that the key stands for; None if for none, or no longer."""
        row = self.one("select digest from idempotency where caller = ? and message = ? "
                       "and key = ? and until_ms > ?", caller, message, key, now_ms)
        return row["digest"] if row else None

    def remember_key(self, caller, message, key, digest, until_ms):
        """Notes what body a key stands for."""
        self.write("insert or replace into idempotency values(?, ?, ?, ?, ?)",
                   caller, message, key, digest, until_ms)

    # Authentications and nonces.

    def authentication(self, token):
        """Person, instrument, until when, and the key of the request that has used it."""
        return self.one("select * from authentication where token = ?", token)

    def new_authentication(self, token, person, instrument, until_ms):
        """Notes an authentication that nothing has used."""
        self.write("insert into authentication values(?, ?, ?, ?, null)",
                   token, person, instrument, until_ms)

    def use_authentication(self, token, key):
        """Notes which request has used it."""
        self.write("update authentication set used_by = ? where token = ?", key, token)

    def take_nonce(self, tag, key_id, nonce, until_s, now_s):
        """Remembers a nonce; False if it has been used before."""
        self.write("delete from nonce where until_s < ?", now_s)
        taken = self.database.execute("insert or ignore into nonce values(?, ?, ?, ?)",
                                      (tag, key_id, nonce, until_s))
        return taken.rowcount == 1

    # Letters to the wallet: one place for each binding.

    def letters(self):
        """Everything that is owed."""
        return self.database.execute("select * from letter").fetchall()

    def put_letter(self, letter):
        """Owes a letter, in the place of the one before."""
        self.write("insert or replace into letter values(?, ?, ?, ?, ?)", letter["binding"],
                   letter["person"], letter["key"], letter["message"], json.dumps(letter["body"]))

    def drop_letter(self, binding):
        """Owes nothing about this binding any more."""
        self.write("delete from letter where binding = ?", binding)

    # The journal.

    def append(self, lines):
        """Adds lines to the journal."""
        for line in lines:
            self.write("insert into journal(line) values(?)", line)

    def journal(self):
        """The lines, in the order in which they were written."""
        for row in self.database.execute("select line from journal order by number"):
            yield row["line"]
