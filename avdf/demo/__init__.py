"""The made-up data set: synthetic voices and drawn faces in FakeAVCeleb's layout."""
