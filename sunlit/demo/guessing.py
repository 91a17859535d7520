"""Reading shop titles: brand, model and parameters out of names such as “TP-LINK TL-SG1024DT T系列24口全千兆非网管交换机”. Guesses, and marked as such."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

UNBRANDED = ("无品牌", "Unbranded")
NO_BRANDS = frozenset(
    {
        "国产",
        "现货",
        "定制",
        "家用",
        "新款",
        "原装",
        "专业",
        "办公",
        "旗子",
        "三脚架",
        "台湾",
        "新版",
        "进口",
        "韩国",
        "日本",
        "美国",
        "标准",
        "正品",
        "高清",
        "迷你",
    }
)
MODEL_CHARS, BRAND_CHARS = 60, 6

_HAN = "\u4e00-\u9fff"
_TWO_NAMES = re.compile(rf"^([{_HAN}]{{2,{BRAND_CHARS}}})\s*[（(]\s*([A-Za-z][A-Za-z0-9&.’'\- ]*?)\s*[)）]")
_LATIN_FIRST = re.compile(rf"^([A-Za-z][A-Za-z&.’'\-]+)\s*[（(]\s*([{_HAN}]{{2,{BRAND_CHARS}}})\s*[)）]")
_HAN_WORD = re.compile(rf"^([{_HAN}]{{2,{BRAND_CHARS}}})(?=[\s　])")
_LATIN_WORD = re.compile(rf"^([A-Za-z][A-Za-z&’'\-]*[A-Za-z])(?=[\s{_HAN}/（(]|$)")
_HAN_RUN = re.compile(rf"^[{_HAN}]+")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-/+.#()]*")
_MEASURE = re.compile(
    r"^\d+(?:\.\d+)?(?:[*x×-]\d+(?:\.\d+)?)*(?:mm|cm|m|g|kg|ml|l|w|kw|v|a|va|kva|gb?|tb?|mb?|hz|p|k|k?lm|mah|dpi|rpm|y|s|in)?$",
    re.IGNORECASE,
)
_STANDARDS = re.compile(
    r"^(?:A[3-6]|B[45]|USB\d?(?:\.\d)?|DDR\d|\d+K|4G|5G|3D|HDMI|SATA\d?|RJ45|T[58]|E27|E14|LED\d*|LR6|LR03|CPU|2B|HB|[12]080P|720P|11AC|F\d\.\d|I[3579])$",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"^\s*(?:升|口|张|支|个|只|页|寸|英寸|米|克|公斤|套|位|匹|卷|包|盒|本|片|级|档|瓶|粒|年|度|孔|层|人|头|系列|条|节|抽|万|元|盏|刀|键|路|款|合|针|盘|倍|根|g\b)"
)
# What shops call the goods: a brand ends where one of these begins.
_GOODS = (
    "空调", "冰箱", "冷柜", "洗衣机", "电视", "彩电", "饮水机", "热水器", "电热水器", "吸尘器", "净化器", "空气", "加湿器", "除湿机", "电饭煲", "电饭锅", "电压力锅", "微波炉", "油烟机", "抽油烟机", "电话机", "打印机",
    "传真机", "扫描仪", "投影", "显示器", "液晶", "电脑", "台式", "笔记本", "平板", "数码", "相机", "摄像", "镜头", "硬盘", "内存", "路由器", "无线", "交换机", "网线", "鼠标", "键盘", "音箱", "音响", "耳机", "话筒", "收音机",
    "录音", "电风扇", "风扇", "取暖", "电暖", "暖风机", "挂烫机", "电熨斗", "蒸汽", "料理机", "榨汁", "豆浆机", "洗碗机", "碎纸机", "装订机", "点钞机", "验钞", "考勤机", "复印", "电子", "智能", "家用", "迷你", "高速", "便携",
    "电热", "室内", "除湿", "消毒", "小型", "光音", "性价比", "中式", "欧式", "变频", "立式", "台地扇",
)  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """What a title seems to say."""

    brand_zh: str
    brand_en: str
    model: str
    attributes: Mapping[str, str]


class Reader:
    """Learns which words are brands from all titles of a file, then reads each."""

    def __init__(self, titles: Iterable[str]) -> None:
        self.pairs: dict[str, str] = {}  # the Chinese name of a brand and its Latin one
        self.latin: dict[str, str] = {}
        words: Counter[str] = Counter()
        for title in titles:
            if hit := _TWO_NAMES.match(title):
                self._learn(hit[1], hit[2])
            elif hit := _LATIN_FIRST.match(title):
                self._learn(hit[2], hit[1])
            elif hit := _HAN_WORD.match(title):
                words[_cut_at_goods(hit[1])] += 1
        for word, times in words.items():
            if times > 1 and word not in NO_BRANDS and len(word) > 1:
                self.pairs.setdefault(word, "")
        self.longest_first = sorted(self.pairs, key=lambda it: (-len(it), it))

    def read(self, title: str, code: str) -> Guess:
        """Brand, model and parameters of one title in a category of the 2022 catalogue."""
        brand_zh, brand_en, rest = self._brand(title.strip())
        rest = rest.strip()
        if brand_en and rest.casefold().startswith(brand_en.casefold()):
            rest = rest[len(brand_en) :]
        return Guess(brand_zh, brand_en, _model(rest), attributes(title, code))

    def _learn(self, zh: str, en: str) -> None:
        zh, en = _cut_at_goods(zh), en.strip()
        if zh not in NO_BRANDS and len(zh) > 1:
            if not self.pairs.get(zh):
                self.pairs[zh] = en
            self.latin.setdefault(en.casefold(), zh)

    def _brand(self, title: str) -> tuple[str, str, str]:
        if hit := _TWO_NAMES.match(title) or _LATIN_FIRST.match(title):
            zh = hit[1] if hit[1][0] >= "\u4e00" else hit[2]
            zh = _cut_at_goods(zh)
            return zh, self.pairs.get(zh, ""), title[hit.end() :]
        for zh in self.longest_first:
            if zh not in NO_BRANDS and title.startswith(zh):
                return zh, self.pairs[zh], title[len(zh) :]
        if plain := next((word for word in NO_BRANDS if title.startswith(word)), ""):
            return *UNBRANDED, title[len(plain) :]
        if hit := _LATIN_WORD.match(title):
            zh = self.latin.get(hit[1].casefold(), "")
            return zh or hit[1], hit[1], title[hit.end() :]
        if hit := _HAN_RUN.match(title):
            zh = _cut_at_goods(hit[0])[:BRAND_CHARS]
            if 2 <= len(zh) < len(hit[0]) or (zh == hit[0] and 2 <= len(zh) <= 4):
                return zh, "", title[len(zh) :]
        return *UNBRANDED, title


def attributes(title: str, code: str) -> dict[str, str]:
    """The parameters that the title tells, under the keys of the category's template."""
    found: dict[str, str] = {}
    for key, pattern, words in PARAMETERS.get(code, ()):
        if hit := re.search(pattern, title, re.IGNORECASE):
            said = next(part for part in (*hit.groups(), hit[0]) if part)
            said = words.get(said, words.get(said.lower(), "")) if words else said
            if said:
                found.setdefault(key, said)
    return found


def _cut_at_goods(text: str) -> str:
    """The text up to the first word that names goods instead of a maker."""
    ends = [place for word in _GOODS if (place := text.find(word)) > 1]
    return text[: min(ends)] if ends else text


def _model(text: str) -> str:
    """The first thing that looks like a model number; else what the title says, shortened."""
    plain = ""
    for hit in _TOKEN.finditer(text):
        token = _closed(hit[0].strip("-/.+#"))
        if (_MEASURE.match(token) and not (token.isdigit() and len(token) >= 3)) or _STANDARDS.match(token):
            continue
        has_digit, has_letter = any(c.isdigit() for c in token), any(c.isalpha() for c in token)
        if has_digit and has_letter and len(token) >= 3:
            return token[:MODEL_CHARS]
        if not plain and token.isdigit() and 3 <= len(token) <= 6 and not _COUNTED.match(text[hit.end() :]):
            plain = token
    return plain or " ".join(text.replace("...", "").replace("…", "").split()).strip("-/ ")[:MODEL_CHARS] or "—"


def _closed(token: str) -> str:
    """Without a bracket that is not closed."""
    return token if token.count("(") == token.count(")") else token.replace("(", " ").replace(")", " ").split()[0]


_SIZE: tuple[str, str, dict[str, str]] = ("size", r"(\d{2}(?:\.\d)?)\s*(?:英寸|寸|″)", {})
_LITRES = r"(\d{1,3})\s*(?:升|L\b)"
_KINDS_OF_PENS = {
    "中性笔": "中性笔",
    "签字笔": "中性笔",
    "水笔": "中性笔",
    "圆珠笔": "圆珠笔",
    "白板笔": "白板笔",
    "记号笔": "记号笔",
    "铅笔": "铅笔",
    "走珠笔": "走珠笔",
}
# Category → key, pattern, and the template's word where the title says it otherwise.
PARAMETERS: dict[str, tuple[tuple[str, str, dict[str, str]], ...]] = {
    "A02021104": (_SIZE, ("panel", r"(IPS|VA)(?![A-Za-z])", {}), ("refresh", r"(60|75|100)\s*Hz", {})),
    "A02091001": (_SIZE, ("size", r"(?:LED|L)?(\d{2})[A-Z]", {})),
    "A02020300": (_SIZE, ("kind", r"(电动|手动)", {}), ("ratio", r"(4:3|16:9|16:10)", {})),
    "A02010202": (("ports", r"(\d{1,2})\s*口", {}), ("speed", r"(千兆|百兆)", {}), ("manage", r"(非网管|三层网管|简单网管)", {})),
    "A02010201": (("ports", r"(\d{1,2})\s*口", {}),),
    "A02061801": (("volume", r"BC[DF]?-?(\d{2,3})", {}), ("volume", _LITRES, {}), ("door", r"(单门|双门|三门|法式多门|十字对开门|对开门)", {}), ("cooling", r"(风冷|直冷)", {})),
    "A02061804": (
        ("cooling", r"KFR?d?-(\d{2,3})", {code: f"{code}00" for code in ("23", "25", "26", "32", "33", "35", "36", "46", "50", "51", "60", "72", "75", "80", "100", "120")}),
        ("inverter", r"(变频|定频)", {}),
        ("horsepower", r"(大1匹|1\.5匹|2匹|3匹|5匹)", {}),
        ("form", r"(壁挂|挂式|GW|立柜|柜机|LW)", {"壁挂": "壁挂式", "挂式": "壁挂式", "GW": "壁挂式", "gw": "壁挂式", "立柜": "立柜式", "柜机": "立柜式", "LW": "立柜式", "lw": "立柜式"}),
    ),
    "A02061810": (("capacity", r"(\d{1,2}(?:\.\d)?)\s*(?:公斤|kg)", {}), ("kind", r"(波轮|滚筒)", {"波轮": "波轮全自动", "滚筒": "滚筒"})),
    "A02061819": (("volume", _LITRES, {}),),
    "A02061808": (("power", r"(\d{3,4})\s*W", {}), ("kind", r"(油汀|碳纤维|对流式|踢脚线式)", {})),
    "A02061908": (("power", r"(\d{1,3})\s*W", {}), ("cct", r"(\d{4})\s*K", {})),
    "A02061504": (("power", r"(\d{3,5})\s*W", {}), ("type", r"(在线式|后备式|在线互动式)", {})),
    "A02010508": (("capacity", r"(\d{2,3})\s*G", {"64": "64GB", "128": "128GB", "256": "256GB", "512": "512GB"}), ("capacity", r"(1)\s*TB?", {"1": "1TB"})),
    "A02021118": (("paper", r"(A3|A4)", {"A3": "A3", "a3": "A3", "A4": "A4", "a4": "A4"}), ("speed", r"(\d{2,3})\s*(?:页|张)", {})),
    "A02021301": (("level", r"([456]级)", {}), ("volume", _LITRES, {})),
    "A02020200": (("lumens", r"(\d{4})\s*流明", {}),),
    "A02080701": (("kind", r"(录音|无绳|有绳)", {}),),
    "A02091206": (("channels", r"(一拖[一二四八])", {}),),
    "A05040101": (("size", r"(A3|A4|A5)", {}), ("grams", r"(\d{2})\s*(?:g|克)", {}), ("sheets", r"(\d{3})\s*张", {})),
    "A05040402": (
        ("tip", r"(\d\.\d{1,2})\s*mm", {}),
        ("colour", r"(黑|蓝|红)", {}),
        ("pieces", r"(\d{1,2})\s*支/盒", {}),
        ("kind", f"({'|'.join(_KINDS_OF_PENS)})", _KINDS_OF_PENS),
    ),
    "A05040106": (("size", r"(A4|A5|A6|B5)", {}), ("pages", r"(\d{2,3})\s*页", {})),
}  # fmt: skip
