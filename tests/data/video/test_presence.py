"""Clips that lack sound or picture: kept for the other one, counted, and told to the detector."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from making.clip_tables import clip
from making.media import write_mp4

from avdf.config.schema import FramesConfig
from avdf.data.clips import SKIPPED_COLUMNS, Index, summarise
from avdf.data.collating import collate
from avdf.data.dataset import LabelledClips
from avdf.data.preparation import Prepared, prepare, prepare_what_sounds
from avdf.data.random_crops import RandomCrops
from avdf.data.video.prepared import Seen, with_pictures
from avdf.data.video.presence import Needs, kept_and_left_out
from avdf.errors import ConfigError

CONFIG = FramesConfig(num_frames=2, height=8, width=8, per_second=5)
# By name: type, and which streams the file has.
FILES = {
    "whole": ("A", "audio video"),
    "silent_real": ("A", "video"),
    "blind_real": ("A", "audio"),
    "silent_clone": ("B", "video"),  # its sound alone is fake, and it has none
    "silent_swap": ("C", "video"),
    "blind_swap": ("C", "audio"),  # its picture alone is fake, and it has none
    "blind_both": ("D", "audio"),
    "torn": ("A", "video, and sound that cannot be decoded"),
}


def garble_sound(path: Path) -> None:
    """Names a codec of sound that nobody has, where the header names and describes AAC."""
    content = path.read_bytes()
    assert content.count(b"esds") == 1
    path.write_bytes(content.replace(b"mp4a", b"xx4a").replace(b"esds", b"xxds"))


@dataclass
class Corpus:
    index: Index
    prepared: Prepared
    cache: Path

    def seen(self, needs: Needs) -> Seen:
        return with_pictures(self.index, self.prepared, self.cache, CONFIG, needs=needs, workers=1)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    root = tmp_path_factory.mktemp("corpus")
    rows = []
    for number, (name, (letter, streams)) in enumerate(FILES.items()):
        path = root / f"{name}.mp4"
        write_mp4(path, seconds=1.2, audio="audio" in streams or name == "torn", video="video" in streams)
        if name == "torn":
            garble_sound(path)
        row = clip(number, letter, f"id{number:05}")
        rows.append({**row, "clip": path.name, "track": "", "size_bytes": path.stat().st_size})
    clips = pd.DataFrame(rows)
    skipped = pd.DataFrame([], columns=SKIPPED_COLUMNS)
    index = Index(root=root, clips=clips, skipped=skipped, summary=summarise(clips, skipped))
    cache = tmp_path_factory.mktemp("cache")
    return Corpus(index, prepare(index, cache, sample_rate_hz=16000, workers=1), cache)


@pytest.fixture(scope="module")
def seen(corpus: Corpus) -> Seen:
    """All clips with sound or picture, whatever their labels are about."""
    return corpus.seen(Needs())


@pytest.fixture(scope="module")
def labelled(corpus: Corpus) -> LabelledClips:
    of_any = corpus.seen(Needs(target="any"))
    assert names(of_any.prepared.skipped) == {"silent_clone", "blind_swap"}
    assert of_any.prepared.summary["num_skipped"] == 2
    table, store = of_any.prepared.clips, of_any.prepared.store
    return LabelledClips(table, store, target="any", seconds=0.6, frames=of_any.frames)


def names(table: pd.DataFrame) -> set[str]:
    return {Path(clip).stem for clip in table["clip"]}


def test_an_audio_detector_has_the_clips_with_sound_as_before(corpus: Corpus):
    assert names(corpus.prepared.clips) == {"whole", "blind_real", "blind_swap", "blind_both"}
    assert "has_audio" not in corpus.prepared.clips


def test_a_detector_of_both_keeps_clips_with_either_and_says_what_each_has(seen: Seen):
    assert names(seen.prepared.clips) == set(FILES)
    told = seen.prepared.clips.set_index(seen.prepared.clips["clip"].map(lambda name: Path(name).stem))
    assert told.loc["whole", ["has_audio", "has_video"]].tolist() == [1, 1]
    assert told.loc["torn", ["has_audio", "has_video"]].tolist() == [0, 1]
    assert told.loc["blind_real", ["has_audio", "has_video"]].tolist() == [1, 0]
    assert (told["voice_rule"] == "no sound").sum() == 4
    assert (told.loc["silent_swap", ["voice", "track"]] == [told.loc["silent_swap", "source"], ""]).all()
    assert seen.prepared.summary["num_without_sound"] == 4
    assert seen.prepared.summary["num_without_picture"] == 3
    assert seen.prepared.summary["num_clips"] == 8
    assert seen.prepared.summary["num_voices"] == told["voice"].nunique()
    assert seen.prepared.summary["num_tracks"] == told["track"].nunique() - 1  # "" is of four clips
    assert seen.prepared.summary["num_by_voice_rule"]["no sound"] == 4
    assert seen.prepared.skipped.empty
    assert dict(zip(*(seen.prepared.unheard[name] for name in ("clip", "reason")), strict=True)) == {
        "silent_real.mp4": "no audio",
        "silent_clone.mp4": "no audio",
        "silent_swap.mp4": "no audio",
        "torn.mp4": "unreadable",
    }


def test_a_clip_that_is_left_out_is_not_among_those_kept_for_their_picture(corpus: Corpus):
    of_any = corpus.seen(Needs(target="any")).prepared
    assert names(of_any.unheard) == {"silent_real", "silent_swap", "torn"}
    assert names(of_any.unheard) <= names(of_any.clips)


def test_where_nothing_is_left_the_message_names_a_clip_and_why(corpus: Corpus, tmp_path: Path):
    clips = corpus.index.clips
    blind = replace(corpus.index, clips=clips[clips["clip"].str.startswith("blind")])
    prepared = prepare_what_sounds(blind, tmp_path, sample_rate_hz=16000, workers=1)
    message = r"can be judged on none of its 3 clips; the first one: blind_\w+\.mp4: no video \(none of what"
    with pytest.raises(ConfigError, match=message):
        with_pictures(blind, prepared, tmp_path, CONFIG, needs=Needs(["video"], "video"), workers=1)


def test_a_file_that_is_no_film_is_named_where_there_is_no_other(corpus: Corpus, tmp_path: Path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "whole.mp4").write_bytes(b"no film")
    clips = corpus.index.clips
    broken = replace(corpus.index, root=root, clips=clips[clips["clip"] == "whole.mp4"])
    prepared = prepare_what_sounds(broken, tmp_path, sample_rate_hz=16000, workers=1)
    with pytest.raises(ConfigError, match=r"none of its 1 clips; the first one: whole\.mp4: unreadable"):
        with_pictures(broken, prepared, tmp_path, CONFIG, needs=Needs(["video"], "video"), workers=1)


@pytest.mark.parametrize(
    ("target", "left_out"),
    [
        ("any", {"silent_clone", "blind_swap"}),
        ("audio", {"silent_real", "silent_clone", "silent_swap", "torn"}),
        ("video", {"blind_real", "blind_swap", "blind_both"}),
    ],
)
def test_a_clip_whose_label_is_about_what_is_missing_is_left_out(seen: Seen, target: str, left_out: set[str]):
    kept, others = kept_and_left_out(seen.prepared.clips, Needs(target=target))
    assert names(others) == left_out
    assert names(kept) == set(FILES) - left_out


def test_a_detector_that_compares_sound_and_picture_leaves_out_what_lacks_one(seen: Seen):
    """A clip with one of them would have a score of .5, which is above some thresholds: called fake."""
    needs = Needs(target="video", all_of_them=True)
    kept, others = kept_and_left_out(seen.prepared.clips, needs)
    assert names(kept) == {"whole"}
    detail = others.set_index("reason")["detail"].groupby(level=0).unique()
    assert detail["no audio"].tolist() == ["the detector compares sound and picture"]
    assert detail["no video"].tolist() == ["what the label is about, its video, is missing"]


def test_a_detector_of_pictures_leaves_out_what_it_cannot_see(seen: Seen):
    _, others = kept_and_left_out(seen.prepared.clips, Needs(["video"]))
    assert names(others) == {"blind_real", "blind_swap", "blind_both"}
    assert set(others["reason"]) == {"no video"}


def test_a_batch_says_which_clips_have_sound_and_picture_and_silence_is_zeros(labelled: LabelledClips):
    clips = labelled
    at = {Path(clips.name(number)).stem: number for number in range(len(clips))}
    crops = RandomCrops(clips, seed=0)
    batch = collate([crops[at[name]] for name in ("whole", "silent_swap", "blind_real")])
    assert batch["has_audio"].tolist() == [True, False, True]
    assert batch["has_video"].tolist() == [True, True, False]
    assert batch["waveform"].abs().amax(dim=1).gt(0).tolist() == [True, False, True]
    assert batch["frames"].flatten(1).amax(dim=1).gt(0).tolist() == [True, True, False]


def test_the_frames_of_a_clip_without_sound_are_those_of_its_own_seconds(labelled: LabelledClips):
    """Frame k of 24 a second is 20 + 4 k grey, and picture 6 is on screen after 0.25 s."""
    clips = labelled
    (index,) = (number for number in range(len(clips)) if "silent_real" in clips.name(number))
    sample = clips.sample(index, 1600)  # 0.1 s: the middles of two halves of 0.6 s are 0.25 and 0.55 s
    nearest = [round(5 * second) / 5 for second in (0.25, 0.55)]  # of those kept, 5 a second
    assert sample["frames"].mean(axis=(1, 2, 3)) == pytest.approx(
        [20 + 4 * int(24 * second + 1e-3) for second in nearest], abs=2
    )


def test_a_corpus_of_silent_films_is_one_of_pictures(corpus: Corpus, tmp_path: Path):
    clips = corpus.index.clips
    silent = replace(corpus.index, clips=clips[clips["clip"].str.startswith("silent")])
    with pytest.raises(ConfigError, match=r"none of its 3 clips can be decoded; .*no audio stream"):
        prepare(silent, tmp_path, sample_rate_hz=16000, workers=1)
    prepared = prepare_what_sounds(silent, tmp_path, sample_rate_hz=16000, workers=1)
    needs = Needs(["video"], "video")
    seen = with_pictures(silent, prepared, tmp_path, CONFIG, needs=needs, workers=1).prepared
    assert names(seen.clips) == {"silent_real", "silent_clone", "silent_swap"}
    assert seen.clips["loudness_db"].isna().all()
    assert seen.warnings == ()
    assert seen.clips["duration_s"].tolist() == pytest.approx([1.2] * 3, abs=0.05)
