"""Networks of Kaur et al. (2021) are trained repeatably, on fixed and on fresh maps, and see a turned map alike."""

import dataclasses

import h5py
import numpy as np
import pytest

from reproduce.learning.data import turned
from reproduce.learning.fitting import fit
from reproduce.papers.kaur2021 import galaxies, maps
from reproduce.papers.kaur2021.networks import training
from reproduce.papers.kaur2021.networks.images import Images
from reproduce.papers.kaur2021.networks.prediction import load, predict
from reproduce.papers.kaur2021.networks.views import sides
from reproduce.papers.kaur2021.settings import PROFILES

SETTINGS = PROFILES.load("smoke", ["maps.n_clusters=40", "maps.views=6", "fresh.sets=[discs]"])
NETWORK = "fresh.discs.two_channel"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """A folder with ``galaxies.h5`` of clusters thrown at random, σ growing with the mass, and ``maps.h5``."""
    folder, rng = tmp_path_factory.mktemp("kaur"), np.random.default_rng(2)
    halo = np.linspace(1e12, 2e12, 8)
    with h5py.File(folder / "galaxies.h5", "w") as file:
        group = file.create_group("discs")
        group["position_kpc"] = rng.normal(scale=10, size=(8, 60, 3))
        group["velocity_kms"] = rng.normal(size=(8, 60, 3)) * 100 * (halo / 1e12)[:, None, None]
        group["halo_msun"], group["total_msun"] = halo, halo
        group["disc_size_kpc"], group["number"] = np.full(8, 17.5), np.arange(8)
    maps.make_maps(folder / "galaxies.h5", SETTINGS.maps, SETTINGS.galaxies.halo_msun, folder, lambda done, text: None)
    return folder


def fresh_data(drawn):
    return training.fresh_data(
        NETWORK,
        drawn / "galaxies.h5",
        drawn / "maps.h5",
        simulated=SETTINGS.galaxies,
        seen=SETTINGS.maps,
        fresh=SETTINGS.fresh,
    )


def test_no_test_galaxy_is_trained_with(drawn):
    parts = sides(drawn / "maps.h5", "discs", 0.2, 1)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(8))
    test = maps.read(drawn / "maps.h5", "discs")
    np.testing.assert_array_equal(parts["test"], np.unique(test.galaxy[test.test["galaxy"]]))
    data = fresh_data(drawn)
    sample = galaxies.read(drawn / "galaxies.h5", "discs")
    seen = {place.tobytes() for place in data.clusters().position_kpc}
    assert not seen & {sample.position_kpc[galaxy].tobytes() for galaxy in parts["test"]}
    assert len(data.images("test")) == len(parts["test"]) * 6


def test_a_training_that_was_killed_ends_with_the_same_bytes(drawn, tmp_path):
    data = fresh_data(drawn)
    once, twice = (training.fresh_task(NETWORK, 0, data, SETTINGS.fresh, tmp_path / n, tmp_path / n) for n in "ab")
    for task in (once, twice):
        task.weights.parent.mkdir()
    assert len(fit(once)) == 2
    assert len(fit(dataclasses.replace(twice, until=1))) == 1
    fit(twice)
    assert once.weights.read_bytes() == twice.weights.read_bytes()
    models = load(training.fresh_network_of(NETWORK, SETTINGS.fresh), tmp_path / "a", NETWORK, 1)
    images = data.images("test")
    answer = predict(models, images, symmetries=True)
    quarter = {name: turned(values, np.full(len(images), 5)) for name, values in images.inputs.items()}
    back = Images(quarter | {"velocity": -quarter["velocity"]}, images.label, images.halo_msun, images.galaxy)
    np.testing.assert_allclose(predict(models, back, symmetries=True), answer, rtol=1e-5)
    assert not np.allclose(predict(models, back), predict(models, images), rtol=1e-5)


def test_the_papers_networks_train_on_fixed_maps(drawn, tmp_path):
    group = PROFILES.load("smoke", ["train.splits=[galaxy]", "train.channels=[one_channel]", "train.epochs=1"]).train
    group = group.model_copy(update={"sets": {"DL1": group.sets["DL1"]}})
    found = training.train(drawn / "maps.h5", 10, group, tmp_path / "w", tmp_path / "s")
    assert np.isfinite(found["validation_mse_DL1.one_channel.galaxy"])
    assert (tmp_path / "w" / "DL1.one_channel.galaxy.weights.h5").exists()
    assert len((tmp_path / "w" / "history.csv").read_text().splitlines()) == 2
