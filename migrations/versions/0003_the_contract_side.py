"""The contract side: standard forms, the ledger of terms, onboarding, paper, settlement, retention.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

from agreements.kernel import db as kernel_db
from migrations.checks import allow_null, replace_check

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("company", "contract", name="sealkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("line", sa.String(length=20), nullable=False),
        sa.Column("made_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=120), nullable=False),
        sa.Column("retired_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("retired_by", sa.String(length=120), nullable=True),
        sa.Column("retired_reason", sa.String(length=400), nullable=True),
        sa.CheckConstraint("(retired_at IS NULL) = (retired_by IS NULL)", name=op.f("ck_seal_retired_by")),
        sa.CheckConstraint("(retired_at IS NULL) = (retired_reason IS NULL)", name=op.f("ck_seal_retired_reason")),
        sa.CheckConstraint("length(name) >= 2", name=op.f("ck_seal_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
    )
    op.create_table(
        "sensitive_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "person",
                "scheduler",
                "gateway",
                "tenant_contact",
                "operator",
                name="actorkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.Column("via_key", sa.String(length=20), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "contact_data",
                "contract_text",
                "file",
                "notice_text",
                name="sensitivekind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=True),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.CheckConstraint(
            "kind <> 'contact_data' OR reason IS NOT NULL", name=op.f("ck_sensitive_access_unmasking_has_a_reason")
        ),
        sa.CheckConstraint("length(subject) > 0", name=op.f("ck_sensitive_access_subject")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sensitive_access")),
    )
    op.create_table(
        "standard_form",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_form")),
        sa.UniqueConstraint("key", name=op.f("uq_standard_form_key")),
    )
    op.create_table(
        "intake_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("files", "orders", name="batchkind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("rows_total", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'orders') = (file_id IS NOT NULL)", name=op.f("ck_intake_batch_a_list_is_a_file")),
        sa.CheckConstraint("rows_read >= 0 AND rows_total >= 0", name=op.f("ck_intake_batch_counts")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_intake_batch_file_id_stored_file")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_intake_batch_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_batch")),
    )
    op.create_table(
        "online_terms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("effective_from_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("length(label) > 0", name=op.f("ck_online_terms_label")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_online_terms_file_id_stored_file")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_online_terms_product_id_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_terms")),
        sa.UniqueConstraint(
            "product_id", "effective_from_at", name=op.f("uq_online_terms_product_id_effective_from_at")
        ),
    )
    op.create_table(
        "own_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "type",
            sa.Enum(
                "business_licence",
                "telecom_licence",
                "security_filing",
                "source_authorisation",
                "other",
                name="owndocumenttype",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=80), nullable=True),
        sa.Column("issuer", sa.String(length=120), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint(
            "expires_on IS NULL OR issued_on IS NULL OR expires_on >= issued_on", name=op.f("ck_own_document_validity")
        ),
        sa.CheckConstraint(
            "replaces_id IS NULL OR replaces_id < id", name=op.f("ck_own_document_replaces_an_earlier_one")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_own_document_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["replaces_id"], ["own_document.id"], name=op.f("fk_own_document_replaces_id_own_document")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_document")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_own_document_replaces_id")),
    )
    op.create_table(
        "party_name",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("normalised_name", sa.String(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=True),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_party_name_name")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_name_party_id_party")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_name")),
    )
    op.create_table(
        "party_search",
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("spellings", sa.Text(), nullable=False),
        sa.Column("indexed_name", sa.String(), nullable=False),
        sa.Column("forms_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("forms_version >= 1", name=op.f("ck_party_search_forms_version")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_party_search_party_id_party")),
        sa.PrimaryKeyConstraint("party_id", name=op.f("pk_party_search")),
    )
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("is_shared", sa.Boolean(create_constraint=True, name="is_shared"), nullable=False),
        sa.Column("saved_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(name) > 0", name=op.f("ck_saved_view_name")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("person_id", "name", name=op.f("uq_saved_view_person_id_name")),
    )
    op.create_table(
        "seal_holder",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "legal_officer",
                "legal_approver",
                "ops",
                "finance",
                "auditor",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(role IS NULL) <> (person_id IS NULL)", name=op.f("ck_seal_holder_role_or_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_seal_holder_person_id_person")),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_holder_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_holder")),
        sa.UniqueConstraint("seal_id", "person_id", name=op.f("uq_seal_holder_seal_id_person_id")),
        sa.UniqueConstraint("seal_id", "role", name=op.f("uq_seal_holder_seal_id_role")),
    )
    op.create_table(
        "standard_form_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "approved",
                "in_force",
                "replaced",
                "withdrawn",
                name="formstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("approved_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("in_force_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(in_force_at IS NOT NULL) = (state IN ('in_force', 'replaced'))",
            name=op.f("ck_standard_form_version_in_force"),
        ),
        sa.CheckConstraint("state <> 'draft' OR approved_by IS NULL", name=op.f("ck_standard_form_version_draft")),
        sa.CheckConstraint(
            "state NOT IN ('approved', 'in_force', 'replaced') OR approved_by IS NOT NULL",
            name=op.f("ck_standard_form_version_legal"),
        ),
        sa.CheckConstraint(
            "(approved_by IS NULL) = (approved_at IS NULL)", name=op.f("ck_standard_form_version_approved")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_standard_form_version_number")),
        sa.ForeignKeyConstraint(
            ["form_id"], ["standard_form.id"], name=op.f("fk_standard_form_version_form_id_standard_form")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_form_version")),
        sa.UniqueConstraint("form_id", "number", name=op.f("uq_standard_form_version_form_id_number")),
    )
    op.create_table(
        "standard_form_clause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column(
            "part",
            sa.Enum("main", "annex", name="part", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("marks", sa.JSON(), nullable=False),
        sa.CheckConstraint("length(wording) > 0", name=op.f("ck_standard_form_clause_wording")),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["standard_form_version.id"],
            name=op.f("fk_standard_form_clause_version_id_standard_form_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard_form_clause")),
        sa.UniqueConstraint("version_id", "key", name=op.f("uq_standard_form_clause_version_id_key")),
    )
    op.create_table(
        "agreement_ending",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "ground",
            sa.Enum(
                "both_signed",
                "full_refund",
                "provider_cause",
                "breach",
                name="endingground",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("ended_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("arrived_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("breach", sa.String(length=80), nullable=True),
        sa.Column("known_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("(ground = 'breach') = (breach IS NOT NULL)", name=op.f("ck_agreement_ending_breach")),
        sa.CheckConstraint("(ground = 'breach') = (known_at IS NOT NULL)", name=op.f("ck_agreement_ending_known")),
        sa.CheckConstraint(
            "ended_at <= recorded_at OR ground = 'both_signed'", name=op.f("ck_agreement_ending_recorded")
        ),
        sa.CheckConstraint(
            "ground NOT IN ('provider_cause', 'breach') OR arrived_at IS NOT NULL",
            name=op.f("ck_agreement_ending_declared"),
        ),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_agreement_ending_reason")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_ending_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_agreement_ending_file_id_stored_file")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_agreement_ending")),
    )
    op.create_table(
        "agreement_label",
        sa.Column("agreement_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("label", sa.String(length=30), nullable=False),
        sa.Column("put_by", sa.String(), nullable=False),
        sa.Column("put_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(label) > 0", name=op.f("ck_agreement_label_label")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_label_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "label", name=op.f("pk_agreement_label")),
    )
    op.create_table(
        "official_document",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "supplement",
                "notice",
                "rectification_demand",
                "suspension_notice",
                "resume_notice",
                "settlement_statement",
                "evidence_cover",
                name="paperkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "language",
            sa.Enum("zh", "en", name="paperlanguage", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("clause", sa.String(length=40), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("unsigned_sha256", sa.String(length=64), nullable=False),
        sa.Column("signed_sha256", sa.String(length=64), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=False),
        sa.Column("is_trial", sa.Boolean(create_constraint=True, name="is_trial"), nullable=False),
        sa.Column("issued_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.String(length=120), nullable=False),
        sa.Column("stamped_file_id", sa.Integer(), nullable=True),
        sa.Column("timestamped_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(stamped_file_id IS NULL) = (timestamped_at IS NULL)", name=op.f("ck_official_document_timestamped")
        ),
        sa.CheckConstraint("(subject IS NULL) = (content_sha256 IS NULL)", name=op.f("ck_official_document_subject")),
        sa.CheckConstraint(
            "length(unsigned_sha256) = 64 AND length(signed_sha256) = 64", name=op.f("ck_official_document_hashes")
        ),
        sa.CheckConstraint("pages >= 1", name=op.f("ck_official_document_pages")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_official_document_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_official_document_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["stamped_file_id"], ["stored_file.id"], name=op.f("fk_official_document_stamped_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_official_document_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_official_document")),
        sa.UniqueConstraint("number", name=op.f("uq_official_document_number")),
        sa.UniqueConstraint("signed_sha256", name=op.f("uq_official_document_signed_sha256")),
        sa.UniqueConstraint("subject", "content_sha256", name=op.f("uq_official_document_subject_content_sha256")),
        sa.UniqueConstraint("year", "sequence", name=op.f("uq_official_document_year_sequence")),
    )
    op.create_table(
        "retention_hold",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column(
            "ground",
            sa.Enum("dispute", "authority", name="holdground", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("placed_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("placed_by", sa.String(length=120), nullable=False),
        sa.Column("lifted_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=120), nullable=True),
        sa.Column("lift_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            name=op.f("ck_retention_hold_lifted"),
        ),
        sa.CheckConstraint("length(reason) > 0 AND length(reference) > 0", name=op.f("ck_retention_hold_grounds")),
        sa.CheckConstraint("lifted_at IS NULL OR lifted_at >= placed_at", name=op.f("ck_retention_hold_lifted_after")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_retention_hold_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_retention_hold_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_hold")),
    )
    op.create_table(
        "retention_purge",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("purged_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("values", sa.Integer(), nullable=False),
        sa.Column("shared", sa.Integer(), nullable=False),
        sa.CheckConstraint("files >= 0 AND shared >= 0", name=op.f("ck_retention_purge_counts")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_retention_purge_agreement_id_agreement")
        ),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_retention_purge")),
    )
    op.create_table(
        "spec_snapshot",
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("displayed_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("calls_each", sa.BigInteger(), nullable=True),
        sa.Column("bonus_each", sa.BigInteger(), nullable=False),
        sa.Column("quota_of_form", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("bonus_each >= 0", name=op.f("ck_spec_snapshot_bonus")),
        sa.CheckConstraint("calls_each IS NULL OR calls_each >= 1", name=op.f("ck_spec_snapshot_calls")),
        sa.CheckConstraint("length(url) > 0", name=op.f("ck_spec_snapshot_url")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_spec_snapshot_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_spec_snapshot_file_id_stored_file")),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_spec_snapshot")),
    )
    op.create_table(
        "usage_statement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "recorded",
                "effective",
                "replaced",
                "rejected",
                name="usagestate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("used_through_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=500), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.String(length=120), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("signed_off_by", sa.String(length=120), nullable=True),
        sa.Column("signed_off_by_id", sa.Integer(), nullable=True),
        sa.Column("signed_off_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("rejected_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'rejected') = (rejected_reason IS NOT NULL)", name=op.f("ck_usage_statement_rejected")
        ),
        sa.CheckConstraint(
            "(state = 'replaced') = (replaced_at IS NOT NULL)", name=op.f("ck_usage_statement_replaced")
        ),
        sa.CheckConstraint(
            "(state IN ('effective', 'replaced')) = (signed_off_at IS NOT NULL) AND (signed_off_at IS NULL) = (signed_off_by IS NULL)",
            name=op.f("ck_usage_statement_signed_off"),
        ),
        sa.CheckConstraint(
            "signed_off_by_id IS NULL OR signed_off_by_id <> recorded_by_id",
            name=op.f("ck_usage_statement_second_person"),
        ),
        sa.CheckConstraint("used >= 0", name=op.f("ck_usage_statement_used")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_usage_statement_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_usage_statement_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_usage_statement")),
    )
    op.create_table(
        "vault_copy",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "valid",
                "untrusted",
                "altered",
                "no_signature",
                name="signatureanswer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("signed_sha256", sa.String(length=64), nullable=True),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("signatures", sa.JSON(), nullable=False),
        sa.Column("is_formal", sa.Boolean(create_constraint=True, name="is_formal"), nullable=False),
        sa.Column("kept_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("kept_by", sa.String(length=120), nullable=False),
        sa.CheckConstraint(
            "(answer = 'no_signature') = (signed_sha256 IS NULL)", name=op.f("ck_vault_copy_signed_content")
        ),
        sa.CheckConstraint(
            "NOT is_formal OR (agreement_id IS NOT NULL AND answer <> 'altered')", name=op.f("ck_vault_copy_formal")
        ),
        sa.CheckConstraint("pages >= 1", name=op.f("ck_vault_copy_pages")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_vault_copy_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_vault_copy_file_id_stored_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_copy")),
        sa.UniqueConstraint("agreement_id", "file_id", name=op.f("uq_vault_copy_agreement_id_file_id")),
    )
    op.create_table(
        "import_deviation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("form_version_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "changed",
                "missing",
                "added",
                "reworded",
                name="deviationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("clause_id", sa.Integer(), nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("spans", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("acknowledged_by", sa.String(), nullable=True),
        sa.Column("acknowledged_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint("(kind = 'added') = (clause_id IS NULL)", name=op.f("ck_import_deviation_added")),
        sa.CheckConstraint("kind <> 'missing' OR number IS NULL", name=op.f("ck_import_deviation_missing")),
        sa.CheckConstraint(
            "(acknowledged_by IS NULL) = (acknowledged_at IS NULL)", name=op.f("ck_import_deviation_acknowledged")
        ),
        sa.CheckConstraint("note IS NULL OR acknowledged_at IS NOT NULL", name=op.f("ck_import_deviation_note")),
        sa.ForeignKeyConstraint(
            ["clause_id"], ["standard_form_clause.id"], name=op.f("fk_import_deviation_clause_id_standard_form_clause")
        ),
        sa.ForeignKeyConstraint(
            ["form_version_id"],
            ["standard_form_version.id"],
            name=op.f("fk_import_deviation_form_version_id_standard_form_version"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contract_import.id"], name=op.f("fk_import_deviation_import_id_contract_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_deviation")),
        sa.UniqueConstraint(
            "import_id",
            "form_version_id",
            "position",
            name=op.f("uq_import_deviation_import_id_form_version_id_position"),
        ),
    )
    op.create_table(
        "intake_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "under_review",
                "payment",
                "registered",
                "paid",
                "duplicate",
                "differs",
                "refused",
                "discarded",
                name="itemstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("order_no", sa.String(length=60), nullable=True),
        sa.Column("facts_sealed", sa.String(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("import_id", sa.Integer(), nullable=True),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state NOT IN ('refused', 'differs') OR problem IS NOT NULL",
            name=op.f("ck_intake_item_refused_for_a_reason"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('registered', 'paid', 'payment') OR agreement_id IS NOT NULL",
            name=op.f("ck_intake_item_agreement"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_intake_item_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["batch_id"], ["intake_batch.id"], name=op.f("fk_intake_item_batch_id_intake_batch")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_intake_item_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["contract_import.id"], name=op.f("fk_intake_item_import_id_contract_import")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intake_item")),
        sa.UniqueConstraint("batch_id", "line", name=op.f("uq_intake_item_batch_id_line")),
        sa.UniqueConstraint("row_key", name=op.f("uq_intake_item_row_key")),
    )
    op.create_table(
        "record_correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("old_value", sa.JSON(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("clause", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "applied",
                "rejected",
                name="correctionstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("proposed_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("decided_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'applied') = (instrument_id IS NOT NULL)", name=op.f("ck_record_correction_applied")
        ),
        sa.CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_record_correction_decided")),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_record_correction_reason")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_record_correction_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["instrument.id"], name=op.f("fk_record_correction_corrects_id_instrument")
        ),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_record_correction_instrument_id_instrument")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_correction")),
    )
    op.create_table(
        "seal_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seal_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=False),
        sa.Column("used_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column(
            "actor_kind",
            sa.Enum(
                "person",
                "scheduler",
                "gateway",
                "tenant_contact",
                "operator",
                name="actorkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"], ["official_document.id"], name=op.f("fk_seal_use_document_id_official_document")
        ),
        sa.ForeignKeyConstraint(["seal_id"], ["seal.id"], name=op.f("fk_seal_use_seal_id_seal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_use")),
        sa.UniqueConstraint("document_id", name=op.f("uq_seal_use_document_id")),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "confirmed",
                "disputed",
                "paid",
                "withdrawn",
                name="settlementstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("obligation_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("earlier_refunds_fen", sa.BigInteger(), nullable=False),
        sa.Column("earlier_refunds_note", sa.String(), nullable=True),
        sa.Column("usage_statement_id", sa.Integer(), nullable=True),
        sa.Column(
            "basis",
            sa.Enum(
                "paid_proportional", "list_price", name="basis", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("basis_reason", sa.String(), nullable=True),
        sa.Column(
            "measure",
            sa.Enum(
                "calls", "days", "billed_calls", name="measure", native_enum=False, create_constraint=True, length=40
            ),
            nullable=True,
        ),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("paid_fen", sa.BigInteger(), nullable=True),
        sa.Column("consumed_fen", sa.BigInteger(), nullable=True),
        sa.Column("refund_fen", sa.BigInteger(), nullable=True),
        sa.Column("due_fen", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_by", sa.String(length=120), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("document_number", sa.String(length=60), nullable=True),
        sa.Column("dispute", sa.String(), nullable=True),
        sa.Column("disputed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.String(), nullable=True),
        sa.Column("settled_on", sa.Date(), nullable=True),
        sa.Column("settled_by", sa.String(length=120), nullable=True),
        sa.Column("payment_reference", sa.String(length=120), nullable=True),
        sa.CheckConstraint(
            "(state = 'draft') = (confirmed_at IS NULL) AND (confirmed_at IS NULL) = (confirmed_by IS NULL) AND (confirmed_at IS NULL) = (basis IS NULL) AND (confirmed_at IS NULL) = (refund_fen IS NULL) AND (confirmed_at IS NULL) = (basis_reason IS NULL)",
            name=op.f("ck_settlement_confirmed"),
        ),
        sa.CheckConstraint("(state = 'paid') = (settled_on IS NOT NULL)", name=op.f("ck_settlement_paid")),
        sa.CheckConstraint(
            "(state = 'withdrawn') = (withdrawn_reason IS NOT NULL)", name=op.f("ck_settlement_withdrawn")
        ),
        sa.CheckConstraint(
            "confirmed_at IS NULL OR measure = 'days' OR usage_statement_id IS NOT NULL",
            name=op.f("ck_settlement_usage_is_shown"),
        ),
        sa.CheckConstraint("state <> 'disputed' OR dispute IS NOT NULL", name=op.f("ck_settlement_disputed")),
        sa.CheckConstraint(
            "(earlier_refunds_fen = 0) = (earlier_refunds_note IS NULL)",
            name=op.f("ck_settlement_earlier_is_explained"),
        ),
        sa.CheckConstraint("earlier_refunds_fen >= 0", name=op.f("ck_settlement_earlier")),
        sa.CheckConstraint(
            "refund_fen IS NULL OR (refund_fen >= 0 AND refund_fen <= paid_fen)", name=op.f("ck_settlement_refund")
        ),
        sa.CheckConstraint(
            "refund_fen IS NULL OR consumed_fen + earlier_refunds_fen + refund_fen = paid_fen",
            name=op.f("ck_settlement_parts_add_up"),
        ),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_settlement_agreement_id_agreement")),
        sa.ForeignKeyConstraint(
            ["obligation_id"], ["obligation.id"], name=op.f("fk_settlement_obligation_id_obligation")
        ),
        sa.ForeignKeyConstraint(
            ["usage_statement_id"],
            ["usage_statement.id"],
            name=op.f("fk_settlement_usage_statement_id_usage_statement"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement")),
    )
    op.create_table(
        "supplement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "signed_by_one",
                "signed_by_both",
                "in_force",
                "cancelled",
                name="supplementstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("asked_for_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("reaches_back", sa.Boolean(create_constraint=True, name="reaches_back_flag"), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("drafted_by_id", sa.Integer(), nullable=True),
        sa.Column("drafted_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("provider_signed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("provider_signed_by", sa.String(), nullable=True),
        sa.Column("tenant_signed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("tenant_signer", sa.String(), nullable=True),
        sa.Column("in_force_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("instrument_id", sa.Integer(), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'cancelled') = (cancel_reason IS NOT NULL)", name=op.f("ck_supplement_cancelled")),
        sa.CheckConstraint(
            "state IN ('signed_by_both', 'in_force') OR (instrument_id IS NULL AND in_force_at IS NULL)",
            name=op.f("ck_supplement_no_effect"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('signed_by_both', 'in_force') OR (provider_signed_at IS NOT NULL AND tenant_signed_at IS NOT NULL AND in_force_at IS NOT NULL AND instrument_id IS NOT NULL AND file_id IS NOT NULL)",
            name=op.f("ck_supplement_signed_by_both"),
        ),
        sa.CheckConstraint(
            "(provider_signed_at IS NULL) = (provider_signed_by IS NULL)", name=op.f("ck_supplement_provider")
        ),
        sa.CheckConstraint("(tenant_signed_at IS NULL) = (tenant_signer IS NULL)", name=op.f("ck_supplement_tenant")),
        sa.CheckConstraint("NOT reaches_back OR asked_for_at IS NOT NULL", name=op.f("ck_supplement_reaches_back")),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_supplement_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["file_id"], ["stored_file.id"], name=op.f("fk_supplement_file_id_stored_file")),
        sa.ForeignKeyConstraint(
            ["instrument_id"], ["instrument.id"], name=op.f("fk_supplement_instrument_id_instrument")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement")),
        sa.UniqueConstraint("number", name=op.f("uq_supplement_number")),
    )
    op.create_table(
        "supplement_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("supplement_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("old_value", sa.JSON(), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("clause", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(
            ["supplement_id"], ["supplement.id"], name=op.f("fk_supplement_term_supplement_id_supplement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplement_term")),
        sa.UniqueConstraint("supplement_id", "key", name=op.f("uq_supplement_term_supplement_id_key")),
    )
    op.create_table(
        "term_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("annex_term_id", sa.Integer(), nullable=False),
        sa.Column("online_term_id", sa.Integer(), nullable=False),
        sa.Column(
            "comparator",
            sa.Enum(
                "shorter",
                "longer",
                "larger",
                "looser_form",
                "yes",
                "no",
                "more_protection",
                "none",
                name="comparator",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("open", "resolved", name="conflictstate", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("meanwhile_term_id", sa.Integer(), nullable=False),
        sa.Column("winner_term_id", sa.Integer(), nullable=True),
        sa.Column("opened_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_term_conflict_resolved")),
        sa.CheckConstraint("(state = 'resolved') = (winner_term_id IS NOT NULL)", name=op.f("ck_term_conflict_winner")),
        sa.CheckConstraint("(approved_by IS NULL) = (reason IS NULL)", name=op.f("ck_term_conflict_approved")),
        sa.CheckConstraint(
            "winner_term_id IS NULL OR winner_term_id IN (annex_term_id, online_term_id)",
            name=op.f("ck_term_conflict_of_two"),
        ),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_term_conflict_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["annex_term_id"], ["term.id"], name=op.f("fk_term_conflict_annex_term_id_term")),
        sa.ForeignKeyConstraint(
            ["meanwhile_term_id"], ["term.id"], name=op.f("fk_term_conflict_meanwhile_term_id_term")
        ),
        sa.ForeignKeyConstraint(["online_term_id"], ["term.id"], name=op.f("fk_term_conflict_online_term_id_term")),
        sa.ForeignKeyConstraint(["winner_term_id"], ["term.id"], name=op.f("fk_term_conflict_winner_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_conflict")),
        sa.UniqueConstraint(
            "annex_term_id", "online_term_id", name=op.f("uq_term_conflict_annex_term_id_online_term_id")
        ),
    )
    op.create_table(
        "adjustment_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "add_platform",
                "remove_platform",
                "unfreeze",
                "reissue",
                "account",
                "interface",
                name="adjustmentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "sealed_received",
                "executed",
                "refused",
                name="adjustmentstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("drafted_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.String(), nullable=False),
        sa.Column("platform", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("platform_id", sa.Integer(), nullable=True),
        sa.Column("proof_file_id", sa.Integer(), nullable=True),
        sa.Column("hold_id", sa.Integer(), nullable=True),
        sa.Column("letter_file_id", sa.Integer(), nullable=True),
        sa.Column("letter_received_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column(
            "seal_basis",
            sa.Enum("company_seal", "e_seal", name="sealbasis", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("seal_record", sa.String(), nullable=True),
        sa.Column(
            "seal_answer",
            sa.Enum(
                "valid",
                "untrusted",
                "altered",
                "no_signature",
                name="signatureanswer",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("seal_checked_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("seal_checked_by", sa.String(), nullable=True),
        sa.Column("executed_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("executed_by", sa.String(), nullable=True),
        sa.Column("execution_note", sa.String(), nullable=True),
        sa.Column("refused_at", kernel_db.UTCDateTime(timezone=True), nullable=True),
        sa.Column("refused_by", sa.String(), nullable=True),
        sa.Column("refused_reason", sa.String(), nullable=True),
        sa.CheckConstraint(
            "(state = 'executed') = (executed_at IS NOT NULL)", name=op.f("ck_adjustment_request_executed")
        ),
        sa.CheckConstraint(
            "(state = 'refused') = (refused_at IS NOT NULL)", name=op.f("ck_adjustment_request_refused")
        ),
        sa.CheckConstraint(
            "kind <> 'remove_platform' OR platform_id IS NOT NULL", name=op.f("ck_adjustment_request_remove_platform")
        ),
        sa.CheckConstraint("kind <> 'unfreeze' OR hold_id IS NOT NULL", name=op.f("ck_adjustment_request_unfreeze")),
        sa.CheckConstraint(
            "seal_basis IS NULL OR seal_basis <> 'e_seal' OR seal_record IS NOT NULL",
            name=op.f("ck_adjustment_request_e_seal"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('sealed_received', 'executed') OR (letter_file_id IS NOT NULL AND letter_received_at IS NOT NULL AND seal_basis IS NOT NULL AND seal_checked_at IS NOT NULL AND seal_checked_by IS NOT NULL)",
            name=op.f("ck_adjustment_request_sealed"),
        ),
        sa.CheckConstraint(
            "(executed_at IS NULL) = (executed_by IS NULL)", name=op.f("ck_adjustment_request_executed_by")
        ),
        sa.CheckConstraint(
            "(refused_at IS NULL) = (refused_by IS NULL)", name=op.f("ck_adjustment_request_refused_by")
        ),
        sa.CheckConstraint(
            "(refused_at IS NULL) = (refused_reason IS NULL)", name=op.f("ck_adjustment_request_refused_reason")
        ),
        sa.CheckConstraint("length(asked) > 0", name=op.f("ck_adjustment_request_asked")),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["agreement.id"], name=op.f("fk_adjustment_request_agreement_id_agreement")
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_adjustment_request_hold_id_hold")),
        sa.ForeignKeyConstraint(
            ["letter_file_id"], ["stored_file.id"], name=op.f("fk_adjustment_request_letter_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["platform_id"], ["own_platform.id"], name=op.f("fk_adjustment_request_platform_id_own_platform")
        ),
        sa.ForeignKeyConstraint(
            ["proof_file_id"], ["stored_file.id"], name=op.f("fk_adjustment_request_proof_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_adjustment_request_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adjustment_request")),
    )
    op.create_table(
        "key_freeze",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hold_id", sa.Integer(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("row_key", sa.String(length=32), nullable=False),
        sa.Column("caller_sealed", sa.String(), nullable=False),
        sa.Column("called_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recorded_at", kernel_db.UTCDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.CheckConstraint("length(reason) > 0", name=op.f("ck_key_freeze_reason")),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_key_freeze_hold_id_hold")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=op.f("fk_key_freeze_tenant_id_tenant")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_freeze")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_key_freeze_hold_id")),
        sa.UniqueConstraint("row_key", name=op.f("uq_key_freeze_row_key")),
    )
    op.create_index(
        "uq_seal_in_use",
        "seal",
        ["kind"],
        unique=True,
        sqlite_where=sa.text("retired_at IS NULL"),
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_index(
        op.f("ix_sensitive_access_actor_id_seen_at"), "sensitive_access", ["actor_id", "seen_at"], unique=False
    )
    op.create_index(op.f("ix_sensitive_access_seen_at"), "sensitive_access", ["seen_at"], unique=False)
    op.create_index(
        op.f("ix_sensitive_access_tenant_id_seen_at"), "sensitive_access", ["tenant_id", "seen_at"], unique=False
    )
    op.create_index(op.f("ix_intake_batch_finished_at_id"), "intake_batch", ["finished_at", "id"], unique=False)
    op.create_index(op.f("ix_party_name_normalised_name"), "party_name", ["normalised_name"], unique=False)
    op.create_index(op.f("ix_party_name_party_id"), "party_name", ["party_id"], unique=False)
    op.create_index(op.f("ix_saved_view_is_shared"), "saved_view", ["is_shared"], unique=False)
    op.create_index(op.f("ix_standard_form_version_form_id"), "standard_form_version", ["form_id"], unique=False)
    op.create_index(
        "uq_standard_form_version_in_force",
        "standard_form_version",
        ["form_id"],
        unique=True,
        sqlite_where=sa.text("state = 'in_force'"),
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_index(op.f("ix_standard_form_clause_version_id"), "standard_form_clause", ["version_id"], unique=False)
    op.create_index(
        op.f("ix_agreement_label_label_agreement_id"), "agreement_label", ["label", "agreement_id"], unique=False
    )
    op.create_index(
        op.f("ix_official_document_agreement_id_issued_at"),
        "official_document",
        ["agreement_id", "issued_at"],
        unique=False,
    )
    op.create_index(op.f("ix_official_document_issued_at"), "official_document", ["issued_at"], unique=False)
    op.create_index(
        op.f("ix_official_document_tenant_id_issued_at"), "official_document", ["tenant_id", "issued_at"], unique=False
    )
    op.create_index(op.f("ix_retention_hold_agreement_id"), "retention_hold", ["agreement_id"], unique=False)
    op.create_index(
        op.f("ix_retention_hold_tenant_id_lifted_at"), "retention_hold", ["tenant_id", "lifted_at"], unique=False
    )
    op.create_index(
        op.f("ix_usage_statement_agreement_id_state"), "usage_statement", ["agreement_id", "state"], unique=False
    )
    op.create_index(
        "uq_usage_statement_effective",
        "usage_statement",
        ["agreement_id"],
        unique=True,
        sqlite_where=sa.text("state = 'effective'"),
        postgresql_where=sa.text("state = 'effective'"),
    )
    op.create_index(op.f("ix_vault_copy_agreement_id"), "vault_copy", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_vault_copy_file_id"), "vault_copy", ["file_id"], unique=False)
    op.create_index(op.f("ix_vault_copy_kept_at"), "vault_copy", ["kept_at"], unique=False)
    op.create_index(
        "uq_vault_copy_formal",
        "vault_copy",
        ["agreement_id"],
        unique=True,
        sqlite_where=sa.text("is_formal"),
        postgresql_where=sa.text("is_formal"),
    )
    op.create_index(op.f("ix_intake_item_agreement_id"), "intake_item", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_intake_item_batch_id_state_id"), "intake_item", ["batch_id", "state", "id"], unique=False)
    op.create_index(op.f("ix_intake_item_order_no"), "intake_item", ["order_no"], unique=False)
    op.create_index(op.f("ix_intake_item_state_id"), "intake_item", ["state", "id"], unique=False)
    op.create_index(
        op.f("ix_record_correction_agreement_id_state"), "record_correction", ["agreement_id", "state"], unique=False
    )
    op.create_index(op.f("ix_seal_use_seal_id_used_at"), "seal_use", ["seal_id", "used_at"], unique=False)
    op.create_index(
        op.f("ix_settlement_agreement_id_generation"), "settlement", ["agreement_id", "generation"], unique=True
    )
    op.create_index(op.f("ix_settlement_state_ended_on"), "settlement", ["state", "ended_on"], unique=False)
    op.create_index(
        "uq_settlement_live",
        "settlement",
        ["agreement_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )
    op.create_index(op.f("ix_supplement_agreement_id_state"), "supplement", ["agreement_id", "state"], unique=False)
    op.create_index(op.f("ix_supplement_state_in_force_at"), "supplement", ["state", "in_force_at"], unique=False)
    op.create_index(op.f("ix_term_conflict_agreement_id"), "term_conflict", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_term_conflict_state"), "term_conflict", ["state"], unique=False)
    op.create_index(op.f("ix_adjustment_request_agreement_id"), "adjustment_request", ["agreement_id"], unique=False)
    op.create_index(op.f("ix_adjustment_request_hold_id"), "adjustment_request", ["hold_id"], unique=False)
    op.create_index(op.f("ix_adjustment_request_platform_id"), "adjustment_request", ["platform_id"], unique=False)
    op.create_index(
        op.f("ix_adjustment_request_tenant_id_state"), "adjustment_request", ["tenant_id", "state"], unique=False
    )
    op.create_index(op.f("ix_key_freeze_tenant_id"), "key_freeze", ["tenant_id"], unique=False)
    op.execute(
        "ALTER TABLE agreement ADD COLUMN owner_id INTEGER"
        " CONSTRAINT fk_agreement_owner_id_person REFERENCES person (id)"
    )
    op.add_column("agreement", sa.Column("ended_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE agreement ADD COLUMN predecessor_id INTEGER"
        " CONSTRAINT fk_agreement_predecessor_id_agreement REFERENCES agreement (id)"
    )
    op.add_column("agreement", sa.Column("follows_as", sa.String(length=40), nullable=True))
    op.create_index("ix_agreement_ended_at", "agreement", ["ended_at"])
    op.create_index("ix_agreement_owner_id", "agreement", ["owner_id"])
    op.create_index("ix_agreement_predecessor_id", "agreement", ["predecessor_id"])
    op.add_column("breach_case", sa.Column("termination_until_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.execute(
        "ALTER TABLE breach_case ADD COLUMN termination_notice_id INTEGER"
        " CONSTRAINT fk_breach_case_termination_notice_id_notice REFERENCES notice (id)"
    )
    op.add_column("contact", sa.Column("email_sealed", sa.String(), nullable=True))
    op.add_column("contact", sa.Column("role", sa.String(length=40), nullable=True))
    op.add_column("contact", sa.Column("is_company_name", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("contact", sa.Column("ended_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("contact", sa.Column("ended_by", sa.String(), nullable=True))
    op.execute(
        "ALTER TABLE contract_import ADD COLUMN form_version_id INTEGER"
        " CONSTRAINT fk_contract_import_form_version_id_standard_form_version REFERENCES standard_form_version (id)"
    )
    op.execute(
        "ALTER TABLE instrument ADD COLUMN corrects_id INTEGER"
        " CONSTRAINT fk_instrument_corrects_id_instrument REFERENCES instrument (id)"
    )
    op.execute(
        "ALTER TABLE instrument ADD COLUMN online_terms_id INTEGER"
        " CONSTRAINT fk_instrument_online_terms_id_online_terms REFERENCES online_terms (id)"
    )
    op.add_column("notice_address", sa.Column("ended_by", sa.String(), nullable=True))
    op.add_column("notice_address", sa.Column("end_reason", sa.String(), nullable=True))
    op.add_column("own_platform", sa.Column("ownership", sa.String(length=40), nullable=True))
    op.add_column("own_platform", sa.Column("proof_subject", sa.String(length=200), nullable=True))
    op.add_column("own_platform", sa.Column("proof_number", sa.String(length=80), nullable=True))
    op.add_column("own_platform", sa.Column("extension_clause", sa.String(length=200), nullable=True))
    op.add_column("own_platform", sa.Column("valid_until_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("own_platform", sa.Column("recheck_on", sa.Date(), nullable=True))
    op.add_column("own_platform", sa.Column("checked_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("own_platform", sa.Column("checked_by", sa.String(), nullable=True))
    op.add_column("own_platform", sa.Column("doubted_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("own_platform", sa.Column("doubt", sa.String(), nullable=True))
    op.add_column("own_platform", sa.Column("added_cause", sa.String(length=80), nullable=True))
    op.add_column("own_platform", sa.Column("removed_cause", sa.String(length=80), nullable=True))
    op.create_index("ix_own_platform_recheck_on", "own_platform", ["recheck_on"])
    op.add_column("party", sa.Column("name_en", sa.String(length=200), nullable=True))
    op.add_column("party", sa.Column("kind", sa.String(length=40), nullable=False, server_default="legal_person"))
    op.add_column("party", sa.Column("credit_code", sa.String(length=18), nullable=True))
    op.create_index("uq_party_credit_code", "party", ["credit_code"], unique=True)
    op.add_column(
        "qualification_document", sa.Column("state", sa.String(length=40), nullable=False, server_default="verified")
    )
    op.execute(
        "ALTER TABLE qualification_document ADD COLUMN replaces_id INTEGER"
        " CONSTRAINT fk_qualification_document_replaces_id_qualification_document REFERENCES qualification_document (id)"
    )
    op.add_column("qualification_document", sa.Column("submitted_by", sa.String(), nullable=True))
    op.add_column(
        "qualification_document", sa.Column("submitted_at", kernel_db.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column("qualification_document", sa.Column("rejected_by", sa.String(), nullable=True))
    op.add_column(
        "qualification_document", sa.Column("rejected_at", kernel_db.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column("qualification_document", sa.Column("rejected_reason", sa.String(), nullable=True))
    allow_null("qualification_document", "verified_by")
    allow_null("qualification_document", "verified_at")
    op.create_index("ix_qualification_document_replaces_id", "qualification_document", ["replaces_id"])
    op.add_column("stored_file", sa.Column("purged_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("stored_file", sa.Column("removed_at", kernel_db.UTCDateTime(timezone=True), nullable=True))
    op.add_column("tenant", sa.Column("industry", sa.String(length=40), nullable=False, server_default="general"))
    replace_check(
        "agreement",
        "ck_agreement_succession",
        "follows_as IN ('renewal', 'upgrade')",
    )
    replace_check(
        "alarm",
        "ck_alarm_alarmkind",
        "kind IN ('channel_failing', 'notice_bounced', 'upstream_unmapped', 'upstream_unread', 'upstream_not_arrived', 'upstream_overdue', 'upstream_no_address', 'agreement_ending', 'renewal_unpaid', 'document_expiring', 'calendar_year_missing', 'calendar_provisional', 'recount_undecided', 'announced_change_due', 'platform_recheck_due', 'platform_in_doubt', 'own_document_expiring', 'term_undecided')",
    )
    replace_check(
        "breach_case",
        "ck_breach_case_casestate",
        "state IN ('suspected', 'dismissed', 'confirmed', 'rectification_demanded', 'not_rectified', 'suspension_decided', 'suspended', 'termination_decided', 'terminated', 'rectified', 'closed')",
    )
    replace_check(
        "breach_case",
        "ck_breach_case_declared",
        "state NOT IN ('termination_decided', 'terminated') OR termination_notice_id IS NOT NULL",
    )
    replace_check(
        "breach_case",
        "ck_breach_case_termination_limit",
        "(termination_notice_id IS NULL) = (termination_until_at IS NULL)",
    )
    replace_check(
        "contact",
        "ck_contact_contactrole",
        "role IN ('business', 'legal', 'technical', 'finance', 'security')",
    )
    replace_check(
        "contact",
        "ck_contact_ended",
        "(ended_at IS NULL) = (ended_by IS NULL)",
    )
    if op.get_bind().dialect.name == "sqlite":  # the other has booleans
        replace_check("contact", "ck_contact_is_company_name", "is_company_name IN (0, 1)")
    replace_check(
        "contact",
        "ck_contact_period",
        "ended_at IS NULL OR ended_at >= recorded_at",
    )
    replace_check(
        "hold",
        "ck_hold_noticekind",
        "notice_kind IN ('rectification_demand', 'suspension_notice', 'suspension_withdrawal', 'resume_notice', 'termination_notice', 'expiry_warning', 'document_expiry_warning', 'upstream_change_notice', 'upstream_withdrawal_notice')",
    )
    replace_check(
        "notice",
        "ck_notice_noticekind",
        "kind IN ('rectification_demand', 'suspension_notice', 'suspension_withdrawal', 'resume_notice', 'termination_notice', 'expiry_warning', 'document_expiry_warning', 'upstream_change_notice', 'upstream_withdrawal_notice')",
    )
    replace_check(
        "notice_address",
        "ck_notice_address_end_reason",
        "end_reason IS NULL OR ended_at IS NOT NULL",
    )
    replace_check(
        "notice_address",
        "ck_notice_address_noticechannel",
        "channel IN ('email', 'courier')",
    )
    replace_check(
        "obligation",
        "ck_obligation_obligationcode",
        "code IN ('tenant_change_notification', 'tenant_change_procedure', 'tenant_rectification', 'provider_upstream_notice', 'provider_upstream_withdrawal_notice', 'aftermath_agreement', 'settlement_actual_usage')",
    )
    replace_check(
        "obligation_recount",
        "ck_obligation_recount_recountreason",
        "reason IN ('became_final', 'moved_later', 'moved_earlier', 'never_earlier', 'already_past', 'same_date', 'not_countable')",
    )
    replace_check(
        "own_platform",
        "ck_own_platform_agreed_validity",
        "valid_until_at IS NULL OR valid_until_at > valid_from_at",
    )
    replace_check(
        "own_platform",
        "ck_own_platform_checked",
        "(checked_at IS NULL) = (checked_by IS NULL)",
    )
    replace_check(
        "own_platform",
        "ck_own_platform_doubt",
        "(doubted_at IS NULL) = (doubt IS NULL)",
    )
    replace_check(
        "own_platform",
        "ck_own_platform_ownership",
        "ownership IN ('icp_filing', 'app_store_record', 'mini_program_subject', 'server_contract', 'other')",
    )
    replace_check(
        "own_platform",
        "ck_own_platform_platformkind",
        "kind IN ('domain', 'app', 'mini_program', 'server_ip', 'app_key')",
    )
    replace_check(
        "party",
        "ck_party_credit_code",
        "credit_code IS NULL OR length(credit_code) = 18",
    )
    replace_check(
        "party",
        "ck_party_partykind",
        "kind IN ('legal_person', 'sole_trader', 'partnership', 'public_body', 'foreign')",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_documentstate",
        "state IN ('unverified', 'verified', 'rejected')",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_documenttype",
        "type IN ('business_licence', 'business_description', 'prior_approval', 'relation_proof', 'industry_licence', 'telecom_licence', 'icp_filing', 'consent_text', 'security_filing')",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_rejected",
        "(state = 'rejected') = (rejected_at IS NOT NULL)",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_rejected_by",
        "(rejected_at IS NULL) = (rejected_by IS NULL)",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_rejected_reason",
        "(rejected_at IS NULL) = (rejected_reason IS NULL)",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_replaces_an_earlier_one",
        "replaces_id IS NULL OR replaces_id < id",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_verified",
        "(state = 'verified') = (verified_at IS NOT NULL)",
    )
    replace_check(
        "qualification_document",
        "ck_qualification_document_verified_by",
        "(verified_at IS NULL) = (verified_by IS NULL)",
    )
    replace_check(
        "tenant",
        "ck_tenant_industry",
        "industry IN ('general', 'banking_payment', 'lending_guarantee', 'insurance', 'internet_service', 'human_resources', 'healthcare', 'transport', 'games')",
    )


def downgrade() -> None:
    raise NotImplementedError("what was recorded since has no place in the tables before: restore a backup")
