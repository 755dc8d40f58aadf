#!/usr/bin/env bash
# Proves that the specification needs nothing under it: builds the crate as it is published, links
# it into a program without a standard library and without an operating system, and looks for
# symbols that are left undefined. Shows as well that the check can fail: a crate that reads the
# clock does not pass it.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

CARGO_TARGET_DIR="$out/target" cargo rustc --release --locked -q -p bindproof \
  --no-default-features --lib -- -C panic=abort
bare() { # bare SOURCE PROGRAM
  # The unwinder's hook is named by the prebuilt core library and, without unwinding, never called.
  rustc --edition 2024 --crate-type bin -C opt-level=2 -C panic=abort -C relocation-model=static \
    -C link-arg=-nostdlib -C link-arg=-nostartfiles -C link-arg=-static \
    -C link-arg=-Wl,--defsym=rust_eh_personality=0 \
    -L "dependency=$out/target/release/deps" \
    --extern "bindproof=$out/target/release/libbindproof.rlib" \
    -o "$2" "$1"
}
bare tests/bare/bare.rs "$out/bare"
undefined=$(nm --undefined-only "$out/bare" || true)
if [ -n "$undefined" ]; then
  printf 'the specification needs from outside:\n%s\n' "$undefined"
  exit 1
fi

sed 's/verdict.orders().count()/std::time::SystemTime::now().elapsed().is_ok() as usize/' \
  tests/bare/bare.rs >"$out/impure.rs"
if bare "$out/impure.rs" "$out/impure" 2>"$out/why"; then
  printf 'a program that reads the clock passes as bare: this check cannot fail\n'
  exit 1
fi
printf 'bare: no undefined symbols; a program that reads the clock does not build\n'
