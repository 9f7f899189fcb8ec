"""What tests build with: dates that check their own weekday, instants in Shanghai time."""

from datetime import UTC, date, datetime

from agreements.kernel.access.rules import Actor, ActorKind, Role
from agreements.kernel.instants import SHANGHAI


def day(text):
    """Read 'Thu 2024-09-12', refusing a weekday that is not that date's."""
    parsed = date.fromisoformat(text[4:])
    assert f"{parsed:%a}" == text[:3], f"{text}: that date is a {parsed:%a}"
    return parsed


def at(text):
    """Read 'Thu 2024-09-12 16:40' (or with seconds) as Shanghai time; returns the instant in UTC."""
    on, _, time = text[4:].partition(" ")
    day(f"{text[:4]}{on}")
    return datetime.fromisoformat(f"{on}T{time}").replace(tzinfo=SHANGHAI).astimezone(UTC)


def a_person(*roles, name="张法务", person_id=None):
    """An actor with the given role names; a legal officer by default."""
    return Actor(ActorKind.PERSON, name, person_id, frozenset(Role(role) for role in roles or ("legal_officer",)))
