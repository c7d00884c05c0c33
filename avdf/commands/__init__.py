"""The commands of avdf: one module per command, with its arguments and its `main`.

Importing a module here loads neither torch nor pandas, so that `--help` answers at once; what a command
needs is imported in its `main`.
"""

# In the order of the work, with one line each: `avdf --help` shows this list.
COMMANDS = {
    "demo_data": "make a small made-up data set for trying things out",
    "prepare": "read a data set, decode its audio once, find its recordings and voices",
    "split": "split the clips into train, validation and test, and certify what the splits share",
    "train_faker": "train a neural codec or vocoder on real training speech, to make fakes with it",
    "make_fakes": "make fakes out of the real clips of a corpus",
    "train": "train a detector, choose its threshold, score the test split and audit it",
    "repeat": "train with several seeds and report mean, deviation and one pooled audit",
    "sweep": "search for settings, judged on the validation split alone",
    "evaluate": "score a split of a run again from its saved detector",
    "stress": "score test clips through telephones, codecs, noise and rooms",
    "audit": "audit a run or any score table by group, or compare two",
    "predict": "score media files with a saved detector",
    "explain": "show why a detector calls a file as it does, and how stable the call is",
    "export": "write a detector as one ONNX file, for programs without PyTorch",
    "share": "give a detector to others, with a model card of its figures",
    "serve": "offer a detector on this machine: a page for files, and a JSON API",
    "encoders": "list the plugins that a config can name",
    "corpora": "list the corpora that a config can name",
}
