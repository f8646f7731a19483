#!/usr/bin/env bash
# Installs treequake in its fastest build, for long campaigns: built twice, the second time with a profile of what the first
# one did (profile-guided optimisation). This takes about ten minutes. The program writes the same files as any other build of
# it, and a campaign takes five sixths of the time.
#
#   ./install.sh                     into Cargo's folder for programs, mostly ~/.cargo/bin
#   ./install.sh --root /usr/local   into /usr/local/bin; every option of `cargo install` will do
#
# It needs rustup's component llvm-tools, which has the program that reads profiles of the compiler in use.
set -euo pipefail
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
profdata=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
if [ ! -x "$profdata" ]; then
    echo "install.sh: llvm-profdata is missing: rustup component add llvm-tools" >&2
    echo "Without it: cargo install --path . --locked --profile dist" >&2
    exit 2
fi
target=${CARGO_TARGET_DIR:-$PWD/target}/profiled
mkdir -p "$target"
target=$(cd "$target" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "1 of 3: a build that counts what it does" >&2
CARGO_ENCODED_RUSTFLAGS="-Cprofile-generate=$work/raw" \
    cargo build --locked --profile dist --bin treequake --target "$host" --target-dir "$target/counting"
program=$target/counting/$host/dist/treequake

echo "2 of 3: some of what people run" >&2
# 1 means that the run has found something.
run() {
    local code=0
    "$program" "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" -le 1 ] || { cat "$work/err" >&2; echo "install.sh: treequake $* ended with $code" >&2; exit "$code"; }
}
for profile in default reuse deep wide gentle; do
    run fuzz --profile "$profile" --seeds 1000000..1010000 --jobs 1 --out "$work/$profile"
done
for monitor in mitogen-seed mitogen-0.2.4 mitogen-0.2.9; do
    run fuzz --monitor "$monitor" --seeds 2000000..2001000 --jobs 1
done
for shape in star kary; do
    "$program" new --shape "$shape" --contexts 2000 >"$work/$shape.json"
    run replay "$work/$shape.json"
    run replay --no-check "$work/$shape.json"
done
run replay scenarios/fleets
run explore scenarios/orders/moved-host.json
run report scenarios/fleets/mixed-churn.json --out "$work/page.html"
run why scenarios/fleets/mixed-churn.json
"$profdata" merge --output "$work/treequake.profdata" "$work/raw"

echo "3 of 3: the build that makes use of it" >&2
CARGO_ENCODED_RUSTFLAGS="-Cprofile-use=$work/treequake.profdata" \
    cargo install --path . --locked --profile dist --target "$host" --target-dir "$target/fast" "$@"
