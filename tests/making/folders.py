"""Folders in the layout of a corpus, of small text files."""

from pathlib import Path

HEADER = "source,target1,target2,method,category,type,race,gender,path,"


def make(root: Path, *paths: str) -> Path:
    """Files that hold their own names."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    return root
