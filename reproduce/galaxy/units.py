"""The units of galaxies: kpc, km/s, Msun; a time in kpc/(km/s) is 0.978 Gyr."""

G = 4.300917e-6  # gravitational constant [kpc (km/s)² Msun⁻¹]
GYR = 1.022712165  # 1 Gyr in kpc/(km/s)
