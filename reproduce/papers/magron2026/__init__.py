"""Magron, Marklund & Bianchini (2026): star clusters of M31 in three of Hubble's bands, one network with many heads."""
