"""Seals: one of a kind in use, a list of who may use it, retired for good."""

import pytest

from agreements.kernel.access.rules import Role
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from agreements.paper.rules import SealKind
from agreements.paper.sealing import give_to, make_seal, may_use, retire
from tests.builders import a_person
from tests.builders_access import a_staff_member
from tests.builders_paper import NOW, PROVIDER, a_document
from tests.builders_register import APPROVER, OFFICER


def a_seal(session, *, name=PROVIDER, roles=(Role.LEGAL_APPROVER,), actor=APPROVER):
    return make_seal(session, SealKind.COMPANY, name=name, line="", roles=roles, actor=actor, now=NOW)


def test_a_seal_is_used_by_the_roles_and_people_on_its_list(session):
    person = a_staff_member(session, "finance")
    seal = a_seal(session)

    give_to(session, seal, roles=[Role.LEGAL_OFFICER], person_ids=[person.id], actor=APPROVER, now=NOW)

    assert may_use(seal, OFFICER)
    assert may_use(seal, person.actor)
    assert not may_use(seal, a_person("finance", person_id=person.id + 1))
    assert not may_use(seal, APPROVER)


def test_one_seal_of_a_kind_is_in_use(session):
    a_seal(session)

    with pytest.raises(Conflict, match="in use"):
        a_seal(session)


def test_a_retired_seal_signs_nothing_and_none_takes_its_place_by_itself(session):
    seal = a_seal(session)
    retire(session, seal, reason="公司更名", actor=APPROVER, now=NOW)

    with pytest.raises(Conflict) as refused:
        a_document(session)
    assert refused.value.code == "SEAL_RETIRED"
    with pytest.raises(Stale):
        retire(session, seal, reason="again", actor=APPROVER, now=NOW)
    assert a_seal(session, name="青榕数据科技股份有限公司").id != seal.id


@pytest.mark.parametrize("name", ["青", "青" * 41, "🙂🙂"])
def test_a_name_that_no_seal_can_bear_is_refused(session, name):
    with pytest.raises(InvalidInput):
        a_seal(session, name=name)


def test_only_those_who_manage_seals_make_one(session):
    with pytest.raises(NotPermitted):
        a_seal(session, actor=OFFICER)
