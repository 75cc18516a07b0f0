"""The speaker's face: found in a picture, and read by a pretrained classifier of expressions."""
