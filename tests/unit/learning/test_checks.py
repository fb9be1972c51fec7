"""Checks of posteriors by the parameters' names, and in thirds."""

import numpy as np

from reproduce.learning.checks import THIRDS, coverage_rows, named_checks
from reproduce.learning.posterior import Mixture

NAMES = ("age", "mass")


def test_coverage_is_found_in_each_third() -> None:
    rng = np.random.default_rng(1)
    n = 9_000
    mass = rng.random(n)
    below = rng.random((n, 2))
    below[mass > 2 / 3, 1] = 0.5  # always in the middle
    rows = coverage_rows(below, NAMES, {"mass": mass}, np.arange(n), levels=(0.68,), bootstrap=20, seed=1)
    found = {(row["parameter"], row["of"], row["third"]): row["share"] for row in rows}
    assert len(found) == 2 * (1 + len(THIRDS))
    assert found["mass", "mass", "high"] == 1
    for key, share in found.items():
        if key[0] == "age" or key[2] in ("low", "middle"):
            assert abs(share - 0.68) < 0.03
    assert {row["n"] for row in rows} == {n, n // 3}


def test_names_stand_before_the_numbers() -> None:
    rng = np.random.default_rng(2)
    n = 400
    mixture = Mixture(np.ones((n, 1)), rng.normal(size=(n, 1, 2)), np.broadcast_to(np.eye(2), (n, 1, 2, 2)))
    true = mixture.sample(1, rng)[:, 0]
    found = named_checks(mixture, true, np.arange(n), NAMES, levels=(0.68, 0.95), n_samples=50, bootstrap=5, seed=1)
    assert abs(found["age.coverage_68"] - 68) < 8 and abs(found["mass.coverage_95"] - 95) < 4
    assert found["mass.sbc_p"] > 1e-3 and found["tarp_p"] > 1e-3
    assert not [name for name in found if name.endswith("_2")]
