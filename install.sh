#!/usr/bin/env bash
# Installs treequake in its fastest build, for long campaigns: built twice, the second time with a profile of what the first
# one did (profile-guided optimisation). This takes about ten minutes, and the builds are removed at the end. The program
# writes the same files as any other build of it, and a campaign takes five sixths of the time.
#
#   ./install.sh                     into Cargo's folder for programs, mostly ~/.cargo/bin
#   ./install.sh --root /usr/local   into /usr/local/bin
#   ./install.sh --force             even if a treequake of another origin is there
#   ./install.sh --check PROGRAM     only runs, with this treequake, what the profile is taken of; for CI
#
# It needs rustup's component llvm-tools, which has the program that reads profiles of the compiler in use.
set -euo pipefail

refuse() {
    echo "install.sh: $1" >&2
    exit 2
}
options=() root="" check=""
while [ $# -gt 0 ]; do
    case $1 in
        --root | --check)
            [ $# -ge 2 ] || refuse "$1 needs a value"
            # What it names is there from where the script was called.
            case $2 in /*) place=$2 ;; *) place=$PWD/$2 ;; esac
            if [ "$1" = --root ]; then root=$place; else check=$place; fi
            shift 2
            ;;
        --force)
            options+=(--force)
            shift
            ;;
        *) refuse "unknown argument $1; use --root FOLDER, --force or --check PROGRAM" ;;
    esac
done
target=${CARGO_TARGET_DIR:-}
case $target in "" | /*) ;; *) target=$PWD/$target ;; esac
cd "$(dirname "$0")"
target=${target:-$PWD/target}/profiled

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Runs treequake; 1 means that the run has found something.
run() {
    local code=0
    "$program" "$@" >"$work/out" 2>"$work/err" || code=$?
    [ "$code" -le 1 ] || { cat "$work/err" >&2; echo "install.sh: treequake $* ended with $code" >&2; exit "$code"; }
}

# Some of what people run, with so many seeds of each campaign.
train() {
    local name
    for name in default reuse deep wide gentle; do
        run fuzz --profile "$name" --seeds "1000000+$1" --jobs 1 --partition none --out "$work/$name"
    done
    for name in mitogen-seed mitogen-0.2.4 mitogen-0.2.9; do
        run fuzz --monitor "$name" --seeds "2000000+$(($1 / 10))" --jobs 1 --partition none --out "$work/$name"
    done
    for name in star kary; do
        "$program" new --shape "$name" --contexts 2000 >"$work/$name.json"
        run replay "$work/$name.json"
        run replay --no-check "$work/$name.json"
    done
    run replay scenarios/fleets
    run explore scenarios/orders/moved-host.json
    run report scenarios/fleets/mixed-churn.json --out "$work/page.html"
    run why scenarios/fleets/mixed-churn.json
}

if [ -n "$check" ]; then
    [ -x "$check" ] || refuse "there is no program $check"
    program=$check
    train 100
    exit
fi

host=$(rustc -vV | sed -n 's/^host: //p')
profdata=$(rustc --print sysroot)/lib/rustlib/$host/bin/llvm-profdata
if [ ! -x "$profdata" ]; then
    refuse "llvm-profdata is missing: rustup component add llvm-tools
Without it: cargo install --path . --locked --profile dist"
fi
if [ -n "$root" ]; then
    { mkdir -p "$root/bin" && [ -w "$root/bin" ]; } || refuse "$root/bin cannot be written; use another --root"
    options+=(--root "$root")
fi
# The builds are of use only with the profile of this run.
trap 'rm -rf "$work" "$target"' EXIT
rm -rf "$target"
# The compiler's flags of the caller, with one more.
read -ra flags <<<"${RUSTFLAGS:-}"
encoded() {
    local IFS=$'\x1f'
    echo "${flags[*]+"${flags[*]}$IFS"}$1"
}

echo "1 of 3: a build that counts what it does" >&2
CARGO_ENCODED_RUSTFLAGS=$(encoded "-Cprofile-generate=$work/raw") \
    cargo build --locked --profile dist --bin treequake --target "$host" --target-dir "$target/counting"

echo "2 of 3: some of what people run" >&2
program=$target/counting/$host/dist/treequake
train 10000
"$profdata" merge --output "$work/treequake.profdata" "$work/raw"

echo "3 of 3: the build that makes use of it" >&2
CARGO_ENCODED_RUSTFLAGS=$(encoded "-Cprofile-use=$work/treequake.profdata") \
    cargo install --path . --locked --profile dist --target "$host" --target-dir "$target/fast" ${options[@]+"${options[@]}"}
