"""Masses from the clusters themselves, without maps: networks of sets that answer with a posterior. Not in the paper."""
