"""WaveFake: LJSpeech and JSUT after seven vocoders, and two text-to-speech sets; the reals lie apart.

J. Frank and L. Schönherr, "WaveFake: A Data Set to Facilitate Audio Deepfake Detection", NeurIPS Datasets and
Benchmarks 2021. Give a root above both `generated_audio` and the real corpora (LJSpeech-1.1, jsut_ver1.1).
"""

from avdf.corpora import register
from avdf.protocols.description import FAKE, PATH, REAL, Card, Description, Field, Folders, Source

_SPEAKERS = {"ljspeech": "ljspeech", "jsut": "jsut", "common_voices": "ljspeech"}  # prompts, read by LJSpeech
_LANGUAGES = {"ljspeech": "en", "jsut": "ja", "common_voices": "en"}

register(
    __name__,
    Description(
        title="WaveFake",
        card=Card(
            modalities=("audio",),
            labels="the folder: every clip of generated_audio is fake; LJSpeech and JSUT are real",
            licence="CC BY-SA 4.0; LJSpeech and JSUT have their own",
            access="open: Zenodo record 5642694 for the fakes; LJSpeech and JSUT from their own pages",
            flaws=(
                "two speakers, both women: no interval over people holds",
                "one class only unless LJSpeech or JSUT is there too",
                "most fakes are real clips, vocoded: the same sentences of the same length",
            ),
        ),
        sources=(
            Source(
                rows=Folders(pattern=r"(?P<set>ljspeech|jsut|common_voices)_(?P<attack>[^/]+)/[^/]+\.wav"),
                file=Field(column=PATH),
                audio=Field(constant=FAKE),
                audio_attack=Field(column="attack"),
                speaker=Field(column="set", words=_SPEAKERS),
                language=Field(column="set", words=_LANGUAGES),
                more={"original_file": Field(column=PATH, pattern=r"/(LJ\d{3}-\d{4}|BASIC5000_\d{4})[^/]*$")},
            ),
            Source(
                rows=Folders(pattern=r"wavs/LJ\d{3}-\d{4}\.wav"),
                file=Field(column=PATH),
                audio=Field(constant=REAL),
                speaker=Field(constant="ljspeech"),
                language=Field(constant="en"),
            ),
            Source(
                rows=Folders(pattern=r"jsut[^/]*/(?:[^/]+/)*wav/[^/]+\.wav"),
                file=Field(column=PATH),
                audio=Field(constant=REAL),
                speaker=Field(constant="jsut"),
                language=Field(constant="ja"),
            ),
        ),
    ),
)
