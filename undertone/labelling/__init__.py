"""Labels for little work: which utterances to label next, and labels that nobody listened for."""
