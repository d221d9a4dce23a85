"""The base of every error a user may be shown: one sentence that says what, why and what to do."""


class GenRepairError(Exception):
    """An error caused by a file, a setting or an argument, never by a fault of the program.

    ``str(error)`` is one sentence fit to be shown as it is. Windows show it in the message bar, the command
    line prints it on standard error and exits with code 2.
    """


class InvalidParameterError(GenRepairError):
    """A method's parameter has no such name, or a value outside its range."""


class UnknownMethodError(GenRepairError):
    """No method of the catalog has this id."""


class MaskError(GenRepairError):
    """A mask is empty, full, or of another size than its photo."""


class RepairFailedError(GenRepairError):
    """A method could not produce a valid picture, and no fallback could either."""
