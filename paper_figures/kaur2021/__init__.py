"""Figures and tables of Kaur et al. (2021)."""
