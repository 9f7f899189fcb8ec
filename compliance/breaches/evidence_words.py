"""What a list of evidence says, in Chinese and beside it in English for the reading copy."""

from agreements.paper.rules import SignatureAnswer
from agreements.register.rules import InstrumentKind
from compliance.breaches.rules import CaseGround
from compliance.notices.rules import ArrivalBasis

GROUNDS = {
    CaseGround.CHANGE_NOTIFICATION_OVERDUE: "逾期未通知变更",
    CaseGround.CHANGE_PROCEDURE_OVERDUE: "变更手续逾期未办结",
}
CHECKED = {
    SignatureAnswer.VALID: "电子签名有效",
    SignatureAnswer.UNTRUSTED: "电子签名未经改动，证书链未受信任",
    SignatureAnswer.ALTERED: "电子签名后文件已被改动",
    SignatureAnswer.NO_SIGNATURE: "无电子签名",
}
INSTRUMENTS = {
    InstrumentKind.ANNEX: ("《最终用户使用协议》文本", "双方的合同关系及约定内容"),
    InstrumentKind.ONLINE_TERMS: ("在线条款快照", "展示于商品页面的条款内容"),
    InstrumentKind.SUPPLEMENT: ("补充协议", "双方对协议的变更"),
}
ARRIVED_BY = {
    ArrivalBasis.ACKNOWLEDGED: "甲方确认收到",
    ArrivalBasis.DESIGNATED_SYSTEM: "进入甲方指定的特定系统",
    ArrivalBasis.SHOULD_KNOW: "甲方应当知道",
    ArrivalBasis.COURIER_RECEIPT: "快递签收",
    ArrivalBasis.PERSONAL: "当面送达",
}
BOTH = 2
PURPOSE = (
    "提交人就上述事项提交下列证据材料。每份材料以其电子文件的SHA-256校验值固定，"
    "可据以核对所提交的文件自收存以来是否经过改动。"
)
REMARK = (
    "本目录只载明材料的名称、形成日期（注明“收存”的为提交人收存日期）、证明内容和校验值，"
    "不代替材料本身；材料由提交人保管，原始载体备核。"
)
CONTRACT = "《云市场商品销售协议》及其附件《最终用户使用协议》（订单编号{order_no}）"
SHOWS_COPY = "双方的合同关系及约定内容；经检验，{checked}"
CHANGED = "甲方于{day}发生变更：{description}"
TOLD = "甲方就变更所作通知于{at}到达提交人"
ARRIVED = "{named}于{at}到达甲方（{basis}）"
ENGLISH = {
    "逾期未通知变更": "a change not notified in time",
    "变更手续逾期未办结": "the procedure after a change not completed in time",
    "电子签名有效": "the electronic signature is valid",
    "电子签名未经改动，证书链未受信任": "the electronic signature is unaltered, its certificate chain is not trusted",
    "电子签名后文件已被改动": "the file was altered after the electronic signature",
    "无电子签名": "there is no electronic signature",
    "《最终用户使用协议》文本": "Text of the End User Agreement",
    "双方的合同关系及约定内容": "the parties' contract and its terms",
    "在线条款快照": "Snapshot of the online terms",
    "展示于商品页面的条款内容": "the terms shown on the product's page",
    "补充协议": "Supplementary agreement",
    "双方对协议的变更": "the parties' changes of the agreement",
    "甲方确认收到": "Party A acknowledged receipt",
    "进入甲方指定的特定系统": "it entered the system that Party A designated",
    "甲方应当知道": "Party A should have known of it",
    "快递签收": "signed for on delivery by courier",
    "当面送达": "served in person",
    "证据目录": "List of Evidence",
    "订单编号：{order_no}": "Order No. {order_no}",
    "提交人": "Submitted by",
    "对方当事人": "Opposing party",
    "涉及合同": "Contract",
    "商品": "Product",
    "案件": "Case",
    "证据材料": "Evidence",
    "第{number}号：{ground}（第{clause}条）": "No. {number}: {ground} (clause {clause})",
    "共{count}份": "{count} in all",
    CONTRACT: "Cloud Marketplace Product Sales Agreement and its annex, the End User Agreement (order No. {order_no})",
    PURPOSE: "On the matter above the following evidence is submitted. Each piece is fixed by the SHA-256 of its "
    "electronic file, by which it can be checked whether the file was altered since it was received and kept.",
    REMARK: "This list states only the name, the day (where marked as kept, the day on which the submitting party "
    "received and kept it), the purpose and the hash of each piece and does not replace it; the pieces are kept by "
    "the "
    "submitting party, and the originals are available for inspection.",
    "{day}（收存）": "{day} (kept)",
    "序号": "No.",
    "证据名称": "Evidence",
    "形成日期": "Day",
    "证明内容": "What it shows",
    "SHA-256校验值": "SHA-256",
    "{name}（{pages}页）": "{name} ({pages} pages)",
    "正式合同版本": "Formal copy of the contract",
    "合同副本": "Copy of the contract",
    SHOWS_COPY: "the parties' contract and its terms; checked: {checked}",
    CHANGED: "on {day} Party A changed: {description}",
    "变更事实材料": "Material on the change",
    TOLD: "Party A's notice of the change reached the submitting party on {at}",
    "甲方变更通知": "Party A's notice of the change",
    "{title}（编号{number}）": "{title} (No. {number})",
    "{named}正文": "Text of: {named}",
    "提交人通知的内容": "what the submitting party gave notice of",
    "送达凭证": "Proof of arrival",
    ARRIVED: "{named} reached Party A on {at} ({basis})",
    "{title}（盖章文本，文件编号{number}）": "{title} (sealed, document No. {number})",
    "提交人盖章并作数字签名的文件": "a document that the submitting party sealed and digitally signed",
}
