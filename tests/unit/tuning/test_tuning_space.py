"""Dimensions of a search: what is drawn, where it lies, what the paper has; and the refusal of bad spaces."""

import math
from pathlib import Path

import pytest

from reproduce.papers.chardin2021.search import Networks
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.workflow.settings import SettingsError
from tuning.problem import applied
from tuning.space import Dimension, dimensions, hyperparameters, paper, reference

NETWORKS = Networks(Path("maps.h5"), Path("scaler.json"))  # what the paper says needs no data


def space(network: str = "encoder_decoder", profile: str = "paper", *overrides: str) -> dict[str, Dimension]:
    loaded = PROFILES.load(profile, overrides)
    return {one.name: one for one in dimensions(loaded.tune, network)}


def test_the_issues_dimensions_are_there() -> None:
    found = space()
    assert found["learning_rate"] == Dimension("learning_rate", "log", (1e-4, 1e-2))
    assert found["dropout"].values == pytest.approx((10**-3.5, 10**-0.5))
    assert found["levels"] == Dimension("levels", "integer", (3, 5))
    assert found["skip_connections"].values == (True, False)
    assert set(found) >= {"width", "batch_size", "loss", "schedule"}
    assert set(space("regressor")) == {"regressor_learning_rate", "regressor_dropout", "regressor_width"}


def test_a_dimension_is_added_and_removed_in_one_line() -> None:
    found = space(
        "encoder_decoder", "smoke", "tune.encoder_decoder.kernel_size=[3,5,7]", "tune.encoder_decoder.loss=none"
    )
    assert found["kernel_size"] == Dimension("kernel_size", "choice", (3, 5, 7))
    assert "loss" not in found


@pytest.mark.parametrize("network", ["encoder_decoder", "regressor"])
def test_what_keras_tuner_draws_is_a_setting_that_train_takes(network: str) -> None:
    loaded = PROFILES.load("paper")
    found = dimensions(loaded.tune, network)
    drawn = hyperparameters(found)
    for hyperparameter in drawn.space:
        for seed in range(20):
            one = next(one for one in found if one.name == hyperparameter.name)
            value = one.value(hyperparameter.random_sample(seed))
            assert one.holds(value)
            assert 0 <= one.place(value) <= 1
            assert getattr(applied(loaded.train, {one.name: value}), one.name) == value


def test_truth_values_stay_truth_values() -> None:
    assert space()["skip_connections"].value(1) is False
    assert space()["skip_connections"].place(False) == 1
    assert not space()["batch_size"].holds(True)


def test_places_of_a_logarithmic_range() -> None:
    rate = space()["learning_rate"]
    assert rate.place(1e-3) == pytest.approx(0.5)
    assert rate.value(0.0012345678) == 0.001235  # what is trained is what is printed
    assert not rate.holds(0.1)


def test_the_papers_values() -> None:
    loaded = PROFILES.load("paper")
    found = paper(dimensions(loaded.tune, "encoder_decoder"), NETWORKS, "encoder_decoder", loaded.train)
    assert math.log10(float(found["learning_rate"])) == pytest.approx(-2.5)  # Sect. 3.1.1
    assert math.log10(float(found["dropout"])) == pytest.approx(-2.5)
    assert (found["levels"], found["skip_connections"], found["loss"]) == (4, True, "vgg16")
    regressor = paper(dimensions(loaded.tune, "regressor"), NETWORKS, "regressor", loaded.train)
    assert regressor["regressor_learning_rate"] == pytest.approx(1e-4)  # Sect. 3.1.2


def test_the_reference_is_the_papers_where_the_space_has_it() -> None:
    loaded = PROFILES.load("laptop")
    space = dimensions(loaded.tune, "encoder_decoder")
    found = reference(space, paper(space, NETWORKS, "encoder_decoder", loaded.train), loaded.train)
    assert found["learning_rate"] == pytest.approx(10**-2.5)
    assert found["loss"] == "mse"  # the laptop's space is without VGG16
    assert found["levels"] == 2  # on maps folded by 4, the paper's 10 x 10


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("tune.encoder_decoder.lerning_rate=[log,1e-4,1e-2]", ["lerning_rate", "did you mean 'learning_rate'"]),
        ("tune.encoder_decoder.learning_rate=[log,1e-2,1e-4]", ["low < high", "0.01"]),
        ("tune.encoder_decoder.learning_rate=[log,0,1e-2]", ["0 < low"]),
        ("tune.encoder_decoder.learning_rate=[log,a,1]", ["two numbers", "a"]),
        ("tune.encoder_decoder.levels=[integer,1,2.5]", ["two numbers", "2.5"]),
        ("tune.encoder_decoder.learning_rate=3", ["array", "3"]),
        ("tune.encoder_decoder.dropout=[0.1,1.5]", ["dropout", "less than 1", "1.5"]),
        ("tune.encoder_decoder.loss=[mse,mes]", ["loss", "'mes'"]),
        ("tune.encoder_decoder.width=[1.0,1.0]", ["width", "twice"]),
        ("tune.encoder_decoder.width=[]", ["width", "at least 1"]),
        ("tune.encoder_decoder.regressor_width=[1.0]", ["regressor_width", "encoder_decoder"]),
        ("tune.regressor.batch_size=[8,16]", ["batch_size", "both networks", "none"]),
        ("tune.regressor.seed=[1,2]", ["tune.regressor.seed", "no such setting"]),
        ("tune.trials=0", ["tune.trials", "greater than or equal to 1", "0"]),
        ("tune.minutes=0", ["tune.minutes", "greater than 0"]),
        ("tune.tuner=GridSearch", ["tune.tuner", "'Hyperband'", "'GridSearch'"]),
        ("tune.tuner=RandomSearch", ["tune.tuner", "tune.trials", "tune.minutes"]),
        ("tune.objective=val_loss", ["val_loss", "tune.encoder_decoder.loss=none"]),
        ("tune.objective=age_mae_gyr", ["age_mae_gyr", "encoder_decoder", "tune.networks"]),
        ("tune.networks=[regressor,regressor]", ["tune.networks", "twice"]),
        ("tune.networks=[]", ["tune.networks", "at least 1"]),
    ],
)
def test_bad_searches_are_refused_in_one_line(override: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        PROFILES.load("smoke", [override])
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text
