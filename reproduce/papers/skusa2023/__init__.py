"""Skusa (2023): orbit libraries of NGC 6278, learnt by a decoder and a GAN. Begun: the galaxy; stages follow."""
