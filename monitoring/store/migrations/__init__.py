"""How the tables of a store become those of the next version, see `monitoring.store.schema`."""
