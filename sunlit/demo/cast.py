"""The region and its people: divisions, buyers, suppliers, regulators, and the twelve personas that tests, docs and pictures share."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from pypinyin import lazy_pinyin

from sunlit.demo.shapes import Application, Organisation, Person, Region
from sunlit.demo.shelf import codes_of
from sunlit.demo.words import (
    APPLICANTS,
    APPLICATION_REASONS,
    COMPANY_PREFIXES,
    COMPANY_WORDS,
    GIVEN,
    OTHER_NAMES,
    STREETS,
    SURNAMES,
    TRADES,
)
from sunlit.foundation.kernel import credit_code

PREFECTURE = "652800"
Trade = tuple[str, str, tuple[str, ...], int]
"""Both names, the families of goods it deals in, and how common it is."""

REGIONS = (
    Region(PREFECTURE, "", "巴音郭楞蒙古自治州", "Bayingolin Mongol Autonomous Prefecture", "prefecture"),
    Region("652801", PREFECTURE, "库尔勒市", "Korla City", "city"),
    Region("652822", PREFECTURE, "轮台县", "Luntai County", "county"),
    Region("652823", PREFECTURE, "尉犁县", "Yuli County", "county"),
    Region("652824", PREFECTURE, "若羌县", "Ruoqiang County", "county"),
    Region("652825", PREFECTURE, "且末县", "Qiemo County", "county"),
    Region("652826", PREFECTURE, "焉耆回族自治县", "Yanqi Hui Autonomous County", "county"),
    Region("652827", PREFECTURE, "和静县", "Hejing County", "county"),
    Region("652828", PREFECTURE, "和硕县", "Heshuo County", "county"),
    Region("652829", PREFECTURE, "博湖县", "Bohu County", "county"),
    Region("652871", PREFECTURE, "库尔勒经济技术开发区", "Korla Economic and Technological Development Zone", "zone"),
)
SHORT = {
    PREFECTURE: ("巴州", "Bazhou"),
    "652801": ("库尔勒", "Korla"),
    "652822": ("轮台", "Luntai"),
    "652823": ("尉犁", "Yuli"),
    "652824": ("若羌", "Ruoqiang"),
    "652825": ("且末", "Qiemo"),
    "652826": ("焉耆", "Yanqi"),
    "652827": ("和静", "Hejing"),
    "652828": ("和硕", "Heshuo"),
    "652829": ("博湖", "Bohu"),
    "652871": ("开发区", "Korla Zone"),
}
REMOTE = ("652824", "652825")  # 若羌 and 且末 lie 500 to 700 km away

# Buyers: key, region, names, sort (what they buy), weight (how much).
BUYERS: tuple[tuple[str, str, str, str, int], ...] = (
    ("652801", "梨城实验中学", "Licheng Experimental Middle School", "school", 4),
    ("652823", "尉犁胡杨人民医院", "Yuli Huyang People's Hospital", "hospital", 5),
    (PREFECTURE, "巴州孔雀河中心医院", "Bazhou Kongque River Central Hospital", "hospital", 7),
    (PREFECTURE, "巴州绿洲职业技术学校", "Bazhou Oasis Vocational School", "school", 5),
    (PREFECTURE, "巴州数字政务保障中心", "Bazhou Digital Government Support Centre", "bureau", 4),
    (PREFECTURE, "巴州河湖生态监测站", "Bazhou River and Lake Monitoring Station", "bureau", 2),
    (PREFECTURE, "巴州天鹅湖少儿图书馆", "Bazhou Swan Lake Children's Library", "culture", 2),
    (PREFECTURE, "巴州机关后勤服务中心（北院）", "Bazhou Government Logistics Centre, North Court", "bureau", 4),
    (PREFECTURE, "巴州疾病防控检验所", "Bazhou Disease Control Laboratory", "hospital", 3),
    (PREFECTURE, "巴州胡杨林文化馆", "Bazhou Poplar Grove Cultural Centre", "culture", 2),
    ("652801", "梨城第九小学", "Licheng No. 9 Primary School", "school", 3),
    ("652801", "库尔勒香梨园幼儿园", "Korla Pear Garden Kindergarten", "school", 2),
    ("652801", "库尔勒杜鹃河社区卫生服务中心", "Korla Dujuan River Community Health Centre", "hospital", 3),
    ("652801", "库尔勒城市照明保障所", "Korla Street Lighting Office", "bureau", 2),
    ("652801", "库尔勒市民服务中心（南区）", "Korla Citizens' Service Centre, South", "bureau", 3),
    ("652801", "梨城特殊教育学校", "Licheng Special Education School", "school", 2),
    ("652801", "库尔勒园林养护中心", "Korla Parks Maintenance Centre", "bureau", 2),
    ("652822", "轮台塔里木河中学", "Luntai Tarim River Middle School", "school", 3),
    ("652822", "轮台小白杏镇卫生院", "Luntai Apricot Town Health Centre", "hospital", 2),
    ("652823", "尉犁罗布人村小学", "Yuli Lop Village Primary School", "school", 2),
    ("652824", "若羌红枣花中学", "Ruoqiang Jujube Blossom Middle School", "school", 2),
    ("652824", "若羌楼兰路社区服务中心", "Ruoqiang Loulan Road Community Centre", "bureau", 2),
    ("652825", "且末玉泉人民医院", "Qiemo Yuquan People's Hospital", "hospital", 3),
    ("652825", "且末防沙治沙工作站", "Qiemo Desert Control Station", "bureau", 2),
    ("652826", "焉耆彩虹桥小学", "Yanqi Rainbow Bridge Primary School", "school", 2),
    ("652826", "焉耆开都河灌溉管理站", "Yanqi Kaidu Irrigation Station", "bureau", 2),
    ("652826", "焉耆七个星村卫生院", "Yanqi Seven Stars Village Health Centre", "hospital", 2),
    ("652827", "和静草原寄宿学校", "Hejing Grassland Boarding School", "school", 3),
    ("652827", "和静东归文化站", "Hejing Homecoming Cultural Station", "culture", 1),
    ("652827", "和静林草防火中心", "Hejing Forest and Grassland Fire Centre", "bureau", 2),
    ("652828", "和硕葡萄沟中学", "Heshuo Vineyard Middle School", "school", 2),
    ("652828", "和硕金沙滩旅游服务中心", "Heshuo Golden Beach Visitor Centre", "culture", 2),
    ("652828", "和硕乡村振兴培训中心", "Heshuo Rural Training Centre", "bureau", 1),
    ("652829", "博湖苇湖小学", "Bohu Reed Lake Primary School", "school", 2),
    ("652829", "博湖渔政保障站", "Bohu Fishery Support Station", "bureau", 1),
    ("652829", "博湖莲花镇卫生院", "Bohu Lotus Town Health Centre", "hospital", 2),
    ("652871", "开发区企业服务中心", "Development Zone Enterprise Service Centre", "bureau", 3),
    ("652871", "开发区石化园消防保障站", "Development Zone Petrochemical Fire Station", "bureau", 2),
    ("652871", "开发区未来实验学校", "Development Zone Future School", "school", 3),
    ("652871", "开发区职工健康中心", "Development Zone Staff Health Centre", "hospital", 2),
)
SORTS: dict[str, dict[str, int]] = {
    "school": {"computing": 8, "printing": 6, "display": 7, "furniture": 7, "paper": 9, "stationery": 9, "sport": 6, "cleaning": 6, "appliance": 4, "consumable": 6, "electric": 4, "software": 2, "food": 4, "network": 2, "safety": 2},
    "hospital": {"medical": 14, "computing": 6, "printing": 6, "consumable": 7, "paper": 6, "furniture": 4, "cleaning": 9, "appliance": 4, "network": 2, "display": 3, "electric": 3, "upkeep": 2, "safety": 2},
    "bureau": {"computing": 8, "printing": 7, "paper": 8, "stationery": 7, "consumable": 7, "furniture": 5, "appliance": 4, "network": 4, "display": 3, "software": 4, "motor": 4, "upkeep": 3, "premises": 3, "press": 3, "electric": 3, "cleaning": 4, "food": 2, "safety": 2},
    "culture": {"display": 6, "computing": 5, "furniture": 5, "paper": 4, "stationery": 6, "press": 6, "printing": 4, "electric": 4, "cleaning": 4, "premises": 3, "appliance": 3, "sport": 2},
}  # fmt: skip
MORE_BUYERS = (
    ("小学", "Primary School", "school"),
    ("中学", "Middle School", "school"),
    ("卫生院", "Health Centre", "hospital"),
    ("便民服务中心", "Service Centre", "bureau"),
    ("文化站", "Cultural Station", "culture"),
)

MAIN_BUYER, SECOND_BUYER = "buyer-0001", "buyer-0002"
UNDECLARED = 9  # of so many shops one never declared its size
MAIN_SUPPLIER, SECOND_SUPPLIER = "supplier-0001", "supplier-0002"
COUNTY_REGULATOR, PREFECTURE_REGULATOR = "regulator-652801", f"regulator-{PREFECTURE}"
OPERATOR, BANK = "operator", "bank"

# The cast. The same people everywhere; nobody real.
AYGUL = Person("aygul", "阿依古丽·买买提", "Aygul Mamat", MAIN_BUYER, ("orderer",), "采购专员", "Purchasing officer", persona=True)
ZHOU = Person("zhou", "周明远", "Zhou Mingyuan", MAIN_BUYER, ("lead", "admin"), "总务主任", "Head of general affairs", persona=True)
BATU = Person("batu", "巴图那仁", "Batu Naran", MAIN_BUYER, ("receiver",), "资产管理员", "Asset keeper", persona=True)
LI = Person("li", "李静怡", "Li Jingyi", MAIN_BUYER, ("finance",), "会计", "Accountant", persona=True)
MA = Person("ma", "马晓兰", "Ma Xiaolan", SECOND_BUYER, ("orderer",), "设备科科员", "Equipment clerk", persona=True)
CHEN = Person("chen", "陈卓", "Chen Zhuo", MAIN_SUPPLIER, ("sales", "finance", "admin"), "销售经理", "Sales manager", persona=True)
WU = Person("wu", "吴若溪", "Wu Ruoxi", MAIN_SUPPLIER, ("catalog",), "商品专员", "Catalogue clerk", persona=True)
NURLAN = Person(
    "nurlan", "努尔兰·哈力克", "Nurlan Halik", SECOND_SUPPLIER, ("sales", "catalog", "finance", "admin"), "店主", "Shopkeeper", persona=True
)
SURINA = Person("surina", "苏日娜", "Surina", COUNTY_REGULATOR, ("officer",), "监管员", "Supervision officer", persona=True)
ZHENG = Person(
    "zheng", "郑怀瑾", "Zheng Huaijin", PREFECTURE_REGULATOR, ("officer", "lead"), "监管科长", "Head of supervision", persona=True
)
HE = Person("he", "何一鸣", "He Yiming", OPERATOR, ("operator",), "运营主管", "Operations lead", persona=True)
TANG = Person("tang", "唐小舟", "Tang Xiaozhou", BANK, ("teller",), "对公柜员", "Corporate teller", persona=True)
PERSONAS = (AYGUL, ZHOU, BATU, LI, MA, CHEN, WU, NURLAN, SURINA, ZHENG, HE, TANG)


def organisations(
    rng: Random, scale: int, at: datetime, *, buyers: int | None = None, suppliers: int | None = None
) -> tuple[Organisation, ...]:
    """Every party: the authorities, then buyers, then suppliers; `scale` multiplies them, unless it is said how many."""
    turns = _turns()
    return (
        *_authorities(),
        *(_buyer(rng, index) for index in range(1, (buyers or len(BUYERS) * scale) + 1)),
        *(_supplier(rng, index, turns[index % len(turns)], at) for index in range(suppliers or len(turns) * scale)),
    )


def people(rng: Random, parties: tuple[Organisation, ...]) -> tuple[Person, ...]:
    """The cast, and whoever else must sit somewhere so that every organisation can act."""
    told = {(person.organisation, role) for person in PERSONAS for role in person.roles}
    everybody = list(PERSONAS)
    for party in parties:
        for roles, title_zh, title_en in _desks(party):
            open_roles = tuple(role for role in roles if (party.key, role) not in told)
            if open_roles:
                everybody.append(_person(rng, party, open_roles, title_zh, title_en))
    return tuple(everybody)


def applications(rng: Random, at: datetime) -> tuple[Application, ...]:
    """Companies that wait, were sent back or were refused."""
    return tuple(_application(rng, at, index, state, word, trade) for index, (state, word, trade) in enumerate(APPLICANTS, 1))


def latin(text: str) -> str:
    """Pinyin in one word, with a capital: 驼铃渡 → Tuolingdu."""
    return "".join(lazy_pinyin(text)).capitalize()


def _authorities() -> list[Organisation]:
    found = [_regulator(index, region) for index, region in enumerate(REGIONS, 1)]
    found.append(
        Organisation(
            OPERATOR,
            "operator",
            "阳光采购云运营中心",
            "Sunlit Operations Centre",
            credit_code.make(31, authority="12"),
            PREFECTURE,
            "库尔勒市胡杨大道 1 号",
            "0996-0100001",
        )
    )
    found.append(
        Organisation(
            BANK,
            "bank",
            "梨花渡银行（沙盒）",
            "Lihuadu Bank (sandbox)",
            credit_code.make(41),
            PREFECTURE,
            "库尔勒市金桥巷 6 号",
            "0996-0100002",
        )
    )
    return found


def _regulator(index: int, region: Region) -> Organisation:
    zh, en = SHORT[region.code]
    top = region.code == PREFECTURE
    name_zh = f"{region.name_zh if not top else zh}政府采购监管{'中心' if top else '所'}"
    name_en = f"{en} Procurement Supervision {'Centre' if top else 'Office'}"
    return Organisation(
        f"regulator-{region.code}",
        "regulator",
        name_zh,
        name_en,
        credit_code.make(index, authority="11"),
        region.code,
        f"{region.name_zh}迎宾东路 {index} 号",
        f"0996-01001{index:02d}",
    )


def _buyer(rng: Random, index: int) -> Organisation:
    region, name_zh, name_en, sort, weight = BUYERS[(index - 1) % len(BUYERS)]
    if index > len(BUYERS):
        name_zh, name_en, sort = _another_buyer(index, region)
    return Organisation(
        key=f"buyer-{index:04d}",
        kind="buyer",
        name_zh=name_zh,
        name_en=name_en,
        credit_code=credit_code.make(100_000 + index, authority="12"),
        region=region,
        address=_address(rng, region),
        phone=f"0996-02{index:05d}",
        families=(sort,),
        staff=weight * 30,
        approval_limit=Decimal(rng.choice((5_000, 10_000, 10_000, 20_000))) if index > 1 else Decimal(10_000),
    )


def _another_buyer(index: int, region: str) -> tuple[str, str, str]:
    """A further buyer of a multiplied region: place, word and sort, with a running number once the words are used up."""
    turn = index - len(BUYERS) - 1
    word, (kind_zh, kind_en, sort) = COMPANY_WORDS[turn % len(COMPANY_WORDS)], MORE_BUYERS[(turn // len(COMPANY_WORDS)) % len(MORE_BUYERS)]
    round_ = turn // (len(COMPANY_WORDS) * len(MORE_BUYERS)) + 1
    zh, en = SHORT[region]
    ordinal_zh, ordinal_en = (f"第{round_}", f" No. {round_}") if round_ > 1 else ("", "")
    return f"{zh}{word}{ordinal_zh}{kind_zh}", f"{en} {latin(word)}{ordinal_en} {kind_en}", sort


def _turns() -> list[Trade]:
    """The trades in the order in which shops are drawn from them, each as often as it is common; the two of the cast come first."""
    turns = [trade for trade in TRADES for _ in range(trade[3])]
    return [TRADES[1], TRADES[6], *_without_first(turns, TRADES[1], TRADES[6])]


def _without_first(turns: list[Trade], *taken: Trade) -> list[Trade]:
    left = list(turns)
    for trade in taken:
        left.remove(trade)
    return left


def _supplier(rng: Random, index: int, trade: Trade, at: datetime) -> Organisation:
    trade_zh, trade_en, families, _weight = trade
    region = "652801" if index == 0 else "652827" if index == 1 else rng.choices([it.code for it in REGIONS], [3, 9, *[1] * 8, 4])[0]
    zh, en = SHORT[region]
    zh, en = ("库尔勒", "Korla") if region == "652871" else (zh, en)
    word = _company_word(index)
    staff = 23 if index == 0 else 4 if index == 1 else rng.choice((3, 5, 6, 8, 9, 12, 16, 22, 44, 75, 130, 420))
    welfare = {17: "disabled_welfare_unit", 33: "disabled_welfare_unit", 44: "prison_enterprise"}.get(index % 69, "")
    if welfare == "disabled_welfare_unit":
        staff = max(staff, 22)  # ten of them at least have disabilities
    return Organisation(
        key=f"supplier-{index + 1:04d}",
        kind="supplier",
        name_zh=f"{zh}{word}{trade_zh}有限公司",
        name_en=f"{en} {latin(word)} {trade_en} Co., Ltd.",
        credit_code=credit_code.make(200_000 + index),
        region=region,
        address=_address(rng, region),
        phone=f"0996-03{index + 1:05d}",
        families=families,
        staff=staff,
        welfare=welfare,
        declares=bool(welfare) or index % UNDECLARED != UNDECLARED // 2,
        since=at - timedelta(days=rng.randint(395, 700), hours=rng.randint(0, 20)),
    )


def _company_word(index: int) -> str:
    """A word of its own for every shop: first the plain ones, then each with a word before it, then with two."""
    round_, place = divmod(index, len(COMPANY_WORDS))
    before = ""
    while round_:
        round_, letter = divmod(round_ - 1, len(COMPANY_PREFIXES))
        before = COMPANY_PREFIXES[letter] + before
    return before + COMPANY_WORDS[place]


def _desks(party: Organisation) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    if party.kind == "buyer":
        return (
            (("orderer",), "采购经办", "Purchasing officer"),
            (("lead", "admin"), "分管负责人", "Lead"),
            (("receiver",), "验收员", "Receiver"),
            (("finance",), "财务", "Accountant"),
        )
    if party.kind == "supplier":
        return ((("sales", "catalog", "finance", "admin"), "店长", "Shop manager"),)
    if party.kind == "regulator":
        return ((("officer", "lead"), "监管员", "Supervision officer"),)
    return ()


def _person(rng: Random, party: Organisation, roles: tuple[str, ...], title_zh: str, title_en: str) -> Person:
    name_zh, name_en = _name(rng)
    login = f"{party.key}.{roles[0]}"
    return Person(login, name_zh, name_en, party.key, roles, title_zh, title_en, f"0996-09{rng.randrange(100_000):05d}")


def _name(rng: Random) -> tuple[str, str]:
    if rng.random() < 0.3:
        return rng.choice(OTHER_NAMES)
    surname, given = rng.choice(SURNAMES), rng.choice(GIVEN)
    return surname + given, f"{latin(surname)} {latin(given)}"


def _address(rng: Random, region: str) -> str:
    name = "库尔勒市" if region == PREFECTURE else next(it.name_zh for it in REGIONS if it.code == region)
    return f"{name}{rng.choice(STREETS)} {rng.randint(2, 198)} 号"


def _application(rng: Random, at: datetime, index: int, state: str, word: str, trade_zh: str) -> Application:
    trade_en, families = next((en, families) for zh, en, families, _ in TRADES if zh == trade_zh)
    region = rng.choice(["652801", "652801", "652826", "652827", "652822", "652871"])
    zh, en = SHORT[region if region != "652871" else "652801"]
    name_zh, name_en = _name(rng)
    begun = at - timedelta(days=rng.randint(3, 5) if state in ("draft", "submitted") else rng.randint(20, 60), hours=rng.randint(1, 9))
    submitted = None if state == "draft" else begun + timedelta(hours=rng.randint(2, 30))
    decided = submitted + timedelta(hours=rng.randint(20, 70)) if submitted and state not in ("submitted", "draft") else None
    return Application(
        key=f"application-{index:02d}",
        applicant=Person(f"applicant-{index:02d}", name_zh, name_en, "", (), "申请人", "Applicant", f"0996-08{index:05d}"),
        name_zh=f"{zh}{word}{trade_zh}有限公司",
        name_en=f"{en} {latin(word)} {trade_en} Co., Ltd.",
        credit_code=credit_code.make(300_000 + index),
        region=region,
        legal_representative=_name(rng)[0],
        contact=name_zh,
        phone=f"0996-08{index:05d}",
        address=_address(rng, region),
        staff=rng.choice((3, 6, 9, 15, 28)),
        categories=codes_of(families),
        state=state,
        begun_at=begun,
        submitted_at=submitted,
        decided_at=decided,
        reason=rng.choice(APPLICATION_REASONS[state]) if state in APPLICATION_REASONS else "",
    )
