"""The application: the only place that knows every room."""

import os
from collections.abc import Mapping
from pathlib import Path

from flask import Blueprint, Flask
from flask_migrate import Migrate

from agreements.calendar import cli as calendar_cli
from agreements.intake import api as intake_api
from agreements.intake import api_batches as batch_api
from agreements.intake import api_forms as form_api
from agreements.intake import batch_views, form_views, import_cli
from agreements.intake import cli as intake_cli
from agreements.intake import views as intake_views
from agreements.kernel import audit_cli, crypto, files, journal, policy_views
from agreements.kernel.access import admin_views as access_admin_views
from agreements.kernel.access import cli as access_cli
from agreements.kernel.access import key_views as access_key_views
from agreements.kernel.access import views as access_views
from agreements.kernel.access.models import Scope
from agreements.kernel.cli import add_commands
from agreements.kernel.db import Base, db
from agreements.kernel.engines import database_address, engine_options, prepare_engine
from agreements.kernel.settings import load_settings
from agreements.kernel.web import rest_reference
from agreements.kernel.web.mounting import PEOPLE, PUBLIC, STAFF_KEYS, Access, gateway_keys, mount
from agreements.kernel.web.rest_document import publish
from agreements.kernel.web.shell import prepare_web
from agreements.paper import api as paper_api
from agreements.paper import api_checks as paper_checks_api
from agreements.paper import api_seals as paper_seals_api
from agreements.paper import seal_views as paper_seals
from agreements.paper import supplement_views as paper_supplements
from agreements.paper import verify_views as paper_verification
from agreements.paper import views as paper_views
from agreements.parties import industry_api, industry_views
from agreements.register import api as register_api
from agreements.register import api_records as register_records_api
from agreements.register import models as register_models
from agreements.register import views_supplements as register_supplements
from agreements.register import views_terms as register_terms
from compliance.alarms import views as alarms_views
from compliance.breaches import api as breaches_api
from compliance.breaches import api_evidence as breaches_evidence_api
from compliance.breaches import views as breaches_views
from compliance.breaches import views_acts as breaches_acts
from compliance.breaches import views_evidence as breaches_evidence
from compliance.changes import api as changes_api
from compliance.changes import api_acts as change_acts_api
from compliance.changes import views as changes_views
from compliance.changes import views_acts as changes_acts
from compliance.changes import views_intake as changes_intake
from compliance.desk import agreement as desk_agreement
from compliance.desk import api as desk_api
from compliance.desk import calendar_cli as desk_calendar_cli
from compliance.desk import calendar_feed as desk_calendar_feed
from compliance.desk import calendar_pages as desk_calendar
from compliance.desk import calendar_years as desk_calendar_years
from compliance.desk import cli as desk_cli
from compliance.desk import documents as desk_documents
from compliance.desk import ending as desk_ending
from compliance.desk import ending_api as desk_ending_api
from compliance.desk import own_documents as desk_own_documents
from compliance.desk import own_documents_api as desk_own_documents_api
from compliance.desk import past_views as desk_past
from compliance.desk import prepare_cli
from compliance.desk import reading_copies as desk_reading_copies
from compliance.desk import reading_copies_api as desk_reading_copies_api
from compliance.desk import register as desk_register
from compliance.desk import register_api as desk_register_api
from compliance.desk import service_api as desk_service_api
from compliance.desk import tenant as desk_tenant
from compliance.desk import tenant_account as desk_tenant_account
from compliance.desk import tenant_adjustments_api as desk_adjustments_api
from compliance.desk import tenant_api as desk_tenant_api
from compliance.desk import tenant_people_api as desk_tenant_people_api
from compliance.desk import tenant_records as desk_tenant_records
from compliance.desk import today as desk_today
from compliance.gateway import api as gateway_api
from compliance.gateway import cli as gateway_cli
from compliance.gateway import described as gateway_described
from compliance.notices import api as notices_api
from compliance.notices import views as notices_views
from compliance.obligations import api as obligations_api
from compliance.operations import audit_views, channel_views, health_views
from compliance.operations import cli as operations_cli
from compliance.operations import described as operations_described
from compliance.retention import api as retention_api
from compliance.retention import cli as retention_cli
from compliance.retention import due_api as destruction_api
from compliance.retention import due_views as destruction_views
from compliance.retention import views as retention_views
from compliance.scheduling import cli as scheduling_cli
from compliance.scheduling import views as scheduling_views
from compliance.settlement import api as settlement_api
from compliance.settlement import views as settlement_views
from compliance.settlement import views_acts as settlement_acts
from compliance.upstream import answer_views as upstream_answers
from compliance.upstream import api as upstream_api
from compliance.upstream import api_acts as upstream_acts_api
from compliance.upstream import views as upstream_views
from compliance.upstream import views_acts as upstream_acts
from compliance.upstream import views_intake as upstream_intake

ROOT = Path(__file__).parent


def create_app(overrides: Mapping[str, object] | None = None, *, instance_path: str | None = None) -> Flask:
    """Make the application.

    overrides      settings that win over file and environment (tests)
    instance_path  where the database, files and keys live; `instance/` beside this file, or LUYUE_INSTANCE
    """
    instance = instance_path or os.environ.get("LUYUE_INSTANCE") or str(ROOT / "instance")
    app = Flask(__name__, instance_path=str(Path(instance).absolute()))
    Path(app.instance_path).mkdir(parents=True, exist_ok=True)
    settings = load_settings(app.instance_path, overrides)
    url = database_address(settings.database_url, app.instance_path)
    app.config.update(
        SQLALCHEMY_DATABASE_URI=url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(url),
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
    )
    app.extensions["luyue"] = {
        "settings": settings,
        "keyring": crypto.load_keyring(Path(app.instance_path) / "keys.toml"),
        "files": files.FileStore(Path(app.instance_path) / "files"),
        "journal": journal.SendJournal(Path(app.instance_path) / "send-journal.jsonl"),
    }
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    with app.app_context():
        prepare_engine(db.engine)
    prepare_web(app, settings)
    register_rooms(app)
    return app


def register_rooms(app: Flask) -> None:
    """Mount each room's pages, API and commands; who may reach a blueprint is written here.

    A new room adds a line to each list it has something for; what is not listed can't be reached.
    """
    pages_and_api: list[tuple[Blueprint, Access]] = [
        (access_views.access, PUBLIC),
        (access_views.account, PEOPLE),
        (access_key_views.blueprint, PEOPLE),
        (access_admin_views.people, PEOPLE),
        (access_admin_views.gateway_keys, PEOPLE),
        (policy_views.policies, PEOPLE),
        (intake_views.blueprint, PEOPLE),
        (paper_views.papers, PEOPLE),
        (paper_seals.seals, PEOPLE),
        (paper_supplements.supplement_papers, PEOPLE),
        (paper_verification.verification, PUBLIC),
        (batch_views.blueprint, PEOPLE),
        (form_views.comparison, PEOPLE),
        (form_views.standard_forms, PEOPLE),
        (changes_views.changes, PEOPLE),
        (changes_intake.change_intake, PEOPLE),
        (changes_acts.change_acts, PEOPLE),
        (upstream_views.upstream, PEOPLE),
        (upstream_intake.upstream_intake, PEOPLE),
        (upstream_acts.upstream_acts, PEOPLE),
        (upstream_answers.answers, PUBLIC),
        (breaches_views.cases, PEOPLE),
        (breaches_acts.case_acts, PEOPLE),
        (breaches_evidence.blueprint, PEOPLE),
        (settlement_views.settlements, PEOPLE),
        (settlement_acts.settlement_acts, PEOPLE),
        (desk_reading_copies.blueprint, PEOPLE),
        (retention_views.retention, PEOPLE),
        (retention_views.accesses, PEOPLE),
        (destruction_views.destruction, PEOPLE),
        (industry_views.industry_pages, PEOPLE),
        (notices_views.notices, PEOPLE),
        (notices_views.receipts, PUBLIC),
        (alarms_views.blueprint, PEOPLE),
        (scheduling_views.blueprint, PEOPLE),
        (audit_views.blueprint, PEOPLE),
        (channel_views.blueprint, PEOPLE),
        (health_views.health, PUBLIC),
        (health_views.metrics, gateway_keys(Scope.METRICS)),
        (desk_today.blueprint, PEOPLE),
        (desk_register.blueprint, PEOPLE),
        (desk_agreement.blueprint, PEOPLE),
        (desk_past.blueprint, PEOPLE),
        (desk_ending.blueprint, PEOPLE),
        (register_terms.agreement_terms, PEOPLE),
        (register_supplements.supplements, PEOPLE),
        (desk_tenant.blueprint, PEOPLE),
        (desk_tenant_records.tenant_records, PEOPLE),
        (desk_tenant_account.tenant_account, PEOPLE),
        (desk_documents.documents, PEOPLE),
        (desk_own_documents.own, PEOPLE),
        (desk_calendar.blueprint, PEOPLE),
        (desk_calendar_years.blueprint, PEOPLE),
        (desk_calendar_feed.blueprint, PEOPLE),
        (desk_calendar_feed.public, PUBLIC),
        (intake_api.imports, STAFF_KEYS),
        (batch_api.room, STAFF_KEYS),
        (form_api.standard_forms, STAFF_KEYS),
        (desk_api.agreements, STAFF_KEYS),
        (desk_api.tenants, STAFF_KEYS),
        (desk_register_api.room, STAFF_KEYS),
        (desk_service_api.room, STAFF_KEYS),
        (desk_tenant_people_api.people, STAFF_KEYS),
        (desk_tenant_api.accounts, STAFF_KEYS),
        (desk_adjustments_api.room, STAFF_KEYS),
        (desk_reading_copies_api.room, STAFF_KEYS),
        (desk_tenant_api.documents, STAFF_KEYS),
        (desk_own_documents_api.room, STAFF_KEYS),
        (desk_ending_api.room, STAFF_KEYS),
        (register_api.terms, STAFF_KEYS),
        (register_api.supplements, STAFF_KEYS),
        (register_records_api.records, STAFF_KEYS),
        (obligations_api.room, STAFF_KEYS),
        (changes_api.room, STAFF_KEYS),
        (change_acts_api.room, STAFF_KEYS),
        (upstream_api.room, STAFF_KEYS),
        (upstream_acts_api.room, STAFF_KEYS),
        (breaches_api.cases, STAFF_KEYS),
        (breaches_evidence_api.room, STAFF_KEYS),
        (settlement_api.room, STAFF_KEYS),
        (paper_api.papers, STAFF_KEYS),
        (paper_api.copies, STAFF_KEYS),
        (paper_checks_api.checks, STAFF_KEYS),
        (paper_checks_api.kept, STAFF_KEYS),
        (paper_checks_api.sealed, STAFF_KEYS),
        (paper_seals_api.room, STAFF_KEYS),
        (retention_api.room, STAFF_KEYS),
        (retention_api.accesses, STAFF_KEYS),
        (destruction_api.room, STAFF_KEYS),
        (industry_api.room, STAFF_KEYS),
        (notices_api.room, STAFF_KEYS),
        (rest_reference.blueprint, PUBLIC),
        (gateway_api.decisions, gateway_keys(Scope.DECIDE)),
        (gateway_api.standings, gateway_keys(Scope.STATUS)),
    ]
    command_groups = [
        *calendar_cli.commands,
        audit_cli.commands,
        *access_cli.commands,
        intake_cli.commands,
        import_cli.commands,
        gateway_cli.commands,
        retention_cli.commands,
        scheduling_cli.commands,
        desk_cli.commands,
        desk_calendar_cli.commands,
    ]
    for blueprint, access in pages_and_api:
        mount(app, blueprint, access=access)
    publish(
        app,
        [blueprint for blueprint, _ in pages_and_api],
        outside=[*gateway_described.OUTSIDE, *operations_described.OUTSIDE],
    )
    for group in command_groups:
        add_commands(app, group)
    for command in (*operations_cli.commands, prepare_cli.prepare):
        app.cli.add_command(command)


__all__ = ["Base", "create_app", "register_models"]
