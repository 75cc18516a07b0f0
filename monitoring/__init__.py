"""Watching the live service: operational store, drift gate, report, retrain trigger, lineage."""
