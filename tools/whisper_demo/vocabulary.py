"""Byte-level BPE with the special tokens in the order of the English-only Whisper models."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

TEXT_TOKENS = 700
TIMESTAMPS = 1501
SECONDS_PER_TIMESTAMP = 0.02
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer with the ids that training and export need by name."""

    tokenizer: Tokenizer

    @property
    def size(self) -> int:
        """Number of tokens."""
        return int(self.tokenizer.get_vocab_size())

    def id_of(self, token: str) -> int:
        """The id of a token that exists."""
        found = self.tokenizer.token_to_id(token)
        if found is None:
            raise KeyError(token)
        return int(found)

    def encode(self, text: str) -> list[int]:
        """Ids of a sentence, with the blank in front that Whisper's transcripts have."""
        return list(self.tokenizer.encode(f" {text}").ids) if text else []

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids; special tokens and timestamps are left out."""
        return str(self.tokenizer.decode([i for i in ids if i < self.id_of(SPECIAL[0])])).strip()


def train_vocabulary(texts: Iterable[str]) -> Vocabulary:
    """Learn the text tokens; every special id comes after them, as Whisper's decoders expect."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TEXT_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[],
        show_progress=False,
    )
    tokenizer.train_from_iterator((f" {text}" for text in texts), trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in SPECIAL])
    times = (f"<|{place * SECONDS_PER_TIMESTAMP:.2f}|>" for place in range(TIMESTAMPS))
    tokenizer.add_tokens([AddedToken(token, special=False) for token in times])
    return Vocabulary(tokenizer)


def read_vocabulary(folder: Path) -> Vocabulary:
    """The vocabulary of a model folder."""
    return Vocabulary(Tokenizer.from_file(str(folder / "tokenizer.json")))
