"""Terms are read by what clauses mean: many wordings of one meaning, reversals, and words in other contexts."""

import pytest

from agreements.intake.draft import NoticePeriod, Settlement, Suspension
from agreements.intake.periods import Unit
from agreements.intake.standard_form import built_in_form
from tests.builders_intake import main_terms_of, terms_of

WD, CD, H = Unit.WORKING_DAY, Unit.CALENDAR_DAY, Unit.HOUR
RECEIPT = "provider_receipt_of_source_notice"
NONE = NoticePeriod()


@pytest.mark.parametrize(
    ("clause", "term"),
    [
        (
            "3.3 甲方的证照或经营情况变更的，应自变更之日起五个工作日内书面通知乙方。",
            NoticePeriod(5, WD, "change", "written"),
        ),
        (
            "3.3 甲方登记事项变化，须于变化发生后5个工作日之内以书面方式告知服务商。",
            NoticePeriod(5, WD, "change", "written"),
        ),
        (
            "3.3 最终用户的资质文件更新后，应在五（5）个工作日内书面报告服务商。",
            NoticePeriod(5, WD, "change", "written"),
        ),
        ("3.3 甲方应在业务状况变更后十个自然日内通知乙方，形式不限。", NoticePeriod(10, CD, "change", "any")),
        (
            "3.3 甲方资料变更，应在三日内以加盖公章的书面函件通知乙方。",
            NoticePeriod(3, CD, "change", "written_company_sealed"),
        ),
        (
            "3.3 甲方资料变更，应在变更后2个工作日内书面通知乙方，无需加盖公章。",
            NoticePeriod(2, WD, "change", "written"),
        ),
        (
            "3.3 甲方营业执照变更，应于变更登记完成后七个工作日内书面通知乙方。",
            NoticePeriod(7, WD, "change_registered", "written"),
        ),
        (
            "3.3 甲方证照变更，应在知道变更之日起五个工作日内书面通知乙方。",
            NoticePeriod(5, WD, "tenant_knowledge", "written"),
        ),
        ("3.3 甲方拟变更经营范围的，应提前十个工作日书面通知乙方。", NoticePeriod(10, WD, "before_change", "written")),
        ("3.3 甲方证照、资料变更的，可以口头或书面方式在一周内通知乙方。", NoticePeriod(7, CD, "change", "any")),
        (
            "3.3 甲方证照变更后二十四小时内应以书面形式通知乙方，口头通知无效。",
            NoticePeriod(24, H, "change", "written"),
        ),
        (
            "3.3 甲方证照变更，应在十五日内办理手续，并在变更后四个工作日内书面通知乙方。",
            NoticePeriod(4, WD, "change", "written"),
        ),
        (
            "3.3 甲方证照变更后五个工作日内书面通知乙方，并在二十日内补办手续。",
            NoticePeriod(5, WD, "change", "written"),
        ),
        ("3.3 甲方证照、资料发生变更的，无需通知乙方。", NONE),
        ("3.3 甲方资料变更，甲方不必另行告知乙方。", NONE),
        ("3.3 甲方证照变更的，应及时书面通知乙方。", NoticePeriod(None, None, "change", "written")),
        ("3.3 甲方证照变更，应在三至五个工作日内书面通知乙方。", NoticePeriod(None, WD, "change", "written")),
        # the same words about something else
        ("3.3 双方的联系信息如有变更，应提前3日书面通知对方。", NONE),
        ("3.3 乙方的证照变更的，乙方应在5个工作日内书面通知甲方。", NONE),
        ("3.3 数据源方的资料变更由乙方在3日内通知甲方。", NONE),
        ("3.3 甲方的营业执照变更不影响本协议的效力。", NONE),
    ],
)
def test_clause_3_3_change_notification(clause, term):
    assert terms_of(clause).terms["change_notification"].value == term


@pytest.mark.parametrize(
    ("clause", "term"),
    [
        ("2.4 数据源调整价格的，乙方应在收到数据源通知后一个工作日内通知甲方。", NoticePeriod(1, WD, RECEIPT)),
        (
            "2.4 上游数据提供方取消部分服务时，服务商须自接到其通知之日起1个工作日内告知最终用户。",
            NoticePeriod(1, WD, RECEIPT),
        ),
        (
            "2.4 数据源变更返回结果的内容，乙方应在接获通知的下一个工作日内向甲方发出通知。",
            NoticePeriod(1, WD, RECEIPT),
        ),
        ("2.4 数据源的通知到达后24小时内，乙方应将价格调整告知甲方。", NoticePeriod(24, H, RECEIPT)),
        ("2.4 数据源调整结果形式的，乙方应在知悉后三日内通知甲方。", NoticePeriod(3, CD, "provider_knowledge")),
        (
            "2.4 数据源调整价格的，乙方应在调整生效前提前十个工作日通知甲方。",
            NoticePeriod(10, WD, "before_upstream_change"),
        ),
        ("2.4 数据源调整价格的，乙方应在调整生效后2个工作日内通知甲方。", NoticePeriod(2, WD, "upstream_change")),
        ("2.4 数据源取消服务的，乙方无需通知甲方。", NONE),
        ("2.4 数据源调整价格的，乙方可不通知甲方。", NONE),
        ("2.4 数据源调整价格的，乙方应及时通知甲方。", NONE),
        ("2.4 甲方接到乙方通知后3个工作日内应当确认。", NONE),
        ("2.4 合作方系统升级的，乙方应提前3日通知甲方。", NONE),
    ],
)
def test_clause_2_4_upstream_notice(clause, term):
    assert terms_of(clause).terms["upstream_notice"].value == term


SOURCE = "2.4 数据源调整返回结果的，乙方应在接到通知后1个工作日内通知甲方，"


@pytest.mark.parametrize(
    ("rest", "word"),
    [
        ("甲方不能接受的，双方另行签订协议处理。", "separate_agreement"),
        ("甲方拒绝接受的，由双方就善后事项另行达成书面协议。", "separate_agreement"),
        ("甲方无法接受的，甲方可以解除本协议。", "termination"),
        ("甲方不接受的，本协议自动终止。", "termination"),
        ("甲方不予接受的，乙方退还剩余费用。", "refund"),
        ("甲方不同意的，仍应继续履行。", "must_accept"),
        ("甲方应当无条件接受该等调整。", "must_accept"),
        ("甲方不得拒绝该调整。", "must_accept"),
        ("甲方不能接受的，双方协商解决。", "negotiation"),
        ("甲方不能接受的，双方另行签署协议，协商不成的甲方可解除本协议。", "separate_agreement_or_termination"),
        ("甲方不能接受的，无需另行签署协议，本协议终止。", "termination"),
        ("并说明原因。", "none"),
    ],
)
def test_clause_2_4_refusal_of_an_upstream_change(rest, word):
    assert terms_of(SOURCE + rest).terms["tenant_refusal_of_upstream_change"].value == word


@pytest.mark.parametrize(
    ("clause", "is_breach"),
    [
        ("2.4 因数据源调整致使服务终止的，不视为乙方违约。", False),
        ("2.4 数据源变更造成甲方无法使用的，不构成服务商违约。", False),
        ("2.4 数据源取消服务的，乙方不承担违约责任。", False),
        ("2.4 数据源调整造成服务终止的，视为乙方违约。", True),
        ("2.4 因数据源变更使甲方不能使用服务的，乙方应承担违约责任。", True),
        ("2.4 数据源取消部分服务的，构成乙方违约。", True),
    ],
)
def test_clause_2_4_whether_an_upstream_change_is_our_breach(clause, is_breach):
    assert terms_of(clause).terms["upstream_change_is_provider_breach"].value is is_breach


BOOLEANS = {
    "own_platform_only": [
        ("2.3 本服务只能用于甲方自有的业务平台。", True),
        ("2.3 服务仅限甲方自身网站与应用使用，不得提供给关联公司。", True),
        ("2.3 服务专供最终用户自有平台使用。", True),
        ("2.3 甲方不得在自有平台以外使用本服务。", True),
        ("2.3 服务不限于甲方自有平台使用。", False),
        ("2.3 服务不仅供甲方自有平台使用。", False),
        ("2.3 甲方可以将本服务提供给关联公司使用。", False),
        ("2.3 甲方应合理使用服务。", False),
    ],
    "authorization_written_required": [
        ("2.1 甲方提交前应取得信息主体的书面授权。", True),
        ("2.1 甲方保证提交查询前已征得用户书面同意。", True),
        ("2.1 甲方须获得个人以书面形式作出的授权后方可提交。", True),
        ("2.1 甲方应取得信息主体的授权，无需书面形式。", False),
        ("2.1 甲方应取得信息主体书面或口头授权。", False),
        ("2.1 甲方提交前应取得信息主体的授权。", False),
        ("2.1 甲方提交前无需取得信息主体书面授权。", False),
        ("4.2 乙方保证其已得到信息主体的书面授权。", False),
        ("5.1 未经对方书面同意，任何一方不得披露用户信息。", False),
    ],
    "authorization_demand_any_time": [
        ("2.1 乙方有权随时调取授权文本，甲方应予配合。", True),
        ("2.1 服务商可随时要求甲方提供相关授权文件。", True),
        ("2.1 乙方可以随时向甲方索取授权书。", True),
        ("2.1 乙方不得向甲方调取授权文本。", False),
        ("2.1 乙方经甲方同意后方可调取授权文本。", False),
        ("2.1 乙方提前五个工作日通知后，有权调取授权文本。", False),
        ("4.4 乙方有权随时检查甲方的使用情况，发现未经授权的行为应通知甲方。", False),
    ],
    "preapproval_copy_company_seal": [
        ("3.3 需前置审批的，甲方提供审批文件复印件并加盖公章。", True),
        ("3.3 业务涉及行政审批的，应提交盖有公章的批准文件副本。", True),
        ("3.3 需前置审批的，甲方提供审批文件的复印件即可。", False),
        ("3.3 需前置审批的，甲方提供复印件，无需加盖公章。", False),
        ("3.3 前置审批文件的复印件不必盖章。", False),
    ],
    "immediate_rectification_on_breach": [
        ("4.4 甲方违约的，乙方有权要求甲方立即改正。", True),
        ("4.4 发现甲方超越授权的，乙方可责令甲方即刻整改。", True),
        ("4.4 甲方违约的，乙方有权要求甲方在五日内改正。", False),
        ("4.4 乙方无权要求甲方立即改正。", False),
        ("4.4 乙方违约的，甲方有权要求乙方立即改正。", False),
    ],
    "terminate_service_any_time_on_breach": [
        ("4.4 甲方违约的，乙方有权随时终止服务。", True),
        ("4.4 甲方未按约定履行的，服务商可以随时解除本协议。", True),
        ("4.4 甲方违约的，乙方应提前30日通知后终止服务。", False),
        ("4.4 甲方违约的，乙方不得随时终止服务。", False),
        ("4.4 甲方违约的，乙方经甲方同意后方可终止服务。", False),
        ("4.4 乙方违约的，甲方有权随时终止服务。", False),
    ],
    "confidentiality_survives_termination": [
        ("5.2 保密义务不因本协议终止或解除而消灭。", True),
        ("5.2 本协议终止后，双方仍应承担保密义务。", True),
        ("5.2 保密义务在协议届满后继续有效。", True),
        ("5.2 保密义务在本协议终止后三年内有效。", True),
        ("5.2 保密义务随本协议终止而消灭。", False),
        ("5.2 本协议终止后，双方不再承担保密义务。", False),
        ("5.2 双方应对商业秘密保密。", False),
    ],
    "no_waiver": [
        ("6.2 一方未行使权利不视为放弃该权利。", True),
        ("6.2 迟延行使权利并不意味着权利被放弃。", True),
        ("6.2 怠于主张权利，不构成对权利的放弃。", True),
        ("6.2 一方在一年内未行使权利的，视为放弃该权利。", False),
        ("6.2 任何条款无效不影响其他条款。", False),
    ],
    "supplementary_agreement_required": [
        ("8.1 修改本协议须由双方另行签署补充协议。", True),
        ("8.1 未签订补充协议的，对本协议条款的变更无效。", True),
        ("8.1 本协议的变更应以书面补充协议作出，乙方不得单方修改。", True),
        ("8.1 修改本协议无需签署补充协议。", False),
        ("8.1 乙方有权单方修改本协议，公示后即生效。", False),
        ("8.1 双方可通过邮件或补充协议修改本协议。", False),
        ("8.1 本协议的修改由双方口头协商确定。", False),
        ("8.1 未尽事宜由双方另行签署补充协议。", False),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("key", "clause", "value"), [(key, *row) for key, rows in BOOLEANS.items() for row in rows])
def test_a_boolean_term_is_false_where_its_clause_is_dropped_or_reversed(key, clause, value):
    assert terms_of(clause).terms[key].value is value


@pytest.mark.parametrize(
    "clause",
    ["2.3 服务可供甲方及其关联公司的自有平台使用。", "2.3 服务仅供甲方及其子公司自有业务平台使用。"],
)
def test_clause_2_3_a_limit_widened_to_affiliates_is_left_to_a_person_and_is_not_none(clause):
    term = terms_of(clause).terms["own_platform_only"]

    assert (term.value, term.warnings) == (None, ("term_not_understood:own_platform_only",))


WORDS = {
    "interface_adjustment_form": [
        ("3.4 甲方调整接口应当书面并加盖公章通知乙方。", "written_company_sealed"),
        ("3.4 账号需要变更的，甲方应向乙方提交盖有公章的书面申请。", "written_company_sealed"),
        ("3.4 甲方调整接口、账号应书面通知乙方。", "written"),
        ("3.4 甲方调整接口应书面通知乙方，无须盖章。", "written"),
        ("3.4 接口需要调整的，甲方电话通知乙方即可。", "any"),
        ("3.4 甲方调整接口无需通知乙方。", "not_required"),
        ("3.4 甲方应妥善保管接口和账号。", "none"),
        ("3.4 乙方调整接口应书面通知甲方。", "none"),
    ],
    "maintenance_notice": [
        ("4.3 合作方系统升级、故障的，乙方应在合理时间内提前通知甲方。", "advance_within_reasonable_time"),
        ("4.3 因合作方检修而中断的，服务商应于合理期限内事先告知最终用户。", "advance_within_reasonable_time"),
        ("4.3 合作方系统升级的，乙方应提前三日通知甲方。", "advance_by_fixed_period"),
        ("4.3 合作方系统故障的，乙方应及时通知甲方。", "promptly"),
        ("4.3 合作方系统升级的，乙方无需通知甲方。", "not_required"),
        ("4.3 甲方应加强对系统的维护。", "none"),
    ],
    "force_majeure_evidence": [
        ("7.1.1 遇不可抗力的一方应提供公证机构出具的证明。", "notarial_statement"),
        ("7.1.1 因不可抗力不能履行的，受阻方须出具经公证的说明文件。", "notarial_statement"),
        ("7.1.1 遇不可抗力的一方应提供政府主管部门的证明。", "authority_statement"),
        ("7.1.1 遇不可抗力的一方应在15日内提供书面说明，无需公证。", "written_statement"),
        ("7.1.1 遇不可抗力的一方无需提供任何证明。", "not_required"),
        ("7.1.1 不可抗力包括地震和洪水。", "none"),
        ("6.1 损失包括律师费和公证费等，须提供发票证明。", "none"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("key", "clause", "word"), [(key, *row) for key, rows in WORDS.items() for row in rows])
def test_a_term_of_the_annex_in_other_words(key, clause, word):
    assert terms_of(clause).terms[key].value == word


MISUSE = "6.1 甲方违反本协议使用服务的，"


@pytest.mark.parametrize(
    ("clause", "name"),
    [
        ("8.3 本协议期满前30日任何一方未提出异议的，自动续期一年。", "renewal_objection"),
        ("2.4 数据源调整的，甲方应在收到通知后三日内提出异议。", "upstream_objection"),
        ("4.1 甲方对账单有异议的，应在五日内提出异议。", "objection"),
    ],
)
def test_what_an_objection_is_against_decides_what_its_period_is(clause, name):
    assert name in terms_of(clause).extra


def test_clause_5_2_a_limit_of_confidentiality_in_time_is_pointed_out():
    terms = terms_of("5.2 保密义务在本协议终止后两年内有效。")

    assert (terms.extra["confidentiality_survival"].value, terms.extra["confidentiality_survival"].unit) == (2, "year")
    assert "extra_term:confidentiality_survival" in terms.warnings


@pytest.mark.parametrize(
    ("rest", "notice", "consent"),
    [
        ("乙方通知甲方后可关闭接口，无需甲方同意。", True, False),
        ("乙方有权在书面通知甲方后停止服务。", True, False),
        ("乙方有权停止服务，但应提前通知甲方。", True, False),
        ("乙方有权提前三日通知甲方并停止服务，不必征得其同意。", True, False),
        ("未经通知，乙方不得停止服务。", True, False),
        ("乙方无需通知即可关闭接口。", False, False),
        ("乙方可以不通知甲方而直接停止服务。", False, False),
        ("乙方有权不经通知立即停止服务。", False, False),
        ("乙方有权在未通知且未经甲方同意的情况下停止服务。", False, False),
        ("乙方无须通知甲方，也无须取得甲方同意，即可暂停服务。", False, False),
        ("乙方有权立即停止服务。", False, False),
        ("乙方经甲方书面同意后方可停止服务。", True, True),  # who asks for consent has told
        ("乙方在通知甲方并征得其同意后，可以停止服务。", True, True),
        ("未经甲方同意，乙方不得停止服务。", True, True),
        ("乙方接到投诉通知后，有权停止服务。", False, False),
        ("乙方不得关闭接口或停止服务。", False, False),
    ],
)
def test_clause_6_1_suspension(rest, notice, consent):
    reading = terms_of(MISUSE + rest).terms["suspension"]
    assert reading.value == Suspension(notice_required=notice, consent_required=consent)
    assert reading.clause == "6.1"


@pytest.mark.parametrize(
    ("clause", "term"),
    [
        ("4.6 双方协商一致或因乙方原因终止合作的，按价格标准和实际使用情况结算。", Settlement("price_standard_x_actual_usage", ("mutual_agreement", "provider_cause"))),
        ("4.6 因甲方或乙方原因终止的，按服务单价与实际调用次数结算。", Settlement("price_standard_x_actual_usage", ("provider_cause", "tenant_cause"))),
        ("4.6 因任何原因提前终止的，按实付金额的比例结算。", Settlement("paid_amount_proportional", ("any_cause",))),
        ("4.6 非因乙方原因终止合作的，已付费用不予退还。", Settlement("no_refund", ("non_provider_cause",))),
        ("4.6 因不可抗力终止的，退还剩余未使用的费用。", Settlement("refund_of_unused", ("force_majeure",))),
        ("4.6 乙方按月与甲方对账。", Settlement("none", ())),
    ],
)  # fmt: skip
def test_clause_4_6_settlement(clause, term):
    assert terms_of(clause).terms["settlement"].value == term


MAIN = {
    "effective_on": [
        ("本协议自甲方在线下单并完成付款之日起生效。", "online_purchase_and_payment_completed"),
        ("甲方购买商品且支付全部款项后，本协议正式生效。", "online_purchase_and_payment_completed"),
        ("本协议自双方签字盖章之日起生效。", "signature"),
        ("本协议经双方盖章且甲方付款后生效。", "signature_and_payment"),
        ("本协议自甲方下单之日起生效，无论是否支付。", "online_purchase"),
        ("本协议自2025年3月1日起生效。", "fixed_date"),
        ("本协议的补充协议自双方签署之日起生效。", "none"),
    ],
    "ends_on": [
        ("本协议至订单约定的服务期限届满时终止。", "service_period_end"),
        ("服务期满，本协议即告终止。", "service_period_end"),
        ("本协议在所购次数用完之日终止。", "quota_exhausted"),
        ("服务期限届满或次数用尽，本协议终止。", "service_period_end_or_quota_exhausted"),
        ("本协议期满后自动续期一年。", "automatic_renewal"),
        ("本协议有效期至2026年2月28日止。", "fixed_date"),
    ],
    "formal_copy": [
        ("最终用户自行下载的盖有服务商电子印章的版本为正式合同。", "user_downloaded_provider_eseal_version"),
        ("以双方盖章的纸质合同为正式文本。", "both_sealed_paper_version"),
        ("用户下载的版本不作为正式合同，以双方盖章的纸质原件为准。", "both_sealed_paper_version"),
        ("用户下载的电子版本不具有合同效力。", "downloaded_version_not_formal"),
    ],
    "spec_precedence": [
        ("商品规格以甲方下单时的页面展示为准。", "page_display_at_order_time"),
        ("商品的配置和规格，按照订购当时商品详情页的内容执行。", "page_display_at_order_time"),
        ("商品规格以乙方页面的最新展示为准。", "current_page_display"),
        ("商品规格以本协议的约定为准，不以页面展示为准。", "agreement_text"),
    ],
    "annex_vs_online_conflict": [
        ("附件与在线条款不一致的，适用不利于服务商的约定。", "less_favourable_to_provider"),
        ("附件与下单时的在线条款有冲突的，以其中对乙方更为不利者为准。", "less_favourable_to_provider"),
        ("附件与在线条款不一致的，以附件为准。", "annex_prevails"),
        ("附件与在线条款不一致的，以在线条款为准。", "online_terms_prevail"),
        ("附件与在线条款不一致的，适用有利于服务商的约定。", "more_favourable_to_provider"),
        ("附件与在线条款不一致的，适用不利于最终用户的约定。", "less_favourable_to_tenant"),
        ("附件与在线条款不一致的，由乙方解释。", "provider_decides"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("key", "clause", "word"), [(key, *row) for key, rows in MAIN.items() for row in rows])
def test_a_term_of_the_main_agreement_in_other_words(key, clause, word):
    assert main_terms_of(clause).terms[key].value == word


def test_what_is_not_understood_is_a_warning_and_no_value():
    terms = main_terms_of("商品规格以天气为准。")
    assert terms.terms["spec_precedence"].value is None
    assert "term_not_understood:spec_precedence" in terms.warnings


def test_two_clauses_that_disagree_are_a_warning():
    terms = main_terms_of("本协议自甲方购买并付款后生效。", "本协议自双方盖章之日起生效。")
    assert "term_contradicted:effective_on" in terms.warnings


def test_a_clause_that_sets_another_aside_is_a_warning():
    terms = terms_of("8.2 第3.3条约定的五个工作日调整为十个工作日。")
    assert "clause_amended_elsewhere:3.3" in terms.warnings


def test_a_shifted_clause_keeps_its_meaning_and_tells_its_number():
    terms = terms_of("2.5 数据源调整价格的，乙方应在收到数据源通知后一个工作日内通知甲方。")
    assert terms.terms["upstream_notice"].clause == "2.5"
    assert "clause_numbering_shifted:2.5" in terms.warnings
    assert "upstream_notice" not in terms.changed


@pytest.mark.parametrize(
    ("clause", "name", "value", "unit"),
    [
        ("2.1 甲方应在收到要求后3个工作日内提供授权文本。", "authorization_demand_response", 3, WD),
        ("4.4 乙方有权要求甲方在五个工作日内整改。", "rectification", 5, WD),
        ("6.1 甲方违约的，乙方提前48小时通知后停止服务。", "suspension_notice", 48, H),
        ("5.2 保密义务在本协议终止后两年内继续有效。", "confidentiality_survival", 2, Unit.YEAR),
        ("5.2 保密义务不因终止而消灭，但满二年后不再受约束。", "confidentiality_survival", 2, Unit.YEAR),
        ("7.1 遇不可抗力的一方应在十五日内提供公证证明。", "force_majeure_proof", 15, CD),
        ("8.2 因本协议引起的争议，双方应在30日内协商。", "dispute_negotiation", 30, CD),
        ("4.3 合作方系统升级的，乙方应提前两个工作日通知甲方。", "maintenance_notice", 2, WD),
        ("8.3 任何一方提前三十日书面通知可终止本协议。", "termination_notice", 30, CD),
        ("5.3 本协议终止后，乙方应在一个月内删除数据。", "data_deletion", 1, Unit.MONTH),
    ],
)
def test_added_periods_are_named_by_their_subject(clause, name, value, unit):
    extra = terms_of(clause).extra[name]
    assert (extra.value, extra.unit) == (value, unit)


def test_an_automatic_renewal_is_no_objection_to_an_upstream_change():
    extra = terms_of("9.1 服务期限届满前20日双方无异议的，自动续期一年。", "9.2 期满前15日无异议的自动续约半年。").extra
    assert not {name for name in extra if "objection" in name}
    assert {(period.value, period.unit) for name, period in extra.items() if name.startswith("renewal")} >= {
        (20, CD),
        (1, Unit.YEAR),
        (15, CD),
    }


def test_the_next_day_from_which_a_period_runs_is_no_period_of_its_own():
    terms = terms_of("3.3 甲方证照、资料变更的，应自变更发生之次日起4个工作日内书面通知乙方。")
    assert terms.terms["change_notification"].value == NoticePeriod(4, WD, "change", "written")
    assert not terms.extra


def test_a_notice_to_the_cooperator_is_named_as_one():
    extra = terms_of(
        "2.4 数据源方调整价格的，乙方应在接到数据源通知后2个工作日内通知合作方，甲方不能接受的，双方另行签署协议处理善后事宜。"
    ).extra
    assert {name: period.value for name, period in extra.items()} == {"cooperator_notice": 2}


@pytest.mark.parametrize("addressee", ["合作方", "云市场", "登记机关"])
def test_clause_3_3_a_change_told_to_somebody_else_is_not_owed_to_the_provider(addressee):
    terms = terms_of(f"3.3 甲方的证照、资料如有变更，应在变更后四个工作日内以书面形式通知{addressee}。")
    assert terms.terms["change_notification"].value is None
    assert "notice_addressee_unclear:change_notification" in terms.warnings
    assert "change_notification" in terms.changed


def test_clause_3_3_a_change_told_to_the_provider_and_others_is_owed_to_it():
    terms = terms_of("3.3 甲方的证照、资料如有变更，应在变更后四个工作日内以书面形式通知乙方，并通知合作方。")
    assert terms.terms["change_notification"].value == NoticePeriod(4, WD, "change", "written")


def test_clause_2_4_a_dropped_exemption_keeps_its_value_and_is_a_warning():
    terms = terms_of("2.4 数据源方调整价格的，乙方应在接到数据源通知后1个工作日内通知甲方。")
    assert terms.terms["upstream_change_is_provider_breach"].value is False
    assert "upstream_change_is_provider_breach" not in terms.changed
    assert "term_not_stated:upstream_change_is_provider_breach" in terms.warnings
    assert "no_waiver" in terms.changed


def test_a_changed_term_always_has_another_value_than_the_standard_form():
    terms = terms_of("9.9 双方应当友好合作。")
    assert all(terms.terms[key].value != built_in_form().value_of(key) for key in terms.changed)


@pytest.mark.parametrize(
    "clause",
    [
        "8.2 乙方提供7×24小时服务。",
        "8.3 服务费为5000元/年。",
        "8.4 乙方于2025年3月1日发布公告。",
        "8.5 对账单每月5日前提供。",
        "8.6 参见第3.3条第二款。",
    ],
)
def test_other_numbers_are_no_periods(clause):
    assert not terms_of(clause).extra
