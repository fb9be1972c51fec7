"""π-DOC: masses, ages and distances of globular clusters from luminosity maps (Chardin & Bianchini 2021)."""
