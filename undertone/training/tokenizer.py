"""A small tokenizer, learnt from the training texts alone."""

from collections.abc import Iterable

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

VOCABULARY = 1500
SPECIAL = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]"}


def train_tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A lower-casing WordPiece tokenizer (Schuster and Nakajima, 2012) of at most 1,500 pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL["unk"]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=list(SPECIAL.values()), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.model = _numbered(tokenizer.get_vocab())
    marks = [(SPECIAL[name], tokenizer.token_to_id(SPECIAL[name])) for name in ("cls", "sep")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{SPECIAL['cls']} $A {SPECIAL['sep']}", special_tokens=marks
    )
    named = {f"{name}_token": mark for name, mark in SPECIAL.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **named)


def _numbered(pieces: Iterable[str]) -> models.WordPiece:
    """Pieces in one order for the same texts: the trainer's own is not the same every time."""
    ordered = [*SPECIAL.values(), *sorted(set(pieces) - set(SPECIAL.values()))]
    numbers = {piece: number for number, piece in enumerate(ordered)}
    return models.WordPiece(numbers, unk_token=SPECIAL["unk"])
