"""Orbit libraries of triaxial galaxies: Schwarzschild's method, from an MGE to orbit weights."""
