"""Masses of galaxies from the kinematics of their globular clusters (Kaur, Bekki, Hassan & Datta 2021)."""
