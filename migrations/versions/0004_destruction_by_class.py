"""Destruction class by class; industries and clause patterns as data.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

from agreements.kernel import db as kernel_db
from migrations.checks import drop_check, replace_check

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "industry_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("is_retired", sa.Boolean(create_constraint=True, name="is_retired"), nullable=False),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(name_zh) > 0 AND length(name_en) > 0", name=op.f("ck_industry_version_names")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_industry_version_version")),
        sa.ForeignKeyConstraint(
            ["audit_seq"], ["audit_event.seq"], name=op.f("fk_industry_version_audit_seq_audit_event")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_industry_version")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_industry_version_code_version")),
    )
    op.create_table(
        "purge_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "retention_class",
            sa.Enum(
                "contracts",
                "notices",
                "cases",
                "processing_records",
                "authorizations",
                "call_logs",
                name="retentionclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "destroyed",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("due_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("proposed_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("destroyed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'destroyed') = (destroyed_at IS NOT NULL)", name=op.f("ck_purge_proposal_destroyed")
        ),
        sa.CheckConstraint("files >= 0 AND erased >= 0 AND shared >= 0", name=op.f("ck_purge_proposal_counts")),
        sa.CheckConstraint("length(plan_sha256) = 64", name=op.f("ck_purge_proposal_plan")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_purge_proposal_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_proposal")),
        sa.UniqueConstraint(
            "agreement_id", "retention_class", name=op.f("uq_purge_proposal_agreement_id_retention_class")
        ),
    )
    op.create_table(
        "retention_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "retention_class",
            sa.Enum(
                "contracts",
                "notices",
                "cases",
                "processing_records",
                "authorizations",
                "call_logs",
                name="retentionclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "counted_from",
            sa.Enum(
                "end", "performed", "settled", name="countedfrom", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("floor_months", sa.Integer(), nullable=False),
        sa.Column(
            "rests_on",
            sa.Enum("policy", "statute", name="restson", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("due_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("scheduled_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("scheduled_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint("months >= floor_months AND floor_months > 0", name=op.f("ck_retention_clock_floor")),
        sa.CheckConstraint("through_on > counted_on", name=op.f("ck_retention_clock_period")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_retention_clock_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_clock")),
        sa.UniqueConstraint(
            "agreement_id", "retention_class", name=op.f("uq_retention_clock_agreement_id_retention_class")
        ),
    )
    op.create_table(
        "destruction_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "retention_class",
            sa.Enum(
                "contracts",
                "notices",
                "cases",
                "processing_records",
                "authorizations",
                "call_logs",
                name="retentionclass",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "counted_from",
            sa.Enum(
                "end", "performed", "settled", name="countedfrom", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("floor_months", sa.Integer(), nullable=False),
        sa.Column(
            "rests_on",
            sa.Enum("policy", "statute", name="restson", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("through_on", sa.Date(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("erased", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.Column("approvers", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "files >= 0 AND erased >= 0 AND shared >= 0", name=op.f("ck_destruction_certificate_counts")
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_destruction_certificate_sha256")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_destruction_certificate_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["purge_proposal.id"], name=op.f("fk_destruction_certificate_proposal_id_purge_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destruction_certificate")),
        sa.UniqueConstraint(
            "agreement_id", "retention_class", name=op.f("uq_destruction_certificate_agreement_id_retention_class")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_destruction_certificate_number")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_destruction_certificate_proposal_id")),
        sa.UniqueConstraint("year", "sequence", name=op.f("uq_destruction_certificate_year_sequence")),
    )
    op.create_table(
        "purge_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("approved_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_purge_approval_reason")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_purge_approval_person_id_person")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["purge_proposal.id"], name=op.f("fk_purge_approval_proposal_id_purge_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purge_approval")),
        sa.UniqueConstraint(
            "proposal_id", "person_id", "round", name=op.f("uq_purge_approval_proposal_id_person_id_round")
        ),
    )
    op.create_table(
        "destroyed_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("file", "value", name="itemkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("row", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_destroyed_item_sha256")),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["destruction_certificate.id"],
            name=op.f("fk_destroyed_item_certificate_id_destruction_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destroyed_item")),
        sa.UniqueConstraint(
            "certificate_id", "source", "row", name=op.f("uq_destroyed_item_certificate_id_source_row")
        ),
    )
    op.create_index(op.f("ix_purge_proposal_state_due_at"), "purge_proposal", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_retention_clock_due_at"), "retention_clock", ["due_at"], unique=False)
    op.create_index(
        op.f("ix_destruction_certificate_issued_at"), "destruction_certificate", ["issued_at"], unique=False
    )
    op.add_column("standard_form_clause", sa.Column("says", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("standard_form_version", sa.Column("import_id", sa.Integer(), nullable=True))
    op.add_column("stored_file", sa.Column("is_made_here", sa.Boolean(), nullable=False, server_default=sa.false()))
    replace_check(
        "import_deviation",
        "ck_import_deviation_deviationkind",
        "kind IN ('changed', 'missing', 'added', 'reworded', 'unread')",
    )
    replace_check(
        "official_document",
        "ck_official_document_paperkind",
        "kind IN ('supplement', 'notice', 'rectification_demand', 'suspension_notice', 'resume_notice',"
        " 'settlement_statement', 'evidence_cover', 'destruction_certificate')",
    )
    if op.get_bind().dialect.name == "sqlite":  # the other has booleans
        replace_check("stored_file", "ck_stored_file_is_made_here", "is_made_here IN (0, 1)")
    drop_check("tenant", "ck_tenant_industry")
    op.execute(
        "UPDATE stored_file SET is_made_here = true WHERE id IN (SELECT file_id FROM official_document"
        " UNION SELECT stamped_file_id FROM official_document WHERE stamped_file_id IS NOT NULL)"
    )
    if not op.get_bind().scalar(sa.text("SELECT count(*) FROM retention_purge")):
        op.drop_table("retention_purge")  # one that tells of a destruction stays for reading; nothing writes it


def downgrade() -> None:
    raise NotImplementedError("what was recorded since has no place in the tables before: restore a backup")
