"""Standard forms as rows: a form, its versions, and the clauses of each version.

A version is a draft, then approved, then in force; clauses change while it is a draft only. What was compared with a
version later can so always be shown beside its text.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agreements.intake.standard_form import Part
from agreements.kernel.db import Base, UTCDateTime, enum_type


class FormState(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    IN_FORCE = "in_force"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class StandardFormRow(Base):
    """A standard form, whatever its versions say."""

    __tablename__ = "standard_form"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)

    versions: Mapped[list["FormVersion"]] = relationship(back_populates="form", order_by="FormVersion.number")


class FormVersion(Base):
    """One wording of a form. At most one version of a form is in force.

    source      where its text is from: the data file, an import, or what staff wrote
    import_id   the import whose text it was drafted from, if any; no key, for an import may be purged before it
    drafted_by  person's row, None where the start-up step loaded it; nobody approves a draft of their own
    """

    __tablename__ = "standard_form_version"
    __table_args__ = (
        UniqueConstraint("form_id", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved"),
        CheckConstraint("state NOT IN ('approved', 'in_force', 'replaced') OR approved_by IS NOT NULL", name="legal"),
        CheckConstraint("state <> 'draft' OR approved_by IS NULL", name="draft"),
        CheckConstraint("(in_force_at IS NOT NULL) = (state IN ('in_force', 'replaced'))", name="in_force"),
        Index(
            "uq_standard_form_version_in_force",
            "form_id",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[int] = mapped_column(ForeignKey("standard_form.id"), index=True)
    number: Mapped[int]
    source: Mapped[str] = mapped_column(String(200))
    import_id: Mapped[int | None]
    state: Mapped[FormState] = mapped_column(enum_type(FormState))
    drafted_by: Mapped[int | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    in_force_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    form: Mapped[StandardFormRow] = relationship(back_populates="versions")
    clauses: Mapped[list["FormClause"]] = relationship(order_by="FormClause.position", back_populates="version")


class FormClause(Base):
    """A clause of a version.

    key     stable over the versions of a form
    number  as cited, empty for a preamble
    terms   what each term that it holds says, by key (`term_kinds.term_as_data`)
    marks   words by which a clause of this meaning is known, alternatives parted by |
    says    what it says besides its terms, a pattern each; None where only its wording is known
    """

    __tablename__ = "standard_form_clause"
    __table_args__ = (
        UniqueConstraint("version_id", "key"),
        CheckConstraint("length(wording) > 0", name="wording"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("standard_form_version.id"), index=True)
    key: Mapped[str] = mapped_column(String(80))
    part: Mapped[Part] = mapped_column(enum_type(Part))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(String(20))
    wording: Mapped[str]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    marks: Mapped[list[str]] = mapped_column(JSON)
    says: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))

    version: Mapped[FormVersion] = relationship(back_populates="clauses")
