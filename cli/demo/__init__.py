"""`undertone demo`: the whole loop on this machine, from nothing to a hot-swapped retrained model."""
