"""Sound of training clips: mel features, noise and augmentation."""
