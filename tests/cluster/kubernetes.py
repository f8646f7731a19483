"""What kubernetes.sh does with an emitted manifest: `validate FILE`, and `container FILE INDEX`, which prints, for a shell, what
a node makes of the container of one pod."""

import re
import shlex
import sys

import kubernetes_validate
import yaml


def main(action, path, *rest):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # What the user is asked to insert.
    text = text.replace("IMAGE-WITH-TREEQUAKE", "registry.example.org/treequake:1")
    text = text.replace("CLAIM-OF-A-SHARED-VOLUME", "shared")
    manifest = yaml.safe_load(text)
    validate(manifest) if action == "validate" else print(container(manifest, *rest))


def validate(manifest):
    """Against the schemas of the oldest version that has `backoffLimitPerIndex` without being asked for it, 1.29, and of the
    newest, without unknown fields; then what the schemas do not say, but the server checks."""
    for version in ["1.29.0", kubernetes_validate.latest_version()]:
        kubernetes_validate.validate(manifest, version, strict=True)
        print(f"valid: {manifest['apiVersion']} {manifest['kind']}, Kubernetes {version}, strict")
    spec = manifest["spec"]
    pod = spec["template"]["spec"]
    (inner,) = pod["containers"]
    names = [manifest["metadata"]["name"], inner["name"]]
    assert all(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", name) and len(name) <= 63 for name in names), names
    assert spec["completionMode"] == "Indexed" and pod["restartPolicy"] == "Never", "backoffLimitPerIndex needs both"
    assert spec["maxFailedIndexes"] <= spec["completions"], spec
    for rule in spec["podFailurePolicy"]["rules"]:
        codes = rule.get("onExitCodes")
        assert codes is None or 0 not in codes["values"] and codes["containerName"] == inner["name"], rule
    mounts = {mount["name"] for mount in inner["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}, mounts
    assert all(mount["mountPath"].startswith("/") and ":" not in mount["mountPath"] for mount in inner["volumeMounts"])


def container(manifest, index):
    (inner,) = manifest["spec"]["template"]["spec"]["containers"]
    (mount,) = inner["volumeMounts"]
    environment = {entry["name"]: entry["value"] for entry in inner["env"]}
    # What the controller of Indexed Jobs adds.
    environment["JOB_COMPLETION_INDEX"] = index
    command = [expand(word, environment) for word in inner["command"] + inner["args"]]
    array = lambda words: "(" + " ".join(map(shlex.quote, words)) + ")"
    return "\n".join([
        f"mounted={shlex.quote(mount['mountPath'])}",
        f"workdir={shlex.quote(inner['workingDir'])}",
        f"environment={array([f'{name}={value}' for name, value in environment.items()])}",
        f"command={array(command)}",
    ])


def expand(word, environment):
    """`$(NAME)` is a variable if there is one, and `$$` stands for `$`."""
    def one(match):
        if match.group() == "$$":
            return "$"
        return environment.get(match.group(1), match.group())
    return re.sub(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)", one, word)


if __name__ == "__main__":
    main(*sys.argv[1:])
