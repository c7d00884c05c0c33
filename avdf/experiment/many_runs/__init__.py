"""Several runs of one config, per fold or per seed: their processes, their pooled scores, their audit."""
