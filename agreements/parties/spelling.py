"""One name in all the spellings by which somebody may look for it (E-50): width, spaces, forms of a company, pinyin."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from agreements.parties.rules import normalised_name

FORMS_VERSION = 1
"""Rises whenever `spellings_of` answers differently; what was indexed by an older version is indexed again."""

COMPANY_FORMS = (("有限责任公司", "有限公司"), ("股份公司", "股份有限公司"))
TRADITIONAL = (
    "個東絲兩嚴豐臨為麗義烏樂書買亂爭於亞產親億從倉儀價眾優會傳傷倫偉側僑償儲兒黨蘭關興養獸內岡冊寫軍農馮沖決況凍淨減鳳憑凱劃劉則剛創劑勁動務勝勞勢華協單賣衛廠廳歷壓廈縣參雙發變號葉"
    "嘆喬員問啟喚國園圖圓聖場塊堅壇壘報聲處備復夠頭夾奪奮奧婦媽娛孫學寧寶實審寬賓對尋導將爾嶺島峽帥師帳幣幫廣慶庫應廟開異張彈強歸錄徹態慮憶懷戰戲戶擴掃揚換據擇擊擔擬攜攝數斷無舊時曠"
    "曆術機殺雜權條來楊極構檢標樓樣樹橋歐殘毀氣漢湯溝滅潔澤濟濤濱灣灤熱燈爐煉煙營環現瑪電畫療監盤礦碼確種積穩窮競筆節範築簽簡類糧紀約級紅紋納純紙紡細終組結給絡統經綠維網綜線編緣縱總"
    "績繼續纖職聯聰肅腦臺艦藝蘇薩藥蟲衝補裝規視覺覽觀觸計訂訊記設許訴證評詞試話該詳認語誠說課調談請論諾謀講謝識護譯議讀貝財責貨販貴貸費貿賀資賞賢質贈趙趨車軌軟軸較輕輛輪輯輸轉辦運過"
    "達遠遷選還鄉鄧鄭醫釋釐針鈔鋼銀銅銘鋒鋁鎮鏈鐵鑽長門閃閱闊隊陽陰陳陸際隨險雲霧靈靜項順須預領頻題顏願顧風飛飯飲館馬駐駕驗騰驛體鬆魚鮮鳥鴻鵬鹽麥黃點齊齒龍龐龜"
)
SIMPLIFIED = (
    "个东丝两严丰临为丽义乌乐书买乱争于亚产亲亿从仓仪价众优会传伤伦伟侧侨偿储儿党兰关兴养兽内冈册写军农冯冲决况冻净减凤凭凯划刘则刚创剂劲动务胜劳势华协单卖卫厂厅历压厦县参双发变号叶"
    "叹乔员问启唤国园图圆圣场块坚坛垒报声处备复够头夹夺奋奥妇妈娱孙学宁宝实审宽宾对寻导将尔岭岛峡帅师帐币帮广庆库应庙开异张弹强归录彻态虑忆怀战戏户扩扫扬换据择击担拟携摄数断无旧时旷"
    "历术机杀杂权条来杨极构检标楼样树桥欧残毁气汉汤沟灭洁泽济涛滨湾滦热灯炉炼烟营环现玛电画疗监盘矿码确种积稳穷竞笔节范筑签简类粮纪约级红纹纳纯纸纺细终组结给络统经绿维网综线编缘纵总"
    "绩继续纤职联聪肃脑台舰艺苏萨药虫冲补装规视觉览观触计订讯记设许诉证评词试话该详认语诚说课调谈请论诺谋讲谢识护译议读贝财责货贩贵贷费贸贺资赏贤质赠赵趋车轨软轴较轻辆轮辑输转办运过"
    "达远迁选还乡邓郑医释厘针钞钢银铜铭锋铝镇链铁钻长门闪阅阔队阳阴陈陆际随险云雾灵静项顺须预领频题颜愿顾风飞饭饮馆马驻驾验腾驿体松鱼鲜鸟鸿鹏盐麦黄点齐齿龙庞龟"
)
TO_SIMPLIFIED = str.maketrans(dict(zip(TRADITIONAL, SIMPLIFIED, strict=True)) | {"ü": "v"})
"""Traditional characters common in company names, one to one; a rarer one is found by its pinyin."""


def folded(text: str) -> str:
    """Return a spelling's common form: half width, no case, simplified, letters and digits only, one company form."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(TO_SIMPLIFIED)
    plain = "".join(character for character in plain if character.isalnum())
    for written, kept in COMPANY_FORMS:
        plain = plain.replace(written, kept)
    return plain


@dataclass(frozen=True, slots=True)
class Word:
    """One word that somebody looks for: `plain` keeps its hyphens and marks, as an order number has them."""

    plain: str
    folded: str


def words_of(text: str, *, most: int = 8) -> list[Word]:
    """Return what somebody looks for, word by word; all of them must be found, in whatever order."""
    words = (Word(normalised_name(word), folded(word)) for word in text.split())
    return list(dict.fromkeys(word for word in words if word.folded))[:most]


def spellings_of(names: Iterable[str]) -> str:
    """Return the forms of some names, a line each: as folded, in pinyin, and the first letters of the pinyin."""
    lines = (line for name in names for line in _forms_of(name))
    return "\n".join(dict.fromkeys(lines))


@lru_cache(maxsize=4096)
def _forms_of(name: str) -> tuple[str, ...]:
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionaries take a fifth of a second to load

    plain = folded(name)
    if plain.isascii():
        return (plain,)
    return plain, "".join(lazy_pinyin(plain)), "".join(lazy_pinyin(plain, style=Style.FIRST_LETTER))
