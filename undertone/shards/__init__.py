"""Recordings in tar shards at a URI: packed, described by a corpus folder, read through a cache."""
