"""Fit the halo and blur of each band's point-spread function, and show what comes out.

    python benchmarks/hst_psf.py SHARED/photometry

Targets: encircled energies of TinyTim's images (WFC3/UVIS, 0.04 arcsec pixels; F475W between F438W and F555W) and the
widths of stars in PHAT's images with 0.05 arcsec pixels (0.078, 0.095, 0.095 arcsec).
"""

import sys
from pathlib import Path

import numpy as np
from astropy.io import fits
from scipy.optimize import least_squares

from reproduce.sky.hst_psf import PSFS, HstPsf

RADII = np.array([0.1, 0.25, 0.5, 1.0])
TOLERANCE = np.array([0.01, 0.005, 0.01, 0.01])
WIDTHS = {"F336W": 0.078, "F475W": 0.095, "F814W": 0.095}
IMAGES = {"F336W": {"f336w": 1.0}, "F475W": {"f438w": 0.69, "f555w": 0.31}, "F814W": {"f814w": 1.0}}


def tinytim(folder: Path, band: str) -> np.ndarray:
    """Encircled energy of the images at `RADII`, each pixel cut into 225."""
    total = np.zeros(len(RADII))
    for name, weight in IMAGES[band].items():
        values = fits.getdata(folder / f"psf_wfc3_uvis1_{name}.fits").astype(float)
        fine = np.kron(values, np.full((15, 15), 1 / 225))
        y, x = (np.indices(fine.shape) - (len(fine) - 1) / 2) * 0.04 / 15
        total += weight * np.array([fine[np.hypot(x, y) < r].sum() for r in RADII])
    return total


def main(folder: Path) -> None:
    for band, psf in PSFS.items():
        target = tinytim(folder, band)

        def off(values, target=target, psf=psf, band=band):
            trial = HstPsf(psf.wavelength_nm, psf.width_nm, *values)
            return np.append(
                (trial.encircled(RADII, 0.04) - target) / TOLERANCE, (trial.fwhm(0.05) - WIDTHS[band]) / 4e-3
            )

        found = least_squares(off, [0.08, 0.4, 0.05], bounds=([0, 0.15, 0.01], [0.5, 3, 0.2]), diff_step=1e-2).x
        print(
            f"{band}: halo, its width, blur: fitted {found.round(4)}, in use "
            f"{psf.halo, psf.halo_fwhm_arcsec, psf.blur_fwhm_arcsec}"
        )
        print(
            f"  width with 0.05 arcsec pixels {psf.fwhm(0.05):.4f} ({WIDTHS[band]}); encircled at {RADII}: "
            f"{psf.encircled(RADII, 0.04).round(3)} (TinyTim {target.round(3)})"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
