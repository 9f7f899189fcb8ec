"""What a supplement says, in Chinese and beside it in English for the reading copy."""

TITLE = "补充协议"
ABOUT = (
    "甲乙双方就订单编号{order_no}项下的“{product}”订有《云市场商品销售协议》及其附件《最终用户使用协议》"
    "（以下合称“原协议”）。双方经协商一致，依据原协议第8.1条订立本补充协议，共同遵守。"
)
KEPT = "上述变更适用之前已经产生的权利义务及已经起算的期限，仍按变更前的约定执行。"
REST = "本补充协议未作变更的事项，仍按原协议执行；本补充协议与原协议不一致的，以本补充协议为准。"
TEXTS = (
    "本补充协议是原协议的组成部分，可以电子文本签署，也可以书面签署；书面签署的，一式两份，双方各执一份，"
    "具有同等效力。对本补充协议的再次变更，仍须由双方另行签订补充协议。"
)
FROM_BOTH = "本补充协议自双方均签署之时起成立并生效，上述变更自该时起适用。"
FROM_EARLIER = (
    "本补充协议自双方均签署之时起成立并生效。双方一致同意，上述变更自{at}（北京时间）起适用，"
    "该时早于双方签署的，追溯适用。"
)
FROM_THEN = (
    "本补充协议自双方均签署之时起成立并生效，上述变更自{at}（北京时间）起适用；"
    "双方于该时之后方均签署的，自均签署之时起适用。"
)
ENGLISH = {
    TITLE: "Supplementary Agreement",
    "补充协议编号：{number}　　订单编号：{order_no}": "Supplement No. {number}    Order No. {order_no}",
    "甲方": "Party A",
    "乙方": "Party B",
    ABOUT: 'For "{product}" under order No. {order_no}, Party A and Party B have concluded the Cloud Marketplace '
    'Product Sales Agreement and its annex, the End User Agreement (together, the "Original Agreement"). Having '
    "consulted and agreed, and under clause 8.1 of the Original Agreement, they conclude this supplementary "
    "agreement, "
    "by which both shall abide.",
    "第一条　变更内容": "Article 1  What is changed",
    "双方同意对原协议的下列约定作如下变更：": "The parties agree to change the following terms of the Original "
    "Agreement as follows:",
    "序号": "No.",
    "约定事项": "Term",
    "变更前": "Before",
    "变更后": "After",
    "第二条　适用时间": "Article 2  When it applies",
    "第三条　此前的权利义务": "Article 3  Earlier rights and obligations",
    KEPT: "Rights and obligations that arose, and periods that began to run, before the changes above apply "
    "continue to "
    "be governed by the terms as they stood before the changes.",
    "第四条　其他约定的效力": "Article 4  Effect of the other terms",
    REST: "What this supplementary agreement does not change continues to be governed by the Original Agreement; "
    "where "
    "the two differ, this supplementary agreement prevails.",
    "第五条　文本": "Article 5  Copies",
    TEXTS: "This supplementary agreement forms part of the Original Agreement. It may be signed electronically or in "
    "writing; if in writing, in two counterparts of equal effect, one for each party. Any further change of it "
    "requires "
    "another supplementary agreement between the parties.",
    FROM_BOTH: "This supplementary agreement is formed and takes effect when both parties have signed it; the "
    "changes "
    "above apply from that time.",
    FROM_EARLIER: "This supplementary agreement is formed and takes effect when both parties have signed it. The "
    "parties "
    "agree that the changes above apply from {at} (Beijing time), with retroactive effect where that is before both "
    "have "
    "signed.",
    FROM_THEN: "This supplementary agreement is formed and takes effect when both parties have signed it, and the "
    "changes "
    "above apply from {at} (Beijing time); where both have signed only after that time, they apply from the time "
    "when "
    "both have signed.",
    "（第{clause}条）": "(clause {clause})",
    "原协议未约定": "not agreed in the Original Agreement",
    "{day}24:00": "{day}, 24:00",
    "{count}次": "{count} calls",
    "、": ", ",
    "{part}：{said}": "{part}: {said}",
    "是": "yes",
    "否": "no",
}
