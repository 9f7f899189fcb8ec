"""Fictional tenants, each with its order: the example agreement with other names and numbers."""

from dataclasses import dataclass
from datetime import date

from jinja2 import Template

from agreements.parties.actions import Upload
from tests.builders import day
from tests.walk import ROOT

ID2 = ("id2-verify", "身份信息核验-姓名证件号两项比对-身份核验接口-【青榕核验】")
MOBILE3 = ("mobile3-verify", "手机号三要素核验-姓名证件号手机号一致性比对接口-【青榕核验】")
BANK4 = ("bank4-verify", "银行卡四要素核验-户名证件号手机号比对接口-【青榕核验】")
SMALL, MIDDLE, LARGE = ("1200元/3万次", "1200.00", "800.00"), ("2000元/6万次", "2000.00", "1800.00"), (
    "5000元/20万次",
    "5000.00",
    "4500.00",
)  # fmt: skip


@dataclass(frozen=True)
class Party:
    """A tenant and its order. `account` is the marketplace account that bought, where it is another's."""

    key: str
    name: str
    contact: str
    number: int
    starts: str
    ends: str
    product: tuple[str, str] = ID2
    spec: tuple[str, str, str] = SMALL
    account: str | None = None

    @property
    def order_no(self):
        return f"9000000000{self.number:05}"

    @property
    def address(self):
        return f"legal@{self.key}.example"

    def contract(self):
        """The example agreement with this party's names and numbers."""
        text = Template((ROOT / "examples" / "agreement.md.j2").read_text(encoding="utf-8")).render(
            order_no=self.order_no,
            signed_on=_written(day(self.starts)),
            service_start=_written(day(self.starts)),
            service_end=_written(day(self.ends)),
        )
        spec, list_price, paid = self.spec
        for old, new in (
            ("联系人：海棠商务服务（武汉）集团有限公司", f"联系人：{self.contact}"),
            ("海棠商务服务（武汉）集团有限公司", self.name),
            ("海棠企业咨询有限公司", self.account or self.name),
            ("身份信息核验-姓名证件号两项比对-身份核验接口-【青榕核验】", self.product[1]),
            ("1200元/3万次", spec),
            ("| 1200.00 |", f"| {list_price} |"),
            ("| 800.00 |", f"| {paid} |"),
        ):
            assert old in text, old
            text = text.replace(old, new)
        return Upload(f"云市场商品销售协议-{self.key}.md", "text/markdown", text.encode())


def _written(on: date):
    return f"{on.year}年{on.month:02}月{on.day:02}日"


HAITANG = Party(
    "haitang",
    "海棠商务服务（武汉）集团有限公司",
    "周明远",
    1,
    "Mon 2025-12-01",
    "Sat 2027-01-02",
    account="海棠企业咨询有限公司",
)
YUNSHAN = Party(
    "yunshan", "云杉信息科技（成都）有限公司", "何晓舟", 2, "Mon 2025-12-01", "Mon 2027-03-01", MOBILE3, LARGE
)
YINXING = Party(
    "yinxing", "银杏人力资源服务（苏州）有限公司", "沈若兰", 3, "Mon 2025-12-01", "Thu 2027-01-21", BANK4, MIDDLE
)
BAIHUA = Party("baihua", "白桦供应链管理（厦门）有限公司", "林清越", 4, "Mon 2025-12-01", "Thu 2027-01-21", ID2, LARGE)
QINGSONG = Party(
    "qingsong", "青松融资租赁（天津）有限公司", "郑怀瑾", 5, "Mon 2025-12-01", "Mon 2027-03-01", BANK4, LARGE
)
DANFENG = Party("danfeng", "丹枫物业服务集团有限公司", "吴知秋", 6, "Mon 2025-12-01", "Tue 2027-02-02", ID2, MIDDLE)
ZIJING = Party("zijing", "紫荆在线教育科技（广州）有限公司", "黄嘉树", 7, "Mon 2025-12-01", "Thu 2027-01-21", MOBILE3)
SHILIU = Party("shiliu", "石榴二手车交易服务（西安）有限公司", "马文澜", 8, "Mon 2025-12-01", "Tue 2027-02-02", ID2)
LANMEI = Party(
    "lanmei", "蓝莓网络约车平台运营（杭州）有限公司", "徐望舒", 9, "Mon 2025-12-01", "Mon 2027-03-01", MOBILE3, LARGE
)
DONGQING = Party("dongqing", "冬青商务咨询（南京）有限公司", "高若虚", 10, "Mon 2025-12-01", "Sat 2026-12-05", ID2)
SHUISHAN = Party(
    "shuishan",
    "水杉跨境电子商务综合服务（宁波）有限责任公司",
    "罗一川",
    11,
    "Wed 2026-11-18",
    "Fri 2027-11-19",
    BANK4,
    MIDDLE,
)
MUJIN = Party("mujin", "木槿健康管理（长沙）有限公司", "谢云亭", 12, "Mon 2026-11-23", "Wed 2027-11-24", ID2)
SHINAN = Party(
    "shinan",
    "石楠文化传媒（北京）有限公司",
    "曹允之",
    13,
    "Fri 2026-11-20",
    "Sun 2027-11-21",
    MOBILE3,
    account="石楠影业有限公司",
)
HUAISHU = Party("huaishu", "槐树会展服务（青岛）有限公司", "钟毓秀", 14, "Mon 2025-12-01", "Mon 2027-03-01", ID2)
XIUQIU = Party("xiuqiu", "绣球婚庆策划（重庆）有限公司", "江映雪", 15, "Mon 2025-12-01", "Mon 2027-03-01", BANK4)
JINGUI = Party("jingui", "金桂会务服务（南宁）有限公司", "陆听雨", 16, "Wed 2020-01-01", "Thu 2020-12-31", ID2)
YULAN = Party(
    "yulan", "玉兰家政服务（昆明）有限公司", "范思远", 17, "Wed 2020-07-01", "Wed 2021-06-30", MOBILE3, MIDDLE
)
HEHUAN = Party("hehuan", "合欢旅行社（桂林）有限公司", "江如练", 18, "Wed 2021-12-01", "Wed 2022-11-30", BANK4)
IN_SERVICE = (HAITANG, YUNSHAN, YINXING, BAIHUA, QINGSONG, DANFENG, ZIJING, SHILIU, LANMEI, DONGQING, HUAISHU, XIUQIU)
