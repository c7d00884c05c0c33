"""Clip table -> training, validation and test split, with a certificate of what the splits share."""
