"""Stages, keys, store, executor, tracking, progress, settings, report: how results are made and kept. No astronomy."""
