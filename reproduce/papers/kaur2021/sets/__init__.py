"""Masses from the clusters themselves, not maps: networks of sets that answer with a posterior. Not in the paper."""
