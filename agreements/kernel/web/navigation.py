"""The side bar: the rooms by address. A room appears once a page is mounted at its address."""

from dataclasses import dataclass

from flask import current_app, g
from werkzeug.exceptions import HTTPException

from agreements.kernel.access.rules import Permission, may


@dataclass(frozen=True, slots=True)
class Room:
    """address, name (catalogue entry `room.<name>`), icon, letter after `g`; `permission` hides it from others."""

    path: str
    name: str
    icon: str
    letter: str
    permission: Permission = Permission.READ


SEARCH = "/agreements"  # takes ?q=
ROOMS = (
    Room("/", "today", "layout-dashboard", "t"),
    Room(SEARCH, "register", "file-text", "r"),
    Room("/import", "import", "file-import", "i", Permission.IMPORT_AGREEMENT),
    Room("/supplements", "supplements", "signature", "e"),
    Room("/changes", "changes", "switch-horizontal", "h"),
    Room("/upstream", "upstream", "database", "u"),
    Room("/cases", "cases", "gavel", "c"),
    Room("/settlements", "settlements", "receipt", "m"),
    Room("/papers", "papers", "certificate", "q"),
    Room("/notices", "notices", "send", "n"),
    Room("/documents", "documents", "files", "o"),
    Room("/calendar", "calendar", "calendar", "d"),
    Room("/retention", "retention", "archive", "v"),
    Room("/alarms", "alarms", "bell", "l"),
)
ADMIN = (
    Room("/admin/people", "people", "users", "p", Permission.MANAGE_PEOPLE),
    Room("/admin/keys", "keys", "key", "k", Permission.MANAGE_KEYS),
    Room("/standard-forms", "standard_forms", "copy", "f"),
    Room("/admin/policies", "policies", "adjustments", "y"),
    Room("/admin/channels", "channels", "speakerphone", "x"),
    Room("/admin/jobs", "jobs", "clock-play", "j", Permission.RUN_JOBS),
    Room("/audit", "audit", "shield-check", "a"),
    Room("/access-log", "access_log", "eye", "w", Permission.READ_ACCESS_LOG),
)


def visible(rooms: tuple[Room, ...]) -> tuple[Room, ...]:
    """Return the rooms that exist and that the person can use."""
    actor = g.get("actor")
    return tuple(room for room in rooms if actor is not None and may(actor, room.permission) and exists(room.path))


def exists(path: str) -> bool:
    """Say whether a page is mounted at a path."""
    known: dict[str, bool] = current_app.extensions.setdefault("luyue_paths", {})
    if path not in known:
        try:
            current_app.url_map.bind("localhost").match(path, method="GET")
            known[path] = True
        except HTTPException:
            known[path] = False
    return known[path]


def here(path: str) -> str:
    """Return the address of the room that a path belongs to, "" where it is in none."""
    within = (room.path for room in (*ROOMS, *ADMIN) if path == room.path or path.startswith(f"{room.path}/"))
    return next(within, "")
