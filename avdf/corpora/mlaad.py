"""MLAAD: fakes by over 100 text-to-speech systems in 54 languages, with M-AILABS as the real speech.

N. M. Müller et al., "MLAAD: The Multi-Language Audio Anti-Spoofing Dataset", IJCNN 2024. The M-AILABS folders
(LL_CC/by_book/GENDER/SPEAKER/BOOK/wavs) may lie anywhere below the same root.
"""

from avdf.corpora import register
from avdf.protocols.description import (
    FAKE,
    GENDERS,
    PATH,
    REAL,
    Card,
    Delimited,
    Description,
    Field,
    Folders,
    Source,
)

_MORE = ("original_file", "architecture", "training_data", "is_original_language")
_FAKE = Source(
    rows=Delimited(names=("meta.csv",), delimiter="|", quoted=False, rest=True),
    file=Field(column="path"),
    audio=Field(constant=FAKE),
    audio_attack=Field(column="model_name"),
    # The voice is one of the system's: nobody says which, so a system in one language counts as a person.
    speaker=Field(column=PATH, pattern=r"([^/]+/[^/]+)/meta\.csv$"),
    speaker_rule="system",
    donor=Field(column="original_file", pattern=r"by_book/(?:female|male|mix)/([^/]+)/"),
    language=Field(column="language"),
    more={name: Field(column=name, optional=True) for name in _MORE},
)
_REAL = Source(
    rows=Folders(
        pattern=r"(?P<language>[a-z]{2})_[A-Z]{2}/by_book/(?P<gender>female|male|mix)/(?P<speaker>[^/]+)"
        r"/(?:.*/)?wavs/[^/]+\.wav"
    ),
    file=Field(column=PATH),
    audio=Field(constant=REAL),
    speaker=Field(column="speaker"),
    groups={"gender": Field(column="gender", words=GENDERS)},
    language=Field(column="language"),
)

register(
    __name__,
    Description(
        title="MLAAD",
        card=Card(
            modalities=("audio",),
            labels="every listed clip is fake; M-AILABS is real",
            licence="CC BY-NC 4.0 (MLAAD); M-AILABS has its own",
            access="open: deepfake-total.com/mlaad for the fakes; M-AILABS from its own page",
            flaws=(
                "one class only unless M-AILABS is there too, and then the class shows in the corpus",
                "meta.csv is not quoted, and transcripts hold quotes and the delimiter",
                "the speaker of a fake is not named: a system in one language counts as one person",
                "gender of the real speech alone, none for books read by several people (mix)",
            ),
        ),
        sources=(_FAKE, _REAL),
        groups=("gender",),
    ),
)
