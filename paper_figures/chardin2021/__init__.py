"""Figures and tables of Chardin & Bianchini (2021)."""
