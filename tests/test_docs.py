"""The documentation: its links resolve, and the map of the code is that of the tests."""

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from test_layers import ABOVE, GROUND, LEFT, RIGHT

import avdf

TOP = Path(__file__).parents[1]
PAGES = sorted([*TOP.glob("*.md"), *(TOP / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def anchors_of(path: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown renderers make them."""
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TOP)))
def test_all_links_of_a_page_lead_somewhere(path: Path):
    broken = []
    for link in LINK.findall(without_code(path.read_text("utf-8"))):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            broken.append(link)
    assert broken == []


def test_the_site_lists_every_page():
    nav = re.findall(r"[\w/]+\.md", (TOP / "mkdocs.yml").read_text("utf-8"))
    pages = [path.relative_to(TOP / "docs").as_posix() for path in (TOP / "docs").rglob("*.md")]
    assert sorted(nav) == sorted(pages)


def test_the_import_order_of_the_map_is_the_one_that_is_tested():
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    lines = re.search(r"```text\n(ground:.*?)```", text, flags=re.DOTALL)
    assert lines is not None
    order = {
        name: words.split() for name, words in re.findall(r"^(\w+): +(.+)$", lines[1], flags=re.MULTILINE)
    }
    assert order == {"ground": GROUND, "torch": LEFT, "scores": RIGHT, "both": ABOVE}


def test_the_map_names_every_package_and_module_of_the_top_level():
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    names = [path for path in (TOP / "avdf").iterdir() if not path.name.startswith(("__", "py.typed"))]
    missing = [path.name for path in names if f"`{path.name}{'/' if path.is_dir() else ''}`" not in text]
    assert missing == []


def test_paths_that_the_map_names_exist():
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    paths = re.findall(r"`((?:avdf|tests|configs|tools)/[\w/.]+)`", text)
    paths = [path for path in paths if "NAME" not in path]
    assert [path for path in paths if not (TOP / path).exists()] == []
    assert len(paths) >= 5


def test_the_citation_and_the_changelog_name_this_version():
    citation = yaml.safe_load((TOP / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == avdf.__version__
    assert avdf.__version__ in (TOP / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_is_short_enough_to_be_read():
    assert len((TOP / "README.md").read_text("utf-8").splitlines()) < 120


def test_the_examples_of_the_python_page_give_what_the_page_says():
    page = str(TOP / "docs" / "python.md")
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testfile(page, module_relative=False, optionflags=flags)
    assert result.failed == 0
    assert result.attempted > 10


def test_the_python_of_the_readme_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    people = [f"p{number:02}" for number in range(40)]
    table = pd.DataFrame(
        {
            "clip": [f"{person}-{kind}" for person in people for kind in "rf"],
            "speaker": [person for person in people for _ in "rf"],
            "race": ["African", "African", "Asian (East)", "Asian (East)"] * 20,
            "gender": ["men"] * 40 + ["women"] * 40,
            "is_fake": [0, 1] * 40,
            "score": [0.2, 0.9] * 40,
        }
    )
    table.to_csv(tmp_path / "scores.csv", index=False)
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", (TOP / "README.md").read_text("utf-8"), flags=re.DOTALL)
    assert code is not None
    exec(compile(code[1], "README.md", "exec"), {})
    assert (tmp_path / "audit" / "audit.html").is_file()
    assert len(code[1].strip().splitlines()) <= 8


def test_the_reference_lists_every_name_of_the_package():
    page = (TOP / "docs" / "reference" / "api.md").read_text("utf-8")
    listed = set(re.findall(r"^::: avdf\.(?:\w+\.)*(\w+)$", page, flags=re.MULTILINE))
    assert {name for name in dir(avdf) if name not in ("__version__", "testing")} <= listed


@pytest.mark.parametrize("path", sorted((TOP / "examples").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", sorted((TOP / "examples").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(path: Path):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": path.parent}}).execute()
    printed = [cell["outputs"] for cell in notebook.cells if cell.cell_type == "code"]
    assert printed[-1]


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path):
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=TOP, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    pages = "".join(path.read_text("utf-8") for path in (tmp_path / "site").rglob("*.html"))
    assert not re.search(
        r'(?:src|href)="https?://[^"]*\.(?:js|css|woff2?)"', pages
    )  # nothing from the network


def test_classes_that_the_map_names_are_in_the_files_that_it_names():
    text = (TOP / "docs" / "architecture.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \(`([\w/.]+)`\)", text, flags=re.MULTILINE)
    assert len(rows) >= 5
    for name, path in rows:
        assert f"class {name}" in (TOP / "avdf" / path).read_text("utf-8"), f"{name} is not in {path}"
