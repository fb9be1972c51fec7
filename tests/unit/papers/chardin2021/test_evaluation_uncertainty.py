"""Intervals cover what they say where maps are like those of validation, and the domain score sees what is not."""

import numpy as np
import pytest

from reproduce.learning.domain import Domain
from reproduce.learning.intervals import LEVELS
from reproduce.papers.chardin2021.evaluation import uncertainty
from reproduce.papers.chardin2021.evaluation.calibration import Calibration
from reproduce.papers.chardin2021.evaluation.coverage import coverage
from reproduce.papers.chardin2021.evaluation.map_domain import FALSE_ALARMS, Brightness, MapDomain
from reproduce.papers.chardin2021.evaluation.mass_to_light import MassToLight, log_light, log_ratio
from reproduce.papers.chardin2021.evaluation.metrics import Labels
from reproduce.papers.chardin2021.evaluation.uncertainty import QUANTITIES, bounds
from reproduce.papers.chardin2021.networks.appearance import NAMES
from reproduce.papers.chardin2021.networks.prediction import Summary
from reproduce.papers.chardin2021.settings import Evaluate
from reproduce.workflow.errors import InputError

N = 4_000


def made_up(rng: np.random.Generator, n: int = N) -> tuple[Summary, dict[str, np.ndarray]]:
    """Predictions whose errors grow towards small distances and with the spread of the members."""
    age, distance = rng.uniform(1, 13, n), rng.uniform(10, 100, n)
    spread = rng.uniform(0.5, 2.0, n)
    error_scale = {
        "total_mass": 0.1 * spread * (30 / distance) ** 0.5,
        "age": spread,
        "distance": 0.1 * distance * spread,
    }
    truth = {"total_mass": rng.uniform(3, 4.5, n), "age": age, "distance": distance}
    found = {name: truth[name] + error_scale[name] * rng.standard_normal(n) for name in truth}
    members = {name: found[name] + error_scale[name] * np.array([[-1.0], [0.0], [1.0]]) * 0.3 for name in truth}
    looks = rng.normal(size=(n, len(NAMES)))
    # the light at the true distance, so that log10 M/L is -0.5 to 0.5, growing with age
    looks[:, 0] = truth["total_mass"] - (age / 13 - 0.5) - 2 * np.log10(distance) - np.log10(4 * np.pi)
    features = rng.normal(size=(n, 8))
    return Summary(found["total_mass"], found["age"], found["distance"], members, features, looks), truth


def changed(summary: Summary, **values: np.ndarray) -> Summary:
    """The same maps with other numbers."""
    return Summary(**vars(summary) | values)


def shifted(looks: np.ndarray) -> np.ndarray:
    """Appearance whose last twelve numbers are all larger by 1."""
    return looks + np.where(np.arange(len(NAMES)) < len(NAMES) - 12, 0.0, 1.0)


def two_views(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Features and appearance of N maps."""
    return rng.normal(size=(N, 8)), rng.normal(size=(N, 6))


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    rng = np.random.default_rng(1)
    summary, truth = made_up(rng)
    training, _ = made_up(rng)
    strange, _ = made_up(rng, 100)
    domain = MapDomain.fit(training, summary, {"alike": changed(strange, appearance=shifted(strange.appearance))})
    ratio = MassToLight.fit(summary.age_gyr, log_ratio(summary.total_mass, log_light(summary), truth["distance"]))
    found = {"total_mass": summary.total_mass, "age": summary.age_gyr, "distance": summary.distance_kpc}
    intervals = {name: uncertainty.fit(name, summary, found[name] - truth[name]) for name in QUANTITIES}
    return Calibration(intervals, domain, ratio)


def test_intervals_cover_other_maps_of_the_same_kind(calibration: Calibration) -> None:
    summary, truth = made_up(np.random.default_rng(2))
    labels = Labels(truth["age"], truth["distance"], np.arange(N))
    table = coverage(truth["total_mass"], summary, labels, calibration, Evaluate(bootstrap=50))
    for name in QUANTITIES:
        for level in LEVELS:
            row = table[(table["quantity"] == name) & (table["level"] == level) & (table["group"] == "all")]
            # two draws of 4,000 maps, for the quantile and for the test: the binomial standard deviation is 1 %
            assert row["coverage"].item() == pytest.approx(level, abs=4 * np.sqrt(2 * level * (1 - level) / N))
            assert row["coverage_low"].item() < row["coverage"].item() < row["coverage_high"].item()


def test_intervals_are_wide_where_errors_are_large(calibration: Calibration) -> None:
    summary, _ = made_up(np.random.default_rng(3))
    low, high = bounds(calibration.intervals, summary)["total_mass"][0]
    spread = summary.members["total_mass"].std(axis=0)
    assert np.corrcoef(high - low, spread)[0, 1] > 0.8  # the spread is the error's scale here, by construction
    assert (bounds(calibration.intervals, summary)["age"] >= 0).all()


def test_domain_score_sees_what_is_shifted_in_either_view(calibration: Calibration) -> None:
    summary, _ = made_up(np.random.default_rng(4))
    score = calibration.domain.score
    # two draws of N maps, for the threshold and for the test
    assert np.mean(score(summary) > 1) == pytest.approx(FALSE_ALARMS, abs=4 * np.sqrt(2 * FALSE_ALARMS / N))
    assert (score(changed(summary, features=summary.features + 5)) > 1).all()
    assert (score(changed(summary, appearance=summary.appearance + 5)) > 1).all()


def test_domain_score_sees_what_it_was_shown(calibration: Calibration) -> None:
    """Twelve numbers a little off, none of them far: a strange kind showed that they go together."""
    summary, _ = made_up(np.random.default_rng(8), 500)
    alike = changed(summary, appearance=shifted(summary.appearance))
    known = MapDomain(calibration.domain.near)
    assert np.mean(calibration.domain.score(alike) > 1) > np.mean(known.score(alike) > 1) + 0.3


def test_brightness_is_told_by_what_goes_with_it() -> None:
    looks = np.random.default_rng(11).normal(size=(N, 5))
    looks[:, 0] = 3 + 0.5 * looks[:, 2] - 0.2 * looks[:, 4] + 0.1 * looks[:, 0]
    brightness = Brightness.fit(looks)
    assert brightness.excess(looks).std() == pytest.approx(0.1, rel=0.1)
    np.testing.assert_allclose(brightness.excess(looks + np.eye(5)[0]) - brightness.excess(looks), 1)


def test_mass_to_light_suits_the_age(calibration: Calibration) -> None:
    summary, truth = made_up(np.random.default_rng(9))
    ratio = calibration.mass_to_light
    at_true = log_ratio(summary.total_mass, log_light(summary), truth["distance"])
    away = at_true - ratio.expected(summary.age_gyr)
    assert np.mean(np.abs(away) > 3 * ratio.scatter) < 0.02
    assert np.mean(np.abs(away) < 2 * ratio.scatter) == pytest.approx(0.95, abs=0.02)


def test_a_distance_given_is_compared_with_both_errors(calibration: Calibration) -> None:
    summary, truth = made_up(np.random.default_rng(12), 1_000)
    told = calibration.contradictions(summary, truth["distance"])
    assert np.mean([bool(lines) for lines in told]) < 0.05
    bright = changed(summary, appearance=summary.appearance + np.eye(len(NAMES))[0] * 2)  # five magnitudes
    told = calibration.contradictions(bright, truth["distance"])
    assert np.mean([any("M/L" in line for line in lines) for lines in told]) > 0.95
    told = calibration.contradictions(summary, 3 * truth["distance"])
    assert np.mean([any("distance given" in line for line in lines) for lines in told]) > 0.9
    told = calibration.contradictions(summary, 3 * truth["distance"], 2 * truth["distance"])
    assert np.mean([any("contradicts the predicted one" in line for line in lines) for lines in told]) < 0.05


def test_domain_score_sees_a_hole_among_the_training_maps() -> None:
    # a closed curve in all six numbers: its middle is their mean, and unlike every map
    rng = np.random.default_rng(6)
    features, _ = two_views(rng)
    angle = rng.uniform(0, 2 * np.pi, N)
    appearance = np.stack([wave(k * angle) for k in (1, 2, 3) for wave in (np.cos, np.sin)], axis=-1)
    domain = Domain.fit((features[::2], appearance[::2]), (features[1::2], appearance[1::2]))
    assert (domain.score(np.zeros((1, 8)), np.zeros((1, 6))) > 1).all()


def test_a_feature_that_never_fires_does_no_harm() -> None:
    rng = np.random.default_rng(5)
    features = rng.normal(size=(200, 4))
    features[:, 2] = 0
    both = features, rng.normal(size=(200, 6))
    assert np.isfinite(Domain.fit(both, both).score(*both)).all()


def test_calibration_comes_back_and_damage_is_refused(calibration: Calibration, tmp_path) -> None:
    path = tmp_path / "calibration.h5"
    calibration.save(path)
    first = path.read_bytes()
    again = Calibration.load(path)
    again.save(path)
    assert path.read_bytes() == first
    summary, _ = made_up(np.random.default_rng(6), 10)
    for name, values in calibration.per_map(summary).items():
        np.testing.assert_array_equal(again.per_map(summary)[name], values)
    np.testing.assert_array_equal(again.mass_to_light.expected([1, 10]), calibration.mass_to_light.expected([1, 10]))
    path.write_bytes(first[: len(first) // 2])
    with pytest.raises(InputError, match="cannot be read as a calibration"):
        Calibration.load(path)
    with pytest.raises(InputError, match="cannot be read as a calibration"):
        Calibration.load(tmp_path / "none.h5")


def test_a_calibration_of_before_looks_at_six_numbers(calibration: Calibration, tmp_path) -> None:
    rng = np.random.default_rng(10)
    summary, _ = made_up(rng, 500)
    six = Domain.fit(*((one.features, one.appearance[:, :6]) for one in (summary, summary)))
    path = tmp_path / "calibration.h5"
    Calibration(calibration.intervals, MapDomain(six)).save(path)
    again = Calibration.load(path)
    assert again.mass_to_light is None and again.domain.contrast is None
    np.testing.assert_array_equal(again.domain.score(summary), six.score(summary.features, summary.appearance[:, :6]))
