"""What a settlement statement says, in Chinese and beside it in English for the reading copy."""

from agreements.register.rules import AgreementState
from compliance.settlement.rules import Basis

ENDED_EARLY = "提前终止"
ENDINGS = {
    AgreementState.ENDED_BY_AGREEMENT: "双方协商一致提前终止",
    AgreementState.ENDED_PROVIDER_CAUSE: "因乙方原因提前终止",
}
BASES = {
    Basis.PAID_PROPORTIONAL: "按实付金额折算",
    Basis.LIST_PRICE: "按商品价格（标价）计算",
}
ABOUT = (
    "双方就上述订单的合作已于{day}{ended}。根据《最终用户使用协议》附件第4.6条，按服务价格标准和实际使用情况结算如下："
)
NOTE = "结算口径：{basis}。{limit}金额以分为单位，仅在最后一步四舍五入一次。"
BESIDES = "除本结算单所列款项外，协议终止前已经产生的其他权利义务以及保密、数据保护义务不受影响。"
CONSUMED_DAYS = "{price}元 × {used}天 ÷ {total}天 {value}元"
CONSUMED_CALLS = "{price}元 × {used}次 ÷ {total}次 {value}元"
LIMIT = "已消耗金额以实付金额为限，超出部分不向甲方收取。"
LIMIT_LESS_EARLIER = "已消耗金额以实付金额扣除此前退款为限，超出部分不向甲方收取。"
PAYS = "甲方应向乙方支付人民币{amount}（大写：{capitals}）。"
REFUNDS = "乙方应向甲方退还人民币{amount}（大写：{capitals}）。"
ENGLISH = {
    "结算单": "Settlement Statement",
    "订单编号：{order_no}": "Order No. {order_no}",
    "甲方": "Party A",
    "甲方（确认）": "Party A (confirmed by)",
    "乙方": "Party B",
    ENDED_EARLY: "ended early",
    ENDINGS[AgreementState.ENDED_BY_AGREEMENT]: "ended early by mutual agreement",
    ENDINGS[AgreementState.ENDED_PROVIDER_CAUSE]: "ended early for a cause on Party B's side",
    BASES[Basis.PAID_PROPORTIONAL]: "in proportion to the amount actually paid",
    BASES[Basis.LIST_PRICE]: "by the product's list price",
    ABOUT: "The parties' cooperation under the order above {ended} on {day}. Under clause 4.6 of the annex, the End "
    "User "
    "Agreement, it is settled by the price standard of the service and by actual use as follows:",
    NOTE: "Basis of settlement: {basis}. {limit}Amounts are counted in fen and rounded (half up) once, at the last "
    "step.",
    BESIDES: "Apart from the sums in this statement, other rights and obligations that arose before the end of the "
    "agreement, and the duties of confidentiality and data protection, are not affected.",
    "商品与规格": "Product and specification",
    "{product}；{spec} × {quantity}": "{product}; {spec} × {quantity}",
    "服务期限": "Service period",
    "{first}至{last}（首尾两日均计入，共{days}天）": "{first} to {last} (both days included, {days} days)",
    "价款": "Price",
    "商品价格{listed}，实付金额{paid}": "list price {listed}, paid {paid}",
    "已使用天数": "Days used",
    "{used}天（终止当日计入）": "{used} days (the day of the end included)",
    " / {total}次": " of {total} calls",
    "次": " calls",
    "{used}{of}（统计至{through}；来源：{source}）": "{used}{of} (counted through {through}; source: {source})",
    "计费次数": "Billed calls",
    "{count}次，不计入已消耗金额，亦不向甲方收取": "{count} calls, neither counted as consumed nor charged to Party A",
    "超出额度": "Beyond the quota",
    "{used}次 × {price}元/次": "{used} calls × RMB {price} a call",
    "应付服务费": "Fee due for the service",
    "减：已付金额": "Less: amount paid",
    "甲方尚应支付": "Still due from Party A",
    CONSUMED_DAYS: "RMB {price} × {used} days ÷ {total} days {value}",
    CONSUMED_CALLS: "RMB {price} × {used} calls ÷ {total} calls {value}",
    "实付金额": "Amount paid",
    "减：此前已退款": "Less: refunded before",
    "减：已消耗金额": "Less: amount consumed",
    "应退金额": "Refund due",
    "不低于零": "not below zero",
    "项目": "Item",
    "算式": "Calculation",
    "金额（元）": "Amount (RMB)",
    LIMIT: "The amount consumed is limited to the amount paid; what exceeds it is not charged to Party A. ",
    LIMIT_LESS_EARLIER: "The amount consumed is limited to the amount paid less earlier refunds; what exceeds it is "
    "not "
    "charged to Party A. ",
    "双方互不退补款项。": "Neither party owes the other a refund or a further payment.",
    PAYS: "Party A shall pay Party B {amount} (in Chinese capitals: {capitals}).",
    REFUNDS: "Party B shall refund Party A {amount} (in Chinese capitals: {capitals}).",
    "{amount}元": "RMB {amount}",
}
