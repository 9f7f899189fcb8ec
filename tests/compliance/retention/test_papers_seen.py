"""Clause 5.1: who took a document of ours or an official copy is in the access log, with whose it is."""

import pytest
from sqlalchemy import select

from agreements.kernel.access_log import SensitiveAccess
from agreements.kernel.db import db, unit_of_work
from agreements.register.models import Agreement
from tests.agreements.paper.test_vault import a_copy
from tests.builders_access import signed_in_client
from tests.builders_desk import read
from tests.builders_paper import a_document


@pytest.mark.parametrize("address", ["/papers/1/file", "/papers/copies/1/file"])
def test_a_paper_taken_is_seen_with_its_agreement(app, address):
    with unit_of_work() as session:
        document = a_document(session)
        a_copy(session, agreement=document.agreement)
    db.session.remove()

    assert signed_in_client(app, "auditor").get(address).status_code == 200

    seen = read(lambda session: session.scalars(select(SensitiveAccess)).one())
    agreement = read(lambda session: session.scalars(select(Agreement)).one())
    assert (seen.agreement_id, seen.tenant_id) == (agreement.id, agreement.tenant_id)
