"""Figures and tables of Skusa (2023)."""
