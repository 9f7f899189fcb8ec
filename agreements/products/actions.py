"""Naming products."""

import re
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agreements.kernel import audit
from agreements.kernel.access.rules import Actor, Permission, require
from agreements.kernel.errors import N_, InvalidInput
from agreements.products.models import Product, Sensitivity

CODE = re.compile(r"[a-z0-9][a-z0-9._-]{1,59}")


def ensure_product(session: Session, code: str, *, name: str, actor: Actor, now: datetime) -> Product:
    """Return the product with this code, adding it to the catalogue the first time an agreement names it."""
    require(actor, Permission.REGISTER_AGREEMENT)
    if not CODE.fullmatch(code):
        raise InvalidInput(
            N_("“%(given)s” is not a product code."),
            field="product_code",
            remedy=N_("Use 2 to 60 lower-case letters, digits, dots, hyphens or underscores, such as id2-verify."),
            given=code,
        )
    product = session.scalar(select(Product).where(Product.code == code))
    if product is None:
        product = Product(code=code, name=name, data_sensitivity=Sensitivity.STRICT, recorded_at=now)
        session.add(product)
        session.flush()  # the audit row names its id
        audit.record(session, actor=actor, act="product.added", subject=f"product:{product.id}", now=now)
    return product
