"""Amounts of work: from one profile's recorded time, another's is told to a factor of three."""

from typing import Any

import pytest

from reproduce.papers.chardin2021 import work
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.papers.chardin2021.stages import STAGES


@pytest.mark.parametrize(
    ("stage", "small", "smoke_s", "large", "large_s"),
    [  # CPU or wall seconds on two cores, as recorded (docs/results_cluster.md, docs/results_mock.md, store manifests)
        ("simulate", "smoke", 19.6, "laptop", 181.0),
        ("maps", "smoke", 8.2, "paper", 260.0),
        ("train", "smoke", 43.1, "laptop", 748.8),  # seconds of CPU
    ],
)
def test_recorded_times_scale(stage: str, small: str, smoke_s: float, large: str, large_s: float) -> None:
    amount = getattr(work, stage)
    expected = smoke_s * amount(PROFILES.load(large)) / amount(PROFILES.load(small))
    assert large_s / 3 < expected < 3 * large_s


@pytest.mark.parametrize("profile", PROFILES.names())
def test_every_amount_is_positive_and_finite(profile: str) -> None:
    settings: Any = PROFILES.load(profile)
    for stage in STAGES:
        if stage.work is not None:
            assert 0 < stage.work(settings) < float("inf")


def test_more_epochs_and_members_are_more_work() -> None:
    base = work.train(PROFILES.load("paper"))
    assert work.train(PROFILES.load("paper", ["train.members=3"])) == pytest.approx(3 * base)
    assert work.train(PROFILES.load("paper", ["train.epochs=200"])) > 1.5 * base
    assert work.search(PROFILES.load("smoke", ["tune.trials=8"])) > work.search(
        PROFILES.load("smoke", ["tune.trials=2"])
    )
