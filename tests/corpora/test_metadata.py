"""Methods and voices inferred from file names when FakeAVCeleb's list is missing."""

from pathlib import PurePosixPath

import pytest

from avdf.corpora.fakeavceleb.metadata import method_of_name

A = "RealVideo-RealAudio/African/men/id00076/00109.mp4"
B = "RealVideo-FakeAudio/African/men/id00076/00109_fake.mp4"
D = "FakeVideo-FakeAudio/African/men/id00076/00109_2_id01637_wavtolip.mp4"


@pytest.mark.parametrize(
    ("path", "method"),
    [
        (A, "real"),
        (B, "rtvc"),
        ("FakeVideo-RealAudio/African/men/id00076/00109_3.mp4", "faceswap"),
        ("FakeVideo-RealAudio/African/men/id00076/00109_id01637_wavtolip.mp4", "wav2lip"),
        ("FakeVideo-RealAudio/African/men/id00076/00109_id01637_a_b-c_de_f1.mp4", "fsgan"),
        (D, "faceswap-wav2lip"),
        (
            "FakeVideo-FakeAudio/African/men/id00076/1_id01637_a_b-c_de_f1_id00366_wavtolip.mp4",
            "fsgan-wav2lip",
        ),
    ],
)
def test_a_file_name_tells_the_method(path: str, method: str) -> None:
    assert method_of_name(PurePosixPath(path)) == method
