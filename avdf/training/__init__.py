"""Training: the loop, its state, losses, clip weights and augmentation."""
