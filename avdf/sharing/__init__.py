"""A trained detector for other people: its model card, a folder or a hub repository to put it in."""
