"""A module whose source is part of a toy stage's key."""


def square(value: int) -> int:
    return value * value
