"""Bialopetravičius, Narbutis & Vansevičius (2019): age, mass and size of faint star clusters from their images."""
