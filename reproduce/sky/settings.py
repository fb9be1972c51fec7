"""Settings of the mock instrument; the defaults are those of Chardin & Bianchini (2021, Sect. 2.2, Table 1)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from reproduce.workflow.settings import Fraction, Group, Positive, Seed


class Effects(Group):
    """Optional observational effects (paper Sect. 6); the defaults leave all of them out."""

    zero_point_mag: float | None = Field(
        None, gt=0, lt=60, description="V magnitude that gives one electron in the exposure; none: no photon noise"
    )
    read_noise_electrons: float = Field(0.0, ge=0, description="standard deviation of the read noise [electrons]")
    saturation_electrons: Positive | None = Field(None, description="full well of a pixel [electrons]; none: endless")
    sky_mag_arcsec2: float | None = Field(None, description="V brightness of the sky [mag/arcsec2]; none: dark")
    sky_left: float = Field(
        0.0, ge=-1, le=1, description="fraction of the mean sky that its subtraction leaves; below 0: it takes too much"
    )
    bad_pixels: Fraction = Field(0.0, description="fraction of pixels, chosen anew in each map, that read zero")
    field_stars_per_arcmin2: float = Field(0.0, ge=0, description="foreground and background stars [1/arcmin2]")
    field_star_bright_mag: float = Field(16.0, description="V of the brightest field stars")
    field_star_faint_mag: float = Field(22.0, description="V of the faintest field stars")

    @model_validator(mode="after")
    def _no_setting_without_effect(self) -> Self:
        if self.zero_point_mag is None and (self.read_noise_electrons > 0 or self.saturation_electrons is not None):
            raise ValueError(
                "camera.effects: read_noise_electrons and saturation_electrons count electrons; set zero_point_mag too"
            )
        if self.sky_mag_arcsec2 is not None and self.zero_point_mag is None and self.sky_left == 0:
            raise ValueError(
                "camera.effects: a sky that is subtracted whole only adds photon noise; set zero_point_mag or sky_left"
            )
        if self.sky_left != 0 and self.sky_mag_arcsec2 is None:
            raise ValueError(f"camera.effects: sky_left={self.sky_left} has no effect without sky_mag_arcsec2")
        if self.field_star_bright_mag >= self.field_star_faint_mag:
            raise ValueError(
                f"camera.effects: field_star_bright_mag={self.field_star_bright_mag} must be below "
                f"field_star_faint_mag={self.field_star_faint_mag}"
            )
        return self


class Camera(Group):
    """The mock instrument (paper Sect. 2.2, Table 1)."""

    field_arcsec: Positive = Field(40.0, description="side of the square field of view [arcsec]")
    pixels: int = Field(160, ge=16, le=4096, description="pixels a side")
    psf: Literal["moffat", "gaussian"] = Field("moffat", description="point-spread function")
    moffat_beta: float = Field(2.5, gt=1, description="Moffat β (Trujillo et al. 2001)")
    smoothing_pixels: float = Field(4.0, ge=0, description="σ of the Gaussian smoothing of both maps [px]")
    flux_floor: Positive = Field(1e-12, description="smaller fluxes are raised to it before log10 [Lsun/kpc2]")
    mass_floor: Positive = Field(1e-4, description="smaller masses of a pixel are raised to it before log10 [Msun]")
    effects: Effects = Field(default_factory=Effects, description="noise, sky, field stars and defects")


class HstCamera(Group):
    """Images in F336W (WFC3/UVIS), F475W and F814W (ACS/WFC) as PHAT's (Dalcanton et al. 2012, ApJS 200, 18), drizzled
    to one pixel size; the three numbers of a field are of these bands."""

    pixels: int = Field(160, ge=16, le=4096, description="pixels a side")
    pixel_arcsec: Positive = Field(0.05, description="side of a pixel [arcsec]")
    exposure_s: tuple[Positive, Positive, Positive] = Field(
        (1360.0, 1900.0, 1700.0), description="exposure time, all exposures together [s]"
    )
    exposures: tuple[int, int, int] = Field((2, 5, 4), description="exposures: each adds read noise and a full well")
    zero_point_vega: tuple[float, float, float] = Field(
        (23.505, 26.188, 25.524), description="Vega magnitude of 1 electron a second"
    )
    read_noise_electrons: tuple[float, float, float] = Field(
        (3.1, 4.2, 4.2), description="standard deviation of an exposure's read noise [electrons]"
    )
    sky_electrons_s: tuple[float, float, float] = Field(
        (0.004, 0.055, 0.070),
        description="zodiacal light and dark current [electrons/s/pixel]; subtracted, its noise stays",
    )
    full_well_electrons: tuple[Positive, Positive, Positive] = Field(
        (63_000.0, 80_000.0, 80_000.0), description="electrons of a pixel and exposure above which it is saturated"
    )
    margin_arcsec: Positive = Field(
        1.2, description="surroundings from which light scatters in; beyond, a star's wings come back at the other side"
    )


class DrawnClusters(Group):
    """Coeval clusters drawn from isochrones (Bialopetravičius et al. 2019); pairs are from and to."""

    pixels: int = Field(80, ge=16, le=1024, description="pixels a side")
    log_age: tuple[float, float] = Field((6.7, 10.114), description="log10 of the age [yr], uniform: 5 Myr to 13 Gyr")
    log_mass: tuple[float, float] = Field((2.0, 4.5), description="log10 of the mass at birth [Msun], uniform")
    half_radius_pc: tuple[Positive, Positive] = Field((0.3, 6.0), description="half-light radius [pc], log-uniform")
    feh_young: tuple[float, float] = Field((-0.6, 0.15), description="[Fe/H] below 8 Gyr, uniform")
    feh_old: tuple[float, float] = Field((-2.2, 0.0), description="[Fe/H] from 8 Gyr, uniform")
    a_v: tuple[float, float] = Field((0.0, 2.0), description="extinction in V [mag], uniform")
    eff_gamma: tuple[float, float] = Field((2.2, 4.0), description="EFF profile's γ, uniform; half of the clusters")
    king_w0: tuple[float, float] = Field((3.0, 9.0), description="King model's W₀, in steps of 0.5; the other half")
    off_centre_pixels: float = Field(2.0, ge=0, description="largest shift of the centre along rows and columns [px]")
    distance_kpc: Positive = Field(785.0, description="distance [kpc]")
    empty: float = Field(0.0, ge=0, lt=1, description="share of the images without a cluster")


class IsochroneGrid(Group):
    """The table of isochrones that drawn clusters and synthetic fields are made of."""

    feh: tuple[float, ...] = Field((-2.0, -1.4, -0.9, -0.5, -0.2, 0.0), min_length=1, description="[Fe/H], rising")
    log_age_step: Positive = Field(0.05, description="step of log10 of the age, up to 10.15 [yr]")
    youngest_log_age: float = Field(6.5, ge=6, le=10, description="log10 of the least age [yr]")


class StarFields(Group):
    """Star fields of M31 that clusters are put on."""

    source: Literal["synthetic", "phat"] = Field(
        "synthetic", description="made offline and labelled so; or cut from PHAT's bricks, which are downloaded"
    )
    number: int = Field(500, ge=4, description="tiles; of all bricks together with source=phat")
    pixels: int = Field(256, ge=32, le=2048, description="side of a tile [px]")
    radii_kpc: tuple[float, float] = Field((0.0, 20.0), description="distance of synthetic ones from the centre [kpc]")
    bricks: tuple[int, ...] = Field((2, 9, 15, 21), min_length=1, description="PHAT's bricks, 1 to 23")
    seed: Seed = Field(1, description="seed of synthetic fields, and of the choice among real ones")
