"""What is trained in the benchmark: encoders of the profiles, ways of tuning, settings."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import torch
from pydantic import BaseModel
from torch import Tensor
from transformers import BertConfig, WhisperConfig

from undertone.config import TrainingParams, Tuning
from undertone.hub import resolve
from undertone.labels import EMOTIONS
from undertone.model.config import FusedConfig
from undertone.model.fused import FusedModel
from undertone.speech.encoder import AcousticEncoder
from undertone.speech.features import grid_frames
from undertone.training.batches import Batches
from undertone.training.beginning import SCRATCH_ENCODER
from undertone.training.sources import Inputs

Work = Literal["listening", "heads", "lora", "full"]
FRAMES_A_SECOND = 100
POOL = 64  # clips that are made, and given again and again
ENCODERS = {"demo": "whisper-demo", "base": "openai/whisper-tiny.en", "large": None}
LARGE: dict[str, Any] = {  # the encoder of Whisper large-v3
    "d_model": 1280,
    "encoder_layers": 32,
    "encoder_attention_heads": 20,
    "encoder_ffn_dim": 5120,
    "num_mel_bins": 128,
}


class Case(BaseModel, frozen=True):
    """One way of training.

    Attributes:
        profile: whose encoder it is; that of `large` has weights by chance, which changes what is
            learnt and not how long it takes.
        work: `listening` runs the encoder once, `heads` trains on what was heard, the others
            train the encoder too.
        batch: utterances of a step.
        accumulation: parts that a step is computed in.
        seconds: of a clip on average; half as much to half as much again.
    """

    profile: str
    work: Work
    bfloat16: bool = False
    batch: int = 32
    accumulation: int = 1
    checkpointing: bool = False
    processes: int = 1
    device: str = "cpu"
    seconds: float = 5.0

    def __str__(self) -> str:
        told = [self.profile, self.work, "bfloat16" if self.bfloat16 else "float32"]
        told += [f"batch {self.batch}"]
        told += [f"{self.accumulation} parts"] if self.accumulation > 1 else []
        told += ["checkpointing"] if self.checkpointing else []
        told += [f"{self.processes} processes"] if self.processes > 1 else []
        return ", ".join([*told, self.device])

    @property
    def usual(self) -> bool:
        """Whether a plain loop does the same without more ado."""
        return (
            self.work != "listening"
            and self.with_(accumulation=1, checkpointing=False, processes=1) == self
        )

    def with_(self, **changes: Any) -> "Case":
        """The same with other settings."""
        return self.model_copy(update=changes)

    @property
    def tuning(self) -> Tuning:
        """How the model is tuned."""
        return "frozen" if self.work in ("listening", "heads") else self.work

    def params(self) -> TrainingParams:
        """The same as settings of a run."""
        return TrainingParams(
            tuning=self.tuning,
            batch_size=self.batch,
            bfloat16=self.bfloat16,
            gradient_accumulation=self.accumulation,
            gradient_checkpointing=self.checkpointing,
            processes=self.processes,
            device=self.device,
        )


def settings(profile: str, device: str, batch: int, seconds: float) -> Iterator[Case]:
    """What is measured of a profile on a device: each setting beside the one that it changes.

    A GPU is also measured beside the processor of its own machine.
    """
    plain = Case(profile=profile, work="full", batch=batch, device=device, seconds=seconds)
    short = plain.with_(bfloat16=True)
    yield short.with_(work="listening")
    yield short.with_(work="heads")
    yield plain
    yield short
    yield short.with_(accumulation=4)
    yield short.with_(checkpointing=True)
    yield short.with_(work="lora")
    if device == "cpu" or torch.cuda.device_count() > 1:
        yield short.with_(processes=2)
    if device == "cuda" and profile != "large":
        yield short.with_(batch=8 * batch)
        yield plain.with_(device="cpu")
        yield short.with_(device="cpu")


def model_of(case: Case) -> FusedModel:
    """A model with the encoder of a profile, on its device; text and image are never given."""
    encoder = _encoder(case)
    hears = case.work != "heads"
    text = BertConfig(vocab_size=100, **SCRATCH_ENCODER).to_dict()
    config = FusedConfig(
        labels=EMOTIONS,
        statistics_shape=encoder.statistics_shape,
        acoustic_encoder=encoder.config.to_dict() if hears else None,
        text_encoder=text,
    )
    with torch.device(case.device):
        model = FusedModel(config)
    model.acoustic.encoder = encoder if hears else None
    return model


def _encoder(case: Case) -> AcousticEncoder:
    name = ENCODERS[case.profile]
    if name is not None:
        return AcousticEncoder.from_folder(resolve(name)).to(case.device)
    with torch.device(case.device):
        return AcousticEncoder(WhisperConfig(**LARGE))


class Generated:
    """Noise in place of log-mel features of recordings, of several lengths."""

    def __init__(self, mels: int, seconds: float) -> None:
        chance = torch.Generator().manual_seed(17)
        middle = int(seconds * FRAMES_A_SECOND)
        self.frames = torch.randint(middle // 2, middle + middle // 2, (POOL,), generator=chance)
        longest = int(grid_frames(self.frames).max())
        self.features = torch.randn(POOL, mels, longest, generator=chance)

    def batch(self, index: Tensor) -> Inputs:
        """Features [B, M, F] of the examples at positions `index` [B]."""
        places = index % POOL
        frames = self.frames[places]
        longest = int(grid_frames(frames).max())
        return {"input_features": self.features[places, :, :longest], "feature_frames": frames}

    def seconds(self, index: Tensor) -> float:
        """Length of the clips at positions `index` together."""
        return float(self.frames[index % POOL].sum()) / FRAMES_A_SECOND


class Remembered:
    """Noise in place of statistics that were heard before."""

    def __init__(self, shape: Sequence[int]) -> None:
        self.values = torch.randn(POOL, *shape, generator=torch.Generator().manual_seed(17))

    def batch(self, index: Tensor) -> Inputs:
        """Statistics [B, L + 1, 2·D] of the examples at positions `index` [B]."""
        return {"acoustic_statistics": self.values[index % POOL]}


def batches_for(case: Case, model: FusedModel, utterances: int) -> Batches:
    """So many utterances with a voice alone, and emotions by chance."""
    encoder = model.acoustic.encoder
    shape = model.config.statistics_shape
    source = Remembered(shape) if encoder is None else clips_for(case, encoder)
    present = torch.tensor([True, False, False]).expand(utterances, -1).clone()
    targets = torch.arange(utterances) % len(EMOTIONS)
    return Batches((source, Silent(), None), present, targets)


def clips_for(case: Case, encoder: AcousticEncoder) -> Generated:
    """Clips as the encoder of a case takes them."""
    return Generated(int(encoder.config.num_mel_bins), case.seconds)


class Silent:
    """No text at all."""

    def batch(self, _index: Tensor) -> Inputs:
        """Nothing."""
        return {}
