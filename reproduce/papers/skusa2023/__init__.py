"""Skusa (2023): orbit libraries of NGC 6278 at many mass-to-light ratios, learnt by a decoder and a GAN."""
