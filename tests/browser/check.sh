#!/usr/bin/env bash
# Tests the pages in a real browser: Debian's chromium, headless, driven by its chromedriver.
#
# Installs chromium and chromium-driver if they are missing; this needs root on Debian. TREEQUAKE=PROGRAM names the program
# to test (default: a fresh build). SCREENSHOTS=FOLDER keeps pictures. Takes about two minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
command -v python3 >/dev/null || missing+=(python3)
if [ ${#missing[@]} -gt 0 ]; then
    [ "$(id -u)" -eq 0 ] || { echo "error: install ${missing[*]}, or run this as root on Debian" >&2; exit 2; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ -z "${TREEQUAKE:-}" ]; then
    (cd "$here/../.." && cargo build --quiet)
    TREEQUAKE=${CARGO_TARGET_DIR:-$here/../../target}/debug/treequake
fi
TREEQUAKE=$(realpath "$TREEQUAKE")
export TREEQUAKE
[ -z "${SCREENSHOTS:-}" ] || { mkdir -p "$SCREENSHOTS"; SCREENSHOTS=$(realpath "$SCREENSHOTS"); export SCREENSHOTS; }
cd "$here"
for checks in *_page.py; do
    echo "== $checks"
    python3 -B "$checks"
done
