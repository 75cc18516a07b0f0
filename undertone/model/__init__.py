"""The fused model: an acoustic, a text and an image branch, and what joins their evidence."""
