"""Predictions do not depend on how maps are batched, and bad input is refused in one line."""

import dataclasses

import numpy as np
import pytest

from reproduce.learning.weights import save_weights, weights_file
from reproduce.papers.chardin2021.dataset.scaler import Scaler
from reproduce.papers.chardin2021.networks import prediction
from reproduce.papers.chardin2021.networks.architecture import NETWORKS, Architecture
from reproduce.papers.chardin2021.settings import Train
from reproduce.workflow.errors import InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("networks")
    Scaler(-5.4, 1.0, -0.85, 0.45, 7.0, 4.0, 52.0, 32.0).to_json(folder / "scaler.json")
    settings = Train(architecture="compact", width=0.25, regressor_width=0.25, members=2)
    architecture = Architecture.of(settings, 96, folder / "scaler.json")
    architecture.save(folder)
    for network in NETWORKS:
        for member in range(2):
            save_weights(architecture.build(network, member + 1), weights_file(folder, network, member))
    return folder


@pytest.fixture(scope="module")
def networks(folder):
    return prediction.load(folder, folder / "scaler.json")


@pytest.fixture(scope="module")
def flux():
    return np.random.default_rng(0).normal(-5.4, 1, (5, 96, 96)).astype(np.float32)


def test_shapes_units_and_any_batch_size(networks, flux):
    found = networks.predict(flux, batch_size=5)
    assert found.mass.shape == flux.shape
    assert found.age_gyr.shape == found.distance_kpc.shape == (5,)
    # float32 convolutions of another batch size may sum in another order
    for size in (2, 100):
        other = networks.predict(flux, batch_size=size)
        for name in ("mass", "age_gyr", "distance_kpc"):
            np.testing.assert_allclose(getattr(other, name), getattr(found, name), rtol=2e-4, atol=2e-4)
    np.testing.assert_allclose(networks.predict_mass(flux[2]), found.mass[2], rtol=2e-4, atol=2e-4)


def test_outputs_are_scaled_back(networks, flux):
    light = networks.scaler.standardise_flux(flux)[..., None]
    found = networks.predict(flux, batch_size=5)
    for member, regressor in enumerate(networks.regressors):
        raw, features = (np.asarray(output) for output in regressor.predict_on_batch(light))
        np.testing.assert_allclose(found.members["age"][member], 4 * raw[:, 0] + 7, rtol=1e-5)
        np.testing.assert_allclose(found.members["distance"][member], 32 * raw[:, 1] + 52, rtol=1e-5)
        if member == 0:
            np.testing.assert_allclose(found.features, features, rtol=1e-5)
            assert features.shape == (5, 32)  # a quarter of 128 filters


def test_an_ensemble_says_the_mean_of_its_members(networks, flux):
    found = networks.predict(flux, batch_size=5)
    light = networks.scaler.standardise_flux(flux)[..., None]
    raw = [np.asarray(model.predict_on_batch(light))[..., 0] for model in networks.encoder_decoders]
    maps = [networks.scaler.mass(mass) for mass in raw]
    np.testing.assert_allclose(found.mass, np.mean(maps, axis=0), atol=1e-5)
    for member in range(2):
        total = np.log10((10.0 ** maps[member]).sum(axis=(1, 2)))
        np.testing.assert_allclose(found.members["total_mass"][member], total, atol=1e-5)
    assert not np.allclose(maps[0], maps[1])
    np.testing.assert_allclose(found.age_gyr, found.members["age"].mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.total_mass, np.log10((10.0**found.mass).sum(axis=(1, 2))), atol=1e-5)


def test_bad_maps_are_refused(networks, flux):
    with pytest.raises(InputError, match=r"expected the shape \(n, 96, 96\).*found \(5, 90, 96\)"):
        networks.predict_mass(flux[:, :90])
    spoiled = flux.copy()
    spoiled[3, 0, 0] = np.nan
    with pytest.raises(InputError, match="map 3 holds a value that is not finite"):
        networks.predict(spoiled)


def test_another_scaler_is_refused(folder, tmp_path):
    other = dataclasses.replace(Scaler.from_json(folder / "scaler.json"), flux_mean=-5.0)
    other.to_json(tmp_path / "scaler.json")
    with pytest.raises(InputError, match="not the scaler that the networks"):
        prediction.load(folder, tmp_path / "scaler.json")
