#!/usr/bin/env bash
# The manifest of `fuzz --emit kubernetes`: it is valid, and its results lie on the volume. Without a cluster: the manifest is
# held against the published schemas of Kubernetes, and each pod is played as a node would run it, in a root file system
# that is lost afterwards, with the volume mounted where the manifest says. The parts are merged and compared with what one
# machine makes, byte for byte.
#
# Needs root, for the mounts. Installs python3-venv where it is missing, and the Python package kubernetes-validate into a
# folder of its own ($TREEQUAKE_READERS, or the user's cache).
set -euo pipefail
SEEDS=${SEEDS:-0..20000}
source "$(dirname "$0")/common.sh"
trap 'rm -rf "$desk"' EXIT
version=1.37.0
readers=${TREEQUAKE_READERS:-${XDG_CACHE_HOME:-$HOME/.cache}/treequake-readers}/kubernetes-validate-$version
if [ ! -d "$readers" ]; then
    if ! python3 -m venv "$readers" 2>/dev/null; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
        python3 -m venv --clear "$readers"
    fi
    "$readers/bin/pip" install --quiet --disable-pip-version-check "kubernetes-validate==$version" || {
        rm -rf "$readers"
        fail "kubernetes-validate cannot be installed"
    }
fi
python=$readers/bin/python
check=$(dirname "$0")/kubernetes.py

# Runs the container of one pod: `pod MANIFEST VOLUME INDEX`. The root file system has the system's programs, an image's
# treequake, and nothing else; it is lost when the namespace of the mounts ends.
pod() {
    "$python" "$check" container "$1" "$3" >"$desk/pod.sh"
    unshare --mount --propagation private bash -s "$desk" "$TREEQUAKE" "$2" <<'NODE'
set -euo pipefail
desk=$1 treequake=$2 volume=$3
root=$desk/root
mkdir -p "$root"
mount -t tmpfs none "$root"
for folder in bin sbin lib lib64 usr dev proc; do
    [ -e "/$folder" ] || continue
    mkdir -p "$root/$folder"
    mount --rbind "/$folder" "$root/$folder"
done
mkdir -p "$root/opt" "$root/tmp"
cp "$treequake" "$root/opt/treequake"
source "$desk/pod.sh"
mkdir -p "$root$mounted"
mount --bind "$volume" "$root$mounted"
code=0
chroot "$root" /usr/bin/env -i PATH=/opt:/usr/bin:/bin "${environment[@]}" /bin/sh -c 'cd "$0" && exec "$@"' "$workdir" "${command[@]}" || code=$?
exit "$code"
NODE
}

# A relative folder, and an absolute one: where the results lie on the volume.
for where in "campaign campaign" "/data/camp ."; do
    read -r out on_volume <<<"$where"
    name=$(tr -d / <<<"$out")
    manifest=$desk/$name.yaml volume=$desk/volume-$name
    mkdir "$volume"
    treequake fuzz --seeds "$SEEDS" --partition none --emit kubernetes --parts "$PARTS" --out "$out" >"$manifest"
    "$python" "$check" validate "$manifest"
    for index in $(seq 0 $((PARTS - 1))); do
        pod "$manifest" "$volume" "$index" >"$desk/pod-$index.txt" 2>&1 || fail "pod $index: $(tail -n 3 "$desk/pod-$index.txt")"
    done
    say "--out $out: $PARTS pods have ended; on the volume: $(cd "$volume" && echo "$on_volume"/part-*)"
    rm -rf "$desk/merged" "$desk/single"
    compare "$volume/$on_volume"
done
