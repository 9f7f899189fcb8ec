"""Standard forms in the database: loaded, drafted, approved by another person, put in force, compared with."""

import pytest
from sqlalchemy import func, select

from agreements.intake import comparing, form_actions
from agreements.intake.deviations import DeviationKind
from agreements.intake.form_models import FormState, FormVersion
from agreements.intake.models import ContractImport
from agreements.intake.standard_form import built_in_form
from agreements.kernel.access.rules import Actor, ActorKind, Role
from agreements.kernel.errors import Conflict, InvalidInput, NotPermitted, Stale
from tests.builders_imports import TAKEN_IN, accepted, agreement_text, an_import, registered
from tests.builders_register import OFFICER

DRAFTER = Actor(ActorKind.PERSON, "起草人", 71, frozenset({Role.LEGAL_APPROVER}))
APPROVER = Actor(ActorKind.PERSON, "审批人", 72, frozenset({Role.LEGAL_APPROVER}))
TEN_DAYS = {"五个工作日": "十个工作日", "无须取得甲方同意": "征得甲方同意后"}
AUDITOR = Actor(ActorKind.PERSON, "审计", 73, frozenset({Role.AUDITOR}))


def a_form_in_force(session, *, key="house-form", passages=None):
    """A second standard form, made of the example with the given passages."""
    version = form_actions.draft_form(
        session, key=key, name="本公司范本", text=agreement_text(passages=passages or TEN_DAYS), source="test", actor=DRAFTER, now=TAKEN_IN
    )  # fmt: skip
    form_actions.approve(session, version, actor=APPROVER, now=TAKEN_IN)
    form_actions.put_in_force(session, version, actor=APPROVER, now=TAKEN_IN)
    return version


def kinds(imported):
    return [(row.kind, row.clause and row.clause.number, row.terms) for row in comparing.deviations_shown(imported)]


def test_the_built_in_form_is_loaded_once_and_reads_back_as_its_file(session):
    assert form_actions.load_built_in_form(session, now=TAKEN_IN)
    assert not form_actions.load_built_in_form(session, now=TAKEN_IN)

    [version] = form_actions.forms_in_force(session)
    assert form_actions.form_of(version) == built_in_form()


def test_a_drafted_form_holds_the_clauses_and_terms_of_its_text(session):
    version = a_form_in_force(session, passages={"五个工作日": "十个工作日"})

    form = form_actions.form_of(version)
    assert [clause.number for clause in form.clauses] == [clause.number for clause in built_in_form().clauses]
    assert form.value_of("change_notification").value == 10
    assert form.value_of("suspension") == built_in_form().value_of("suspension")


def test_a_text_without_clauses_makes_no_form(session):
    with pytest.raises(InvalidInput) as refused:
        form_actions.draft_form(
            session, key="empty", name="空", text="双方友好合作。", source="t", actor=OFFICER, now=TAKEN_IN
        )
    assert refused.value.field == "text"


def test_nobody_approves_what_they_drafted(session):
    version = form_actions.draft_form(
        session, key="mine", name="范本", text=agreement_text(), source="t", actor=DRAFTER, now=TAKEN_IN
    )
    with pytest.raises(Conflict) as refused:
        form_actions.approve(session, version, actor=DRAFTER, now=TAKEN_IN)
    assert refused.value.code == "SAME_PERSON"
    with pytest.raises(NotPermitted):
        form_actions.approve(session, version, actor=OFFICER, now=TAKEN_IN)


def test_only_a_draft_changes_and_only_an_approved_version_comes_into_force(session):
    version = form_actions.draft_form(
        session, key="mine", name="范本", text=agreement_text(), source="t", actor=OFFICER, now=TAKEN_IN
    )
    with pytest.raises(Conflict):
        form_actions.put_in_force(session, version, actor=APPROVER, now=TAKEN_IN)
    form_actions.approve(session, version, actor=APPROVER, now=TAKEN_IN)
    with pytest.raises(Conflict) as refused:
        form_actions.drop_clause(session, version.clauses[0], actor=OFFICER, now=TAKEN_IN)
    assert refused.value.code == "NOT_A_DRAFT"


def test_a_next_version_replaces_the_one_in_force(session):
    first = a_form_in_force(session)
    second = form_actions.draft_next_version(session, first, actor=OFFICER, now=TAKEN_IN)
    clause = next(row for row in second.clauses if row.number == "3.3")

    wording = clause.wording.replace("十个工作日", "七个工作日")
    form_actions.edit_clause(session, clause, number="3.3", wording=wording, actor=OFFICER, now=TAKEN_IN)
    form_actions.approve(session, second, actor=APPROVER, now=TAKEN_IN)
    form_actions.put_in_force(session, second, actor=APPROVER, now=TAKEN_IN)

    assert (first.state, second.state, second.number) == (FormState.REPLACED, FormState.IN_FORCE, 2)
    assert form_actions.form_of(second).value_of("change_notification").value == 7


def test_an_agreement_of_the_standard_form_has_nothing_to_acknowledge(session):
    imported = an_import(session)
    assert imported.form_version.form.key == "marketplace-sale"
    assert kinds(imported) == []


def test_the_form_that_an_agreement_departs_from_least_is_proposed(session):
    ours = a_form_in_force(session)
    imported = an_import(session, text=agreement_text(passages=TEN_DAYS))

    assert imported.form_version_id == ours.id
    assert kinds(imported) == []
    assert not [row for row in imported.warnings if row.code == "term_differs_from_standard"]


def test_another_form_can_be_chosen_and_its_deviations_count(session):
    a_form_in_force(session)
    imported = an_import(session, text=agreement_text(passages=TEN_DAYS))
    [built_in] = [
        version for version in form_actions.forms_in_force(session) if version.source == form_actions.DATA_FILE
    ]

    assert comparing.choose_form(session, imported, built_in, version=1, actor=OFFICER, now=TAKEN_IN)

    assert kinds(imported) == [
        (DeviationKind.CHANGED, "3.3", ["change_notification"]),
        (DeviationKind.CHANGED, "6.1", ["suspension"]),
    ]
    differing = {row.detail for row in imported.warnings if row.code == "term_differs_from_standard"}
    assert differing == {"change_notification", "suspension"}
    assert not comparing.choose_form(session, imported, built_in, version=2, actor=OFFICER, now=TAKEN_IN)
    with pytest.raises(Stale):
        comparing.choose_form(session, imported, a_form_in_force(session, key="third"), version=1, actor=OFFICER, now=TAKEN_IN)  # fmt: skip


def test_a_form_that_is_not_in_force_can_not_be_chosen(session):
    imported = an_import(session)
    draft = form_actions.draft_next_version(session, imported.form_version, actor=OFFICER, now=TAKEN_IN)
    with pytest.raises(Conflict) as refused:
        comparing.choose_form(session, imported, draft, version=1, actor=OFFICER, now=TAKEN_IN)
    assert refused.value.code == "FORM_NOT_IN_FORCE"


def test_nothing_is_registered_before_each_deviation_is_acknowledged(session):
    imported = an_import(session, text=agreement_text(passages=TEN_DAYS))
    for warning in imported.warnings:
        warning.acknowledged_by, warning.acknowledged_at = "x", TAKEN_IN
    session.flush()
    with pytest.raises(Conflict) as refused:
        registered(session, imported)
    assert refused.value.code == "DEVIATIONS_NOT_ACKNOWLEDGED"

    both = [row.id for row in comparing.open_deviations(imported)]
    with pytest.raises(Conflict) as refused:
        comparing.acknowledge_deviations(session, imported, both, actor=OFFICER, now=TAKEN_IN)
    assert refused.value.code == "ACKNOWLEDGE_ONE_BY_ONE"
    for one in both:
        assert (
            comparing.acknowledge_deviations(session, imported, [one], note="已与业务核对", actor=OFFICER, now=TAKEN_IN)
            == 1
        )
    assert comparing.acknowledge_deviations(session, imported, both[:1], actor=OFFICER, now=TAKEN_IN) == 0
    assert comparing.open_deviations(imported) == []
    assert registered(session, accepted(session, imported)).created


def test_the_warning_about_a_term_is_acknowledged_with_its_clause(session):
    imported = an_import(session, text=agreement_text(passages=TEN_DAYS))
    first, second = comparing.open_deviations(imported)

    comparing.acknowledge_deviations(session, imported, [first.id], actor=OFFICER, now=TAKEN_IN)

    left = {row.detail: row.acknowledged_by for row in imported.warnings if row.code == "term_differs_from_standard"}
    assert left == {first.terms[0]: OFFICER.name, second.terms[0]: None}


def test_clauses_that_are_only_worded_otherwise_ask_for_nothing(session):
    text = agreement_text(passages={"甲方应守法经营，": "甲方应当守法经营，", "4.1 乙方是依照": "4.1 乙方系依照"})
    imported = an_import(session, text=text)
    assert {kind for kind, *_ in kinds(imported)} == {DeviationKind.REWORDED}

    assert comparing.open_deviations(imported) == []


def test_clauses_whose_other_words_were_not_read_are_acknowledged_together(session):
    passages = {
        "甲方后续行为的损失属于商业风险，由甲方自担。": "甲方此后的作为所致损害属商业风险，乙方概不过问。",
        "甲方使用结果应合法、正当并以必要为限，使用不当的后果由甲方负担。": "结果的利用须合法、正当、必要，出了问题找甲方。",
    }
    imported = an_import(session, text=agreement_text(passages=passages))
    assert {kind for kind, *_ in kinds(imported)} == {DeviationKind.UNREAD}

    ids = [row.id for row in comparing.open_deviations(imported)]
    assert comparing.acknowledge_deviations(session, imported, ids, actor=OFFICER, now=TAKEN_IN) == 2
    assert comparing.open_deviations(imported) == []


def test_only_those_who_may_register_acknowledge_and_only_those_who_may_import_choose(session):
    imported = an_import(session, text=agreement_text(passages=TEN_DAYS))
    [first, *_] = comparing.open_deviations(imported)
    with pytest.raises(NotPermitted):
        comparing.acknowledge_deviations(session, imported, [first.id], actor=AUDITOR, now=TAKEN_IN)
    with pytest.raises(NotPermitted):
        comparing.choose_form(session, imported, imported.form_version, version=1, actor=AUDITOR, now=TAKEN_IN)


def test_the_same_file_again_compares_nothing_anew(session):
    an_import(session)
    an_import(session)
    assert session.scalar(select(func.count(ContractImport.id))) == 1
    assert session.scalar(select(func.count(FormVersion.id))) == 1
