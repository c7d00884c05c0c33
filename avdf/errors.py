"""The user's mistakes: a message that names the key or file, the value and the remedy."""


class UserError(ValueError):
    """Something only the user can mend. Tools print it without a traceback and exit with 2."""


class ConfigError(UserError):
    """A setting that can't be used; the message starts with its dotted key."""


class TableError(UserError):
    """A table (clips, split, scores) that can't be trusted; the message names the rows."""
