"""Tiny imitations of corpora of speech, in their layouts and with their traps; the sounds are noise."""

from collections.abc import Callable
from pathlib import Path

from making.imitation import Imitation, sounds, text
from making.video_imitations import av_deepfake1m, deepfake_eval_2024, lav_df


def asvspoof5(root: Path) -> Imitation:
    """Headerless white space called .tsv, `-` for no codec, a row of nine values, an odd key, `._` files."""
    parts = {
        "T": ("flac_T", "train", "- - - AC1"),
        "D": ("flac_D", "dev.track_1", "- - - AC2"),
        "E": ("flac_E_eval", "eval.track_1", "C05 2 7 AC3"),
    }
    for letter, (folder, table, codec) in parts.items():
        lines = []
        for number in range(8):
            name = f"{letter}_{number:010}"
            sounds(root, f"{folder}/{name}.flac")
            attack, key = ("bonafide", "bonafide") if number < 4 else (f"A{number:02}", "spoof")
            uncoded = codec if letter != "E" or number % 2 else "- 0 - AC3"
            lines.append(
                f"{letter}_{number // 2:04} {name} {'FM'[number % 4 // 2]} {uncoded} {attack} {key} -"
            )
        text(root, f"ASVspoof5_protocols/ASVspoof5.{table}.tsv", *lines)
    with (root / "ASVspoof5_protocols/ASVspoof5.train.tsv").open("a") as file:
        file.write("T_0001 T_0000000077 F - - - AC1 A01 spoof -\n")  # not unpacked
        file.write("T_0001 T_0000000001 F - - - AC1 bonafide bonafide\n")
        file.write("T_0009 T_0000000008 M - - - AC1 bonafide genuine -\n")
    sounds(root, "flac_T/T_0000000008.flac", "flac_T/T_0000000009.flac")
    text(root, "flac_T/._T_0000000001.flac", "Mac OS X")
    return Imitation(
        types={"real": 12, "fake audio": 12},
        skipped={
            "T_0000000077": "missing file",
            "ASVspoof5_protocols/ASVspoof5.train.tsv, line 10": "malformed row",
            "flac_T/T_0000000008.flac": "unknown label",
            "flac_T/T_0000000009.flac": "no row",
            "flac_T/._T_0000000001.flac": "hidden file",
        },
    )


def in_the_wild(root: Path) -> Imitation:
    """Hyphens in `bona-fide`, names with spaces, a row twice, two rows that contradict each other, a zip."""
    lines = ["file,speaker,label"]
    for number in range(20):
        sounds(root, f"release_in_the_wild/{number}.wav")
        speaker = ("Alec Guinness", "Ayn Rand", "JFK; junior", "Orson Welles")[number % 4]
        lines.append(f"{number}.wav,{speaker},{'bona-fide' if number < 12 else 'spoof'}")
    lines += ["0.wav,Alec Guinness,bona-fide", "1.wav,Ayn Rand,spoof"]
    text(root, "release_in_the_wild/meta.csv", *lines)
    text(root, "release_in_the_wild.zip", "PK")
    return Imitation(
        types={"real": 11, "fake audio": 8},
        skipped={"release_in_the_wild/1.wav": "contradicting rows", "release_in_the_wild.zip": "no row"},
    )


def asvspoof2019_la(root: Path) -> Imitation:
    """One more folder LA, ids without a suffix, `-` as the attack of bonafide, enrolment clips in no list."""
    for part, letter, table in (
        ("train", "T", "train.trn"),
        ("dev", "D", "dev.trl"),
        ("eval", "E", "eval.trl"),
    ):
        lines = []
        for number in range(8):
            name = f"LA_{letter}_{number:07}"
            sounds(root, f"LA/ASVspoof2019_LA_{part}/flac/{name}.flac")
            attack, key = ("-", "bonafide") if number < 4 else ("A07", "spoof")
            lines.append(f"LA_{ord(letter):02}{number // 2:02} {name} - {attack} {key}")
        text(root, f"LA/ASVspoof2019_LA_cm_protocols/ASVspoof2019.LA.cm.{table}.txt", *lines)
    sounds(root, "LA/ASVspoof2019_LA_dev/flac/LA_D_9999999.flac")
    return Imitation(
        types={"real": 12, "fake audio": 12},
        skipped={"LA/ASVspoof2019_LA_dev/flac/LA_D_9999999.flac": "no row"},
    )


def asvspoof2021_la(root: Path) -> Imitation:
    """Keys beside the clips, under a name that the DF keys have as well; a subset hidden."""
    lines = []
    for number in range(20):
        sounds(root, f"ASVspoof2021_LA_eval/flac/LA_E_{number:07}.flac")
        attack, key = ("bonafide", "bonafide") if number < 8 else ("A18", "spoof")
        subset = ("progress", "eval", "eval", "hidden")[number % 4]
        lines.append(f"LA_{number % 4:04} LA_E_{number:07} alaw ita_tx {attack} {key} notrim {subset}")
    text(root, "keys/LA/CM/trial_metadata.txt", *lines)
    text(
        root,
        "keys/DF/CM/trial_metadata.txt",
        "LA_0001 DF_E_1 nocodec asvspoof A07 spoof notrim eval a b c - E",
    )
    return Imitation(types={"real": 8, "fake audio": 12})


def asvspoof2021_df(root: Path) -> Imitation:
    """Thirteen columns, of which most are `-` for clips of ASVspoof."""
    lines = []
    for number in range(20):
        sounds(root, f"ASVspoof2021_DF_eval/flac/DF_E_{number:07}.flac")
        attack, key = ("-", "bonafide") if number < 8 else ("Task1-team20", "spoof")
        rest = "- - - - -" if number % 2 else "neural_vocoder Task1 team20 FF E"
        lines.append(
            f"VCC2SF{number % 4} DF_E_{number:07} high_mp3 vcc2020 {attack} {key} notrim eval {rest}"
        )
    text(root, "keys/DF/CM/trial_metadata.txt", *lines)
    return Imitation(types={"real": 8, "fake audio": 12})


def spoofceleb(root: Path) -> Imitation:
    """A label that is an attack, paths below folders of splits; a row without attack, a list not fetched."""
    for table, attacks in (("train", ("a00", "a01", "a02")), ("development", ("a00", "a06"))):
        lines = ["file,speaker,attack"]
        for attack in attacks:
            for number in range(5):
                name = f"{table}/{attack}/id1{number // 2:04}/{attack}_{number}.flac"
                sounds(root, f"spoofceleb/flac/{name}")
                lines.append(f"{name},id1{number // 2:04},{attack}")
        text(root, f"spoofceleb/metadata/{table}.csv", *lines)
    with (root / "spoofceleb/metadata/development.csv").open("a") as file:
        file.write("development/a06/id10009/x.flac,id10009,\n")
    sounds(root, "spoofceleb/flac/development/a06/id10009/x.flac")
    return Imitation(
        types={"real": 10, "fake audio": 15},
        skipped={"spoofceleb/flac/development/a06/id10009/x.flac": "no label"},
        warnings=("NOT READ: no metadata/evaluation.csv",),
    )


def mlaad(root: Path) -> Imitation:
    """Unquoted pipes and quotes in transcripts, one of 200,000 letters; reals without a list; `._` files."""
    header = (
        "path|original_file|language|is_original_language|duration|training_data|model_name|architecture|"
    )
    for language, system in (("de", "tts_models_de_thorsten_vits"), ("ja", "kokoro"), ("en", "bark")):
        lines = [f"{header}transcript"]
        for number in range(6):
            path = f"fake/{language}/{system}/{number}.wav"
            sounds(root, path)
            original = f"en_US/by_book/female/judy_bieber/emerald/wavs/emerald_{number:02}.wav"
            words = ('er sagte "ja', "a | b", "x" * 200_000, "plain", "plain", "plain")[number]
            lines.append(f"./{path}|{original}|{language}|False|1.0|x|{system}|vits|{words}")
        text(root, f"fake/{language}/{system}/meta.csv", *lines)
    for number in range(4):
        sounds(root, f"en_US/by_book/female/judy_bieber/emerald/wavs/emerald_{number:02}.wav")
        sounds(root, f"de_DE/by_book/male/karlsson/faust/wavs/faust_{number:02}.wav")
        sounds(root, f"de_DE/by_book/mix/hexe/wavs/hexe_{number:02}.wav")
    text(root, "de_DE/by_book/mix/hexe/wavs/._hexe_00.wav", "Mac OS X")
    text(root, "de_DE/by_book/mix/hexe/metadata.csv", "hexe_00|Der Text|Der Text")
    return Imitation(
        types={"real": 12, "fake audio": 18},
        skipped={"de_DE/by_book/mix/hexe/wavs/._hexe_00.wav": "hidden file"},
    )


def wavefake(root: Path) -> Imitation:
    """No list: the folder is the label, and the real speech lies in two other corpora."""
    for number in range(1, 6):
        sounds(
            root,
            f"LJSpeech-1.1/wavs/LJ001-{number:04}.wav",
            f"generated_audio/ljspeech_melgan/LJ001-{number:04}_gen.wav",
        )
        sounds(root, f"jsut_ver1.1/basic5000/wav/BASIC5000_{number:04}.wav")
        sounds(root, f"generated_audio/jsut_parallel_wavegan/BASIC5000_{number:04}_gen.wav")
        sounds(
            root,
            f"generated_audio/common_voices_prompts_from_conformer_fastspeech2_pwg_ljspeech/gen_{number}.wav",
        )
    sounds(root, "others/1.wav", "others/2.wav")
    return Imitation(types={"real": 10, "fake audio": 15}, skipped={"others": "no row"})


def table(root: Path) -> Imitation:
    """Semicolons, words of somebody's own, paths of another machine, a class that nobody knows."""
    lines = ["datei;klasse;person;system;geschlecht;teil"]
    for number in range(20):
        sounds(root, f"clips/{number}.wav")
        kind = "echt" if number < 12 else "Spoof"
        lines.append(f"/data/mine/clips/{number}.wav;{kind};p{number % 5};vits;{'mf'[number % 5 % 2]};dev")
    lines.append("/data/mine/clips/19.wav;fraglich;p4;vits;m;dev")
    text(root, "mine.csv", *lines)
    settings = {"path": "datei", "label": "klasse", "speaker": "person", "attack": "system", "split": "teil"}
    return Imitation(
        types={"real": 12, "fake audio": 7},
        skipped={"clips/19.wav": "unknown label"},
        settings={**settings, "groups": ["geschlecht"], "real": ["echt"]},
    )


IMITATIONS: dict[str, Callable[[Path], Imitation]] = {
    maker.__name__: maker
    for maker in (
        *(asvspoof5, in_the_wild, asvspoof2019_la, asvspoof2021_la, asvspoof2021_df, spoofceleb, mlaad),
        *(wavefake, lav_df, av_deepfake1m, deepfake_eval_2024, table),
    )
}
