"""The one kind of error that is the user's to mend."""


class InputError(ValueError):
    """Bad usage, setting, file or value.

    Its text is one line that says what, where, what was expected, what was found and how to mend it. The command line
    prints that line and ends with status 2; any other exception is an error of ours and ends with status 1.
    """
