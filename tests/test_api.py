"""`import avdf` in a notebook: quick to load, and the same results as the commands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from making.calls import called
from making.made_scores import made_scores

import avdf
from avdf.demo.making import make_demo
from avdf.demo.plan import DemoSettings
from avdf.errors import ConfigError, TableError, UserError

TOP = Path(__file__).parents[1]
NAMES = [
    "AuditOptions",
    "AuditReport",
    "audit_scores",
    "best_threshold",
    "binary_metrics",
    "load_detector",
    "predict",
]
NAMES += ["read_corpus", "run_experiment", "split_clips", "testing"]


def test_import_avdf_loads_no_torch_no_numpy_and_no_pandas():
    program = (
        "import avdf, sys; assert not {'torch', 'numpy', 'pandas'} & set(sys.modules); print(*dir(avdf))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted([*NAMES, "__version__"])


@pytest.mark.parametrize("name", [name for name in NAMES if name != "testing"])
def test_every_name_is_there_and_has_a_docstring(name: str):
    assert len(getattr(avdf, name).__doc__) > 60


def test_a_name_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no attribute 'audit_score'.*audit_scores"):
        _ = avdf.audit_score


def test_a_table_in_memory_and_its_file_give_the_same_report_as_the_command(tmp_path: Path):
    table = made_scores(60, 4)
    table.to_csv(tmp_path / "s.csv", index=False)
    report = avdf.audit_scores(table, groups=["race", "gender"])
    from_file = avdf.audit_scores(tmp_path / "s.csv")
    assert report.content == from_file.content
    assert called("audit", tmp_path / "s.csv", "--out", tmp_path / "o").status == 0
    page = report.save(tmp_path / "saved")
    assert page == tmp_path / "saved" / "audit.html"
    files = {path.relative_to(tmp_path / "o"): path.read_bytes() for path in (tmp_path / "o").rglob("*.*")}
    assert len(files) > 4
    for name, content in files.items():
        assert (tmp_path / "saved" / name).read_bytes() == content
    with pytest.raises(UserError, match="exists"):
        report.save(tmp_path / "saved")


def test_the_report_has_tables_of_verdicts_groups_and_gaps():
    report = avdf.audit_scores(made_scores(240, 6, planted=2.0), groups=["race"])
    assert report.verdicts.columns.tolist() == ["attribute", "metric", "harm", "verdict", "text"]
    assert report.verdicts["verdict"].tolist() == ["gap shown", "none shown"]
    assert report.gaps.set_index("metric").loc["fpr", "worst"] == "African"
    fpr = report.groups.query("metric == 'fpr'")
    assert fpr["group"].tolist() == ["African", "Asian (East)", "Caucasian (American)"]
    assert (fpr["ci_low"] < fpr["value"]).all()
    assert (fpr["value"] < fpr["ci_high"]).all()
    assert report.overall["num_clips"] == 960
    assert report.warnings == []
    assert repr(report).splitlines()[1:] == [
        "race, false accusations: gap shown",
        "race, missed fakes: none shown",
    ]


def test_the_types_of_a_data_frame_do_not_matter():
    plain = made_scores(60, 4)
    other = plain.assign(
        is_fake=plain["is_fake"].astype(bool),
        race=plain["race"].astype("category"),
        gender=plain["gender"].map({"men": 1, "women": 2}),
        score=plain["score"].astype(np.float64),
    ).set_index(pd.Index(range(100, 100 + len(plain))))
    before = other.copy()
    report = avdf.audit_scores(other, groups=["race", "gender"])
    assert report.gaps["gap"].tolist() == avdf.audit_scores(plain).gaps["gap"].tolist()
    pd.testing.assert_frame_equal(other, before)


def test_one_group_may_be_given_as_a_word_and_mistakes_are_named():
    table = made_scores(60, 4)
    assert set(avdf.audit_scores(table, groups="race").gaps["attribute"]) == {"race"}
    with pytest.raises(TableError, match="accent"):
        avdf.audit_scores(table, groups=["accent"])
    with pytest.raises(UserError, match="finite"):
        avdf.audit_scores(table, threshold=float("nan"))
    with pytest.raises(TableError, match=r"none\.csv: no such file"):
        avdf.audit_scores("none.csv")


def test_bins_direction_and_seed_are_options():
    table = made_scores(60, 4)
    age = table["identity"].str[2:].astype(int) + 20
    turned = table.assign(age=age, score=1 - table["score"])
    options = avdf.AuditOptions(bins={"age": [18, 50, 80]}, higher_is="bonafide", seed=3)
    report = avdf.audit_scores(turned, groups="age", options=options)
    assert report.overall["auc"] == pytest.approx(avdf.audit_scores(table).overall["auc"])
    assert report.groups["group"].nunique() == 2
    assert report.content["settings"]["seed"] == 3


def test_the_notebook_view_is_self_contained_and_styles_only_itself():
    report = avdf.audit_scores(made_scores(60, 4))
    view = report._repr_html_()
    assert (view.count("<svg"), view.count("<style")) == (2, 1)
    assert "Real people accused" in view
    assert not re.search(r"<script|<link|@import|src=|url\((?!#)", view)
    style = re.sub(r"@media[^{]*", "", re.search(r"<style>(.*?)</style>", view, re.DOTALL)[1])
    selectors = [words.strip() for words in re.findall(r"([^{};]+)\{", style) if words.strip()]
    assert selectors
    assert all(".avdf-audit" in part for selector in selectors for part in selector.split(","))
    other = avdf.audit_scores(made_scores(90, 4))._repr_html_()
    assert not set(re.findall(r' id="([^"]+)"', view)) & set(re.findall(r' id="([^"]+)"', other))


def test_names_from_the_table_are_escaped_in_the_notebook_view():
    table = made_scores(60, 4).replace({"race": {"African": "<b onclick=x>"}})
    assert "<b onclick" not in avdf.audit_scores(table)._repr_html_()


def test_a_clip_table_is_split_by_a_mapping_of_settings():
    same = {"type": "A", "method": "real", "race": "x", "gender": "y", "identities": "", "voice_rule": ""}
    rows = [
        {"clip": f"{n}-{kind}", "voice": f"v{n}", "track": f"t{n}-{kind}", "source": f"v{n}", **same}
        for n in range(20)
        for kind in "rf"
    ]
    order = [
        "clip",
        "type",
        "method",
        "race",
        "gender",
        "source",
        "voice",
        "voice_rule",
        "identities",
        "track",
    ]
    clips = pd.DataFrame(rows)[order].assign(audio_fake=[0, 1] * 20, video_fake=0, size_bytes=1)
    split = avdf.split_clips(clips, {"name": "voice", "test": 0.25}, seed=1)
    assert split.table["split"].value_counts()["test"] == 10
    assert split.certificate["leaks"] is False
    with pytest.raises(ConfigError, match=r"data\.split\.test must be a share"):
        avdf.split_clips(clips, {"test": 2})
    with pytest.raises(TableError, match="no column 'track'"):
        avdf.split_clips(clips.drop(columns="track"))


def test_a_detector_is_trained_loaded_and_asked_from_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    root = make_demo(tmp_path / "demo", DemoSettings(num_identities=20, num_recordings=1))
    settings = [f"data.root={root}", f"data.cache={tmp_path / 'cache'}", "train.epochs=1", "run.trackers=[]"]
    settings.append("evaluation.stress=none")
    monkeypatch.chdir(tmp_path)
    run = avdf.run_experiment(TOP / "configs" / "audio_mfcc_linear.yaml", settings, name="first")
    assert run.parent == Path("runs", "first")
    clip = next(root.rglob("*.mp4"))
    detector = avdf.load_detector(run)
    [result] = avdf.predict(detector, clip)
    assert result["error"] is None
    assert avdf.predict(run / "detector", [clip, tmp_path / "none.mp4"])[0] == result
    assert [bool(item["error"]) for item in avdf.predict(detector, [clip, "none.mp4"])] == [False, True]
    done = called("predict", run / "detector", clip, "--json")
    [printed] = json.loads(done.stdout)
    assert {printed.pop(stamp) for stamp in ("avdf_version", "judged_at")} >= {avdf.__version__}
    assert printed == result
    assert avdf.audit_scores(run).content == json.loads((run / "audit" / "audit.json").read_text("utf-8"))
