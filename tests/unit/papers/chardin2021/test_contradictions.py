"""One line where the distance given, or the M/L that follows from it, contradicts what the networks find."""

import numpy as np
import pytest

from reproduce.papers.chardin2021.evaluation import contradictions
from reproduce.papers.chardin2021.evaluation.mass_to_light import MassToLight
from reproduce.papers.chardin2021.networks.appearance import NAMES
from reproduce.papers.chardin2021.networks.prediction import Summary

RATIO = MassToLight(np.array([0.0, 0.0, 1.0, -1.0]), 0.1)  # M/L = age / 10 Gyr, good to 0.1 dex


def said(age_gyr: float = 10.0, distance_kpc: float = 30.0, log_ratio: float = 0.0) -> Summary:
    """What the networks say of one map, M/L being at the predicted distance."""
    log_mass = 4.0
    looks = np.zeros((1, len(NAMES)))
    looks[0, 0] = log_mass - log_ratio - np.log10(4 * np.pi * distance_kpc**2)
    one = [np.array([value]) for value in (log_mass, age_gyr, distance_kpc)]
    return Summary(*one, members={}, features=np.zeros((1, 8)), appearance=looks)


def lines(summary: Summary, given: float = np.nan, error: float = 0.0, ratio: MassToLight | None = RATIO) -> list[str]:
    return contradictions.lines(summary, *(np.array([value]) for value in (5.0, given, error)), ratio)[0]


def test_what_agrees_is_passed_over_in_silence() -> None:
    assert lines(said()) == []
    assert lines(said(), given=40.0) == []  # two sigma; and M/L is 0.56, 2.5 sigma from 1


def test_a_distance_given_that_contradicts_is_told_in_one_line() -> None:
    far = said(distance_kpc=60.0, log_ratio=-2 * np.log10(60 / 30))  # so that M/L is 1 at 30 kpc
    (line,) = lines(far, given=30.0)
    assert "given, 30 kpc" in line and "60 ± 5 kpc (6.0 sigma)" in line
    assert lines(far, given=30.0, error=10.0) == []  # 30 / hypot(5, 10) = 2.7 sigma
    assert lines(said(log_ratio=-0.5), given=30.0) != []
    assert lines(said(log_ratio=-0.5), given=30.0, error=6.0) == []  # M/L to 0.1 and 0.17 dex


@pytest.mark.parametrize(("ratio", "told"), [(RATIO, "the predicted age"), (None, "every cluster")])
def test_a_zero_point_wrong_by_five_magnitudes(ratio: MassToLight | None, told: str) -> None:
    (line,) = lines(said(age_gyr=3.0, log_ratio=-1.6), given=30.0, ratio=ratio)
    assert line.startswith("M/L of 0.025 at the distance given contradicts") and told in line and "zero point" in line
    assert "at the predicted distance" in lines(said(age_gyr=3.0, log_ratio=-2.2), ratio=ratio)[0]  # 5 of 30 kpc off


def test_numbers_that_are_none_contradict() -> None:
    assert len(lines(said(distance_kpc=np.inf), given=30.0)) >= 1
