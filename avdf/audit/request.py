"""The work of the command audit: one table audited, or two compared."""

from dataclasses import replace
from pathlib import Path

from avdf.audit.comparison import write_comparison
from avdf.audit.folder import refuse_existing, write_audit
from avdf.audit.options import AuditOptions
from avdf.audit.paper import write_paper
from avdf.audit.sources import read_audit_input
from avdf.errors import TableError, UserError
from avdf.evaluation.coverage import low_coverage
from avdf.evaluation.shortcuts import probes_of
from avdf.files import read_json
from avdf.run_folder import AUDIT_HTML, AUDIT_JSON, RunFolder


def audit_one(
    path: Path,
    out: Path | None,
    options: AuditOptions,
    *,
    probes: tuple[str, ...] = (),
    overwrite: bool = False,
) -> Path:
    """Audits a run folder or a score table and returns the page. Raises UserError, TableError."""
    folder = out or _folder_of(path).audit
    refuse_existing(folder, overwrite, path)
    audit_input = read_audit_input(path, options)
    test = audit_input.scores.of_split("test").table
    for name in set(probes) & {"score", "is_fake"}:
        raise UserError(f"--probe {name}: is not a trivial feature; name columns such as duration_s")
    missing = [name for name in probes if name not in test]
    if missing:
        raise TableError(f"no column {missing[0]!r} to probe (have: {', '.join(test.columns)})")
    kept = [probe for probe in audit_input.probes if probe["feature"] not in probes]
    audit_input = replace(audit_input, probes=(*kept, *probes_of(test, probes)))
    write_audit(audit_input, folder, audit_input.seed, overwrite=overwrite)
    return folder / AUDIT_HTML


def low_coverage_of(page: Path, least: float | None) -> list[str]:
    """What an audit that was written covers less than `least`, in sentences; nothing without `least`."""
    if least is None:
        return []
    content = read_json(page.parent / AUDIT_JSON)
    return [f"{line}, less than {100 * least:g} %" for line in low_coverage(content["coverage"], least)]


def paper_of(page: Path) -> None:
    """Writes the tables for a paper beside the page of an audit or a comparison."""
    write_paper(read_json(page.with_suffix(".json")), page.parent)


def compare_two(
    first: Path, second: Path, out: Path | None, options: AuditOptions, *, overwrite: bool = False
) -> Path:
    """Compares the second with the first on the clips that both scored and returns the page."""
    folder = out or _folder_of(second).path / "comparison"
    for path in (first, second):
        refuse_existing(folder, overwrite, path)
    before, after = (read_audit_input(path, options) for path in (first, second))
    write_comparison(before, after, folder, seed=before.seed)
    return folder / "comparison.html"


def _folder_of(path: Path) -> RunFolder:
    """A run itself, or the folder of a score table, which takes the audit as a run would."""
    return RunFolder(path if path.is_dir() else path.parent)
