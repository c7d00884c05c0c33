"""avdf.audit_scores with the options that are needed less often."""

import pandas as pd
import pytest
from making.made_scores import made_scores

import avdf
from avdf.audit.sources import AuditOptions
from avdf.errors import UserError


def test_bins_and_reversed_scores_reach_the_report():
    scores = made_scores(60)
    scores["age"] = 20 + pd.factorize(scores["identity"])[0]
    turned = scores.assign(score=1 - scores["score"])
    options = AuditOptions(higher_is="bonafide", bins={"age": (30, 50)}, seed=1)
    report = avdf.audit_scores(turned, groups=["race", "age"], threshold=0.5, options=options)
    assert report.overall["auc"] > 0.9
    ages = report.groups[report.groups["attribute"] == "age"]["group"].unique()
    assert list(ages) == ["30 to under 50", "50 and over"]  # the test split holds ages 40 to 79
    assert report.content["settings"]["seed"] == 1


def test_overlapping_people_are_refused_unless_the_options_allow_them():
    scores = made_scores(30)
    scores.loc[0, "split"] = "test"
    with pytest.raises(UserError, match="1 identities are in test and in another split"):
        avdf.audit_scores(scores, threshold=0.5)
    report = avdf.audit_scores(scores, threshold=0.5, options=AuditOptions(allow_overlap=True))
    assert any("1 identities are in test and in another split" in line for line in report.warnings)
