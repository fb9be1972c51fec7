"""The figures and tables of Bialopetravičius et al. (2019); of the paper only the abstract is at hand."""
