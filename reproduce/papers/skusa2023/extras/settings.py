"""Settings of the emulator of orbit libraries and of the error budget of the M/L; none of them is in the thesis."""

from typing import Self

from pydantic import Field, model_validator

from reproduce.workflow.settings import Group, Positive, Seed

Range = tuple[float, float]
PARAMETERS = ("q", "log_halo_fraction", "log_concentration", "log_black_hole")
"""What a library is a function of; M/L scales a library exactly and is none of them."""


LIBRARIES = (
    "seed",
    *PARAMETERS,
    "corners",
    "libraries",
    "tests",
    "repeats",
    "n_energy",
    "n_i2",
    "n_i3",
    "dithering",
    "periods",
    "samples",
    "first_tolerance",
    "velocity_width_kms",
    "velocity_bins",
)
"""Settings that change the libraries."""
NETWORK = ("members", "left_out", "width", "epochs", "passes", "batch_size", "learning_rate")
"""Settings that change the network learnt from them."""
FITS = ("mass_to_light", "ratios", "best_signal_to_noise", "intrinsic_error", "projected_error")
"""Settings that change the fits of mock galaxies."""
POSTERIOR = ("first_points", "walkers", "steps", "mocks")
"""Settings that change posteriors."""


class Budget(Group):
    """Variants of the library for the error budget of the best M/L; what is not varied is as in `library`."""

    seeds: tuple[Seed, ...] = Field((2, 3), description="other seeds of the blur")
    tolerances: tuple[Positive, ...] = Field((1e-10, 1e-11), description="smaller tolerances of a step")
    periods: tuple[Positive, ...] = Field((50.0, 100.0, 400.0), description="other numbers of periods")
    dithering: tuple[int, ...] = Field((2, 3), description="orbits of a bundle in each dimension")
    dithered_periods: Positive = Field(25.0, description="periods of an orbit of a bundle: the cost stays bounded")
    dithered_samples: int = Field(3000, ge=100, description="samples of it")
    mass_to_light: Range = Field((4.5, 7.5), description="M/L looked at")
    ratios: int = Field(61, ge=5, description="values of M/L between its ends")

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if not self.mass_to_light[0] < self.mass_to_light[1]:
            raise ValueError(f"budget.mass_to_light must grow, found {list(self.mass_to_light)}")
        return self


class Emulator(Group):
    """Libraries to learn from and to be judged by, the network, and the posterior."""

    seed: Seed = Field(2, description="seed of the design; training, tests and mock galaxies add to it")
    q: Range = Field((0.44, 0.54), description="short axis of the flattest Gaussian over its long axis")
    log_halo_fraction: Range = Field((0.5, 1.5), description="log10 of the halo's mass over that of the stars")
    log_concentration: Range = Field((0.7, 1.2), description="log10 of the halo's concentration")
    log_black_hole: Range = Field((6.0, 8.5), description="log10 of the black hole's mass [Msun]")
    corners: bool = Field(True, description="begin the design with its 16 corners, so that nothing is extrapolated")
    libraries: int = Field(48, ge=8, description="libraries to learn from, the corners among them")
    tests: int = Field(7, ge=1, description="libraries that are never learnt from")
    repeats: int = Field(3, ge=1, description="of the tests, made again with another seed, step and starts")
    n_energy: int = Field(6, ge=1, description="energies of a library")
    n_i2: int = Field(3, ge=1, description="second integrals")
    n_i3: int = Field(2, ge=1, description="third integrals")
    dithering: int = Field(3, ge=1, description="orbits of a bundle in each dimension")
    periods: Positive = Field(25.0, description="periods that each orbit of a bundle is followed")
    samples: int = Field(3000, ge=10, description="samples of each orbit")
    first_tolerance: Positive = Field(1e-8, description="of a step; shrinks until the energy holds to 1e-5")
    velocity_width_kms: Positive = Field(1800.0, description="width of the histogram of velocities [km/s]")
    velocity_bins: int = Field(121, ge=3, description="bins of that histogram, an odd number")
    members: int = Field(6, ge=1, description="networks of the ensemble; each leaves out other libraries to stop by")
    left_out: int = Field(3, ge=1, description="training libraries that each member stops by")
    width: int = Field(64, ge=1, description="units of each of the two hidden layers")
    epochs: int = Field(15, ge=1, description="epochs")
    passes: int = Field(100, ge=1, description="times that an epoch goes over the training libraries")
    batch_size: int = Field(16, ge=1, description="libraries in a batch")
    learning_rate: Positive = Field(3e-3, description="Adam's largest rate; a cosine takes it to zero")
    mass_to_light: Range = Field((4.0, 6.5), description="M/L looked at, the truth of mock galaxies inside its middle")
    ratios: int = Field(26, ge=5, description="values of M/L between its ends, even in M/L")
    intrinsic_error: Positive = Field(
        0.15, description="relative error of masses in cells: what so few bundles can make; the thesis's 0.01 rules all"
    )
    projected_error: Positive = Field(0.05, description="relative error of masses in apertures")
    first_points: int = Field(256, ge=16, description="points of the box at which a posterior begins")
    walkers: int = Field(32, ge=10, multiple_of=2, description="walkers of a posterior")
    steps: int = Field(50, ge=3, description="steps of each walker; the first third is thrown away")
    mocks: int = Field(14, ge=1, description="mock galaxies, of libraries not learnt from, for the coverage")
    best_signal_to_noise: Positive = Field(120.0, description="of a mock galaxy's brightest aperture")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        for name in (*PARAMETERS, "mass_to_light"):
            low, high = getattr(self, name)
            if not low < high:
                raise ValueError(f"emulator.{name} must be a range [low, high] that grows, found [{low:g}, {high:g}]")
        if self.corners and self.libraries < 2 ** len(PARAMETERS) + self.left_out:
            raise ValueError(
                f"emulator.libraries={self.libraries} must be at least {2 ** len(PARAMETERS) + self.left_out}: "
                "16 corners and those left out; or set emulator.corners=false"
            )
        if self.left_out >= self.libraries - 5:
            raise ValueError(f"emulator.left_out={self.left_out} leaves too few of {self.libraries} libraries")
        if self.repeats > self.tests:
            raise ValueError(f"emulator.repeats={self.repeats} is more than emulator.tests={self.tests}")
        return self
