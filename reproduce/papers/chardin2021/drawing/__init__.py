"""Figures and tables as stages: read what other stages wrote, hand it to `paper_figures`, keep the result.

Every figure leaves a PNG, a PDF, the numbers behind it as CSV, and `comparison.csv` where the paper gives numbers.
"""
