"""Where an agreement departs from a standard form: found by what a clause means, whatever its number and place."""

import pytest

from agreements.intake.clause_units import clause_units
from agreements.intake.clauses import sentences_of
from agreements.intake.deviations import DeviationKind, deviations_from, distance, units_as_clauses
from agreements.intake.document import uniform_document
from agreements.intake.labels import find_labels
from agreements.intake.sense import unread
from agreements.intake.standard_form import StandardForm, built_in_form
from agreements.intake.terms import read_terms
from tests.builders_intake import changed, example_text

CHANGED, MISSING, ADDED, REWORDED, UNREAD = DeviationKind
TEXT = example_text()
NO_RIGHTS = "4.5 乙方提供服务，并不向甲方授予任何知识产权或者对外许可的权利。\n\n"
OWN_PLATFORM = "2.3 本服务只能用在甲方自己的业务平台上"


def read(text):
    document = uniform_document(text)
    sentences = sentences_of(document, frozenset(label.line for label in find_labels(document)))
    terms = read_terms(document, sentences).terms
    evidence = {key: term.evidence for key, term in terms.items() if term.evidence}
    return clause_units(document, sentences, evidence), {key: term.value for key, term in terms.items()}


def deviations(text, form=None):
    return deviations_from(form or built_in_form(), *read(text))


def told(text, form=None):
    """Each deviation as kind, number in the form, number in the agreement, differing terms."""
    return [
        (one.kind, one.clause and one.clause.number, one.unit and one.unit.number, one.terms)
        for one in deviations(text, form)
    ]


def test_the_example_does_not_depart_from_the_built_in_form():
    assert told(TEXT) == []


def test_a_form_s_terms_say_what_its_wordings_are_read_to_say():
    for clause in built_in_form().clauses:
        text = (
            f"附件：最终用户使用协议\n\n{clause.number} {clause.wording}" if clause.part == "annex" else clause.wording
        )
        values = read(text)[1]
        assert {key: values[key] for key in clause.terms} == clause.terms, clause.key


@pytest.mark.parametrize(
    ("changes", "deviation"),
    [
        ([("五个工作日", "十个工作日")], (CHANGED, "3.3", "3.3", ("change_notification",))),
        ([("无须取得甲方同意", "经甲方书面同意后")], (CHANGED, "6.1", "6.1", ("suspension",))),
        ([("必须由双方另行签订补充协议", "由乙方公告后生效")], (CHANGED, "8.1", "8.1", ("supplementary_agreement_required",))),
        ([(NO_RIGHTS, "")], (MISSING, "4.5", None, ())),
        ([("### 4. 乙方", "3.5 甲方不得转让本协议。\n\n### 4. 乙方")], (ADDED, None, "3.5", ())),
        ([("## 附件", "四、特别约定\n\n1. 甲方应在签约时缴纳保证金。\n\n## 附件")], (ADDED, None, "四 1", ())),
        # no term says so, but a number, a negation or a sentence more is never mere wording
        ([("乙方先行承担责任的", "另按每次500元支付违约金；乙方先行承担责任的")], (CHANGED, "2.1", "2.1", ())),
        ([("不得披露给第三方", "可以披露给第三方")], (CHANGED, "5.1", "5.1", ())),
        ([("由甲方自担。", "由甲方自担。甲方放弃追索。")], (CHANGED, "4.7", "4.7", ())),
        ([("甲方应守法经营，", "甲方应当守法经营，")], (REWORDED, "3.1", "3.1", ())),
    ],
)  # fmt: skip
def test_each_change_is_one_deviation(changes, deviation):
    assert told(changed(TEXT, *changes)) == [deviation]


@pytest.mark.parametrize(
    "changes",
    [
        [("五个工作日", "5个工作日"), ("，", ","), ("（", "(")],
        [("4.5 乙方提供", "4.8 乙方提供")],
        [("### 2. 使用规则", "### 9. 使用规则"), ("2.1 每次", "9.1 每次"), ("2.4 数据源", "9.4 数据源")],
        [("业务依法须经", "业务依法\n\n须经")],
    ],
    ids=["width and numerals", "another number", "another chapter", "page break"],
)
def test_layout_and_numbering_are_no_deviation(changes):
    kinds = {one.kind for one in deviations(changed(TEXT, *changes))}
    assert kinds <= {REWORDED}  # 五个 for 5个 is other words


def test_a_clause_in_other_words_that_means_the_same_is_reworded():
    other_words = (
        "8.1 修改本协议的任何内容，都必须由双方另行签订补充协议。",
        "8.1 对本协议的任何变更，需双方另外签署补充协议方可生效。",
    )
    assert told(changed(TEXT, other_words)) == [(REWORDED, "8.1", "8.1", ())]


def test_a_clause_in_other_words_that_says_more_is_changed():
    other_words = (
        "8.1 修改本协议的任何内容，都必须由双方另行签订补充协议。",
        "8.1 对本协议的任何变更，需双方另外签署补充协议方可生效。甲方放弃对结果的一切异议。",
    )
    assert told(changed(TEXT, other_words)) == [(CHANGED, "8.1", "8.1", ())]


def test_a_clause_cut_in_two_is_compared_whole():
    text = changed(TEXT, ("服务期间，甲方的证照", "\n\n3.9 服务期间，甲方的证照"))
    assert told(text) == []


def test_a_clause_moved_into_another_is_found_there():
    text = changed(TEXT, ("\n\n3.4 甲方应妥善保管", "甲方应妥善保管"))
    found = told(text)
    assert (CHANGED, "3.3", "3.3", ()) in found
    assert MISSING not in {kind for kind, *_ in found}


def test_the_nearest_form_is_the_one_of_the_same_wording():
    units, values = read(TEXT)
    wordings = ["".join(TEXT[start:end] for start, end in unit.spans) for unit in units]
    mine = StandardForm("mine", "mine", 1, units_as_clauses(units, wordings, values))
    other = changed(TEXT, (OWN_PLATFORM, "2.3 本服务可供甲方及其关联公司使用"), (NO_RIGHTS, ""))
    assert told(TEXT, mine) == []
    assert 0 < distance(deviations(other, mine)) == distance(deviations(other))


IN_OTHER_WORDS = [
    ("4.7 乙方已经履行约定义务的，甲方后续行为的损失属于商业风险，由甲方自担。",
     "4.7 若乙方已经做完其约定义务所要求的事，甲方的后续行为引起的一切损失都算作商业风险，由甲方自行承担。"),
    ("5.1 双方对本次合作的内容以及知悉的对方商业秘密负有保密义务，并约束各自的知情人员；没有对方的书面同意，不得披露给第三方。",
     "5.1 合作期间接触到的商业秘密，双方均承担保密义务，并有责任约束接触它的知情人员。未经对方书面同意，任何一方不得向任何第三方披露。"),
    ("7.1.3 乙方为测试、升级或者抽样检查而对服务产生影响。",
     "7.1.3 因乙方对乙方服务的系统作测试、升级、换代之类工作，而对甲方产生的影响。"),
    ("8.1 修改本协议的任何内容，都必须由双方另行签订补充协议。", "8.1 对本协议的任何变更，需双方另外签署补充协议方可生效。"),
]  # fmt: skip
TURNED = [
    ("由甲方自行承担", "由乙方自行承担"),
    ("由甲方自行承担", "由甲方自行承担，但甲方另有损失的除外"),
    ("由甲方自行承担", "由甲方自行承担，甲方并应另行支付保障费"),
    ("由甲方自行承担。", "由甲方自行承担。甲方同意放弃一切抗辩。"),
    ("由甲方自行承担", "由甲方自行承担，以500元为限"),
    ("均承担保密义务", "均不承担保密义务"),
    ("任何一方不得向任何第三方", "任何一方可以向任何第三方"),
    ("未经对方书面同意，任何一方不得向任何第三方披露。", ""),
    ("因乙方对乙方服务", "因甲方对乙方服务"),
    ("另外签署补充协议方可生效", "另外签署补充协议方可生效，签署费用由甲方支付"),
    ("需双方另外签署补充协议", "无需双方另外签署补充协议"),
]


def paraphrase(*changes):
    return changed(changed(TEXT, *IN_OTHER_WORDS), *changes)


def test_clauses_in_other_words_that_were_read_are_the_same():
    assert [kind for kind, *_ in told(paraphrase())] == [REWORDED] * len(IN_OTHER_WORDS)


@pytest.mark.parametrize(("said", "turned"), TURNED)
def test_what_is_turned_round_within_other_words_is_never_taken_for_the_same(said, turned):
    kinds = [kind for kind, *_ in told(paraphrase((said, turned)))]
    assert set(kinds) & {CHANGED, UNREAD, MISSING}


@pytest.mark.parametrize(
    ("said", "turned"),
    [
        ("由甲方全额赔偿", "由乙方全额赔偿"),
        ("可向甲方追偿", "不得向甲方追偿"),
        ("甲方须予以配合", "甲方可予以配合"),
        ("没有对方的书面同意，不得", "经对方的口头同意，不得"),
        ("由甲方全额赔偿", "由甲方酌情赔偿"),
    ],
)
def test_a_turned_word_in_an_edited_copy_is_a_change(said, turned):
    assert CHANGED in {kind for kind, *_ in told(changed(TEXT, (said, turned)))}


def test_other_words_that_were_not_read_are_put_apart():
    other_words = ("由甲方自担", "找甲方便是"), ("乙方已经履行约定义务的，甲方后续行为的损失", "日后之损害")
    assert [kind for kind, *_ in told(changed(TEXT, *other_words))] == [UNREAD]


def test_what_each_pattern_of_the_built_in_form_knows_is_said_by_its_own_wording():
    for clause in built_in_form().clauses:
        whole = "".join(uniform_document(clause.wording).text.split())
        left = unread([], whole, clause.says or (), ())
        assert (left.more, left.less) == ((), ()), clause.key


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ("诈骗、售假", "诈骗、网络贷款、售假", "3.1"),
        ("、第三方索赔款和行政罚款", "和第三方索赔款", "6.1"),
        ("法律法规或者行业自律规范有要求的，", "", "3.2"),
    ],
)
def test_an_item_more_or_less_in_a_list_and_a_dropped_condition_are_changes(before, after, number):
    assert before in TEXT

    found = deviations(TEXT.replace(before, after))

    assert [(one.kind, one.clause.number) for one in found] == [(CHANGED, number)]


def test_a_dropped_exemption_is_missing_and_not_looked_for_in_another_clause():
    start, end = TEXT.index("7.1.4"), TEXT.index("7.1.5")

    found = deviations(TEXT[:start] + TEXT[end:])

    assert [(one.kind, one.clause.number) for one in found] == [(MISSING, "7.1.4")]
