"""Errors of the domain.

LuyueError
├── InvalidInput        a value we can't take: names the field and the remedy      422, exit 2
├── NotFound            no such agreement, tenant, notice, …                       404, exit 2
├── NotSignedIn         nobody, or nobody any more                                 401, exit 2
├── NotPermitted        this person may not do this                                403, exit 2
├── Conflict            right in form, impossible in the present state             409, exit 1
│   ├── IllegalMove     the state machine has no such move: says what is legal
│   └── Stale           somebody else was first
├── Unavailable         the database is busy, restarting or unfit; later may do    503, exit 1
├── MissingData         a fact we need isn't there (an unpublished holiday year)   409, exit 1
└── IntegrityBroken     stored evidence no longer matches its proof                500, exit 1

Every error carries a `code` (stable, for machines), a message (a catalogue entry, translated at the edge), and, where
there are such, the clause of the agreement, the input's field and the remedy. Messages name ids and values, never
secrets or personal data.
"""


def N_(message: str) -> str:
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


def listed(value: object) -> object:
    """Return a tuple as one text, “–” where it is empty; any other value as it is."""
    return (", ".join(str(item) for item in value) or "–") if isinstance(value, tuple) else value


class LuyueError(Exception):
    """The root; `str()` gives the English message with its values.

    message  catalogue entry with %(name)s placeholders
    code     stable word for machines; the class's own by default
    clause   clause of the agreement it rests on, such as "3.3"
    field    name of the input at fault
    remedy   catalogue entry saying what to do about it, with the same placeholders
    values   what fills the placeholders; members of enumerations and tuples of them are put in words at the edge
    """

    status = 500
    exit_code = 1
    default_code = "ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        clause: str | None = None,
        field: str | None = None,
        remedy: str | None = None,
        **values: object,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.clause = clause
        self.field = field
        self.remedy = remedy
        self.values = values

    def __str__(self) -> str:
        values = {name: listed(value) for name, value in self.values.items()}
        text = self.message % values
        if self.field:
            text = f"{self.field}: {text}"
        return f"{text} {self.remedy % values}" if self.remedy else text


class InvalidInput(LuyueError):
    status = 422
    exit_code = 2
    default_code = "INVALID_INPUT"


class NotFound(LuyueError):
    status = 404
    exit_code = 2
    default_code = "NOT_FOUND"


class NotSignedIn(LuyueError):
    status = 401
    exit_code = 2
    default_code = "NOT_SIGNED_IN"


class NotPermitted(LuyueError):
    status = 403
    exit_code = 2
    default_code = "NOT_PERMITTED"


class Conflict(LuyueError):
    status = 409
    default_code = "CONFLICT"


class IllegalMove(Conflict):
    default_code = "ILLEGAL_MOVE"


class Stale(Conflict):
    default_code = "STALE"


class Unavailable(LuyueError):
    status = 503
    default_code = "UNAVAILABLE"


class MissingData(LuyueError):
    status = 409
    default_code = "MISSING_DATA"


class IntegrityBroken(LuyueError):
    default_code = "INTEGRITY_BROKEN"
