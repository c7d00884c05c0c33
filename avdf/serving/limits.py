"""What a server takes: size and length of a file, times, parallel work, and how many may wait."""

from dataclasses import dataclass, fields

from avdf.errors import UserError


@dataclass(frozen=True, kw_only=True)
class ServingLimits:
    """Each bound is refused with a message and a status of HTTP; docs/serving.md lists them.

    Options of `avdf serve` have these names.
    """

    max_mib: float = 100.0  # of a file, in MiB
    max_seconds: float = 600.0  # of its sound, or of the picture of a silent film
    decode_timeout: float = 60.0  # seconds in which a file must be decoded
    upload_timeout: float = 120.0  # seconds in which a file must have arrived
    parallel: int = 2  # files that are judged at the same time
    queue: int = 32  # files that may wait beside those

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            lowest = {"parallel": 1, "queue": 0}.get(field.name)
            option = f"--{field.name.replace('_', '-')}"
            if lowest is not None and value < lowest:
                raise UserError(f"{option} must be >= {lowest}, got {value}")
            if lowest is None and value <= 0:
                raise UserError(f"{option} must be above 0, got {value:g}")

    @property
    def max_bytes(self) -> int:
        return round(self.max_mib * 2**20)

    @property
    def places(self) -> int:
        """Files that may be in the server at once: arriving, waiting, or being judged."""
        return self.parallel + self.queue


class RefusedError(UserError):
    """A file that gets no answer: the message in words, and the status of HTTP (4xx, or 503)."""

    def __init__(self, message: str, status: int, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_after_s = retry_after_s
