"""A Whisper tiny.en for timing: the real encoder, and a decoder as large as the real one.

The decoder has weights by chance: what it writes means nothing, how long it takes is real.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from tokenizers.pre_tokenizers import ByteLevel
from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

from undertone.files import replacing_folder
from undertone.hub import resolve
from undertone.speech.encoder import AcousticEncoder

ENCODER = "whisper-tiny.en-encoder"
TEXT_ENCODER = "all-MiniLM-L6-v2"
SEED = 17
LANGUAGES = 99
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|language{number}|>" for number in range(LANGUAGES)),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


def build(folder: Path) -> Path:
    """Write it to `folder`, unless it is there already."""
    if folder.is_dir():
        return folder
    source = resolve(ENCODER)
    config = WhisperConfig.from_pretrained(source, local_files_only=True)
    config.update({"suppress_tokens": [], "begin_suppress_tokens": [], "dtype": torch.float32})
    torch.manual_seed(SEED)
    model = WhisperForConditionalGeneration(config).float().eval()
    encoder = AcousticEncoder.from_folder(source).whisper
    model.model.encoder.load_state_dict(encoder.state_dict())
    with replacing_folder(folder) as aside:
        model.save_pretrained(aside)
        WhisperFeatureExtractor().save_pretrained(aside)
        _tokenizer(int(config.vocab_size), int(config.eos_token_id)).save(
            str(aside / "tokenizer.json")
        )
    return folder


def _tokenizer(size: int, end: int) -> Tokenizer:
    """Single bytes, English words up to the end token, Whisper's own tokens, times."""
    letters = sorted(ByteLevel.alphabet())
    words = list(islice(_words(), end - len(letters)))
    times = [f"<|{number * 0.02:.2f}|>" for number in range(size - end - len(SPECIAL))]
    vocabulary = {word: place for place, word in enumerate([*letters, *words, *SPECIAL, *times])}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token=None))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer


def _words() -> Iterator[str]:
    """Words that are one token of the text encoder each, as most words of real texts are."""
    vocabulary = Tokenizer.from_file(str(resolve(TEXT_ENCODER) / "tokenizer.json")).get_vocab()
    known = sorted(word for word in vocabulary if word.isascii() and word.isalpha() and word[1:])
    for shape in (str, str.title, str.upper, str.swapcase):
        yield from (f"Ġ{shape(word)}" for word in known)
