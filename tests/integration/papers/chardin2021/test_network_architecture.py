"""The layers of both networks against the released ones, and the settings that change them."""

import json
import random

import keras
import numpy as np
import pytest

from reproduce.learning import backend, space_to_depth
from reproduce.learning.weights import load_weights, save_weights, weights_file
from reproduce.papers.chardin2021.networks import encoder_decoder, regressor
from reproduce.papers.chardin2021.networks.architecture import Architecture
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.errors import InputError


def test_parameter_counts_are_the_released_networks():
    assert encoder_decoder.build(160).count_params() == 2_182_241
    assert regressor.build(160).count_params() == 517_954


def test_released_layers_follow_the_paper():
    model = encoder_decoder.build(160)
    assert model.output_shape == (None, 160, 160, 1)
    assert model.get_layer("bottleneck_conv").output.shape[1:] == (10, 10, 128)
    assert [model.get_layer(f"encode{level}b_conv").filters for level in (1, 2, 3, 4)] == [32, 64, 128, 128]
    assert [model.get_layer(f"decode{level}b_conv").filters for level in (4, 3, 2)] == [128, 64, 32]
    assert model.get_layer("mass_conv").activation is keras.activations.linear
    assert model.get_layer("encode1a_drop").rate == pytest.approx(10**-2.5)
    small = regressor.build(160)
    assert small.get_layer("flatten").output.shape == (None, 3200)
    assert small.output_shape == (None, 2)


def test_compact_network_folds_and_unfolds_without_loss():
    maps = np.random.default_rng(0).normal(size=(2, 16, 16, 1)).astype(np.float32)
    given = keras.Input((16, 16, 1))
    folded = space_to_depth.fold(given, 4)
    model = keras.Model(given, [folded, space_to_depth.unfold(folded, 4)])
    inside, back = model.predict_on_batch(maps)
    assert inside.shape == (2, 4, 4, 16)
    np.testing.assert_array_equal(inside[0, 1, 2], maps[0, 4:8, 8:12, 0].ravel())
    np.testing.assert_array_equal(back, maps)


@pytest.mark.parametrize(
    "change",
    [{"width": 0.5}, {"levels": 2}, {"kernel_size": 5}, {"skip_connections": False}, {"architecture": "released"}],
)
def test_every_setting_changes_the_network(change):
    plain = {"architecture": "compact", "width": 0.25}
    assert (
        encoder_decoder.build(96, **plain).count_params() != encoder_decoder.build(96, **plain | change).count_params()
    )


def test_dropout_and_width_reach_the_layers():
    model = encoder_decoder.build(96, architecture="compact", width=0.25, dropout=0.2)
    assert model.get_layer("bottleneck_drop").rate == 0.2
    assert regressor.build(96, dropout=0.3).get_layer("conv1_drop").rate == 0.3
    assert regressor.build(96, architecture="compact").get_layer("fold").output.shape == (None, 24, 24, 16)
    assert regressor.build(96, width=0.5).get_layer("conv4").filters == 64


def test_impossible_sizes_are_refused_in_one_line():
    with pytest.raises(InputError, match=r"multiple of 16 px, found 150"):
        encoder_decoder.build(150)
    with pytest.raises(InputError, match=r"at least 91 px"):
        regressor.build(90)
    assert regressor.build(91).output_shape == (None, 2)
    with pytest.raises(InputError, match=r"multiple of 4 px and at least 88 px"):
        regressor.build(84, architecture="compact")
    assert regressor.build(88, architecture="compact").output_shape == (None, 2)


def test_random_state_of_dropout_comes_from_the_stream():
    model = encoder_decoder.build(32, architecture="compact", width=0.25)
    states = []
    for stream in ((1, 2), (1, 3), (1, 2)):
        backend.reseed(model, stream)
        layers = [layer for layer in model.layers if hasattr(layer, "seed_generator")]
        states.append([keras.ops.convert_to_numpy(layer.seed_generator.state).tolist() for layer in layers])
    assert states[0] == states[2] != states[1]
    assert len({tuple(state) for state in states[0]}) == len(states[0])


def test_first_weights_depend_on_the_seed_and_on_nothing_else(tmp_path):
    (tmp_path / "scaler.json").write_text("{}")
    architecture = Architecture.of(Train(architecture="compact", width=0.25), 96, tmp_path / "scaler.json")
    drawn = []
    for seed, disturbance in ((1, 0), (1, 5), (2, 0)):
        random.seed(disturbance)  # Keras draws from Python's random numbers, and so may others
        model = architecture.build("encoder_decoder", seed)
        drawn.append([layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")])
    for first, again, other in zip(*drawn, strict=True):
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first, other)
        fan_in, fan_out = np.prod(first.shape[:-1]), np.prod(first.shape[:2]) * first.shape[-1]
        limit = np.sqrt(6 / (fan_in + fan_out))
        assert 0.9 * limit < np.abs(first).max() <= limit


@pytest.fixture
def saved(tmp_path):
    scaler = tmp_path / "scaler.json"
    scaler.write_text("{}")
    architecture = Architecture.of(Train(architecture="compact", width=0.25), 96, scaler)
    architecture.save(tmp_path)
    model = architecture.build("encoder_decoder", 1)
    save_weights(model, weights_file(tmp_path, "encoder_decoder"))
    return tmp_path, architecture, model


def test_weights_and_architecture_come_back(saved):
    folder, architecture, model = saved
    assert Architecture.load(folder) == architecture
    again = architecture.build("encoder_decoder", 2)
    load_weights(again, weights_file(folder, "encoder_decoder"))
    for a, b in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_weights_of_another_architecture_are_refused(saved):
    folder, _, _ = saved
    other = encoder_decoder.build(96, architecture="compact", width=0.5)
    with pytest.raises(InputError, match="another architecture"):
        load_weights(other, weights_file(folder, "encoder_decoder"))
    with pytest.raises(InputError, match="another architecture"):
        load_weights(regressor.build(96), weights_file(folder, "encoder_decoder"))


def test_truncated_or_absent_weights_are_refused(saved):
    folder, _, model = saved
    path = weights_file(folder, "encoder_decoder")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputError, match="damaged or cut short"):
        load_weights(model, path)
    path.unlink()
    with pytest.raises(InputError, match="no such file"):
        load_weights(model, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": "wide"}, "width is 'wide'"),
        ({"architecture": "other"}, "'other': input should be 'released' or 'compact'"),
        ({"more": 1}, "expected the keys"),
    ],
)
def test_bad_architecture_files_are_refused(saved, change, message):
    folder, _, _ = saved
    path = folder / "architecture.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(InputError, match=message):
        Architecture.load(folder)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own settings")
def test_tensorflow_runs_one_operation_at_a_time():
    import tensorflow as tf

    assert tf.config.threading.get_inter_op_parallelism_threads() == 1
