"""The examples in docstrings give what they show."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

# Packages and modules with examples; of a package, all of its modules.
WITH_EXAMPLES = ("avdf.evaluation",)


def modules_of(name: str) -> list[str]:
    package = importlib.import_module(name)
    paths = getattr(package, "__path__", None)
    return (
        [name] if paths is None else [name, *(f"{name}.{item.name}" for item in pkgutil.iter_modules(paths))]
    )


MODULES = [module for name in WITH_EXAMPLES for module in modules_of(name)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_show(name: str):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE, extraglobs={"np": np})
    assert result.failed == 0


def test_there_are_examples():
    assert sum(len(doctest.DocTestFinder().find(importlib.import_module(name))) > 0 for name in MODULES) > 5
