"""How far a run is, in work rather than in time: early on, when massive stars die, a Myr costs a hundred late ones.

The work between two times at which masses change is a pass over all stars and, for those that must move to follow the
loss of mass, a new place, which costs about five times as much (measured: 0.15 and 0.75 µs a star with 10⁵ of them).
What that leaves out, steps that get short when the core collapses, is learnt from the run itself: the work still to do
is weighed with what a unit of it has cost lately.
"""

from collections import deque

import numpy as np
from numpy.typing import NDArray

MOVE = 5.0  # cost of a new place, in passes over a star
TRACKS = 0.13  # share of stellar tracks in the whole: 0.07 of 10⁶ stars of the library, 0.2 of 50,000 with their own
_LATELY = 20  # measurements


class Forecast:
    """The fraction of a run that is done.

    Parameters
    ----------
    evolution_myr, response_myr : (k,)
        See `stars.stellar_evolution.evolution_schedule`.
    """

    def __init__(self, evolution_myr: NDArray[np.float64], response_myr: NDArray[np.float64]) -> None:
        steps = np.diff(evolution_myr, prepend=0.0)
        work = 1 + MOVE * np.minimum(steps / response_myr, 1.0)
        self._time = np.concatenate([[0.0], evolution_myr])
        self._work = np.concatenate([[0.0], np.cumsum(work)])
        self._seen: deque[tuple[float, float]] = deque(maxlen=_LATELY)  # seconds, work
        self._first: tuple[float, float] | None = None

    def fraction(self, time_myr: float, last_myr: float, seconds: float) -> float:
        """The fraction done at the age `time_myr` of a run to `last_myr`, `seconds` on a clock after any beginning."""
        done, whole = np.interp([time_myr, last_myr], self._time, self._work)
        self._first = self._first or (seconds, float(done))
        self._seen.append((seconds, float(done)))
        left = whole - done
        all_rate = _rate(self._first, self._seen[-1])
        late_rate = _rate(self._seen[0], self._seen[-1])
        if all_rate > 0 and late_rate > 0:
            left *= late_rate / all_rate
        return TRACKS + (1 - TRACKS) * float(done / max(done + left, 1e-300))


def _rate(begin: tuple[float, float], end: tuple[float, float]) -> float:
    """Seconds a unit of work; 0 where none was done."""
    return (end[0] - begin[0]) / (end[1] - begin[1]) if end[1] > begin[1] else 0.0
