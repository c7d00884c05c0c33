"""From media files to batches: the clip table first, the media last."""
