"""The page: drop, record or paste a file; see the verdict, the timeline, the explanation, the limits."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avdf.errors import UserError
from avdf.serving.desk import Desk
from avdf.serving.explaining import explanation_html
from avdf.serving.judging import Judge
from avdf.serving.limits import RefusedError
from avdf.serving.verdict import message_html, verdict_html
from avdf.serving.visits import taken

if TYPE_CHECKING:
    from fastapi import FastAPI

_HERE = Path(__file__).parent
_FONTS = ("system-ui", "DejaVu Sans", "sans-serif")  # of the reader's system: none is loaded
_THREADS_TO_REFUSE = 8  # beside one for each place
_NOTHING_YET = '<p class="avdf-note">The verdict on a file is shown here.</p>'
_WORKING = '<p class="avdf-note" role="status">Explaining the call; this takes some seconds ...</p>'
# A file in the clipboard is given to the same input as one that is dropped.
_PASTE = """
document.addEventListener('paste', event => {
  const files = event.clipboardData && event.clipboardData.files;
  const input = document.querySelector('#avdf-file input[type=file]');
  if (!files || !files.length || !input) return;
  event.preventDefault();
  const one = new DataTransfer();
  one.items.add(files[0]);
  input.files = one.files;
  input.dispatchEvent(new Event('change', {bubbles: true}));
});
"""


def add_page(app: "FastAPI", judge: Judge, desk: Desk, folder: Path) -> None:
    """Adds the page at `/` of an application. Gradio stores what arrives in `folder`/page."""
    import gradio

    (folder / "page").mkdir()
    gradio.mount_gradio_app(
        app,
        _blocks(judge, desk, folder),
        "/",
        footer_links=[],
        run_history=False,
        max_file_size=desk.limits.max_bytes,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        theme=gradio.themes.Default(
            primary_hue="slate", font=_FONTS, font_mono=("ui-monospace", "monospace")
        ),
        css=_text("page.css"),
        head=f"<script>{_PASTE}</script>",
    )


def _blocks(judge: Judge, desk: Desk, folder: Path) -> Any:
    import gradio

    with gradio.Blocks(title="avdf: is this speech fake?", analytics_enabled=False) as page:
        gradio.HTML(_text("intro.html"))
        with gradio.Row():
            with gradio.Column(scale=2, min_width=300):
                with gradio.Tab("A file"):
                    label = "Drop a sound or video file, click to choose one, or paste it"
                    file = gradio.File(label=label, elem_id="avdf-file", height=190)
                with gradio.Tab("Record"):
                    label = "Record with the microphone"
                    recording = gradio.Audio(label=label, sources=["microphone"], elem_id="avdf-record")
                why = gradio.Checkbox(True, label="Also explain the call (some seconds more)")
                gradio.HTML(_limits_html(judge))
            with gradio.Column(scale=3, min_width=300):
                verdict = gradio.HTML(_NOTHING_YET, elem_id="avdf-verdict")
        explanation = gradio.HTML("", elem_id="avdf-why")
        gradio.HTML(_text("not_for.html"))
        visit = partial(visited, judge, desk, folder)
        for event, source in ((file.upload, file), (recording.stop_recording, recording)):
            shown = [verdict, explanation, source]
            event(visit, [source, why], shown, preprocess=False, api_visibility="private")
    # Nobody waits in Gradio's queue, which would say nothing: who finds no place at the desk is told at once.
    page.max_threads = desk.limits.places + _THREADS_TO_REFUSE
    page.queue(api_open=False, default_concurrency_limit=None)
    return page


def visited(
    judge: Judge, desk: Desk, folder: Path, file: dict[str, Any] | None, is_explained: bool
) -> Iterator[tuple[Any, Any, Any]]:
    """Verdict, explanation and the emptied input: first the verdict, then the explanation."""
    import gradio

    if not file:
        return
    try:
        with taken(file, folder, folder / "page") as arrived:
            with desk.place():
                verdict = desk.begin(partial(verdict_of, judge, arrived.path, arrived.name)).result()
            yield verdict, _WORKING if is_explained else "", None
            if is_explained:
                yield gradio.skip(), explained(judge, desk, arrived.path, arrived.name), gradio.skip()
    except RefusedError as refusal:
        yield message_html(str(refusal)), "", None


def verdict_of(judge: Judge, path: Path, name: str) -> str:
    """The HTML of the verdict on a file, under the visitor's name of it. Raises RefusedError."""
    result = judge.result_of(path, name)
    is_heard = result.get("has_audio", True)  # the key of a detector that sees
    samples = judge.samples_of(path, name) if is_heard else None
    return verdict_html(result, samples, judge.predictor.sample_rate_hz)


def explained(judge: Judge, desk: Desk, path: Path, name: str) -> str:
    """The HTML of the explanation of a file, or of why there is none: without a path of the server."""
    try:
        with desk.place():
            return desk.begin(partial(explanation_html, judge.folder, path, name)).result()
    except UserError as error:
        words = str(error).replace(str(path), name).replace(str(judge.folder), "this server")
        return message_html(f"The call is not explained: {words}")


def _limits_html(judge: Judge) -> str:
    limits = judge.limits
    return (
        f'<p class="avdf-note">At most {limits.max_mib:g} MiB and {limits.max_seconds:g} s. '
        f"The file is deleted as soon as it is judged. Detector {judge.predictor.facts['detector']}.</p>"
    )


def _text(name: str) -> str:
    return (_HERE / name).read_text("utf-8")
