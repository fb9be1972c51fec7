"""The figures and tables: each function reads what its stage needs and hands numbers to `paper_figures`."""
