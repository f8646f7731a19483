#!/usr/bin/env bash
# Tests the pages in a real browser: Debian's chromium, headless, driven by its chromedriver.
#
# Installs chromium and chromium-driver if they are missing; this needs root on Debian. TREEQUAKE=PROGRAM names the program
# to test (default: a fresh build). SCREENSHOTS=FOLDER keeps pictures. AXE=FILE names an axe.min.js
# (default: that of npm, if there is npm). Takes about four minutes.
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
# axe checks accessibility. Without npm, its tests are skipped.
if [ -z "${AXE:-}" ] && command -v npm >/dev/null; then
    desk=$(mktemp -d)
    trap 'rm -rf "$desk"' EXIT
    if (cd "$desk" && npm pack --silent axe-core@4.11 >/dev/null 2>&1 && tar xzf axe-core-*.tgz); then
        export AXE=$desk/package/axe.min.js
    fi
fi
cd "$here"
for checks in *_page.py; do
    echo "== $checks"
    python3 -B "$checks"
done
