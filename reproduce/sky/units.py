"""How files name the units of maps; both maps are logarithms."""

LOG_FLUX = "log10(Lsun/kpc2)"
LOG_MASS = "log10(Msun)"
