"""Ways to run a Whisper encoder: PyTorch as it is or in bfloat16, or ONNX Runtime in 8 bits."""

import copy
import logging
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import Tensor, nn

from undertone.config import Engine
from undertone.errors import ModelError
from undertone.speech.conversion import made_once
from undertone.speech.encoder import AcousticEncoder
from undertone.speech.features import GRID_FRAMES, grid_frames

ONNX_FILE = "encoder.onnx"
OPSET = 17

Encode = Callable[[Tensor, Tensor], Tensor]
"""Features [B, M, F] and real frames [B] to float32 states [B, L + 1, T, D]."""

logger = logging.getLogger(__name__)


def encode_by(engine: Engine, encoder: AcousticEncoder, folder: Path) -> Encode:
    """A way to run an encoder.

    Args:
        engine: `torch`; `bfloat16`, for processors with instructions for it; or `int8`, whose
            clips of one call must all end in the same half second.
        encoder: on the device that it is to run on.
        folder: the Whisper that it was read from.

    Raises:
        ModelError: it cannot be run that way.
    """
    if engine == "bfloat16":
        return _InBfloat16(encoder)
    if engine == "int8":
        if encoder.prefix is not None or next(encoder.parameters()).is_cuda:
            raise ModelError(
                "listening.engine=int8 runs on a CPU and without a learned prefix. Set "
                "listening.engine=torch or bfloat16."
            )
        return _InOnnxRuntime(made_once(folder, "onnx-int8", lambda aside: _export(encoder, aside)))
    return encoder


class _InBfloat16:
    def __init__(self, encoder: AcousticEncoder) -> None:
        self._encoder = copy.deepcopy(encoder).bfloat16()

    def __call__(self, features: Tensor, frames: Tensor) -> Tensor:
        states: Tensor = self._encoder(features.bfloat16(), frames)
        return states.float()


class _InOnnxRuntime:
    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "1"))
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            folder / ONNX_FILE, options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, features: Tensor, frames: Tensor) -> Tensor:
        if bool((grid_frames(frames) != features.shape[-1]).any()):
            raise ValueError(
                "The 8-bit encoder has no mask: clips must all fill the last half second."
            )
        (states,) = self._session.run(None, {"features": features.numpy()})
        return torch.from_numpy(states)


class _Unmasked(nn.Module):
    """An encoder of clips that all end in the last half second: no mask to trace."""

    def __init__(self, encoder: AcousticEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, features: Tensor) -> Tensor:
        return self.encoder.unmasked(features)


def _export(encoder: AcousticEncoder, to: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as scratch, warnings.catch_warnings(action="ignore"):
        exact = Path(scratch) / ONNX_FILE
        torch.onnx.export(
            _Unmasked(copy.deepcopy(encoder)).eval(),
            (torch.zeros(2, int(encoder.config.num_mel_bins), 4 * GRID_FRAMES),),
            str(exact),
            input_names=["features"],
            output_names=["states"],
            dynamic_axes={"features": {0: "clips", 2: "frames"}, "states": {0: "clips", 2: "time"}},
            opset_version=OPSET,
            dynamo=False,
        )
        quantize_dynamic(
            exact,
            to / ONNX_FILE,
            weight_type=QuantType.QInt8,
            per_channel=True,
            op_types_to_quantize=["MatMul"],
        )
