"""What the command asks for: one table audited, or two compared."""

from pathlib import Path

from avdf.audit.comparison import write_comparison
from avdf.audit.folder import refuse_existing, write_audit
from avdf.audit.sources import Reading, read_source
from avdf.errors import TableError
from avdf.evaluation.shortcuts import probes_of


def audit_one(
    path: Path, out: Path | None, reading: Reading, *, probes: tuple[str, ...] = (), overwrite: bool = False
) -> Path:
    """Audits a run folder or a score table and returns the page. Raises UserError, TableError."""
    folder = out or _beside(path) / "audit"
    refuse_existing(folder, overwrite)
    source = read_source(path, reading)
    test = source.scores[source.scores["split"] == "test"]
    missing = [name for name in probes if name not in test]
    if missing:
        raise TableError(f"no column {missing[0]!r} to probe (have: {', '.join(test.columns)})")
    write_audit(
        source.scores,
        source.threshold,
        folder,
        groups=source.groups,
        provenance=source.provenance,
        probes=[*source.probes, *probes_of(test, probes)],
        warnings=source.warnings,
        seed=reading.seed,
        overwrite=overwrite,
    )
    return folder / "audit.html"


def compare_two(
    first: Path, second: Path, out: Path | None, reading: Reading, *, overwrite: bool = False
) -> Path:
    """Compares the second with the first on the clips that both scored and returns the page."""
    folder = out or _beside(second) / "comparison"
    refuse_existing(folder, overwrite)
    write_comparison(read_source(first, reading), read_source(second, reading), folder, seed=reading.seed)
    return folder / "comparison.html"


def _beside(path: Path) -> Path:
    return path if path.is_dir() else path.parent
