"""How a bundle behaves: correct, fair, and steady when a recording changes a little or a lot.

In the manner of Derington et al., "Testing Correctness, Fairness, and Robustness of Speech Emotion
Recognition Models" (arXiv 2312.06270), with its bounds, but for those of text
sentiment and abstention; sounds and code are our own.
"""
