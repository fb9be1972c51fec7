"""The simulator's units: pc, Msun, Myr."""

G = 4.498502e-3  # gravitational constant [pc³ Msun⁻¹ Myr⁻²]
PC_PER_MYR_IN_KMS = 0.977792  # 1 pc/Myr in km/s
