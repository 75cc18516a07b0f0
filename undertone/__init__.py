"""Undertone: hear what a speaker feels under the words."""

__version__ = "0.1.0"
