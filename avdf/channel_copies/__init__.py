"""Clips through channels, made once into the store of decoded audio, so that training only reads them."""
