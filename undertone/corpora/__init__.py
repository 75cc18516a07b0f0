"""Corpora and their adapters."""
