"""Commands: people, keys of gateways and of people's programs. Links and keys are printed once and kept nowhere."""

import sys
from collections.abc import Mapping

import click
from flask import current_app

from agreements.kernel import clock
from agreements.kernel.access import actions, keys, links, personal_keys
from agreements.kernel.access.models import GatewayKey, Locale, Person, PersonalKey
from agreements.kernel.access.rules import OPERATOR, Role
from agreements.kernel.access.schemas import read_roles, read_scopes
from agreements.kernel.cli import LuyueGroup, print_json
from agreements.kernel.db import db, unit_of_work

people = LuyueGroup("people", help="Accounts of our staff.")
key_commands = LuyueGroup("keys", help="Keys of verification gateways and of people's programs.")
commands = [people, key_commands]


@people.command("add")
@click.option("--name", default="", help="The person's name; may be left to the person.")
@click.option("--login", default="", help="The login; may be left to the person.")
@click.option("--role", "roles", multiple=True, required=True, help=f"One of {', '.join(Role)}; repeatable.")
@click.option(
    "--locale",
    type=click.Choice([locale.value for locale in Locale]),
    default="zh",
    help="Language (with --password-stdin).",
)
@click.option("--password-stdin", is_flag=True, help="Read the password from stdin; the account is ready at once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(*, name: str, login: str, roles: tuple[str, ...], locale: str, password_stdin: bool, as_json: bool) -> None:
    """Add a person: print a one-time sign-up link, or take the password from stdin."""
    chosen = read_roles(roles)
    wall = clock.wall()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        with unit_of_work() as session:
            person = actions.add_person(
                session,
                name=name,
                login=login,
                password=password,
                roles=chosen,
                locale=Locale(locale),
                actor=OPERATOR,
                now=clock.now(session),
            )
            answer: dict[str, object] = {"person": person.id, "login": person.login}
        text = f"{login} can sign in now."
    else:
        with unit_of_work() as session:
            token = links.invite(
                session, name=name, login=login, roles=chosen, actor=OPERATOR, now=clock.now(session), wall=wall
            )
        answer = {"link": _address(token), "hours": int(links.LINK_LIFE.total_seconds()) // 3600}
        text = f"One-time link, works for {answer['hours']} hours:\n{answer['link']}"
    _print(answer, text, as_json=as_json)


@people.command("first-admin")
@click.option("--role", "roles", multiple=True, help="Further roles of the first administrator; repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def first_admin(roles: tuple[str, ...], as_json: bool) -> None:
    """Print the sign-up link of the first administrator, until there is one; an earlier unused link stops working."""
    with unit_of_work() as session:
        token = links.invite_first_administrator(
            session, roles=read_roles(roles), actor=OPERATOR, now=clock.now(session), wall=clock.wall()
        )
    link = _address(token) if token else None
    if as_json:
        print_json({"link": link})
    else:
        click.echo(link or "There is an administrator already.")


@people.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_people(as_json: bool) -> None:
    """List everybody with roles."""
    found = actions.list_people(db.session(), actor=OPERATOR)
    if as_json:
        print_json([_row_of_person(person) for person in found])
        return
    for person in found:
        state = "disabled" if person.disabled_at else "active"
        click.echo(f"{person.id:>4}  {person.login:<24} {state:<9} {', '.join(sorted(person.roles))}")


@key_commands.command("issue")
@click.option("--name", required=True, help="Which gateway or program it is for.")
@click.option("--scope", "scopes", multiple=True, default=("decide", "status"), show_default=True, help="Of a gateway.")
@click.option("--person", "login", metavar="LOGIN", help="Issue it to a program that acts as this person instead.")
@click.option("--read-only", is_flag=True, help="Let the program read and nothing else (with --person).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def issue(*, name: str, scopes: tuple[str, ...], login: str | None, read_only: bool, as_json: bool) -> None:
    """Issue a key and print it; it can't be shown again."""
    with unit_of_work() as session:
        now, wall = clock.now(session), clock.wall()
        if login is not None:
            own, secret = personal_keys.issue_personal_key(
                session,
                actions.person_of_login(session, login),
                name=name,
                read_only=read_only,
                actor=OPERATOR,
                now=now,
                wall=wall,
            )
            answer = {**_row_of_personal(own), "key": secret}
        else:
            key, secret = keys.issue_key(
                session, name=name, scopes=read_scopes(scopes), actor=OPERATOR, now=now, wall=wall
            )
            answer = {"prefix": key.prefix, "name": key.name, "scopes": key.scopes, "key": secret}
    _print(answer, secret, as_json=as_json)


@key_commands.command("revoke")
@click.argument("prefix")
@click.option("--reason", required=True, help="Why, for the audit trail.")
def revoke(prefix: str, reason: str) -> None:
    """Revoke a gateway's or a person's key by its public prefix (as `keys list` shows it), at once."""
    with unit_of_work() as session:
        now, wall = clock.now(session), clock.wall()
        of_a_person = any(key.prefix == prefix for key in personal_keys.every_personal_key(session))
        revoke_it = personal_keys.revoke_personal_key if of_a_person else keys.revoke_key
        done = revoke_it(session, prefix, reason=reason, actor=OPERATOR, now=now, wall=wall)
    click.echo(f"{prefix} is revoked." if done else f"{prefix} had been revoked before.")


@key_commands.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_keys(as_json: bool) -> None:
    """List keys without their secrets: gateways' first, each kind newest first."""
    session = db.session()
    rows = [_row_of(key) for key in keys.list_keys(session, actor=OPERATOR)]
    rows += [_row_of_personal(key) for key in personal_keys.every_personal_key(session)]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "revoked" if row["revoked_at"] else "live"
        holder = row.get("person", "gateway")
        click.echo(f"{row['prefix']}  {state:<8} {holder:<16} {row['name']:<24} {row['last_used_at'] or 'never used'}")


def _row_of(key: GatewayKey) -> dict[str, object]:
    return {"prefix": key.prefix, "name": key.name, "scopes": key.scopes, **_life_of(key)}


def _row_of_personal(key: PersonalKey) -> dict[str, object]:
    return {
        "prefix": key.prefix,
        "name": key.name,
        "person": key.person.login,
        "read_only": key.read_only,
        **_life_of(key),
    }


def _life_of(key: GatewayKey | PersonalKey) -> dict[str, object]:
    return {
        "issued_at": key.issued_at.isoformat(),
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
    }


def _row_of_person(person: Person) -> dict[str, object]:
    return {
        "person": person.id,
        "login": person.login,
        "name": person.name,
        "roles": sorted(person.roles),
        "disabled_at": person.disabled_at.isoformat() if person.disabled_at else None,
    }


def _print(answer: Mapping[str, object], text: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
    else:
        click.echo(text)


def _address(token: str) -> str:
    return f"{current_app.extensions['luyue']['settings'].public_url}/join/{token}"
