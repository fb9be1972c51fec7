"""PiDoc from Python: what an observer gets for a map."""

import numpy as np
import pytest
from astropy import units as u

from reproduce import PiDoc
from reproduce.papers.chardin2021.evaluation.calibration import calibrate
from reproduce.papers.chardin2021.networks.training import train
from reproduce.papers.chardin2021.settings import Train
from reproduce.papers.chardin2021.strange.kinds import strange
from reproduce.papers.chardin2021.trained_model.pidoc import luminosity_in_field
from reproduce.sky.settings import Camera
from reproduce.workflow.errors import InputError
from tests.support.network_maps import one_map, write_maps

SETTINGS = Train(
    architecture="compact", width=0.25, loss="mse", epochs=1, regressor_epochs=1, regressor_width=0.25, members=2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pidoc")
    maps, scaler = write_maps(folder, train=48, validation=24, test=4, pixels=96)
    train(maps, scaler, SETTINGS, folder, folder / "checkpoint")
    calibrate(maps, folder, scaler, folder)
    return folder


@pytest.fixture(scope="module")
def flux():
    return np.random.default_rng(0).normal(-5.4, 1, (3, 96, 96)).astype(np.float32)


def test_estimates_of_maps(folder, flux):
    found = PiDoc.load(folder).predict(flux, distance_kpc=[20.0, np.nan, 40.0])
    assert found.mass.shape == flux.shape
    table = found.table
    known = table["in_domain"].to_numpy()
    for name in ("total_mass_msun", "age_gyr", "distance_kpc"):
        bounds = table[[f"{name}_{end}" for end in ("low95", "low68", "high68", "high95")]].to_numpy()
        assert (np.diff(bounds[known], axis=1) >= 0).all()
        assert np.isnan(bounds[~known]).all()
    np.testing.assert_allclose(table["total_mass_msun"], (10.0**found.mass).sum(axis=(1, 2)), rtol=1e-4)
    distance = np.array([20.0, table["distance_kpc"][1], 40.0])
    np.testing.assert_allclose(table["luminosity_lsun"], luminosity_in_field(flux, distance))
    np.testing.assert_allclose(table["mass_to_light"], table["total_mass_msun"] / table["luminosity_lsun"])
    inside = (table["domain_score"] <= 1) & (table["distance_kpc"] > 0)
    assert (table["in_domain"] == inside).all()
    assert [bool(notes) and notes[0].startswith("unlike the training maps") for notes in found.notes] == list(~inside)


def test_strange_maps_are_outside_and_good_ones_inside(folder):
    rng = np.random.default_rng(9)
    good = np.stack([one_map(rng, 6.0, 30.0, 96)[0] for _ in range(12)])
    pidoc = PiDoc.load(folder)
    assert pidoc.predict(good).table["in_domain"].mean() > 0.7  # 24 validation maps define the threshold
    names = ("log-normal noise", "checkerboard", "sky taken twice", "pixels in any order", "galaxy, spiral")
    for name in names:
        maps = strange(good[:4], Camera(pixels=96), name, 3)
        assert not pidoc.predict(maps).table["in_domain"].any(), name


def test_one_map_is_as_many(folder, flux):
    pidoc = PiDoc.load(folder)
    one, all_ = pidoc.predict(flux[1]).table, pidoc.predict(flux).table
    np.testing.assert_allclose(one.drop(columns="in_domain").iloc[0], all_.drop(columns="in_domain").iloc[1], rtol=1e-3)


def test_luminosity_is_that_of_the_definition():
    # one pixel with the flux of 100 Lsun at 10 kpc
    flux = np.full((1, 4, 4), -30.0)
    flux[0, 1, 2] = np.log10(100 / (4 * np.pi * 10**2))
    assert luminosity_in_field(flux, [10.0])[0] == pytest.approx(100)


def test_units_and_masks_are_heeded(folder, flux):
    pidoc = PiDoc.load(folder)
    expected = pidoc.predict(flux, distance_kpc=16.0)
    for distance in (16_000 * u.pc, [16_000.0] * 3 * u.pc):
        found = pidoc.predict(10.0**flux * u.Lsun / u.kpc**2, distance).table
        np.testing.assert_allclose(found["luminosity_lsun"], expected.table["luminosity_lsun"], rtol=1e-5)
        # float32 there and back; the networks' outputs are of order 1 and pass on errors of 1e-7 a hundredfold at most
        np.testing.assert_allclose(found["total_mass_msun"], expected.table["total_mass_msun"], rtol=1e-3)
    masked = np.ma.masked_array(flux.copy(), mask=np.zeros(flux.shape, bool))
    masked[1, 40:44, 40:44] = np.ma.masked
    masked.data[masked.mask] = 3.0  # brighter than all the rest together
    luminosity = pidoc.predict(masked, 16.0).table["luminosity_lsun"]
    # 16 of 9,216 pixels, filled from neighbours that scatter by 1 dex: about 0.1 % of the light, 1 % at most
    np.testing.assert_allclose(luminosity, expected.table["luminosity_lsun"], rtol=0.01)


def test_what_cannot_be_is_refused(folder, flux, tmp_path):
    pidoc = PiDoc.load(folder)
    with pytest.raises(InputError, match=r"above 0 kpc .* found -1"):
        pidoc.predict(flux, distance_kpc=-1.0)
    with pytest.raises(InputError, match=r"shape \(2,\) for 3 maps"):
        pidoc.predict(flux, distance_kpc=[20.0, 30.0])
    with pytest.raises(InputError, match=r"map 0 holds values from 1e\+30"):
        pidoc.predict(np.full((96, 96), 1e30))
    with pytest.raises(InputError, match="not finite"):
        pidoc.predict(np.full((96, 96), np.nan))
    with pytest.raises(InputError, match="batch size 0"):
        pidoc.predict(flux, batch_size=0)
    with pytest.raises(InputError, match=r"architecture\.json"):
        PiDoc.load(tmp_path)
