"""Typeset characters as the plain ones that people type and tokenizers know."""

_PLAIN = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
    }
)


def plain(text: str) -> str:
    """Fold typographic quotes, dashes, ellipses and spaces to ASCII; strip what surrounds it."""
    return text.translate(_PLAIN).strip()
