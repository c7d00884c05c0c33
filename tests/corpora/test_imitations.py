"""Every described corpus on a tiny imitation with its traps: what is read, and what became of the rest."""

from collections import Counter

import pandas as pd
import pytest
from making.imitations import IMITATIONS, Imitation

from avdf.corpora import index_corpus
from avdf.data.clips import Index

Read = dict[str, tuple[Imitation, Index]]


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Each imitation and the index of it."""
    made = {}
    for name, make in IMITATIONS.items():
        root = tmp_path_factory.mktemp(name)
        imitation = make(root)
        made[name] = (imitation, index_corpus(name, root, imitation.settings))
    return made


def clips(read: Read, name: str) -> pd.DataFrame:
    return read[name][1].clips.set_index("clip")


@pytest.mark.parametrize("name", IMITATIONS)
def test_every_clip_is_read_and_every_other_file_and_row_is_named_with_a_reason(
    read: Read, name: str
) -> None:
    imitation, index = read[name]
    assert dict(Counter(index.clips["type"])) == imitation.types
    assert dict(zip(index.skipped["clip"], index.skipped["reason"], strict=True)) == imitation.skipped
    assert [
        warning[: len(start)] for warning, start in zip(index.warnings, imitation.warnings, strict=True)
    ] == list(imitation.warnings)


def test_asvspoof_5_keeps_its_first_row_and_reads_gender_codec_and_splits(read: Read) -> None:
    table = clips(read, "asvspoof5")
    first = table.loc["flac_T/T_0000000000.flac"]
    assert first[["method", "gender", "voice", "voice_rule", "official_split"]].tolist() == [
        *("real", "women", "T_0000", "protocol", "train")
    ]
    last = table.loc["flac_E_eval/E_0000000007.flac"]
    assert last[["audio_attack", "video_attack", "method", "gender", "codec", "codec_q"]].tolist() == [
        *("A07", "", "A07", "men", "C05", "2")
    ]
    assert table.loc["flac_E_eval/E_0000000006.flac", ["codec", "codec_q"]].tolist() == ["", "0"]
    assert Counter(table["official_split"]) == {"train": 8, "validation": 8, "test": 8}
    assert read["asvspoof5"][1].summary["num_rows"] == 27


def test_names_of_people_are_kept_with_their_spaces_and_a_semicolon_joins_no_two(read: Read) -> None:
    table = clips(read, "in_the_wild")
    assert set(table["voice"]) == {"Alec Guinness", "Ayn Rand", "JFK, junior", "Orson Welles"}
    assert (table["identities"] == table["voice"]).all()
    assert "official_split" not in table


def test_asvspoof_2019_and_2021_have_their_attacks_and_a_hidden_subset_is_in_no_split(read: Read) -> None:
    old, new = clips(read, "asvspoof2019_la"), clips(read, "asvspoof2021_la")
    assert set(old["audio_attack"]) == {"", "A07"}
    assert Counter(new["official_split"]) == {"validation": 5, "test": 10, "": 5}
    assert set(new["transmission"]) == {"ita_tx"}
    conversion = clips(read, "asvspoof2021_df")
    assert Counter(conversion["gender_pair"]) == {"": 10, "FF": 10}
    assert set(conversion["language"]) == {"", "E"}


def test_an_attack_is_the_label_of_spoofceleb(read: Read) -> None:
    table = clips(read, "spoofceleb")
    assert Counter(table["audio_attack"]) == {"": 10, "a01": 5, "a02": 5, "a06": 5}
    assert set(table["voice"]) == {"id10000", "id10001", "id10002"}


def test_a_system_speaks_in_mlaad_and_the_reader_of_the_text_is_its_source(read: Read) -> None:
    fake = clips(read, "mlaad").loc["fake/en/bark/2.wav"]
    assert fake[["voice", "voice_rule", "source", "identities"]].tolist() == [
        *("en/bark", "system", "judy_bieber", "judy_bieber;en/bark")
    ]
    assert fake[["language", "audio_attack", "gender"]].tolist() == ["en", "bark", ""]
    genders = clips(read, "mlaad").query("audio_fake == 0").groupby("voice")["gender"].first()
    assert genders.to_dict() == {"judy_bieber": "women", "karlsson": "men", "hexe": ""}


def test_wavefake_has_two_speakers_and_the_vocoder_is_the_attack(read: Read) -> None:
    table = clips(read, "wavefake")
    assert Counter(table["voice"]) == {"ljspeech": 15, "jsut": 10}
    assert set(table["audio_attack"]) == {
        *("", "melgan", "parallel_wavegan", "prompts_from_conformer_fastspeech2_pwg_ljspeech")
    }


def test_a_family_is_a_person_of_lav_df_and_its_fake_stretches_are_kept(read: Read) -> None:
    table = clips(read, "lav_df")
    assert table["voice"].nunique() == 9
    both = table.loc["dev/13.mp4"]
    assert both[["voice", "official_split", "fake_segments", "method"]].tolist() == [
        *("dev/10", "validation", "0.1-0.3", "sv2tts-wav2lip")
    ]
    assert table.loc["dev/10.mp4", ["voice", "fake_segments", "method"]].tolist() == ["dev/10", "", "real"]
    assert read["lav_df"][1].summary["num_rows"] == 36


def test_both_spellings_of_both_modified_are_fake_in_sound_and_picture(read: Read) -> None:
    table = clips(read, "av_deepfake1m")
    for kind in ("both_modified", "both-modified"):
        row = table.loc[f"val/id00002/abc/0001/{kind}.mp4"]
        assert row[["audio_fake", "video_fake", "audio_attack", "video_attack", "voice"]].tolist() == [
            *(1, 1, "vits", "lip sync", "id00002")
        ]
    assert Counter(table["official_split"]) == {"train": 15, "validation": 15}


def test_one_name_in_two_folders_is_two_clips_of_deepfake_eval(read: Read) -> None:
    table = clips(read, "deepfake_eval_2024")
    assert table.loc["audio-data/0.mp4", ["audio_fake", "video_fake"]].tolist() == [1, 0]
    assert table.loc["video-data/0.mp4", ["audio_fake", "video_fake"]].tolist() == [0, 0]
    assert set(table["voice_rule"]) == {"clip"}
    assert table.loc["audio-data/2.dat", "official_split"] == "test"


def test_a_table_of_any_columns_has_its_groups_and_its_words(read: Read) -> None:
    table = clips(read, "table")
    assert table.columns.tolist()[:4] == ["type", "method", "geschlecht", "audio_attack"]
    assert Counter(table["method"]) == {"real": 12, "vits": 7}
    assert set(table["official_split"]) == {"validation"}
