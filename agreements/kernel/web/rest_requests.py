"""Reading REST requests as strictly as the schemas do."""

from typing import Any, NoReturn

from marshmallow import RAISE, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from agreements.kernel.errors import N_, InvalidInput
from agreements.kernel.web.strict_json import read_object


class StrictParser(FlaskParser):
    """Reads addresses and bodies as strictly as the schemas do; what is wrong goes to our one registry of errors."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "json": RAISE}

    def load_json(self, req: Any, schema: Any) -> Any:  # noqa: ARG002 - their signature
        if req.mimetype != "application/json":
            raise UnsupportedMediaType
        return read_object(req.get_data())

    def load_querystring(self, req: Any, schema: Any) -> Any:
        for name, values in req.args.lists():
            if len(values) > 1:
                raise InvalidInput(
                    N_("The query names “%(name)s” more than once."),
                    code="DUPLICATE_FIELD",
                    field=name,
                    remedy=N_("Send each field once."),
                    name=name,
                )
        return super().load_querystring(req, schema)

    def handle_error(self, error: ValidationError, *_about: Any, **_options: Any) -> NoReturn:
        """Raise the schema's own error, by field instead of by place."""
        messages = error.messages_dict
        inner = messages[next(iter(messages))] if len(messages) == 1 else messages
        raise ValidationError(inner if isinstance(inner, dict) else messages)
