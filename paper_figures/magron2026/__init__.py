"""The figures and tables of Magron et al. (2026), of whom only the slides of a seminar are at hand."""
