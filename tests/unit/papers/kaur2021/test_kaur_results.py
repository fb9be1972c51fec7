"""What is made of the networks' answers: splits, figures' numbers, rows of the ablation, the sentence on the claim."""

import h5py
import numpy as np
import pytest

from paper_figures.kaur2021 import masses, table3
from reproduce.papers.kaur2021 import ablation, claim
from reproduce.papers.kaur2021.networks.images import FixedMaps
from reproduce.papers.kaur2021.settings import PROFILES
from reproduce.workflow.errors import InputError
from reproduce.workflow.settings import SettingsError

ENDS = (1e11, 2e12)


@pytest.fixture
def drawn(tmp_path):
    """A ``maps.h5`` of 10 galaxies of each kind with 4 views, whose maps say which image they are."""
    rng = np.random.default_rng(1)
    with h5py.File(tmp_path / "maps.h5", "w") as file:
        for first, kind in ((0, "discs"), (40, "mergers")):
            group = file.create_group(kind)
            galaxy = np.repeat(np.arange(10), 4)
            group["velocity_kms"] = group["dispersion_kms"] = (
                np.full((40, 10, 10), 1.0) * np.arange(first, first + 40)[:, None, None]
            )
            group["galaxy"], group["label"], group["halo_msun"] = galaxy, galaxy / 1.0, 1e11 * (1 + galaxy)
            group["test_by_galaxy"] = galaxy < 2
            group["test_by_image"] = rng.permutation(40) < 8
    return tmp_path / "maps.h5"


@pytest.mark.parametrize("split", ["image", "galaxy"])
def test_no_image_is_on_two_sides_and_no_galaxy_if_split_by_galaxy(drawn, split):
    source = FixedMaps(drawn, ("discs", "mergers"), "two_channel", split, validation_fraction=0.25)
    groups = [source.images(group) for group in ("train", "validation", "test")]
    assert sum(map(len, groups)) == len(source.images("all")) == 80
    number = [set(np.round(one.inputs["dispersion"][:, 0, 0, 0] * 121.4).astype(int)) for one in groups]
    galaxy = [set(one.galaxy) for one in groups]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert not number[i] & number[j]
        assert bool(galaxy[i] & galaxy[j]) == (split == "image")
    assert len(galaxy[0] | galaxy[1] | galaxy[2]) == 20  # mergers have numbers of their own


def test_noise_is_the_same_in_every_epoch_and_as_large_as_asked(drawn):
    quiet, noisy, again = (
        FixedMaps(drawn, ("discs",), "two_channel", "image", pixel_noise_kms=kms).images("all").inputs
        for kms in (0.0, 5.0, 5.0)
    )
    for name in noisy:
        np.testing.assert_array_equal(noisy[name], again[name])
        change = (noisy[name] - quiet[name])[20:]  # 20 km/s and more, far from 0
        assert np.std(change * 121.4) == pytest.approx(5, rel=0.06)  # 2,000 cells: 1.6 %
    assert noisy["velocity"].min() < 0 <= noisy["dispersion"].min()


def test_one_galaxy_cannot_train_and_validate(tmp_path, drawn):
    with h5py.File(drawn, "r+") as file:
        file["discs/test_by_galaxy"][...] = file["discs/galaxy"][:] != 3
    with pytest.raises(InputError, match="validation need two galaxies at least"):
        FixedMaps(drawn, ("discs",), "one_channel", "galaxy").images("train")


def test_binned_masses():
    true = np.array([1.2e11, 1.3e11, 1.95e12])
    table = masses.binned(masses.Answers(true, true * np.array([1.0, 2.0, 1.0])), ENDS)
    assert list(table["n"]) == [2, 1]
    np.testing.assert_allclose(table["mean"], [1.9e11, 1.95e12])


def test_rows_of_the_ablation_vary_one_thing():
    settings = PROFILES.load("laptop")
    rows = ablation.variants(settings.galaxies, settings.maps, settings.fresh, settings.ablation)
    base = rows[0].galaxies.model_dump()
    for row in rows[1:6]:
        assert row.group == "cause"
        assert sum(base[name] != value for name, value in row.galaxies.model_dump().items()) == 1
    seen = {row.name: row.maps.n_clusters for row in rows if row.group == "clusters"}
    assert seen == {str(n): n for n in settings.ablation.numbers}
    noisy = next(row for row in rows if row.name == "5 km/s a cluster")
    assert noisy.fresh.maps.subtract_error
    assert noisy.galaxies == rows[0].galaxies


FOUND = {
    "dl1_mae_two_channel": 0.5,
    "dl1_mae_two_channel_by_galaxy": 1.0,
    "dl1_mae_two_channel_by_galaxy_low": 0.9,
    "dl1_mae_two_channel_by_galaxy_high": 1.1,
    "nearest_two_channel_dl1_mae": 0.8,
    "nearest_two_channel_dl1_mae_by_galaxy": 1.2,
    "floor_dl1_mae": 0.6,
    "floor_dl1_mae_by_galaxy": 0.6,
    "tracer_dl1_mae_by_galaxy": 0.8,
    "virial_dl1_mae_by_galaxy": 0.9,
    "jeans_dl1_mae_by_galaxy": 0.7,
    "fresh_discs_mae_one_channel_by_galaxy": 0.75,
    "fresh_discs_mae_two_channel_by_galaxy": 0.65,
    "fresh_discs_mae_two_channel_by_galaxy_low": 0.6,
    "fresh_discs_mae_two_channel_by_galaxy_high": 0.75,
}


def test_the_sentence_follows_the_numbers():
    first, second = claim.text(FOUND, {"DL1": ("discs",), "DL2": ("mergers",)}).splitlines()
    assert "0.50 split by image (below the shot noise" in first
    assert "becomes 1.00 (0.90 to 1.10)" in first
    assert "2.0 times as much" in first
    assert "worse than the calibrated Jeans estimator (0.70)" in first
    assert "0.65 (0.60 to 0.75) with two; it beats the calibrated Jeans estimator (0.70), within the scatter" in second
    better = claim.sentence(
        {**FOUND, "jeans_dl1_mae_by_galaxy": 1.3, "tracer_dl1_mae_by_galaxy": 1.2, "virial_dl1_mae_by_galaxy": 1.4},
        "DL1",
    )
    assert "better than the calibrated tracer" in better


def test_table_3_has_both_splits_and_the_published_numbers_beside_the_split_by_image():
    published = {"dl1_mae_two_channel": {"value": 0.404}}
    table = table3.table(FOUND, published, {"DL1": ("discs",)}, ("image", "galaxy")).set_index(["split", "method"])
    assert table.loc[("image", "network, two channels"), "published_mae"] == 0.404
    assert np.isnan(table.loc[("galaxy", "network, two channels"), "published_mae"])
    assert table.loc[("galaxy", "network, two channels"), "mae_high"] == 1.1
    assert table.loc[("galaxy", "network on fresh views, two channels"), "mae"] == 0.65
    assert table.loc[("galaxy", "Jeans"), "mae"] == 0.7


def test_the_data_set_of_the_schedules_must_be_there():
    with pytest.raises(SettingsError, match="data_set=DL9 is not in"):
        PROFILES.load("laptop", ["schedules.data_set=DL9"])
