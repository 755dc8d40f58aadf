#!/usr/bin/env bash
# Holds the bank's server in bank/, which shares no code with anything else here, against the
# vectors, the conformance kit and the check of journals; then plants defects in it, each of which
# has to be found.
#
#     tests/foreign/run.sh PROGRAM      PROGRAM is the built `bindproof`
#
# PYTHON is the interpreter, `python3` if it is not set; it needs the package `cryptography`.
set -euo pipefail
[ $# -eq 1 ] || { printf 'usage: %s PROGRAM\n' "$0" >&2; exit 64; }
program=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
export PYTHONDONTWRITEBYTECODE=1
unset FOREIGN_DEFECT
out=$(mktemp -d)

stop() { # stop FOLDER: ends the server that was started there, and no other
  if [ -f "$1/pid" ]; then
    kill -KILL "$(cat "$1/pid")" 2>/dev/null || true
    rm -f "$1/pid"
  fi
}
end() {
  for folder in "$out"/*/; do stop "$folder"; done
  rm -rf "$out"
}
# Only what hangs runs into a `timeout`, however slow the machine is.
trap end EXIT
trap 'exit 1' INT TERM

fail() { # fail WHAT FILE…: says what is not as it has to be, and shows the files
  printf '\nforeign bank: %s\n' "$1" >&2
  shift
  for file in "$@"; do if [ -s "$file" ]; then tail -n 60 "$file" >&2; fi; done
  exit 1
}

start() { # start FOLDER COMMAND: a new bank with a new store
  "$python" "$here/kit_files.py" "$1" "$2"
  timeout 120 sh "$1/restart.sh" || fail "the server does not start" "$1/bank.err"
}

conform() { # conform FOLDER EXIT OPTION…: the kit drives it, and ends with this code
  local folder=$1 expected=$2 found=0
  shift 2
  timeout 600 "$program" conform --role bank --url "$(cat "$folder/url")" \
    --config "$folder/kit.toml" --report "$folder/report" \
    --restart-command "sh '$folder/restart.sh'" "$@" >"$folder/conform.txt" 2>&1 || found=$?
  [ "$found" -eq "$expected" ] ||
    fail "the kit ends with $found, not $expected" "$folder/conform.txt" "$folder/bank.err"
}

check() { # check FOLDER EXIT: its journal is checked, which ends with this code
  local folder=$1 expected=$2 found=0
  timeout 120 "$python" "$here/bank/server.py" journal "$folder/bank.toml" >"$folder/bank.ndjson"
  timeout 120 "$program" trace check --format json "$folder/bank.ndjson" \
    >"$folder/check.json" || found=$?
  [ "$found" -eq "$expected" ] ||
    fail "the check of its journal ends with $found, not $expected" "$folder/check.json"
}

verdict() { # verdict LABEL ARGUMENT…: prints what verdicts.py says, under this label
  local label=$1 says
  shift
  says=$("$python" "$here/verdicts.py" "$@") || fail "${says:-verdicts.py cannot say ($*)}"
  printf '%s: %s\n' "$label" "$says"
}

timeout 120 "$python" "$here/vectors.py" "$here/../vectors" || fail "vectors come out otherwise"

# Twice: what the kit says of a right server must not depend on the moment.
for time in first second; do
  begun=$SECONDS
  start "$out/$time" "$python '$here/bank/server.py'"
  conform "$out/$time" 0
  stop "$out/$time"
  verdict "kit, $time run, $((SECONDS - begun)) s" passed "$out/$time/report/report.json"
  check "$out/$time" 2
  verdict "its journal" right "$out/$time/check.json"
done

defect() { # defect NAME CASE FAULT: found by the kit in the case, in the journal as the fault
  local folder=$out/$1
  export FOREIGN_DEFECT=$1
  start "$folder" "$python '$here/defects.py' '$here/bank/server.py'"
  # Whatever comes in these cases comes at once.
  sed -i 's/^patience_ms = .*/patience_ms = 4000/' "$folder/kit.toml"
  conform "$folder" 1 --case "$2"
  stop "$folder"
  unset FOREIGN_DEFECT
  verdict "defect $1, kit" failed "$folder/report/report.json" "$2"
  check "$folder" 1
  verdict "defect $1, journal" wrong "$folder/check.json" "$3"
}
defect no-suspend bank.block owes-otherwise
defect any-session bank.foreign-client other-fact
defect new-body bank.same-request-again decides-otherwise
defect debits-apart bank.debit-of-another other-fact

if FOREIGN_DEFECT=new-body timeout 120 "$python" "$here/defects.py" "$here/vectors.py" \
  "$here/../vectors" >"$out/vectors.txt" 2>&1; then
  fail "the vectors do not find the defect new-body" "$out/vectors.txt"
fi
grep -q '^vectors: .*; [1-9][0-9]* otherwise' "$out/vectors.txt" ||
  fail "the vectors end without figures" "$out/vectors.txt"
printf 'defect new-body, %s\n' "$(tail -n 1 "$out/vectors.txt")"
printf 'foreign bank: everything is as it has to be, %d s\n' "$SECONDS"
