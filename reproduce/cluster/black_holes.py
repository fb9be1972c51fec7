"""Black holes that stay in a cluster: their binaries, one by one.

Black holes sink to the centre and form a small system of their own, in which three of them at a time make a binary.
Each encounter with another black hole hardens it and throws both about, so that they carry its energy to the stars
among which they sink again, until the recoil is more than the cluster can hold. What a binary gives before is thus
nobody's choice: it follows from the cluster's escape speed. Smooth three-body heating, as `relaxation` has it for
stars, would go on for ever, and among a few dozen black holes averages mean little.

The events are drawn as in other Monte Carlo codes (Fregeau & Rasio 2007; Morscher et al. 2013) but with distributions
in place of few-body integrations:

* three black holes make a binary at the rate 0.75 G⁵ m⁵ n³ σ⁻⁹ per volume (Goodman & Hut 1993), of binding energy
  `BIRTH` m σ²;
* a binary meets a black hole within its semi-major axis a at the rate π a² n v (1 + 2 G M / (a v²));
* the binding energy x grows by Δ x, Δ distributed as (1 + Δ)^(-9/2) (Heggie 1975; Spitzer 1987, Eq. 6-27), which
  momentum divides among the two; the lightest of the three is the one left over (exchange);
* of two binaries that meet, the softer one is broken (Mikkola 1983);
* two black holes at the centre whose attraction alone is that of a binary of `BIRTH` m σ², σ of the whole cluster, are
  one, or meet if one is: the shells of a Monte Carlo code do not stop them from sinking for ever;
* stars next to a binary at the centre meet it at the same rate with the density of one star inside its radius; such an
  encounter frees Δ x in the ratio of the masses (Quinlan 1996 has the same dependence);
* after each encounter the orbit gets an eccentricity e of the distribution 2 e. If gravitational waves (Peters 1964)
  merge it before it is likely to be met again, the product is taken to leave by its recoil.

A binary is one body of both masses in the arrays of stars, under the number of one of them; see `evolution.Cluster`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from reproduce.cluster.initial import Stars
from reproduce.cluster.units import PC_PER_MYR_IN_KMS, G

BLACK_HOLE = 14  # SSE's type
LEAST_MSUN = 2.5  # no black hole of SSE is lighter
FEWEST = 4  # with fewer there is no system of black holes, only stars among others
NEIGHBOURS = 6  # on each side, in averages over black holes
FORMATION = 0.75  # Goodman & Hut (1993, Eq. 1.2)
BIRTH = 5.0  # binding energy of a new binary in m σ²; softer ones are soon broken again
HARDENING = 3.5  # the share of encounters with more than Δ is (1 + Δ)^-HARDENING
LONGEST_MYR = 1_000.0  # mean wait for an encounter, at most
CENTRE = -1  # stands for the rank of what happens at the centre
LIGHT = 299_792.458 / PC_PER_MYR_IN_KMS  # speed of light [pc/Myr]


class Pair(NamedTuple):
    """Two black holes bound to each other.

    Attributes
    ----------
    first, second : int
        Star numbers; the body of both has the number of the first.
    first_msun, second_msun : float
        Masses [Msun].
    binding : float
        Binding energy [Msun pc²/Myr²].
    """

    first: int
    second: int
    first_msun: float
    second_msun: float
    binding: float

    @property
    def mass_msun(self) -> float:
        """Mass of both [Msun]."""
        return self.first_msun + self.second_msun

    @property
    def semi_major_axis_pc(self) -> float:
        """Semi-major axis [pc]."""
        return G * self.first_msun * self.second_msun / (2 * self.binding)

    def met_by(self, star: int, mass_msun: float, binding: float) -> tuple["Pair", int, float]:
        """The pair after an encounter that leaves it with `binding`, and star and mass [Msun] of the one left over."""
        three = sorted(
            [(self.first_msun, self.first), (self.second_msun, self.second), (mass_msun, star)], reverse=True
        )
        (m1, s1), (m2, s2), (m3, s3) = three
        return Pair(s1, s2, m1, m2, binding), s3, m3

    def merges_within(self, eccentricity: float) -> float:
        """Time to merge by gravitational waves [Myr]: Peters (1964), for high eccentricities."""
        product = self.first_msun * self.second_msun * self.mass_msun
        return float(5 / 256 * LIGHT**5 * self.semi_major_axis_pc**4 * (1 - eccentricity**2) ** 3.5 / (G**3 * product))


class Surroundings(NamedTuple):
    """Averages over the black holes around each of them, (k,) each.

    Attributes
    ----------
    density : number density [pc⁻³]; square : its square without bias [pc⁻⁶]; variance : mean square velocity
    [pc²/Myr²].
    """

    density: NDArray[np.float64]
    square: NDArray[np.float64]
    variance: NDArray[np.float64]


@njit(cache=True)
def surroundings(holes, bodies):
    """Density and velocities of the black holes around each of them.

    For the density and its square of k bodies in a volume V between bodies, (k - 1) / V and (k - 1)(k - 2) / V² have
    no bias.

    Parameters
    ----------
    holes : (k,) int
        Black holes among `bodies`, in order of radius; at least 2.
    bodies : Bodies
        All stars.

    Returns
    -------
    Surroundings
    """
    r, vr, vt = bodies.r, bodies.vr, bodies.vt
    n = len(holes)
    density, square, variance = np.empty(n), np.empty(n), np.empty(n)
    for k in range(n):
        low = max(k - NEIGHBOURS, 0)
        high = min(k + NEIGHBOURS, n - 1)
        count = high - low
        inner = r[holes[low]] if low > 0 else 0.0
        volume = 4 / 3 * np.pi * (r[holes[high]] ** 3 - inner**3)
        density[k] = (count - 1) / volume
        square[k] = (count - 1) * (count - 2) / volume**2
        variance[k] = 0.0
        for j in range(low, high):
            i = holes[j]
            variance[k] += (vr[i] * vr[i] + vt[i] * vt[i]) / count
    return Surroundings(density, square, variance)


def formation_rates(mass_msun: NDArray[np.float64], around: Surroundings) -> NDArray[np.float64]:
    """Rate (k,) [Myr⁻¹] at which each black hole makes a binary with a neighbour, `mass_msun` (k,) their mean mass."""
    rates: NDArray[np.float64] = FORMATION * (G * mass_msun) ** 5 * around.square * (around.variance / 3) ** -4.5
    return rates


def encounter_rate(pair: Pair, mass_msun: float, around: Surroundings, k: int) -> float:
    """Rate [Myr⁻¹] at which black holes of `mass_msun` come within the semi-major axis of a pair at place k."""
    a, v2 = pair.semi_major_axis_pc, 2 * around.variance[k]
    focus = 1 + 2 * G * (pair.mass_msun + mass_msun) / (a * v2)
    return float(np.pi * a * a * around.density[k] * np.sqrt(v2) * focus)


def hardening(random: np.random.Generator) -> float:
    """Δ, the relative growth of the binding energy in an encounter; 0.4 in the mean."""
    return float((1 - random.random()) ** (-1 / HARDENING) - 1)


def recoil(
    random: np.random.Generator,
    velocities: tuple[tuple[float, float], tuple[float, float]],
    before: tuple[float, float],
    after: tuple[float, float],
    release: float,
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Radial and tangential velocities of two bodies after an encounter that sets energy free.

    The tangential velocities enclose a random angle; the new relative velocity has a random direction. Momentum is
    conserved, and the energy of the relative motion grows by `release`.

    Parameters
    ----------
    velocities : ((v_r, v_t), (v_r, v_t))
        Before [pc/Myr].
    before, after : (m, m)
        Masses of the two [Msun] before and after an exchange, of the same sum.
    release : float
        Energy [Msun pc²/Myr²]; less than minus what there is counts as that.
    """
    (r1, t1), (r2, t2) = velocities
    angle = 2 * np.pi * random.random()
    one, two = np.array([r1, t1, 0.0]), np.array([r2, t2 * np.cos(angle), t2 * np.sin(angle)])
    total = sum(before)
    mean = (before[0] * one + before[1] * two) / total
    relative = 0.5 * before[0] * before[1] / total * np.sum((two - one) ** 2)
    speed = np.sqrt(max(2 * (relative + release) * total / (after[0] * after[1]), 0.0))
    direction = random.normal(size=3)
    direction *= speed / np.linalg.norm(direction)
    one, two = mean - after[1] / total * direction, mean + after[0] / total * direction
    return (float(one[0]), float(np.hypot(*one[1:]))), (float(two[0]), float(np.hypot(*two[1:])))


class System:
    """The black holes of a cluster during one step.

    Parameters
    ----------
    random : Generator
        Source of all draws.
    stars : Stars
        All bodies.
    holes : (k,) int
        Black holes among them, in order of radius.
    pairs : dict
        Pairs by the number of their body.
    sigma2 : float
        Square of the cluster's one-dimensional velocity dispersion [pc²/Myr²]; infinite: the centre is left as it is.
    """

    def __init__(
        self,
        random: np.random.Generator,
        stars: Stars,
        holes: NDArray[np.int64],
        pairs: dict[int, Pair],
        sigma2: float = np.inf,
    ) -> None:
        self.random, self.stars, self.holes, self.pairs, self.sigma2 = random, stars, holes, dict(pairs), sigma2
        self.around: Surroundings = surroundings(holes, stars.bodies)
        self._side = np.where(random.random(len(holes)) < 0.5, 1, -1)  # of each, where its neighbour is looked for
        self._busy: set[int] = set()  # each body takes part in one event a step
        self._gone: list[int] = []
        self._freed: list[tuple[int, int, float]] = []  # body beside which a star of some mass appears

    def due(self, dt_myr: float) -> list[int]:
        """Ranks of the black holes to which something happens within `dt_myr`: they pair up, or as a pair meet one."""
        centre = [CENTRE] if self._at_centre(dt_myr) else []
        count = len(self.holes)
        if count < 2:
            return centre
        mass = self.stars.m[self.holes]
        ranks = np.arange(count)
        neighbour = ranks + self._side
        neighbour = np.where((neighbour < 0) | (neighbour >= count), ranks - self._side, neighbour)
        rates = formation_rates(0.5 * (mass + mass[neighbour]), self.around)
        for k in np.flatnonzero(np.isin(self.stars.star[self.holes], list(self.pairs))):
            pair = self.pairs[int(self.stars.star[self.holes[k]])]
            rates[k] = encounter_rate(pair, float(mass[neighbour[k]]), self.around, int(k))
        return centre + np.flatnonzero(self.random.random(count) < -np.expm1(-rates * dt_myr)).tolist()

    def _at_centre(self, dt_myr: float) -> bool:
        """Whether the innermost black holes are a binary by themselves, or a binary there meets a star."""
        s, holes = self.stars, self.holes
        if not len(holes):
            return False
        i = int(holes[0])
        if len(holes) > 1:
            j = int(holes[1])
            if G * s.m[i] * s.m[j] / (2 * s.r[j]) > BIRTH * 0.5 * (s.m[i] + s.m[j]) * self.sigma2:
                return True
        pair, star = self.pairs.get(int(s.star[i])), self._star_beside(i)
        if pair is None or star is None:
            return False
        radius = max(s.r[i], s.r[star])
        one = Surroundings(
            np.array([3 / (4 * np.pi * radius**3)]), np.zeros(1), np.array([s.vr[star] ** 2 + s.vt[star] ** 2])
        )
        rate = encounter_rate(pair, float(s.m[star]), one, 0)
        return bool(np.isfinite(self.sigma2) and self.random.random() < -np.expm1(-rate * dt_myr))

    def _star_beside(self, i: int) -> int | None:
        """The innermost body that is no black hole, if it is next to body i."""
        black = set(self.holes[:2].tolist())
        return next((j for j in (i - 1, i + 1) if 0 <= j < len(self.stars) and j not in black), None) if i < 3 else None

    def _join(self) -> None:
        """What `_at_centre` has found."""
        s, i = self.stars, int(self.holes[0])
        j = int(self.holes[1]) if len(self.holes) > 1 else i
        binding = G * float(s.m[i]) * float(s.m[j]) / (2 * float(s.r[j]))
        pair, other = self.pairs.get(int(s.star[i])), self.pairs.get(int(s.star[j]))
        if j != i and binding > BIRTH * 0.5 * (s.m[i] + s.m[j]) * self.sigma2:
            if pair is not None:
                self._meet(0, pair, j)
            elif other is not None:
                self._meet(1, other, i)
            else:
                self._bind(i, j, binding)
            return
        star = self._star_beside(i)
        if pair is not None and star is not None:
            before = (float(s.m[i]), float(s.m[star]))
            release = hardening(self.random) * pair.binding * min(1.0, 2 * before[1] / before[0])
            self.pairs[pair.first] = pair._replace(binding=pair.binding + release)
            self._recoil(i, star, before, release)

    def carry_out(self, ranks: list[int]) -> Stars:
        """Let it happen, at most one event a body: black holes' masses and velocities change, some come or go.

        Returns
        -------
        Stars
            The bodies after it; those given are changed.
        """
        for k in ranks:
            if k == CENTRE:
                self._join()
                continue
            others = self._others(k)
            if self.holes[k] in self._busy or not others:
                continue
            pair = self.pairs.get(int(self.stars.star[self.holes[k]]))
            if pair is not None:
                self._meet(k, pair, others[0])
            else:
                self._form(k, others)
        return self._bodies()

    def _others(self, k: int) -> list[int]:
        """Bodies of the nearest black holes in rank that are free, the nearest first."""
        side = int(self._side[k])
        ranks = [k + side, k - side, k + 2 * side, k - 2 * side]
        bodies = [int(self.holes[rank]) for rank in ranks if 0 <= rank < len(self.holes)]
        return [body for body in bodies if body not in self._busy]

    def _form(self, k: int, others: list[int]) -> None:
        """Three single black holes make a binary; the third takes what binding it sets free."""
        s, i = self.stars, int(self.holes[k])
        singles = [body for body in others if int(s.star[body]) not in self.pairs]
        if len(singles) < 2:
            return
        j, third = singles[:2]
        binding = BIRTH * 0.5 * float(s.m[i] + s.m[j]) * float(self.around.variance[k]) / 3
        relative = self._bind(i, j, binding)
        self._recoil(i, third, (float(s.m[i]), float(s.m[third])), binding + relative)

    def _bind(self, i: int, j: int, binding: float) -> float:
        """Make one body of two, with the velocity of their centre of mass; the energy of their relative motion."""
        s = self.stars
        angle = 2 * np.pi * self.random.random()
        one = np.array([s.vr[i], s.vt[i], 0.0])
        two = np.array([s.vr[j], s.vt[j] * np.cos(angle), s.vt[j] * np.sin(angle)])
        m1, m2 = float(s.m[i]), float(s.m[j])
        mean_velocity = (m1 * one + m2 * two) / (m1 + m2)
        pair = Pair(int(s.star[i]), int(s.star[j]), m1, m2, binding)
        self.pairs[pair.first] = pair
        s.m[i], s.vr[i], s.vt[i] = pair.mass_msun, mean_velocity[0], np.hypot(*mean_velocity[1:])
        self._gone.append(j)
        self._busy |= {i, j}
        return 0.5 * m1 * m2 / (m1 + m2) * float(np.sum((two - one) ** 2))

    def _meet(self, k: int, pair: Pair, other: int) -> None:
        """A binary meets another black hole, or another binary."""
        s, i = self.stars, int(self.holes[k])
        del self.pairs[pair.first]
        second = self.pairs.pop(int(s.star[other]), None)
        if second is not None:
            if pair.binding < second.binding:
                i, other, pair, second = other, i, second, pair
            before = (float(s.m[i]), float(s.m[other]))
            release = hardening(self.random) * (pair.binding + second.binding)
            pair = pair._replace(binding=pair.binding + second.binding + release)
            self._recoil(i, other, before, release)
            s.m[other] = second.first_msun
            self._freed.append((other, second.second, second.second_msun))
        else:
            before = (float(s.m[i]), float(s.m[other]))
            release = hardening(self.random) * pair.binding
            pair, left, left_msun = pair.met_by(int(s.star[other]), before[1], pair.binding + release)
            s.star[i], s.star[other] = pair.first, left
            s.m[i], s.m[other] = pair.mass_msun, left_msun
            self._recoil(i, other, before, release)
        rate = max(encounter_rate(pair, pair.second_msun, self.around, k), 1 / LONGEST_MYR)
        if pair.merges_within(np.sqrt(self.random.random())) < self.random.exponential(1 / rate):
            self._gone.append(i)
        else:
            self.pairs[pair.first] = pair

    def _recoil(self, i: int, j: int, before: tuple[float, float], release: float) -> None:
        s = self.stars
        velocities = (float(s.vr[i]), float(s.vt[i])), (float(s.vr[j]), float(s.vt[j]))
        after = (float(s.m[i]), float(s.m[j]))
        (s.vr[i], s.vt[i]), (s.vr[j], s.vt[j]) = recoil(self.random, velocities, before, after, release)
        self._busy |= {i, j}

    def _bodies(self) -> Stars:
        """The bodies without those that are gone, with those that were set free beside others."""
        s = self.stars
        for body, star, mass in sorted(self._freed, reverse=True):
            s = s.beside(body, star, mass)
            self._gone = [gone + (gone > body) for gone in self._gone]
        if self._gone:
            kept = np.ones(len(s), dtype=np.bool_)
            kept[self._gone] = False
            s = s.take(kept)
        return s
