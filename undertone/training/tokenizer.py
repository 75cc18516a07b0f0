"""A small tokenizer, learnt from the training texts alone."""

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 1500
SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer (Schuster and Nakajima, 2012) of at most 1,500 pieces."""
    tokenizer = _untaught()
    tokenizer.model = _numbered(_learnt(list(texts)))
    marks = [(SPECIAL[name], tokenizer.token_to_id(SPECIAL[name])) for name in ("cls", "sep")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{SPECIAL['cls']} $A {SPECIAL['sep']}", special_tokens=marks
    )
    named = {f"{name}_token": mark for name, mark in SPECIAL.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)


def _untaught() -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _learnt(texts: list[str]) -> Iterable[str]:
    """The pieces of texts, the same every time.

    The trainer numbers letters as it meets them, each time in another order, and of two pairs that
    are as frequent it joins the one with the lower numbers: so they are numbered beforehand.
    """
    learner = _untaught()
    letters = sorted(set("".join(learner.normalizer.normalize_str(text) for text in texts)))
    inside = [f"##{letter}" for letter in letters]
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[*SPECIAL.values(), *letters, *inside],
        show_progress=False,
    )
    learner.train_from_iterator(texts, trainer)
    return learner.get_vocab()


def _numbered(pieces: Iterable[str]) -> models.WordPiece:
    """Pieces in one order for the same texts."""
    ordered = [*SPECIAL.values(), *sorted(set(pieces) - set(SPECIAL.values()))]
    numbers = {piece: number for number, piece in enumerate(ordered)}
    return models.WordPiece(numbers, unk_token=SPECIAL["unk"])
