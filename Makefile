# make demo: the main job on made-up data. make test: lint and tests. make docs: the site, in site/.
# Each sets .venv up once.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test lint docs setup clean

demo: $(READY)
	$(BIN)/python tools/train.py configs/audio_effnet.yaml data.root=demo \
		train.epochs=4 model.encoders.audio.weights=none \
		'evaluation.stress=[white_noise_10_db,babble_10_db,room_rt60_300_ms,telephone_band,a_law,opus_16_kbit]'

# One process per core, each with one thread for arithmetic: threads of several processes wait for each other.
# A file stays in one process, since its tests share what they train.
test: lint
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

setup: $(READY)

# uv installs the plain builds from the registry; a "+cpu" torch would break torchaudio's own library.
# Compiled once here, the libraries load in a third of the time wherever Python may not write beside them.
$(READY): requirements.txt setup.cfg pyproject.toml
	test -d .venv || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt -e .
	touch $(READY)

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache site
