"""Serving: the model registry, the HTTP service over the champion, and its Python client."""
