"""A shared folder scores as the run does; the hub is tried through its real client on a stand-in server."""

import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from making.hub import StandIn, hub

from avdf.commands import COMMANDS
from avdf.commands.dispatch import call as call_command
from avdf.commands.dispatch import parser_of
from avdf.detector_folder import load_detector
from avdf.errors import UserError
from avdf.run_folder import RunFolder
from avdf.sharing.folder import share_to_folder
from avdf.sharing.hub import Address, address_of

TOP = Path(__file__).parents[2]
FILES = {"README.md", "detector.json", "detector.safetensors"}


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with hub() as served:
        yield served


def call(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | environment, cwd=TOP
    )


def share(run: RunFolder, to: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOP / "tools" / "share.py"), str(run.path), "--to", to],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


class TestAFolder:
    def test_it_holds_three_files_and_loads(self, run: RunFolder, tmp_path: Path):
        share_to_folder(run, tmp_path / "out", license_name="mit")
        assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
        _, facts = load_detector(tmp_path / "out")
        assert facts.hashes.weights == load_detector(run.detector)[1].hashes.weights
        assert "license: mit" in (tmp_path / "out" / "README.md").read_text("utf-8")

    def test_what_is_there_is_not_replaced_unasked(self, run: RunFolder, tmp_path: Path):
        out = tmp_path / "out"
        out.mkdir()
        (out / "notes.txt").write_text("mine")
        with pytest.raises(UserError, match="exists; name another folder with --to"):
            share_to_folder(run, out)
        assert (out / "notes.txt").read_text() == "mine"

    def test_a_detector_whose_weights_were_changed_does_not_leave(self, run: RunFolder, tmp_path: Path):
        changed = RunFolder(tmp_path / "run")
        shutil.copytree(run.path, changed.path)
        with (changed.detector / "detector.safetensors").open("r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"\x01")
        with pytest.raises(UserError, match=r"detector\.safetensors"):
            share_to_folder(changed, tmp_path / "out")
        assert not (tmp_path / "out").exists()


class TestTheHub:
    def test_an_address_has_a_repository_and_a_revision(self):
        assert address_of("hf://lab/ears@main") == Address("lab/ears", "main")
        for wrong in (
            "hf://lab",
            "hf://lab/ears@",
            "hf://../../etc",
            "hf://lab/ears/detector",
            "hf:/lab/ears",
        ):
            with pytest.raises(UserError, match="no address"):
                address_of(wrong)

    def test_what_was_sent_is_loaded_by_the_address_that_is_printed(
        self, run: RunFolder, stand_in: StandIn, tmp_path: Path
    ):
        environment = stand_in.environment(str(tmp_path))
        sent = share(run, "hf://lab/ears", environment)
        assert sent.returncode == 0, sent.stderr
        address = sent.stdout.strip().splitlines()[-1]
        (commit,) = stand_in.commits["lab/ears"]
        assert address == f"hf://lab/ears@{commit[0]}"
        assert set(commit[1]) >= FILES
        stand_in.add("lab/ears", {"detector.json": b"{}"})  # a later commit changes nothing
        loaded = call(f"import avdf; print(avdf.load_detector({address!r}).threshold)", environment)
        assert loaded.returncode == 0, loaded.stderr
        threshold = load_detector(run.detector)[1].threshold.value
        assert float(loaded.stdout.split()[-1]) == pytest.approx(threshold)
        assert set(stand_in.fetched) == FILES - {"README.md"}

    @pytest.mark.parametrize("name", sorted(COMMANDS))
    def test_every_command_that_takes_a_detector_takes_its_address(self, name: str):
        parser = parser_of(importlib.import_module(f"avdf.commands.{name}"), name)
        places = [action for action in parser._actions if "DETECTOR" in str(action.metavar)]
        if not places:
            assert name not in ("predict", "explain", "export", "stress")
            return
        more = {"predict": ["a.wav"], "explain": ["a.wav"], "export": ["--onnx", "a.onnx"], "stress": []}
        with pytest.raises(UserError, match="hf://lab: no address of the hub; write hf://USER/NAME"):
            call_command(name, ["hf://lab", *more.get(name, [])], name)

    @pytest.mark.parametrize("address", ["hf://lab/ears", "hf://lab/ears@main"])
    def test_without_a_pinned_revision_the_message_has_the_newest(
        self, address: str, stand_in: StandIn, tmp_path: Path
    ):
        newest = stand_in.add("lab/ears", {"detector.json": b"{}"})
        done = call(
            f"import avdf\ntry: avdf.load_detector('{address}')\n"
            "except avdf.errors.UserError as error: print(error)",
            stand_in.environment(str(tmp_path)),
        )
        assert done.stdout.strip() == f"{address}: pin a revision, as in hf://lab/ears@{newest}"

    def test_a_file_beyond_its_limit_is_not_fetched(self, stand_in: StandIn, tmp_path: Path):
        files = {"detector.json": b" " * ((1 << 20) + 1), "detector.safetensors": b""}
        revision = stand_in.add("lab/ears", files)
        done = call(
            f"import avdf\ntry: avdf.load_detector('hf://lab/ears@{revision}')\n"
            "except avdf.errors.UserError as error: print(error)",
            stand_in.environment(str(tmp_path)),
        )
        assert "detector.json has 1 MiB, more than 1" in done.stdout
        assert stand_in.fetched == []

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"HF_TOKEN": "hf_of_nobody"}, "no such repository, or none that you may read or write"),
            ({"HF_ENDPOINT": "http://127.0.0.1:9"}, "the hub can't be reached"),
        ],
    )
    def test_a_hub_that_refuses_is_one_message(
        self, changes: dict[str, str], says: str, run: RunFolder, stand_in: StandIn, tmp_path: Path
    ):
        done = share(run, "hf://lab/ears", {**stand_in.environment(str(tmp_path)), **changes})
        assert done.returncode == 2
        assert done.stderr.strip().startswith("error: hf://lab/ears: ")
        assert says in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1
