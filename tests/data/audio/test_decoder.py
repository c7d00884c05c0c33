"""A decoder's process is ended by one thread while another waits for its answer."""

import threading
from pathlib import Path

from avdf.data.audio.decoder import Decoder
from avdf.errors import MediaError

NEVER_ANSWERS = ("sleep", "60")


def test_60_decoders_are_closed_while_a_thread_waits_for_each_and_every_wait_ends():
    errors: list[MediaError] = []

    def wait_for(decoder: Decoder, is_asked: threading.Event) -> None:
        is_asked.set()
        try:
            decoder.read(Path("clip.wav"))
        except MediaError as error:
            errors.append(error)

    for _ in range(60):
        decoder, is_asked = Decoder(16000, command=NEVER_ANSWERS), threading.Event()
        decoder._pipes()
        thread = threading.Thread(target=wait_for, args=(decoder, is_asked))
        thread.start()
        assert is_asked.wait(10)
        decoder.close()
        thread.join(10)
        assert not thread.is_alive()
    assert {error.reason for error in errors} == {"crashed"}
    assert len(errors) == 60
