"""Evaluators of cases about bids and those who judge them: prices, abnormally low bids, committees, frameworks, innovation, agencies, sizes, splitting."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from sunlit.domain.rulebook import queries
from sunlit.domain.rulebook.commands.cases import WAN, Answers, Book, Case, NotCovered, exact, family, named
from sunlit.domain.rulebook.rules import evaluation, programmes
from sunlit.domain.rulebook.rules.evaluation import Deductible, LowLines, Offered

FUJIAN: Final = "350000"
ALL: Final = Fraction(1)
COMPLEX: Final = ("complex", "technically_complex", "social_impact", "high_social_impact", "major_impact")


# Price scores and deductions


@family("PX", subject=r"price score|evaluation price|deduct|domestic|extremes|价格分|价格扣除|本国产品|评审价")
def prices(case: Case, book: Book) -> Answers:
    """Scores (87号令 art. 55) and evaluation prices (国办发〔2025〕34号, 财库〔2022〕19号)."""
    bids = case.first("bids", "prices", "conforming_bids")
    if bids is not None and not case.asks("evaluation_price"):
        return _many(case, book, bids)
    price = case.number("bid", "price", "original_bid", "original_price")
    if price is None and not _cost(case)[1]:
        raise NotCovered("no price is given")
    return _one(case, book, price or Fraction(100))


def _many(case: Case, book: Book, bids: Any) -> Answers:
    rules = _deductible(case, book)
    names = list(bids) if isinstance(bids, dict) else [str(place) for place in range(len(bids))]
    offered = {name: _offered(case, bids[name] if isinstance(bids, dict) else bids[int(name)]) for name in names}
    both = not all(evaluation.is_domestic(it, rules) for it in offered.values())
    deducted = {name: evaluation.deductions(it, rules, both_kinds=both, sme_only=_sme_only(case)) for name, it in offered.items()}
    found = {name: evaluation.evaluation_price(it, deducted[name]) for name, it in offered.items()}
    weight = case.number("weight", "points", "price_weight") or Fraction(100)
    scores = evaluation.price_scores(list(found.values()), weight * 100 if weight <= 1 else weight)
    order = evaluation.ranked(found)
    answers = named("base base_price benchmark p0 P0 lowest", evaluation.base_price(list(found.values())))
    answers |= named("order ranking rank", order) | named("winner first", order[0])
    answers |= named("scores price_scores", dict(zip(names, scores, strict=True)) if isinstance(bids, dict) else scores)
    answers |= named("evaluation_prices", found if isinstance(bids, dict) else list(found.values()))
    return {**answers, **(found if isinstance(bids, dict) else {})}


def _one(case: Case, book: Book, price: Fraction) -> Answers:
    rules = _deductible(case, book)
    bid = _offered(case, price)
    found = evaluation.deductions(bid, rules, both_kinds=case.given.get("both_kinds", True), sme_only=_sme_only(case))
    result = evaluation.evaluation_price(bid, found)
    given = {it.policy: it.amount for it in found}
    answers = named("evaluation_price evaluated_price adjusted_price", result) | named("contract_price original_price", price)
    answers |= (
        named("deduction", _as_asked(case, "deduction", price - result))
        | named("total_deduction amount", price - result)
        | named("ok deduct qualifies applies deductible eligible", result < price)
    )
    answers |= named("domestic_deduction", _as_asked(case, "domestic_deduction", given.get("domestic", Fraction(0))))
    answers |= named("domestic domestic_qualifies is_domestic", evaluation.is_domestic(bid, rules))
    answers |= named("sme_deduction", _as_asked(case, "sme_deduction", given.get("sme", Fraction(0))))
    return answers | named("domestic_share share ratio cost_share", bid.domestic_share)


def _as_asked(case: Case, name: str, amount: Fraction) -> Fraction | bool:
    return amount > 0 if isinstance(case.expect.get(name), bool) else amount


def _offered(case: Case, told: Any) -> Offered:
    """A bid told as a price, as [price, domestic share] or as a map; what is told for all holds for each."""
    own = told if isinstance(told, dict) else {}
    share: Fraction | None = None
    if isinstance(told, list | tuple):
        told, share = told[0], exact(told[1])
    price = exact(told) if not own else Case("", "", own, {}).number("bid", "price")
    it = Case("", "", {**case.given, **own}, {})
    assert price is not None, "a bid has a price"
    return Offered(
        price,
        domestic_share=share if share is not None else _domestic_share(it),
        sme_rate=it.share("sme_rate", "small_micro_rate", "rate", "jv_rate") or Fraction(0),
        partner_share=it.share(*PARTNER_SHARES, *(name for name in it.given if PARTNER_SHARE.fullmatch(name))),
        green=_green(it),
    )


def _domestic_share(it: Case) -> Fraction:
    part, whole = _cost(it)
    if part is not None and whole:
        return part / whole
    share = it.share("domestic_share", "domestic_cost_share", "domestic_ratio")
    return share if share is not None else ALL if it.yes("domestic", "all_domestic") else Fraction(0)


def _cost(it: Case) -> tuple[Fraction | None, Fraction | None]:
    """The cost of domestic products and of all products of the package; `domestic` alone may be a figure, or a mere yes."""
    whole = it.number("total_cost", "product_cost", "package_cost", "all_cost", "total_product_cost", "all_products_cost", "total")
    part = it.number("domestic_cost", "domestic_product_cost", "domestic_products_cost")
    if part is None and whole and not isinstance(it.given.get("domestic"), bool):
        part = it.number("domestic")
    return part, whole


PARTNER_SHARES: Final = ("partner_share", "small_micro_share")
PARTNER_SHARE: Final = re.compile(r"(jv|joint|consortium|subcontract)\w*_share")


def _green(it: Case) -> tuple[tuple[Fraction, Fraction], ...]:
    amount, rate = it.number("green_amount", "priority_amount", "green_items"), it.share("green_rate", "priority_rate")
    return ((amount, rate),) if amount is not None and rate is not None else ()


def _sme_only(case: Case) -> bool:
    return case.yes("sme_only", "reserved", "set_aside", "reserved_for_sme")


def _deductible(case: Case, book: Book) -> Deductible:
    works = str(case.first("object", "kind", "type") or "") == "works"
    return Deductible(
        domestic=book.rule("NR-023"),
        domestic_share=book.rule("NR-024"),
        small=book.rule("deduction.small_micro", kind="works") if works else book.rule("NR-025"),
        partner=book.rule("deduction.partner", kind="works") if works else book.rule("NR-026"),
        partner_share=book.rule("deduction.partner_share"),
    )


# Abnormally low


RAISED: Final = re.compile(r"raised|percent|threshold|share|ratio|limit|\bline")


@family("AL", subject=r"abnormal|strict inequality|异常低价")
def low_bids(case: Case, book: Book) -> Answers:
    """Three lines (财库〔2026〕2号); the lowest bid is looked at where none is named."""
    lines = LowLines(*(book.rule(key) for key in ("NR-019", "NR-020", "NR-021", "NR-022")))
    bids = [exact(it) for it in case.first("conforming_bids", "bids", "prices") or ()]
    bid = case.number("bid", "price") or min(bids)
    bids = bids or [bid]
    raised = case.share(*(name for name in case.given if RAISED.search(name)))
    ceiling = case.number("ceiling", "price_ceiling") or case.number("budget")
    many = len(bids) > 1
    mean = evaluation.low_against_mean(bid, bids, lines, raised) if many else None
    second = evaluation.low_against_second(bids, lines, raised) if bid == min(bids) else None
    top = evaluation.low_against_ceiling(bid, ceiling, lines, raised) if ceiling is not None else None
    found = {"mean": mean, "second": second, "ceiling": top}
    fired = {name: bool(ruling and ruling.verdict != queries.Verdict.ALLOWED) for name, ruling in found.items()}
    answers: dict[str, Any] = {"mean": sum(bids, Fraction(0)) / len(bids), "lowest": min(bids), "second": sorted(bids)[1] if many else None}
    answers |= named("triggered trigger review abnormal abnormal_low abnormally_low explain", any(fired.values()))
    for name in case.expect:
        line = next((it for it in ("mean", "second", "ceiling", "budget") if name.startswith("trigger") and it in name), "")
        if line:
            answers[name] = fired["ceiling" if line == "budget" else line]
    return answers


# Committees


@family("EC", subject=r"committee|panel|评标委员会|评审委员会|小组")
def committees(case: Case, book: Book) -> Answers:
    """Evaluation committees (87号令 art. 47) and panels (74号令 art. 7)."""
    experts = book.rule("committee.expert_share")
    size = _size_rule(case, book)
    sit = case.number("size", "members", "committee_size", "total")
    least = evaluation.seats(size, experts, sit=int(sit) if sit is not None and not case.asks("min_size") else 0)
    answers = named("min_size size min_members members", least.size) | named("min_experts experts", least.experts) | {"odd": True}
    answers |= named("max_buyer_members max_purchaser_members max_representatives", least.size - least.experts)
    if sit is not None:
        there = case.number("experts")
        ok = evaluation.is_well_seated(int(sit), least.experts if there is None else int(there), size, experts)
        answers |= named("ok lawful valid", ok) | {"odd": int(sit) % 2 == 1}
    return answers


def _size_rule(case: Case, book: Book) -> Any:
    words, budget = case.words, case.number("budget", "amount")
    if any(word in words for word in ("negotiation", "inquiry", "consultation", "panel", "谈判", "询价", "磋商", "小组")):
        line = case.number("threshold", "open_tender_threshold") or Fraction(
            book.rule("threshold.open_tender", kind=str(case.first("object") or "goods")).yuan
        )
        return book.rule("panel.large_size") if budget is not None and budget >= line else book.rule("NR-012")
    large = budget is not None and budget >= Fraction(book.rule("committee.large_budget").yuan)
    return book.rule("NR-011") if large or case.yes(*COMPLEX) else book.rule("NR-010")


# Frameworks


@family("FW", subject=r"eliminat|framework|shortlist|refill|入围|框架|淘汰")
def frameworks(case: Case, book: Book) -> Answers:
    """Elimination in stage one, and refilling (110号令)."""
    if case.has("remaining"):
        remaining, original = case.number("remaining"), case.number("original", "shortlisted", "suppliers")
        assert remaining is not None, "remaining"
        assert original is not None, "original"
        may = programmes.may_be_refilled(
            int(remaining), int(original), book.rule("NR-034"), performance_suffers=bool(case.given.get("performance_affected", True))
        )
        return named("supplement supplementary allowed ok may_supplement may_refill refill", may) | {"share": remaining / original}
    told = case.number("suppliers", "responses", "conforming", "conforming_suppliers", "n")
    if told is None:
        raise NotCovered("no number of suppliers is given")
    count, quality = int(told), bool(re.search(r"quality|质量优先", str(case.first("method", "mode") or case.topic)))
    instruments = bool(case.given.get("instruments", case.given.get("instrument", re.search(INSTRUMENTS, _everything(case)))))
    share = book.rule("NR-033") if quality and instruments else book.rule("NR-032")
    out = programmes.eliminated(count, share, book.rule("framework.eliminate_least"))
    enough = count >= book.rule("NR-056").n
    answers = named("eliminate eliminated min_eliminate", out) | named("shortlist_max max_shortlist shortlisted shortlist", count - out)
    return answers | named("ok valid lawful enough", enough) | named("fails failed terminate", not enough)


INSTRUMENTS: Final = (
    r"instrument|仪器"  # quality first is lawful for them, and for what has a price set by the government: only they lose two fifths
)


def _everything(case: Case) -> str:
    return " ".join([case.topic, *map(str, case.given.values())]).casefold()


# Cooperative innovation


@family("CI", subject=r"innovation|compensat|reimburs|合作创新|成本补偿")
def innovation(case: Case, book: Book) -> Answers:
    """What is paid for research: the agreed rate of reimbursable cost (财库〔2024〕13号)."""
    rate = case.share("rate", "compensation_rate")
    if rate is None:
        raise NotCovered("no rate of compensation is given")
    costs = book.rule("innovation.reimbursable")
    whole = case.number("reimbursable", "reimbursable_cost", "cost")
    if whole is not None:
        paid = rate * whole
        return named("pay pay_yuan compensation", paid) | named("pay_wan compensation_wan", paid / WAN)
    told = {name.removesuffix("_wan"): exact(it) for name, it in case.given.items() if name not in RATES}
    unknown = set(told) - set(costs.words) - NEVER_REIMBURSED
    if unknown or not set(told) & set(costs.words):
        raise NotCovered(f"nobody knows whether this is reimbursed: {', '.join(sorted(unknown)) or 'nothing'}")
    paid = programmes.compensation(told, rate, costs)
    return named("pay pay_wan compensation compensation_wan", paid)  # in the unit of the case


RATES: Final = ("rate", "compensation_rate")
NEVER_REIMBURSED: Final = frozenset({"incentive", "incentive_fee"})


# Agencies


@family("CR", subject=r"agency|代理机构")
def agencies(case: Case, book: Book) -> Answers:
    """Points and grade of an agency after Fujian's system of 2024; low confidence, as RULES 8.2 says."""
    told = {name: case.number(name) or Fraction(0) for name in ("integrity", "performance", "knowledge", "base", "bonus")}
    if not told["integrity"]:
        raise NotCovered("no points are given")
    keys = ("agency.halved_from", "agency.lost_from", "agency.integrity_floor", "agency.grade_a_plus", "agency.grade_a", "agency.grade_b")
    lines = programmes.AgencyLines(*(book.rule_of(FUJIAN, key) for key in keys))
    deducted = case.number("deduct", "deducted", "deduction") or Fraction(0)
    deducted *= 2 if case.yes("repeat", "repeated", "within_validity") else 1
    total = programmes.agency_score(programmes.AgencyParts(**told), deducted, lines)
    return named("total score", total) | {"grade": programmes.agency_grade(total, told["integrity"], deducted, lines)}


# Splitting


@family("SP", subject=r"split|化整为零|拆分")
def splitting(case: Case, book: Book) -> Answers:
    """条例 art. 28: the sum of what was not tendered openly against the threshold of the case, or of the rulebook."""
    wan = case.has("amounts_wan")
    amounts = [exact(it) * (WAN if wan else 1) for it in case.first("amounts_wan", "amounts") or ()]
    if not amounts:
        raise NotCovered("no amounts are given")
    methods = case.first("methods", "method") or "non-open"
    if isinstance(methods, list):  # one for each amount: what was tendered openly is no part of the sum
        amounts = [it for it, method in zip(amounts, methods, strict=True) if not _is_open(method)]
    line = case.number("threshold", "open_tender_threshold")
    if line is None:
        line = Fraction(book.rule("threshold.open_tender", kind=str(case.first("object", "kind") or "goods")).yuan)
    together = case.given.get("same_budget_project", True) and case.given.get("same_category", True) and case.given.get("same_year", True)
    excused = _is_open(methods) or not together or case.yes(*EXCUSES)
    total = sum(amounts, Fraction(0))
    split = programmes.is_split(amounts, line, book.rule("splitting.year_sum", kind="item"), excused=excused)
    answers = named("split_violation split violation splitting", split) | named("ok lawful", not split)
    answers |= named("total sum total_wan sum_wan", total / WAN if wan else total) | named("excused exempt", excused)
    return answers | named("over exceeds over_threshold", total > line)


def _is_open(method: Any) -> bool:
    return str(method).casefold().replace("_", " ") in ("open", "open tender", "公开招标")


EXCUSES: Final = (
    "budget_adjusted", "budget_adjustment", "adjusted", "approved", "method_approved", "approved_other_method", "approved_method", "approval",
)  # fmt: skip


# Sizes of enterprises


@family("SM", "SME", subject=r"\bsize|\bsme|enterprise|classif|micro|划型|企业规模|中小企业")
def sizes(case: Case, book: Book) -> Answers:
    """工信部联企业〔2011〕300号, by the table of the rulebook; affiliates of large enterprises are none (财库〔2020〕46号)."""
    facts: dict[str, Any] = {"industry": _industry(str(case.first("industry", "industry_code", "sector")), book)}
    for name, names in INDICATORS.items():
        number = case.number(*names)
        if number is not None:
            facts[name] = int(number) if name == "staff" else Decimal(number.numerator) / number.denominator
    [ruling] = queries.decide("sme.size", facts, region_path=book.region, on=book.on)
    book.used.append(f"{ruling.key} {ruling.kind} since {ruling.since}")
    size = ruling.outcome["size"][0].upper()
    large = case.yes("affiliate_of_large", "large_affiliate", "controlled_by_large", "affiliate")
    answers = named("class size category size_class classification result", size)
    answers |= named("sme is_sme", size != "LARGE" and not large)
    small = size in ("SMALL", "MICRO") or case.yes("prison_enterprise", "disabled_welfare_unit")
    return answers | named("small_micro is_small_micro", small and not large)


INDICATORS: Final = {
    "staff": ("staff", "employees", "headcount"),
    "revenue": ("revenue", "revenue_yuan", "income", "turnover"),
    "assets": ("assets", "assets_yuan", "total_assets"),
}


def _industry(told: str, book: Book) -> str:
    """The code of a branch, told as its code or by its name."""
    rows = queries.rows("sme.size", region_path=book.region, on=book.on)
    names = {code: row.name_zh.partition("：")[0] for row in rows if (code := row.kind.partition(".")[0])}
    found = [code for code, name in names.items() if told.strip().upper().replace(" ", "_") == code or told.strip() == name]
    if not found:
        raise NotCovered(f"nobody knows the industry {told!r}")
    return found[0]
