"""Make `reproduce/stars/mist_bolometric.h5`, the bolometric corrections that the package carries.

    python benchmarks/photometry_tables.py SHARED/photometry bc_tables.h5

The first argument is the folder with `mist_hst_vega.npz` (MIST tables turned into the HST bands by a regression on
synthetic spectra) and `marcs_hst_vega.npz` (MARCS atmospheres, Casagrande & VandenBerg 2014, 2018; read here and not
carried); the second the MIST tables as the PyPI package `astroLACHESIS` 1.0.9 (MIT) ships them, for B, V and I. F336W
below 8,000 K is moved onto MARCS by a quartic in temperature, gravity and metallicity, of 35 coefficients, which are
written into the file. Prints how far the bands lie from the MARCS nodes before and after.
"""

import hashlib
import sys
from itertools import product
from pathlib import Path

import h5py
import numpy as np
from scipy.interpolate import RegularGridInterpolator

OUTPUT = Path(__file__).parents[1] / "reproduce" / "stars" / "mist_bolometric.h5"
MBOL_MIST, MBOL_MARCS = 4.74, 4.75
RANGES = {"temperature_k": (3500.0, 8000.0), "logg": (-0.5, 5.5), "feh": (-2.5, 0.5)}
TAPER_K = 9000.0  # the correction has gone at this temperature
DEGREE = 4
PAIRS = {"F336W": "wfc3_f336w", "F475W": "acs_f475w", "F814W": "acs_f814w"}


def terms(temperature_k, logg, feh):
    """Powers of scaled temperature, gravity and metallicity, held at the edges of the fit."""
    t = np.log10(np.clip(temperature_k, *RANGES["temperature_k"]) / 5500) / 0.1
    g = np.clip(logg, *RANGES["logg"]) - 3
    z = np.clip(feh, *RANGES["feh"]) + 0.5
    powers = [p for p in product(range(DEGREE + 1), repeat=3) if sum(p) <= DEGREE]
    return np.stack([t**a * g**b * z**c for a, b, c in powers], axis=-1), powers


def main(folder: Path, johnson: Path) -> None:
    mist, marcs = np.load(folder / "mist_hst_vega.npz"), np.load(folder / "marcs_hst_vega.npz")
    grid = (mist["feh"], np.log10(mist["teff"].astype(float)), mist["logg"])
    nodes = np.meshgrid(marcs["feh"], marcs["teff"].astype(float), marcs["logg"], indexing="ij")
    feh, teff, logg = nodes
    fitted = (feh >= RANGES["feh"][0]) & (feh <= RANGES["feh"][1]) & (teff >= RANGES["temperature_k"][0])
    bc = {}
    for k, (band, marcs_band) in enumerate(PAIRS.items()):
        theirs = marcs["bc"][list(marcs["bands"]).index(marcs_band)] - MBOL_MARCS + MBOL_MIST
        bc[band] = mist["bc"][..., k].astype(np.float64)
        both = np.isfinite(theirs) & fitted
        report(f"{band} as it came", grid, bc[band], nodes, theirs, both)
        if band == "F336W":
            ours = RegularGridInterpolator(grid, bc[band])((feh[both], np.log10(teff[both]), logg[both]))
            matrix, powers = terms(teff[both], logg[both], feh[both])
            coefficients = np.linalg.lstsq(matrix, theirs[both] - ours, rcond=None)[0]
            f, t, g = np.meshgrid(mist["feh"], mist["teff"].astype(float), mist["logg"], indexing="ij")
            fade = np.clip(np.log10(TAPER_K / t) / np.log10(TAPER_K / RANGES["temperature_k"][1]), 0, 1)
            bc[band] += fade * (terms(t, g, f)[0] @ coefficients)
            report(f"{band} corrected", grid, bc[band], nodes, theirs, both)
        for low, high in ((2600, 3500), (3500, 4000), (4000, 8001)):
            part = np.isfinite(theirs) & (teff >= low) & (teff < high) & (feh >= -2.5) & (feh <= 0.5)
            report(f"  {band} now, {low} to {high} K", grid, bc[band], nodes, theirs, part)
    with h5py.File(johnson) as file:
        rows = file["UBVRIplus/data"][:]
        names = [name.decode() for name in file["UBVRIplus/band_names"][:]]
        assert np.allclose(file["UBVRIplus/feh_values"][:], mist["feh"])
        for short in "BVI":
            table = np.empty((len(mist["feh"]), len(mist["teff"]), len(mist["logg"])))
            for i, block in enumerate(rows):
                clear = block[block[:, 3] == 0]
                clear = clear[np.lexsort((clear[:, 1], clear[:, 0]))]
                assert np.allclose(clear[:, 0].reshape(table[i].shape)[:, 0], mist["teff"])
                table[i] = clear[:, 5 + names.index(f"Bessell_{short}")].reshape(table[i].shape)
            bc[short] = table
    with h5py.File(OUTPUT, "w") as file:
        packed = {"compression": "gzip", "compression_opts": 9, "shuffle": True}
        file.attrs["solar_bolometric_magnitude"] = MBOL_MIST
        file.attrs["origin"] = (
            "MIST/C3K bolometric corrections of the PyPI package astroLACHESIS 1.0.9 (MIT licence, Copyright (c) 2026 "
            "Jose Vines); F336W, F475W, F814W by regression on synthetic spectra; F336W below 8000 K moved onto MARCS "
            "(Casagrande & VandenBerg 2014, 2018) by the polynomial f336w_correction. Made by "
            "benchmarks/photometry_tables.py"
        )
        file["bands"] = np.array([name.encode() for name in bc])
        file["feh"], file["logg"] = mist["feh"], mist["logg"]
        file["temperature_k"] = mist["teff"]
        file.create_dataset("bc", data=np.stack(list(bc.values()), -1).round(4).astype("f4"), **packed)
        file["f336w_correction"] = coefficients
        file["f336w_correction"].attrs["powers"] = np.array(powers)
        file["f336w_correction"].attrs["variables"] = "log10(T/5500 K)/0.1, log g - 3, [Fe/H] + 0.5, held at the edges"
        file["f336w_correction"].attrs["ranges"] = str(RANGES)
    print(OUTPUT, OUTPUT.stat().st_size, hashlib.sha256(OUTPUT.read_bytes()).hexdigest())


def report(name, grid, bc, nodes, theirs, chosen) -> None:
    feh, teff, logg = (values[chosen] for values in nodes)
    off = RegularGridInterpolator(grid, bc)((feh, np.log10(teff), logg)) - theirs[chosen]
    print(f"{name}: mean {off.mean():+.3f}, rms {np.sqrt(np.mean(off**2)):.3f}, most {abs(off).max():.3f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
