"""Pixels, scalars, rings, layers, settings and tables of the network with many heads."""

import numpy as np
import pandas as pd
import pytest

from paper_figures.magron2026 import tables
from reproduce.learning import intervals
from reproduce.learning.mixtures import moved
from reproduce.learning.posterior import Mixture, n_numbers
from reproduce.papers.magron2026 import labels, pixels, radial
from reproduce.papers.magron2026.drawn import signal_to_noise
from reproduce.papers.magron2026.networks.architecture import build
from reproduce.papers.magron2026.settings import PROFILES, Ranges, Views
from reproduce.sky import m31
from reproduce.sky.settings import HstCamera
from reproduce.workflow.profiles import SettingsError

CAMERA = HstCamera(pixels=64)


def test_asinh_magnitudes_are_magnitudes_of_bright_pixels_and_linear_in_faint_ones() -> None:
    rate = np.array([1.0, 10.0, 50.0])[:, None, None] * np.ones((3, 2, 2))
    soft = pixels.softened(rate, CAMERA)
    magnitude = pixels.darkest(CAMERA)[:, None, None] - 2.5 / np.log(10) * soft
    expected = np.array(CAMERA.zero_point_vega) - 2.5 * np.log10([1.0, 10.0, 50.0])
    np.testing.assert_allclose(magnitude[:, 0, 0], expected, atol=1e-4)
    faint = pixels.noise(CAMERA)[:, None, None] * np.array([[-0.02, 0.01]])
    np.testing.assert_allclose(pixels.softened(faint, CAMERA)[:, 0], np.tile([-0.01, 0.005], (3, 1)), rtol=1e-3)
    np.testing.assert_allclose(pixels.hardened(soft, CAMERA), rate, rtol=1e-5)


def test_light_of_cells_comes_back_from_what_a_network_is_to_say() -> None:
    light = np.random.default_rng(1).gamma(0.3, 2.0, (3, 8, 8)).astype("f4")
    told = pixels.bands_target(light, CAMERA, 4)
    assert told.shape == (8, 8, 3)
    np.testing.assert_allclose(pixels.bands_of(told[None], CAMERA, 4)[0], light, rtol=2e-4, atol=1e-5)


def test_every_pixel_is_in_each_diagram_and_in_the_bin_of_its_colour() -> None:
    rate = np.random.default_rng(2).normal(0.05, 0.3, (3, 64, 64))
    found = pixels.cmds(pixels.softened(rate, CAMERA), CAMERA)
    np.testing.assert_array_equal(found.sum(axis=(0, 1)), 64 * 64)
    blue, red = 10 ** (-0.4 * (22.3 - np.array(CAMERA.zero_point_vega)[1])), 10 ** (-0.4 * (20.1 - 25.524))
    one = np.ones((3, 1, 1)) * np.array([1.0, blue, red])[:, None, None]
    diagram = pixels.cmds(pixels.softened(one, CAMERA), CAMERA)[..., 1]
    row, column = np.argwhere(diagram)[0]
    step = (pixels.COLOURS_MAG[1] - pixels.COLOURS_MAG[0]) / pixels.CMD_BINS
    assert 0 <= (22.3 - 20.1) - (pixels.COLOURS_MAG[0] + column * step) < step
    faintness = 20.1 - pixels.darkest(CAMERA)[2]
    step = (pixels.MAGNITUDES_MAG[1] - pixels.MAGNITUDES_MAG[0]) / pixels.CMD_BINS
    assert 0 <= faintness - (pixels.MAGNITUDES_MAG[0] + row * step) < step


def test_sums_survive_cells_and_smoothing() -> None:
    mass = np.random.default_rng(3).gamma(0.2, 5.0, (64, 64))
    cells = pixels.cells(mass, 4)
    assert cells.shape == (16, 16) and cells[0, 1] == pytest.approx(mass[:4, 4:8].sum())
    assert pixels.smoothed(cells).sum() == pytest.approx(mass.sum())
    assert pixels.mass_of(pixels.mass_target(np.array([[1e-9, 100.0]])))[0] == pytest.approx(
        [np.log10(pixels.LEAST_SAID_MSUN), 2.0], abs=1e-6
    )


def test_shapes_and_their_components_are_inverse_and_angles_have_no_head() -> None:
    e, angle = np.array([0.05, 0.3, 0.2, 0.39]), np.array([0.5, 91.0, 179.5, 45.0])
    found = labels.shape(*labels.components(e, angle))
    np.testing.assert_allclose(found[0], e)
    np.testing.assert_allclose(found[1], angle)
    np.testing.assert_allclose(
        labels.angle_difference(np.array([179.0, 1.0, 90.0]), np.array([1.0, 179.0, 45.0])), [-2, 2, 45]
    )


def test_parameters_and_their_normal_forms_are_inverse_and_a_hidden_distance_is_not_told() -> None:
    priors = labels.Priors.of(Views(), Ranges())
    values = np.array([[785.0, 9.1, -1.3, 5.0, 4.7, 0.2, -0.1], [201.0, 10.1, 0.1, 3.0, 7.0, -0.39, 0.39]])
    np.testing.assert_allclose(priors.value(priors.theta(values)), values, atol=1e-6)
    told = priors.told(values[:, 0], np.array([0.03, np.nan])).numbers(priors.limits)
    assert told[0, 0] == 1 and not told[1].any()
    frame = priors.frame(told)
    np.testing.assert_allclose(frame.theta(frame.coordinates(priors.theta(values))), priors.theta(values), atol=1e-9)


def test_a_network_that_has_learnt_nothing_repeats_the_distance_and_its_error_is_in_the_mass() -> None:
    priors = labels.Priors.of(Views(), Ranges())
    known = priors.told(np.array([785.0, 785.0, 785.0]), np.array([0.03, np.nan, 0.5]))
    frame = priors.frame(known.numbers(priors.limits))
    raw = np.zeros((3, n_numbers(7, 1)))
    posterior = moved(Mixture.of_network(raw, 7), frame.triangle, frame.shift)
    low, middle, high = priors.value(posterior.quantiles([0.158655, 0.5, 0.841345]))
    # of the three the first is told, the second is not, the third with a larger error than any of the training
    np.testing.assert_allclose(middle[:, 0], [785, np.sqrt(200 * 1200), np.sqrt(200 * 1200)], rtol=1e-5)
    assert (high / low)[0, 0] == pytest.approx(np.exp(2 * 0.03), rel=1e-5)
    samples = posterior.sample(20_000, np.random.default_rng(7))
    tied = samples - 2 * samples[..., :1]
    for k in labels.AS_THE_DISTANCE_SQUARED:
        # without the distance's part, the unit of the mass: standard deviation of a uniform range
        unit = (priors.ranges[k].high - priors.ranges[k].low) / np.sqrt(12)
        np.testing.assert_allclose(tied[..., k].std(axis=1), unit, rtol=0.03)  # 4 sigma of 20,000 samples is 0.02


def test_rings_hold_each_cell_once() -> None:
    radius = radial.radii_pc(16, 4, 32.0, 32.0, CAMERA, 785.0)
    per_cell = 4 * 0.05 / radial.ARCSEC_PER_RADIAN * 785e3
    assert radius.min() == pytest.approx(per_cell * np.sqrt(0.5)) and per_cell == pytest.approx(0.761, abs=1e-3)
    edges = np.array([0.0, 2.0, 100.0, 200.0])
    found = radial.rings(np.ones((16, 16)), radius, edges)
    assert found[:2].sum() == 256 and np.isnan(found[2])
    np.testing.assert_allclose(radial.areas(radius, 0.5, edges)[:2], 0.5 * found[:2])


def test_a_star_like_the_sun_has_the_suns_luminosity_behind_dust_too() -> None:
    from reproduce.sky import hst

    light = 10 ** (-0.4 * radial.solar_magnitude())
    rate = light * hst.electrons_per_light(CAMERA, 785.0, a_v=0.7)[radial.BAND]
    assert radial.luminosity(np.array(rate), CAMERA, 785.0, 0.7) == pytest.approx(1.0, rel=1e-9)
    assert 3.9 < radial.solar_magnitude() < 4.3  # 4.10 in Willmer (2018)


def test_signal_to_noise_of_one_pixel_without_a_field_is_that_of_its_counts() -> None:
    light = np.zeros((3, 4, 4))
    light[1, 2, 2] = 3.0
    time, read, sky = CAMERA.exposure_s[1], CAMERA.read_noise_electrons[1], CAMERA.sky_electrons_s[1]
    expected = 3 * time / np.sqrt((3 + sky) * time + CAMERA.exposures[1] * read**2)
    assert signal_to_noise(light, np.zeros_like(light), CAMERA) == pytest.approx(expected)
    assert signal_to_noise(light, light + 1, CAMERA) < expected


def test_places_on_the_sky_come_back() -> None:
    radius, azimuth = np.array([0.5, 7.0, 18.0]), np.array([10.0, 130.0, 275.0])
    ra, dec = m31.coordinates(radius, azimuth)
    place = np.array(list(zip(ra, dec, strict=True)), dtype=[("ra", "f8"), ("dec", "f8")])
    np.testing.assert_allclose(m31.radius_kpc(place), radius, rtol=2e-3)


@pytest.mark.parametrize(
    "changed, absent, heads",
    [
        ({}, None, {"bands", "mass", "scalars"}),
        ({"maps": False}, "mass", {"scalars"}),
        ({"scalars": False}, "cmd1", {"bands", "mass"}),
        ({"cmds": False}, "cmd1", {"bands", "mass", "scalars"}),
        ({"bands": ("F814W",)}, "cmd1", {"bands", "mass", "scalars"}),
    ],
)
def test_the_network_has_the_inputs_and_heads_asked_for(changed: dict, absent: str | None, heads: set[str]) -> None:
    model = build(64, width=4, dense=8, components=2, **changed)
    assert set(model.output) == heads
    shapes = {name: tuple(head.shape[1:]) for name, head in model.output.items()}
    wanted = {"bands": (16, 16, 3, 1), "mass": (16, 16, 1), "scalars": (n_numbers(7, 2),)}
    assert shapes == {name: wanted[name] for name in heads}
    assert absent not in {layer.name for layer in model.layers}


def test_the_network_does_not_see_a_band_that_is_left_out() -> None:
    model = build(64, width=4, dense=8, components=2, bands=("F475W", "F814W"))
    generator = np.random.default_rng(4)
    inputs = {"image": generator.normal(size=(2, 64, 64, 3, 1)), "cmds": generator.random((2, 24, 24, 3, 1)),
              "given": np.zeros((2, 3))}  # fmt: skip
    inputs = {name: values.astype("f4") for name, values in inputs.items()}
    before = model.predict_on_batch(inputs)
    inputs["image"][..., 0, 0] += 1
    inputs["cmds"][..., (0, 2), 0] += 1
    for name, values in model.predict_on_batch(inputs).items():
        np.testing.assert_array_equal(values, before[name])
    inputs["image"][..., 1, 0] += 1
    assert np.abs(model.predict_on_batch(inputs)["mass"] - before["mass"]).max() > 0


def test_colours_are_differences_and_cells_become_channels() -> None:
    from reproduce.papers.magron2026.networks.architecture import Chosen, Folded

    x = np.arange(2 * 8 * 8 * 3, dtype="f4").reshape(2, 8, 8, 3, 1)
    found = np.asarray(Chosen((0, 1, 2), ((0, 1), (1, 2)))(x))
    np.testing.assert_array_equal(found[..., 3], x[..., 0, 0] - x[..., 1, 0])
    folded = np.asarray(Folded(4)(found))
    assert folded.shape == (2, 2, 2, 80)
    np.testing.assert_array_equal(folded[1, 0, 1].reshape(4, 4, 5), found[1, :4, 4:8])


def test_settings_that_cannot_work_are_named() -> None:
    for words, message in (
        ("views.axis_ratio=[0.9,0.6]", "least and the most"),
        ("train.block=5", "multiple of 8"),
        ("simulate.library.test=0", "both training and test need one"),
        ("camera.pixels=512", "cut from fields"),
    ):
        with pytest.raises(SettingsError, match=message):
            PROFILES.load("laptop", [words])


def test_test_clusters_are_chosen_before_anything_is_simulated_and_never_trained_on() -> None:
    from pathlib import Path

    from reproduce.papers.magron2026.drawn import Draw

    settings = PROFILES.load("laptop", [])
    inputs = {name: Path(name) for name in ("simulate", "fields", "populations")}
    training, test = (Draw.of(settings, inputs, group) for group in ("train", "test"))
    design = settings.simulate.library
    assert len(test.clusters) == design.test > 1
    assert len(training.clusters) == design.clusters - design.test
    assert not set(training.clusters) & set(test.clusters)


def test_aims_are_reached_by_the_right_side_and_not_by_what_was_not_measured() -> None:
    errors = {"m31.given.mass.scatter": 0.08, "m31.given.mass.bias": -0.05}
    errors |= {"m31.given.angle.scatter": 9.0, "m31.given.angle.bias": 10.0}
    table = tables.aims(errors | {"m31.mass_map.r2": 0.8, "m31.light.F336W_bias": -0.2})
    reached = dict(zip(table["metric"], table["reached"], strict=True))
    assert reached["m31.given.mass.scatter"] and not reached["m31.mass_map.r2"]
    assert not reached["m31.given.angle.scatter"]  # the bias counts too
    assert not reached["m31.light.F336W_bias"] and not reached["m31.given.feh.scatter"]
    assert isinstance(table, pd.DataFrame)


def test_spread_is_the_median_and_half_of_the_middle() -> None:
    errors = np.random.default_rng(5).normal(0.3, 0.2, 20_000)
    assert intervals.spread(errors) == pytest.approx((0.3, 0.2), abs=0.01)
    assert np.isnan(intervals.spread(np.array([]))).all()
