"""Which attacks of another corpus a run was trained on, as far as their names say it."""

from avdf.audit.trained_attacks import NO_NAMES, NOT_SAID, OF_COPIES, attacks_by_corpus
from avdf.config.schema import DataConfig
from avdf.errors import UserError
from avdf.evaluation.attacks import SeenAttacks
from avdf.experiment.sources import sources_of
from avdf.run_folder import RunFolder


def attacks_seen_elsewhere(run: RunFolder, other: DataConfig) -> SeenAttacks:
    """The attacks trained on that mean the same system in another corpus.

    Equal names are the same system, those of fakers too. Codes are not: A07 of ASVspoof 5 and of ASVspoof
    2019 are two systems, so that of corpora with codes of their own nothing is known.
    """
    by_corpus = attacks_by_corpus(run)
    if by_corpus is None:
        return NOT_SAID
    try:
        trained = {source.label: source for source in sources_of(run.config().data)}
    except UserError:  # a plugin that is not installed here
        return NOT_SAID
    (source,) = sources_of(other)
    comparable: set[str] = set()
    strange: list[str] = []
    for label, names in by_corpus.items():
        corpus = trained.get(label) or next(iter(trained.values()))
        if label == OF_COPIES or corpus.attack_codes == source.attack_codes:
            comparable |= names
        elif names:
            strange.append(corpus.label)
    if not (comparable or strange):
        return NO_NAMES
    gap = f"{source.label} and {strange[0]} call their attacks by different codes" if strange else ""
    return SeenAttacks(names=frozenset(comparable), gap=gap)
