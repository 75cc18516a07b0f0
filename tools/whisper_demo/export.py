"""Write a trained toy Whisper as a Hugging Face folder."""

import copy
from pathlib import Path

from transformers import GenerationConfig

from tools.whisper_demo.network import HEADS, LAYERS, POSITIONS, ToyWhisper
from tools.whisper_demo.vocabulary import Vocabulary
from undertone.files import write_json, write_text

HOP = 160


def export(model: ToyWhisper, vocabulary: Vocabulary, folder: Path) -> None:
    """Save float16 weights, tokenizer and the settings that transformers and CTranslate2 read."""
    folder.mkdir(parents=True, exist_ok=True)
    whisper = copy.deepcopy(model.whisper).half()
    whisper.config.dropout = 0.0
    whisper.generation_config = _generation(vocabulary)
    whisper.save_pretrained(folder)
    write_text(folder / "tokenizer.json", vocabulary.tokenizer.to_str())
    end = "<|endoftext|>"
    write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": end,
            "eos_token": end,
            "pad_token": end,
            "unk_token": end,
        },
    )
    write_json(
        folder / "preprocessor_config.json",
        {
            "feature_extractor_type": "WhisperFeatureExtractor",
            "feature_size": 80,
            "sampling_rate": 16_000,
            "hop_length": HOP,
            "chunk_length": POSITIONS // 50,
            "n_fft": 400,
            "n_samples": 2 * POSITIONS * HOP,
            "nb_max_frames": 2 * POSITIONS,
            "padding_side": "right",
            "padding_value": 0.0,
            "return_attention_mask": False,
        },
    )


def _generation(vocabulary: Vocabulary) -> GenerationConfig:
    end = vocabulary.id_of("<|endoftext|>")
    return GenerationConfig(
        bos_token_id=end,
        eos_token_id=end,
        pad_token_id=end,
        decoder_start_token_id=vocabulary.id_of("<|startoftranscript|>"),
        no_timestamps_token_id=vocabulary.id_of("<|notimestamps|>"),
        begin_suppress_tokens=[vocabulary.id_of("Ġ"), end],
        suppress_tokens=[],
        max_length=448,
        is_multilingual=False,
        lang_to_id={},
        return_timestamps=False,
        alignment_heads=[[LAYERS - 1, head] for head in range(HEADS)],
    )
