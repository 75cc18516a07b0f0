import tiny
import torch
from torch.testing import assert_close

from undertone.model.acoustic import AttentionPooling
from undertone.model.layers import Standardisation
from undertone.speech.encoder import pool

STATES = torch.randn(2, 3, 50, 8, generator=torch.Generator().manual_seed(0))
FRAMES = torch.tensor([100, 37])


def test_attention_starts_as_plain_pooling() -> None:
    assert_close(AttentionPooling(3, 8)(STATES, FRAMES), pool(STATES, FRAMES))


def test_attention_looks_at_real_frames_alone() -> None:
    attention = AttentionPooling(3, 8)
    torch.nn.init.normal_(attention.score)
    changed = STATES.clone()
    changed[1, :, 19:] = 1e3

    assert_close(attention(changed, FRAMES), attention(STATES, FRAMES))


def test_attention_reaches_the_model() -> None:
    model, batch = tiny.model(pooling="attention"), tiny.batch()
    before = model(**batch).logits
    torch.nn.init.normal_(model.acoustic.attention.score)

    assert not torch.allclose(model(**batch).logits, before)


def test_standardises_each_dimension() -> None:
    values = torch.randn(40, 3, 8) * 5 + 2
    values[:, 1, 1] = 7.0
    standardise = Standardisation(3, 8)
    standardise.fit(values)
    standard = standardise(values)

    assert_close(standard.mean(0), torch.zeros(3, 8), atol=1e-5, rtol=0)
    deviation = standard.std(0, correction=0)
    assert deviation[1, 1] == 0
    assert_close(deviation[0], torch.ones(8))


def test_layer_weights_choose_layers() -> None:
    model = tiny.model()
    model.acoustic.layer_weights.copy_(torch.tensor([0.0, 1.0, 0.0]))
    statistics = torch.randn(2, tiny.LAYERS + 1, 2 * tiny.SIZE)
    before = model(acoustic_statistics=statistics).logits
    statistics[:, [0, 2]] += 10

    assert_close(model(acoustic_statistics=statistics).logits, before)
