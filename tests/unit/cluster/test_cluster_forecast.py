"""The estimate of what is left of a run."""

import numpy as np

from reproduce.cluster.forecast import TRACKS, Forecast


def test_even_work_is_counted_evenly():
    times = np.linspace(10, 1_000, 100)
    forecast = Forecast(times, np.full(100, np.inf))
    seen = [forecast.fraction(t, 1_000.0, t / 7) for t in (0.0, 250.0, 500.0, 1_000.0)]
    np.testing.assert_allclose(seen, TRACKS + (1 - TRACKS) * np.array([0, 0.25, 0.5, 1]), rtol=1e-9)


def test_a_heavy_beginning_is_known_beforehand():
    """Seconds as the work says: the estimate of the whole is right from the first row on, not only at the end."""
    times = np.concatenate([np.linspace(1, 100, 100), np.arange(105, 2_000, 5.0)])
    response = np.where(times <= 100, 0.5, 500.0)
    cost = 1 + 5 * np.minimum(np.diff(times, prepend=0) / response, 1)
    seconds = np.cumsum(cost)
    forecast = Forecast(times, response)
    for t, s in zip(times, seconds, strict=True):
        done = (forecast.fraction(t, times[-1], s) - TRACKS) / (1 - TRACKS)
        assert abs(done - s / seconds[-1]) < 0.02
        assert t / times[-1] < 0.06 or t > 100  # where time itself would say six per cent at most ...
    assert seconds[99] / seconds[-1] > 0.5  # ... more than half of the work is done


def test_steps_that_become_short_are_learnt_from():
    """From half of the run on each Myr costs ten times as much: soon after, the estimate is right within 1.5."""
    times = np.arange(5, 4_005, 5.0)
    forecast = Forecast(times, np.full(len(times), np.inf))
    seconds = np.cumsum(np.where(times < 2_000, 1.0, 10.0))
    for k, (t, s) in enumerate(zip(times, seconds, strict=True)):
        done = (forecast.fraction(t, times[-1], s) - TRACKS) / (1 - TRACKS)
        if t > 2_100:
            whole = s / done
            assert 1 / 1.5 < whole / seconds[-1] < 1.5, k
