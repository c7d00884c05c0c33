"""The documentation: its links resolve, and the map of the code is that of the tests."""

import re
from pathlib import Path

import pytest
import yaml
from test_layers import ABOVE, GROUND, LEFT, RIGHT

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
    import avdf

    citation = yaml.safe_load((TOP / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == avdf.__version__
    assert avdf.__version__ in (TOP / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_is_short_enough_to_be_read():
    assert len((TOP / "README.md").read_text("utf-8").splitlines()) < 120
