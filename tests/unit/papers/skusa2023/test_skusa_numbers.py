"""Settings, sets, ranges of χ², published numbers of Skusa (2023)."""

from types import SimpleNamespace

import numpy as np
import pytest

import data_manifests
from reproduce.galaxy.orbits.losvd import Kinematics
from reproduce.galaxy.orbits.weights import WeightProblem, solve_weights
from reproduce.papers.skusa2023 import fits, models
from reproduce.papers.skusa2023.evaluation import sigmas
from reproduce.papers.skusa2023.networks import trainings
from reproduce.papers.skusa2023.settings import PROFILES, Models
from reproduce.workflow.errors import InputError


def test_published_numbers_say_where_they_are_from():
    published = data_manifests.load("skusa2023/published")
    for name, entry in published.items():
        assert set(entry) == {"value", "unit", "where", "text"}, name
        assert np.isfinite(entry["value"])
    layers = [entry["value"] for name, entry in published.items() if name.endswith("_parameters")]
    assert sum(layers) == published["parameters"]["value"] == 695_019


def test_the_models_are_the_thesiss():
    values = models.ratios(Models())
    assert len(values) == 161
    assert values[0] == 1 and values[-1] == 9 and values[80] == 5
    assert [len(models.members(Models(), stride)) for stride in Models().strides] == [161, 81, 41, 21, 11, 6, 3]


@pytest.mark.parametrize("stride", Models().strides)
def test_a_set_is_split_inside(stride):
    training, validation = models.split(Models(), stride)
    chosen = models.members(Models(), stride)
    np.testing.assert_array_equal(np.sort(np.concatenate([training, validation])), chosen)
    assert training[0] == 0 and training[-1] == chosen[-1]  # of every 64th that is M/L 7.4
    assert len(validation) == max(1, round(0.1 * len(chosen)))


def test_one_sigma_is_that_of_the_thesis():
    assert fits.one_sigma(152) == pytest.approx(34.87, abs=0.005)


def test_width_of_a_parabola():
    """χ² = 100 (x - 5.02)²: one above its least value on the grid at about ±0.1; lines between points 0.05 apart."""
    x = np.arange(1, 9.01, 0.05)
    low, high = fits.width(x, 100 * (x - 5.02) ** 2, 1.0)
    assert low == pytest.approx(4.92, abs=0.01) and high == pytest.approx(5.12, abs=0.01)
    low, high = fits.width(x, x, 1.0)  # the minimum is the first point
    assert np.isnan(low) and high == pytest.approx(2.0)


def test_a_best_fit_within_so_many_sigma():
    exact = {"low": 5.5, "high": 6.0, "low_2": 5.0, "high_2": 6.5}
    assert [sigmas(best, exact) for best in (5.7, 6.2, 7.0)] == [1, 2, 3]


def test_kinematics_of_coefficients_to_first_order():
    """An orbit whose h1 is 0.1 in an aperture of dispersion 100 km/s moves its mean by √2 · 10 km/s."""
    ones = np.ones(2)
    data = Kinematics(20 * ones, ones, 100 * ones, ones, 0 * ones, ones, 0 * ones, ones)
    projected = np.array([0.5, 0.25])
    coefficients = projected[None, :, None] * np.array([0.1, 0.05, 0.02, 0.03])
    mean, dispersion, h3, h4 = fits.seen(np.ones(1), coefficients, projected, data)
    assert mean == pytest.approx(20 + np.sqrt(2) * 10)
    assert dispersion == pytest.approx(100 * (1 + np.sqrt(2) * 0.05))
    assert h3 == pytest.approx(0.02) and h4 == pytest.approx(0.03)


@pytest.mark.parametrize("profile", PROFILES.names())
def test_every_profile_loads(profile):
    settings = PROFILES.load(profile)
    assert set(settings.gan.strides) <= set(settings.models.strides)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("observe.kinematics=folder", "observe.kinematics=folder needs observe.folder"),
        ("models.strides=[1,128]", "every 128th of 161 models are fewer than three"),
        ("models.last=0.5", "make 0 models"),
        ("gan.strides=[3]", "gan.strides names 3, models.strides has"),
        ("train.chosen=l3", "train.chosen"),
        ('train.losses=["l1"]', "train.chosen=l1_error is not among train.losses"),
        ("tune.repaired.width=[0]", "tune.repaired.width"),
        ("library.q=1.5", "library.q"),
    ],
)
def test_wrong_settings_are_named_in_one_line(override, message):
    with pytest.raises(InputError, match=message.replace("[", r"\[")) as caught:
        PROFILES.load("laptop", [override])
    assert "\n" not in str(caught.value)


def test_fewer_rows_have_the_same_chi2_and_the_same_weights():
    rng = np.random.default_rng(1)
    matrix, target = rng.normal(size=(120, 25)), rng.normal(size=120)
    problem = WeightProblem(matrix, target, {"all": slice(0, 120)})
    small = fits.triangular(problem)
    assert small.matrix.shape == (26, 25)
    for weights in rng.uniform(size=(3, 25)):
        assert small.chi2(weights) == pytest.approx(problem.chi2(weights), rel=1e-12)
    found, expected = solve_weights(small), solve_weights(problem)
    assert (expected == 0).any()  # a limit of the solution is at work
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_wall_clock_is_shared_out_by_items_seen(monkeypatch, tmp_path):
    """Two workers for a second: two seconds, of which 3 epochs of 10 items take three times as much as one of 10."""
    given, clock = [], iter((100.0, 101.0))

    def train(waves, executor, on_epoch, progress):
        given.extend(waves[0])
        return {task.name: [{"loss": 1.0}] * task.epochs for task in waves[0]}

    monkeypatch.setattr(trainings.training, "train", train)
    monkeypatch.setattr(trainings.time, "perf_counter", lambda: next(clock))
    tasks = [SimpleNamespace(name=name, epochs=epochs) for name, epochs in (("a", 1), ("b", 3), ("c", 2), ("d", 2))]
    names = ["set", "set", "", "other"]
    metrics = trainings.train(tasks, [10] * 4, names, tmp_path, None, SimpleNamespace(workers=2), None)
    assert given[0].name == "b"  # the longest first
    assert metrics == pytest.approx({"set.seconds": 1.0, "set.epochs": 3.0, "other.seconds": 0.5, "other.epochs": 2.0})
    assert (tmp_path / "history.csv").read_text().splitlines()[1].startswith("a,1,0,")
