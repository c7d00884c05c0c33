"""The house rules: short functions and files, few type-ignores, no dead public names, plain words."""

import ast
import re
from pathlib import Path

import pytest
from vulture import Vulture

TOP = Path(__file__).parents[1]
PACKAGE = sorted((TOP / "avdf").rglob("*.py"))
CODE = [*PACKAGE, *sorted((TOP / "tools").glob("*.py")), *sorted((TOP / "benchmarks").glob("*.py"))]
TESTS = sorted((TOP / "tests").rglob("*.py"))
MAX_LINES_OF_FUNCTION, MAX_PARAMETERS, MAX_TYPE_IGNORES = 45, 6, 7
LINES_OF_FILE = range(20, 251)
# Shorter files: `__init__`, `__main__`, private files of plugins, fixtures, and those in these folders.
SHORT = ("making", "tools")
PARSERS = ("add_arguments", "main")  # of avdf/commands: lists of options

# What is used where vulture cannot see it.
USED_ELSEWHERE = {
    "check_encoder": "tests of encoders in other packages call it",
    "forward": "torch calls it",
    "_repr_html_": "notebooks call it",
    "__getattr__": "Python calls it",
    "__dir__": "Python calls it",
    "get_next": "ONNX Runtime calls it",
}
# Words of an older, private English, and of other trades; see docs/architecture.md for the terms.
PRIVATE_WORDS = (
    r"\banew\b",
    r"\bstands? in\b",
    r"\bmend(s|ed|ing)?\b",
    r"\bhangs? on\b",
    r"\bis no number\b",
    r"\bwhole_file\b",
    r"\bwhole_folder\b",
)


def name_of(path: Path) -> str:
    return str(path.relative_to(TOP))


def functions_of(path: Path) -> list[ast.FunctionDef]:
    return [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    ]


def num_parameters(function: ast.FunctionDef) -> int:
    arguments = function.args
    names = [item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


@pytest.mark.parametrize("path", [*CODE, *TESTS], ids=name_of)
def test_a_function_has_at_most_45_lines(path: Path):
    is_command = path.parent.name == "commands" and path.parent.parent.name == "avdf"
    long = {
        function.name: function.end_lineno - function.lineno + 1
        for function in functions_of(path)
        if function.end_lineno and function.end_lineno - function.lineno >= MAX_LINES_OF_FUNCTION
        if not (is_command and function.name in PARSERS)
    }
    assert long == {}


def test_a_function_has_at_most_6_parameters():
    wide = {
        f"{name_of(path)}: {function.name}"
        for path in CODE
        for function in functions_of(path)
        if num_parameters(function) > MAX_PARAMETERS
    }
    assert wide == set()


@pytest.mark.parametrize("path", [*CODE, *TESTS], ids=name_of)
def test_a_file_has_20_to_250_lines(path: Path):
    num_lines = len(path.read_text("utf-8").splitlines())
    assert num_lines < LINES_OF_FILE.stop
    is_short = path.name.startswith("_") or path.name == "conftest.py" or path.parent.name in SHORT
    assert is_short or num_lines >= LINES_OF_FILE.start


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_the_name_of_a_test_has_at_most_90_characters(path: Path):
    names = [function.name for function in functions_of(path) if function.name.startswith("test_")]
    assert [name for name in names if len(name) > 90] == []


def test_there_are_at_most_7_type_ignores():
    lines = [f"{name_of(path)}: {line}" for path in CODE for line in path.read_text("utf-8").splitlines()]
    assert len([line for line in lines if "type: ignore" in line]) <= MAX_TYPE_IGNORES


def test_no_public_function_class_or_constant_is_unused():
    finder = Vulture(ignore_decorators=["*.register*"], ignore_names=list(USED_ELSEWHERE))
    finder.scavenge([str(path) for path in CODE if "benchmarks" not in path.parts])
    pages = "\n".join(page.read_text("utf-8") for page in (TOP / "avdf").rglob("*.html"))
    unused = {
        f"{name_of(Path(item.filename))}: {item.name}"
        for item in finder.get_unused_code(min_confidence=60)
        if item.typ in ("function", "class", "method", "property")
        or (item.typ == "variable" and item.name.isupper())
        if not re.search(rf"\b{item.name}\b", pages)
    }
    assert unused == set()


def texts_of_pages() -> list[Path]:
    pages = [*(TOP / "docs").rglob("*.md"), *TOP.glob("*.md"), *(TOP / "avdf").rglob("*.html")]
    return sorted(path for path in pages if path.name != "CHANGELOG.md")


def test_the_words_are_plain_english():
    texts = {path: path.read_text("utf-8") for path in (*CODE, *TESTS, *texts_of_pages())}
    pattern = re.compile("|".join(PRIVATE_WORDS), re.IGNORECASE)
    private = {name_of(path) for path, text in texts.items() if pattern.search(text)}
    assert private == set()
