"""The two error rates that hurt somebody: a real person is accused, or a fake is missed."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Harm:
    """An error rate that hurts somebody: its names in sentences, titles and on axes, and its class."""

    key: str
    name: str
    title: str
    clips: str
    of_fakes: bool


HARMS = {
    harm.key: harm
    for harm in (
        Harm(
            key="fpr",
            name="false accusations",
            title="Real people accused (FPR)",
            clips="real clips accused",
            of_fakes=False,
        ),
        Harm(
            key="fnr",
            name="missed fakes",
            title="Fakes missed (FNR)",
            clips="fakes missed",
            of_fakes=True,
        ),
    )
}
