"""One file -> the page of `avdf explain` about it, to be shown inside another page."""

import tempfile
import threading
from dataclasses import replace
from pathlib import Path

from markupsafe import Markup

_DRAWING = threading.Lock()  # the style of matplotlib is that of the process
_FITS = (
    "const f=this,b=f.contentDocument.body,fit=()=>f.style.height=b.scrollHeight+'px';"
    "fit();new ResizeObserver(fit).observe(b)"
)
_FRAME = Markup(
    '<iframe class="avdf-explanation" title="Why it is called so" sandbox="allow-same-origin" '
    'srcdoc="{page}" onload="{fits}"></iframe>'
)


def explanation_html(folder: Path, path: Path, name: str) -> str:
    """The explanation of a file by the detector in `folder`, in a frame that runs no scripts.

    Raises UserError for a file that can't be explained.
    """
    from avdf.explanation.content import explain
    from avdf.explanation.page import page_html

    # The data of the training may have to be decoded first, and names people.
    content = replace(explain(folder, path, with_training=False), path=Path(name))
    with _DRAWING, tempfile.TemporaryDirectory(dir=path.parent) as place:
        page = page_html(content, Path(place), inside=True)
    return _FRAME.format(page=page, fits=_FITS)
