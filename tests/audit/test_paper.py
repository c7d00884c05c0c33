"""`avdf audit --paper`: the tables of an audit and of a comparison in Markdown and LaTeX."""

import re

import pytest
from making.attacks import attacked
from making.calls import called

import avdf
from avdf.audit.page.formatting import Table
from avdf.audit.paper import PaperTable, escaped, latex, markdown, write_paper

ODD = PaperTable(
    name="odd",
    caption="50 % of {all}",
    table=Table(header=("a_b", "c|d"), rows=(("x & y", "\u22121.5"), (r"\write18", "1\u202f000"))),
)


def test_what_latex_would_run_or_break_on_is_escaped():
    text = latex(ODD)
    assert r"\caption{50 \% of \{all\}}" in text
    assert r"a\_b & c|d \\" in text
    assert r"x \& y & $-$1.5 \\" in text
    assert r"\textbackslash{}write18 & 1\,000 \\" in text
    assert escaped("~^") == r"\textasciitilde{}\textasciicircum{}"
    assert r"| a_b | c\|d |" in markdown(ODD)


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> tuple[str, str, dict]:
    folder = tmp_path_factory.mktemp("paper")
    scores = attacked().assign(gender=["men", "women"] * (len(attacked()) // 2))
    scores["gender"] = ["men" if person < "p12" else "women" for person in scores["identity"]]
    content = dict(avdf.audit_scores(scores, threshold=0.5).content)
    write_paper(content, folder)
    return (folder / "paper.md").read_text("utf-8"), (folder / "paper.tex").read_text("utf-8"), content


def test_the_tables_hold_the_values_of_the_audit(tables):
    text, tex, content = tables
    eer = f"{100 * content['overall']['eer']:.1f}"
    assert f"| EER | {eer}\u00a0% |" in text
    assert rf"EER & {eer}~\% & " in tex
    (men,) = [row for row in content["groups"] if (row["group"], row["metric"]) == ("men", "fpr")]
    assert f"| gender | men | 12 | {100 * men['value']:.1f}\u00a0% |" in text
    assert re.search(r"\| quiet \| 48 \| 24 \|", text)
    assert "real and 100 fake clips of 24 people, at the frozen threshold" in text


def test_every_row_of_the_latex_has_the_columns_of_its_table(tables):
    _, tex, _ = tables
    assert [tex.count(rf"\label{{tab:{name}}}") for name in ("metrics", "groups", "attacks")] == [1, 1, 1]
    blocks = re.findall(r"\\begin\{tabular\}\{(lc*)\}(.*?)\\end\{tabular\}", tex, re.DOTALL)
    assert len(blocks) == 3
    for columns, body in blocks:
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows
        assert {len(re.split(r"(?<!\\)&", row)) for row in rows} == {len(columns)}


def test_the_command_writes_both_files_of_a_comparison(tmp_path):
    path = tmp_path / "scores.csv"
    attacked().to_csv(path, index=False)
    done = called("audit", path, path, "--threshold", "0.5", "--paper", "--out", tmp_path / "out")
    assert done.status == 0, done.stderr
    assert "| people | Obuchowski 1997 | 0.000 |" in (tmp_path / "out" / "paper.md").read_text("utf-8")
    assert r"\label{tab:comparison}" in (tmp_path / "out" / "paper.tex").read_text("utf-8")
