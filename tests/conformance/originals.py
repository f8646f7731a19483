"""Where the real Mitogen of each revision comes from.

One process loads one revision: Mitogen keeps its identity in module globals, so two revisions cannot share a process.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "target" / "conformance"
SEED = "mitogen-seed"
SEED_VARIABLE = "MITOGEN_SEED_SOURCE"
SEED_COMMIT = "0394dac2c7"

#: docs/model.md section 4: the name of a monitor, and the version that its source must state.
VERSIONS = {
    "mitogen-0.2.3": "0.2.3",
    SEED: "0.2.3",
    "mitogen-0.2.4": "0.2.4",
    "mitogen-0.2.9": "0.2.9",
    "mitogen-0.3": "0.3.54",
}

#: The seed is a commit after release 0.2.3 that states the same version: the files of both are known by hash.
FILES = {
    "mitogen-0.2.3": {
        "core.py": "e586998b894f65f10bc30a35e7392f3a0a38877a013052045b9dd7ecbd24fe94",
        "parent.py": "54fd6b4ffbae1de64943ebeaeea1e9914bc66e2cf3006c26f6bfef4c20ad2c44",
    },
    SEED: {
        "core.py": "478ac7ecd46f124a7e1bcc9a1bc422e51e625a28b4e604d882fa532ed9db2f3e",
        "parent.py": "a418afc646e1ebb9b8883a91d2f91a254c66478218058311d92be323062a7e63",
    },
}


class SourceMissing(Exception):
    """The source of a revision is absent, or is not that revision. The text says what to do."""


def source_of(revision, named=None):
    """The folder that contains the `mitogen` package of `revision`; a release that is absent is installed first."""
    if revision not in VERSIONS:
        raise SourceMissing(f"unknown revision `{revision}`; known are: {', '.join(VERSIONS)}")
    if named is None and revision == SEED:
        named = os.environ.get(SEED_VARIABLE)
    if named is not None:
        return _checked(pathlib.Path(named), revision)
    if revision == SEED:
        raise SourceMissing(
            f"{SEED} is in no release: check out Mitogen at commit {SEED_COMMIT} and name the folder "
            f"(--source DIR for driver.py, --source-seed DIR elsewhere, or {SEED_VARIABLE}=DIR)"
        )
    folder = CACHE / f"mitogen-{VERSIONS[revision]}"
    if not (folder / "mitogen" / "core.py").is_file():
        _install(VERSIONS[revision], folder)
    return _checked(folder, revision)


def _checked(folder, revision):
    """`folder`, if it holds the package, and exactly the files that are known by hash."""
    package = folder / "mitogen"
    if not (package / "core.py").is_file():
        raise SourceMissing(f"{folder} has no `mitogen` package (the source of {revision} is meant)")
    for name, expected in FILES.get(revision, {}).items():
        if hashlib.sha256((package / name).read_bytes()).hexdigest() != expected:
            original = f"commit {SEED_COMMIT}" if revision == SEED else f"release {VERSIONS[revision]}"
            raise SourceMissing(f"{package / name} is not that of {original}")
    return folder.resolve()


def _install(version, folder):
    """Fills `folder` with a release, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    print(f"installing mitogen {version} into {folder}", file=sys.stderr)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="install-", dir=folder.parent))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    done = subprocess.run(
        [*command, "--target", str(scratch), f"mitogen=={version}"], stdout=sys.stderr, env=environment
    )
    if done.returncode != 0:
        shutil.rmtree(scratch, ignore_errors=True)
        raise SourceMissing(f"pip could not install mitogen {version}; name a folder with --source instead")
    if folder.exists():
        shutil.rmtree(folder)
    scratch.rename(folder)


def check_version(revision, folder, found):
    """The package that was loaded must be the revision that was asked for."""
    if found != VERSIONS[revision]:
        raise SourceMissing(f"{folder} is mitogen {found}; {revision} is {VERSIONS[revision]}")
