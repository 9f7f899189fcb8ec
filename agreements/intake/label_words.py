"""The words that contracts and order forms use as labels, and what each stands for."""

import re
from collections.abc import Mapping


def words(text: str) -> tuple[str, ...]:
    """Return the words of a list that is parted by blanks."""
    return tuple(text.split())


PARTY_WORDS: Mapping[str, tuple[str, ...]] = {
    "party_a": words("甲方 最终用户 买方 买家 购买方 采购方 需方 客户"),
    "party_b": words("乙方 服务商 卖方 卖家 供方 服务提供商 服务提供方"),
}

PARTY_LABELS: Mapping[str, tuple[str, ...]] = {
    "name": words("名称 单位名称 公司名称 企业名称 全称 单位全称"),
    "address": words("地址 联系地址 通讯地址 通信地址 注册地址 办公地址 住所 住所地 公司地址 单位地址"),
    "contact": words(
        "联系人 联络人 联系人姓名 业务联系人 经办人 项目联系人 联系人及电话 联系人/电话 联系人、电话 "
        "联系人及联系方式 联系人及联系电话"
    ),
    "phone": words("电话 联系电话 联系方式 手机 手机号 手机号码 电话号码 联系号码 联系人电话 TEL"),
    "account": words("阿里云账号 云市场账号 市场账号 平台账号 云账号 账号 阿里云帐号 帐号 阿里云账户 账户 会员名"),
    "account_purchaser": words("购买账号 下单账号 购买账户"),
    "account_seller": words("销售账号 店铺账号"),
}

ORDER_LABELS: Mapping[str, tuple[str, ...]] = {
    "order_no": words("订单编号 订单号 订单号码 订单ID 订单流水号"),
    "product_name": words("商品名称 产品名称 服务名称 商品名 产品名 商品 商品/服务名称 产品/服务名称"),
    "spec_text": words("规格名称 规格 商品规格 产品规格 套餐规格 套餐名称 套餐 规格型号 购买规格 版本规格"),
    "quantity": words("数量 购买数量 订购数量 订单数量 商品数量"),
    "payment_mode": words("付费方式 计费方式 付款方式 支付方式 购买方式 付费模式 计费模式 付费类型 结算方式"),
    "service_period": words("服务期限 服务期间 服务周期 服务有效期 使用期限 有效期限 有效期 服务时间 合同期限 期限"),
    "service_start": words(
        "服务开始日期 服务开始时间 服务起始日期 服务起始日 开始日期 开始时间 起始日期 起始日 生效日期 服务起始时间"
    ),
    "service_end": words(
        "服务结束日期 服务结束时间 服务截止日期 服务终止日期 服务到期日 结束日期 结束时间 截止日期 "
        "到期日期 到期时间 到期日 终止日期"
    ),
    "list_price": words(
        "商品价格 商品总价 商品原价 商品金额 产品价格 订单金额 订单总额 订单总价 订单原价 原价 标价 "
        "目录价 总价 价格 金额"
    ),
    "paid_amount": words(
        "实付金额 实付款 实付总额 实付价 实付 实际支付金额 实际支付 实际付款 实际付款金额 实际付款额 "
        "已付金额 已支付金额 实收金额 实缴金额"
    ),
    "payment_status": words("支付状态 付款状态 订单状态 交易状态 支付情况 付款情况"),
    "coupon": words(
        "优惠金额 优惠券 优惠券抵扣 代金券 代金券抵扣 代金券金额 折扣 折扣金额 优惠 抵扣金额 优惠抵扣 "
        "满减 满减优惠 卡券抵扣 券抵扣 减免金额"
    ),
}

SIGNING_LABELS: Mapping[str, tuple[str, ...]] = {
    "date": words("日期 签署日期 签字日期 盖章日期 签章日期 签署时间 签名日期"),
    "agreement_date": words("签订日期 签约日期 签订时间 签约时间 合同签订日期 协议签订日期"),
    "seal": words("盖章 签章 公章 签字 签名 签字盖章 盖章处 用户盖章处 签字/盖章 签名/盖章"),
}

OTHER_LABELS = words(
    "邮箱 电子邮箱 电子邮件 E-MAIL EMAIL MAIL 传真 邮编 邮政编码 网址 法定代表人 法人代表 负责人 "
    "授权代表 委托代理人 法定代表人/授权代表 统一社会信用代码 社会信用代码 信用代码 纳税人识别号 税号 "
    "开户行 开户银行 银行账号 银行帐号 收款账号 户名 应付金额 应付款 待付金额 单价 商品单价 税率 税额 "
    "发票 发票抬头 发票类型 下单时间 支付时间 付款时间 付款日期 支付日期 购买时间 下单日期 备注 合同编号 "
    "协议编号 签订地点 签约地点 商品编号 商品ID 商品编码 规格编码 商品类型 店铺名称 序号 币种 职务 部门 "
    "身份证号 QQ 微信"
)
"""Labels whose values nobody asks for; knowing them keeps their values out of their neighbours'."""

KEY_OF_WORD: dict[str, str] = {
    word: key
    for table in (PARTY_LABELS, ORDER_LABELS, SIGNING_LABELS, {"other": OTHER_LABELS})
    for key, listed in table.items()
    for word in listed
}
PARTY_OF_WORD = {word: party for party, listed in PARTY_WORDS.items() for word in listed}
ORDER_KEYS = frozenset(ORDER_LABELS)
PARTY_KEYS = frozenset(PARTY_LABELS)
TAKES_FREE_TEXT = frozenset({"party", "name", "address", "product_name", "spec_text"})
"""Labels whose value may run on over the next line."""


def _any_of(alternatives: list[str]) -> str:
    """Alternatives, longest first, each tolerating blanks between its characters (联 系 人)."""
    longest_first = sorted(alternatives, key=len, reverse=True)
    return "|".join("[ ]{0,12}".join(re.escape(character) for character in word) for word in longest_first)


LABEL = re.compile(
    rf"(?P<party>{_any_of(list(PARTY_OF_WORD))})?[ ]{{0,4}}(?:\([^():\n\x1f]{{0,20}}\))?[ ]{{0,4}}的?[ ]?"
    rf"(?P<sub>{_any_of(list(KEY_OF_WORD))})?[ ]{{0,4}}(?P<note>\([^():\n\x1f]{{0,20}}\))?[ ]{{0,8}}"
    r"(?P<colon>[】\]]?[ ]?[:=]|[】\]]|︰|∶)?(?P<is>为(?!准|依据|限))?",
    re.IGNORECASE,
)
"""A label where one may begin: a party, a field, or both (甲方, 联系人, 甲方联系人), perhaps a note and a colon."""
