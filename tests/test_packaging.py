"""setup.cfg declares what the code imports, and an audit needs no torch."""

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from making.made_scores import made_scores

from avdf.command import EXTRAS

TOP = Path(__file__).parents[1]
IMPORT_NAMES = {
    "opencv_python_headless": "cv2",
    "dlib_bin": "dlib",
    "pyyaml": "yaml",
    "scikit_learn": "sklearn",
}
IMPORT_NAMES |= {"pyworld_prebuilt": "pyworld"}
CORE = ("errors", "paths", "progress", "files", "command", "config", "run_folder", "evaluation", "audit")
NOT_IMPORTED = {"tensorboard"}  # the tracker of Accelerate imports it
OURS = {"making", "test_layers"}  # in tests/


def declared() -> dict[str, set[str]]:
    """Names as imported, by extra; those that every installation has under "core"."""
    settings = configparser.ConfigParser()
    settings.read(TOP / "setup.cfg")
    lists = {"core": settings["options"]["install_requires"], **settings["options.extras_require"]}
    names = {}
    for extra, lines in lists.items():
        packages = [re.split(r"[>=<;\[]", line)[0].strip() for line in lines.split("\n") if line.strip()]
        keys = [package.lower().replace("-", "_") for package in packages if package != "avdf"]
        names[extra] = {IMPORT_NAMES.get(key, key) for key in keys}
    names["cluster"] |= {"distributed"}  # of dask[distributed]
    return names


def imported(path: Path, *, at_import: bool = False) -> set[str]:
    """Packages of others that a file imports; `at_import`: outside functions alone."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = tree.body if at_import else list(ast.walk(tree))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in names} - {"avdf", *sys.stdlib_module_names}


def folder_of(path: Path) -> str:
    return path.relative_to(TOP / "avdf").with_suffix("").parts[0]


SOURCES = sorted((TOP / "avdf").rglob("*.py"))


def test_everything_that_is_imported_is_declared_and_everything_declared_is_imported():
    names = declared()
    used: set[str] = set().union(*(imported(path) for path in SOURCES))
    needed = set().union(*(names[extra] for extra in ("core", *EXTRAS)))
    assert used - needed == set()
    assert needed - used - NOT_IMPORTED - {"dask"} == set()
    from_tests = set().union(*(imported(path) for path in (TOP / "tests").rglob("*.py"))) - OURS
    assert from_tests - set().union(*names.values()) == set()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_module_imports_what_its_extra_installs(path: Path):
    names = declared()
    folder = folder_of(path)
    if folder in CORE:
        assert imported(path) <= names["core"]
    elif folder in ("commands", "api", "__init__", "__main__"):
        assert imported(path, at_import=True) <= names["core"]
    elif folder == "sweep":
        assert imported(path) <= names["core"] | names["train"] | names["sweep"]
    else:
        assert imported(path, at_import=True) <= names["core"] | names["train"]


def test_the_message_about_a_missing_package_names_the_extra_that_has_it():
    names = declared()
    for extra, packages in EXTRAS.items():
        assert set(packages) == names[extra]


def test_the_pinned_core_is_part_of_the_pinned_whole_and_holds_no_torch():
    core = (TOP / "requirements-audit.txt").read_text("utf-8").splitlines()
    whole = (TOP / "requirements.txt").read_text("utf-8").splitlines()
    pins = {line.split(" ;")[0] for line in whole}
    assert {line.split(" ;")[0] for line in core} <= pins
    packages = {re.split("[=[]", line)[0].replace("-", "_") for line in core}
    assert {IMPORT_NAMES.get(package, package) for package in packages} >= declared()["core"]
    assert not {"torch", "av", "joblib", "safetensors"} & packages


@pytest.mark.slow
def test_an_environment_without_torch_audits_and_says_what_training_needs(tmp_path: Path):
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [uv, "pip", "install", "--quiet", "--python", python]
    copy = tmp_path / "copy"
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(".git", ".venv", "cache", "runs"))
    subprocess.run([*install, "-r", copy / "requirements-audit.txt"], check=True)
    subprocess.run([*install, "--no-deps", copy], check=True)
    made_scores(60, 4).to_csv(tmp_path / "scores.csv", index=False)
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def avdf(*words: str) -> subprocess.CompletedProcess[str]:
        command = [tmp_path / "venv" / "bin" / "avdf", *words]
        return subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)

    done = avdf("audit", "scores.csv")
    assert (done.returncode, done.stdout, done.stderr) == (0, "audit/audit.html\n", "")
    assert (tmp_path / "audit" / "audit.json").is_file()
    done = avdf("train", str(copy / "configs" / "audio_cnn.yaml"))
    assert done.returncode == 2
    assert re.fullmatch(r"error: the package \w+ is missing; install avdf\[train\]\n", done.stderr)
    done = avdf("--help")
    assert done.returncode == 0
    program = "import avdf; print(avdf.audit_scores('scores.csv').verdicts['verdict'].size)"
    done = subprocess.run([python, "-c", program], cwd=tmp_path, env=clean, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("6\n", "")
