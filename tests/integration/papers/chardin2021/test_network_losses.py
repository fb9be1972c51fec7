"""The losses of the encoder-decoder against their definition (paper Appendix A)."""

import keras
import numpy as np
import pytest

from reproduce.papers.chardin2021.networks import losses, regressor
from reproduce.workflow.errors import InputError


@pytest.fixture(scope="module")
def maps():
    return np.random.default_rng(0).normal(size=(2, 2, 96, 96, 1)).astype(np.float32)


def test_plain_losses_keep_their_names():
    assert losses.of_encoder_decoder("mse", 96) == "mse"
    assert losses.of_encoder_decoder("mae", 96) == "mae"


def test_regressor_loss_sums_pixels_and_two_feature_maps(maps):
    model = regressor.build(96, width=0.25)
    loss = losses.of_encoder_decoder("regressor", 96, regressor=lambda: model)
    features = keras.Model(model.input, [model.get_layer("conv1").output, model.get_layer("conv2").output])
    a, b = (features.predict_on_batch(x) for x in maps)
    expected = np.mean((maps[0] - maps[1]) ** 2) + sum(np.mean((p - q) ** 2) for p, q in zip(a, b, strict=True))
    # float32 means over some 10^5 values, summed in another order
    assert float(loss(maps[0], maps[1])) == pytest.approx(expected, rel=1e-5)
    assert float(loss(maps[0], maps[0])) == 0


@pytest.mark.parametrize("base", ["mse", "regressor"])
def test_total_mass_is_weighed(maps, base):
    base = losses.of_encoder_decoder(base, 96, regressor=lambda: regressor.build(96, width=0.25))
    true, predicted = maps
    weighed = losses.WithTotalMass(base, 0.3, std=0.45)
    totals = [np.log10((10 ** (0.45 * x)).sum(axis=(1, 2, 3))) / 0.45 for x in (true, predicted)]
    plain = float(keras.losses.get(base)(true, predicted).numpy().mean())
    assert float(weighed(true, predicted)) == pytest.approx(
        plain + 0.3 * np.mean((totals[0] - totals[1]) ** 2), rel=1e-4
    )
    assert float(weighed(true, true)) == 0


def test_vgg16_loss_is_the_papers_sum(maps, tmp_path):
    keras.utils.set_random_seed(1)
    vgg16 = keras.applications.VGG16(include_top=False, weights=None, input_shape=(96, 96, 3))
    path = tmp_path / "vgg16.weights.h5"
    vgg16.save_weights(path)
    loss = losses.of_encoder_decoder("vgg16", 96, vgg16_weights=path)
    names = ("block1_conv1", "block1_conv2", "block2_conv2")
    features = keras.Model(vgg16.input, [vgg16.get_layer(name).output for name in names])
    a, b = (features.predict_on_batch(np.repeat(x, 3, axis=-1)) for x in maps)
    expected = sum(np.mean((p - q) ** 2) for p, q in zip(a, b, strict=True))
    assert float(loss(maps[0], maps[1])) == pytest.approx(expected, rel=1e-5)
    assert not loss.features.trainable_weights


def test_absent_vgg16_weights_say_both_ways_out(tmp_path):
    with pytest.raises(InputError, match=r"no such file.*train\.vgg16_weights=PATH.*train\.loss=regressor"):
        losses.of_encoder_decoder("vgg16", 96, vgg16_weights=tmp_path / "none.h5")
    (tmp_path / "bad.h5").write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"cannot be had.*train\.vgg16_weights=PATH.*train\.loss=mse"):
        losses.of_encoder_decoder("vgg16", 96, vgg16_weights=tmp_path / "bad.h5")


def test_a_failed_download_is_one_line(monkeypatch):
    def refuse(**_):
        raise Exception("URL fetch failure on https://...:\nno route to host")

    monkeypatch.setattr(keras.applications, "VGG16", refuse)
    with pytest.raises(InputError, match=r"URL fetch failure") as caught:
        losses.of_encoder_decoder("vgg16", 96)
    assert "\n" not in str(caught.value)
