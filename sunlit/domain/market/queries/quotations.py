"""What is asked of online quotations: their lists, what each party may read of one, and the comparison of the opened quotes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Product
from sunlit.domain.market import policies
from sunlit.domain.market.models import OrderLine, Quotation, QuotationLine, QuotationPaper, QuotationQuestion, Quote, QuoteLine
from sunlit.domain.market.rules import orders as order_rules
from sunlit.domain.market.rules import quotations as rules
from sunlit.domain.market.states import quotations as life
from sunlit.domain.planning.queries import splitting
from sunlit.domain.planning.queries.splitting import Part, by_category
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.rules import Ruling, judge
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.money import FEN, ZERO
from sunlit.foundation.kernel.paging import row_id
from sunlit.foundation.seals.models import Envelope

MODE: Final = "quotation"
PAID_ROWS: Final = 5
CANDIDATES_MOST: Final = 60
DEALS: Final = ("paid", "rated", "closed", "accepted", "invoiced", "paying")


@dataclass(frozen=True)
class QuotationPage:
    """A page of quotations, newest first; `after` is the key to ask the next page with, or ""."""

    quotations: list[Quotation]
    after: str


@dataclass(frozen=True)
class Opportunity:
    """A running quotation as a supplier sees it in its list: whether its categories are the supplier's own, and its own quote."""

    it: Quotation
    fits: bool
    lines: int
    quote: Quote | None


@dataclass(frozen=True)
class Paid:
    """What was paid for the same product or category before."""

    at: datetime
    price: Decimal
    quantity: int
    order: str


@dataclass(frozen=True)
class Cell:
    """One quote's price of one line beside what is known of it."""

    line: QuoteLine
    lowest: bool  # of the quotes that are not excluded
    median: Decimal | None  # of the library's offers of the same product
    over_median: Decimal | None  # in per cent
    denied: list[int]  # places of parameters that the supplier itself says it does not meet


@dataclass(frozen=True)
class Column:
    """One opened quote in the comparison; `rank` among the conforming, 1 is the lowest."""

    quote: Quote
    cells: dict[int, Cell]
    rank: int | None
    standing: str
    saving: Decimal | None  # share of the ceiling that it stays below


@dataclass(frozen=True)
class Matrix:
    """All opened quotes side by side, in the order of their totals; the unreadable ones last."""

    lines: list[QuotationLine]
    columns: list[Column]
    paid: dict[int, list[Paid]]  # by position: the latest deals of the quoted products, else of the category
    judged: bool
    conforming: int

    @property
    def winner(self) -> Column | None:
        return next((column for column in self.columns if column.rank == 1), None)


@dataclass(frozen=True)
class QuotationTerms:
    """The figures of the rulebook that a quotation is published under."""

    least: int
    earliest: datetime
    window: str  # the rule's figure, for people
    tie: str
    count_shown: bool
    margin_minutes: int
    extensions: int


def quotation(number: str, *, seen_by: Actor) -> Quotation | None:
    """One quotation with its parties; None where the actor may not see it."""
    found = policies.quotations_visible_to(seen_by).select_related(
        "buyer__region", "plan", "quota", "winner", "order", "lock", "replaces", "author"
    )
    return found.filter(number=number).first()


def quotations_page(
    *,
    seen_by: Actor,
    state: str = "",
    q: str = "",
    region_path: str = "",
    mine: bool = False,
    published: bool = False,
    after: str = "",
    rows: int = PAGE_ROWS,
) -> QuotationPage:
    """What the actor may see, newest first: its own as a buyer (`mine`), its region's as a regulator, all that was published otherwise."""
    found = policies.quotations_visible_to(seen_by).select_related("buyer", "winner")
    if mine:
        found = found.filter(buyer_id=seen_by.organisation_id)
    if published:
        found = found.filter(published_at__isnull=False)
    if state:
        found = found.filter(state__in=life.RUNNING if state == "running" else [state])
    if region_path:
        found = found.filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
    if q.strip():
        found = found.filter(Q(title__icontains=q.strip()) | Q(number=q.strip().upper()) | Q(buyer__name_zh__icontains=q.strip()))
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return QuotationPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def quotation_counts(*, buyer_id: int) -> dict[str, int]:
    """How many a buyer has in each state."""
    return dict(Quotation.objects.filter(buyer_id=buyer_id).values_list("state").annotate(count=Count("pk")).order_by())


def lines_of_quotation(it: Quotation) -> list[QuotationLine]:
    return list(it.lines.select_related("category").order_by("position"))


def papers_of(it: Quotation) -> list[QuotationPaper]:
    return list(it.papers.select_related("file").order_by("pk"))


def questions_of(it: Quotation, *, seen_by: Actor) -> list[QuotationQuestion]:
    """For everybody what was answered; for the buyer, and for who asked, also what waits."""
    found = it.questions.order_by("pk")
    if seen_by.organisation_id != it.buyer_id:
        found = found.filter(Q(answered_at__isnull=False) | Q(asker_id=seen_by.organisation_id))
    return list(found)


def asked_of(lines: Sequence[QuotationLine]) -> list[rules.Asked]:
    """The lines as quotes are held against them."""
    return [rules.Asked(line.position, line.quantity, line.ceiling, line.parameters) for line in lines]


def may_quote(it: Quotation, supplier_id: int | None) -> bool:
    """It is open to all, or the supplier was invited."""
    return not it.invited or supplier_id in it.invited


def quote_of(it: Quotation, supplier_id: int) -> Quote | None:
    """The supplier's own quote."""
    return it.quotes.select_related("envelope", "quotation").filter(supplier_id=supplier_id).first()


def quote_lines(it: Quote) -> list[QuoteLine]:
    return list(it.lines.select_related("product").order_by("position"))


def quotes_opened(it: Quotation) -> list[Quote]:
    """All quotes that were opened, or could not be, by their totals; none before the opening."""
    found = it.quotes.select_related("supplier").exclude(state__in=[life.SEALED, life.WITHDRAWN, life.UNOPENED])
    return sorted(found, key=lambda quote: (quote.total is None, quote.total or ZERO, quote.place))


def sealed_count(it: Quotation) -> int:
    """How many sealed quotes lie there now."""
    return it.quotes.filter(state=life.SEALED).count()


def count_told_to(it: Quotation, seen_by: Actor) -> int | None:
    """The number of quotes, as far as this actor may know it: before the opening only where the rulebook has it shown."""
    if it.state in (life.OPEN, life.SUSPENDED) and not it.count_shown and seen_by.kind != "clock":
        return None
    return it.quotes.exclude(state=life.WITHDRAWN).count() if it.opened_at or it.state == life.FAILED else sealed_count(it)


def invited_to(it: Quotation) -> list[Organisation]:
    return list(Organisation.objects.filter(pk__in=it.invited).order_by("name_key", "pk"))


def candidates_for(codes: Sequence[str], *, region_path: str) -> list[Organisation]:
    """Active suppliers that sell, or were admitted for, these categories: whom a buyer may invite."""
    selling = catalog.sellers_of(codes, region_path=region_path, rows=CANDIDATES_MOST)
    more = [pk for pk in registry.admitted_for(codes, rows=CANDIDATES_MOST) if pk not in selling]
    found = Organisation.objects.in_bulk([*selling, *more])
    return [found[pk] for pk in [*selling, *more][:CANDIDATES_MOST] if pk in found]


def opportunities(supplier_id: int, *, at: datetime, rows: int = PAGE_ROWS) -> list[Opportunity]:
    """Running quotations that the supplier may answer: what fits its categories first, then by deadline. Four queries."""
    running = Quotation.objects.filter(state=life.OPEN, quote_until__gt=at).filter(Q(invited=[]) | Q(invited__contains=[supplier_id]))
    found = list(running.select_related("buyer__region").prefetch_related("lines__category").order_by("quote_until", "pk")[: rows * 3])
    known = registry.supplier(supplier_id)
    own = {*(known.category_codes if known else ()), *catalog_codes_of(supplier_id)}
    quotes = {it.quotation_id: it for it in Quote.objects.filter(supplier_id=supplier_id, quotation__in=found)}
    told = [Opportunity(it, _fits(it, own), len(it.lines.all()), quotes.get(it.pk)) for it in found]
    return sorted(told, key=lambda one: (not one.fits, one.it.quote_until, one.it.pk))[:rows]


def catalog_codes_of(supplier_id: int) -> set[str]:
    """The categories in which the supplier has goods on sale."""
    listed = Product.objects.filter(offers__supplier_id=supplier_id, offers__state="listed").order_by()  # in no order: each code comes once
    return set(listed.values_list("category__code", flat=True).distinct())


def quotes_page(supplier_id: int, *, after: str = "", rows: int = PAGE_ROWS) -> tuple[list[Quote], str]:
    """The supplier's own quotes, newest first."""
    found = Quote.objects.filter(supplier_id=supplier_id).select_related("quotation__buyer", "quotation__winner")
    if (key := row_id(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: rows + 1])
    return page[:rows], str(page[rows - 1].pk) if len(page) > rows else ""


def matrix(it: Quotation) -> Matrix:
    """The opened quotes side by side. Only after the opening: before it there is nothing to compare. Seven queries, however many quotes."""
    assert it.opened_at is not None, "nothing is opened yet"
    lines = lines_of_quotation(it)
    quotes = list(it.quotes.filter(opened_at__isnull=False).select_related("supplier", "quotation").prefetch_related("lines__product"))
    products = [line.product_id for each in quotes for line in each.lines.all() if line.product_id]
    medians = catalog.medians(products)
    standings = registry.standings(each.supplier_id for each in quotes)
    ranks = {each.pk: place for place, each in enumerate(ranking(it, quotes), 1)}
    lowest = _lowest(quotes)
    columns = [
        Column(
            quote=each,
            cells={line.position: _cell(line, lowest, medians) for line in each.lines.all()},
            rank=ranks.get(each.pk),
            standing=standings.get(each.supplier_id, "none"),
            saving=1 - each.total / it.ceiling if each.total is not None else None,
        )
        for each in quotes
    ]
    columns.sort(key=lambda column: (column.quote.total is None, column.quote.total or ZERO, column.quote.place))
    waiting = sum(each.state == life.OPENED for each in quotes)
    return Matrix(lines, columns, dict(_paid(lines, quotes)), not waiting, len(ranks))


def ranking(it: Quotation, quotes: Sequence[Quote]) -> list[Quote]:
    """The conforming quotes, the winner first, as the rulebook decides between equals."""
    keys = [release.identity for release in it.lock.releases.all()] if it.lock and it.tie == "random" else []
    return rules.winner_first(quotes, tie=it.tie, number=it.number, keys=keys)


def denied(quote: Quote, lines: Sequence[QuotationLine]) -> Iterator[tuple[int, str]]:
    """The parameters that the supplier itself says it does not meet: (row, parameter)."""
    by_position = {line.position: line for line in lines}
    for line in quote.lines.all():
        for parameter, answer in zip(by_position[line.position].parameters, line.answers, strict=False):
            if not answer["meets"]:
                yield line.position, parameter


def terms_of_quotation(*, region_path: str, planned: Decimal, kind: str, at: datetime) -> QuotationTerms:
    """What the rulebook asks of a quotation that is published now. `planned` is its ceiling: from the threshold on the law's own term holds."""
    day = local_day(at)
    window = rulebook.rule("rfq.quote_window_min", region_path=region_path, on=day)
    if planned >= rulebook.rule("threshold.procurement", region_path=region_path, kind=kind, on=day).yuan:
        statutory = rulebook.rule("TL-005", region_path=region_path, on=day)
        window = max(window, statutory, key=lambda rule: rulebook.end_of(rule, start=at, region_path=region_path))
    return QuotationTerms(
        least=rulebook.rule("rfq.min_suppliers", region_path=region_path, on=day).n,
        earliest=rulebook.end_of(window, start=at, region_path=region_path),
        window=window.shown,
        tie=rulebook.rule("rfq.tie", region_path=region_path, on=day).choice,
        count_shown=rulebook.rule("rfq.count_shown", region_path=region_path, on=day).choice == "shown",
        margin_minutes=rulebook.rule("rfq.opening_margin", region_path=region_path, on=day).n,
        extensions=rulebook.rule("rfq.extensions", region_path=region_path, on=day).n,
    )


def kind_of(lines: Sequence[QuotationLine]) -> str:
    """Services where all lines are, else goods: by which the threshold is looked up."""
    return "services" if lines and all(line.category.kind == "services" for line in lines) else "goods"


def parts_of_lines(lines: Sequence[QuotationLine]) -> list[Part]:
    """What the lines take of the budget at most, one part a category."""
    return by_category(Part(line.category.code, line.category.kind, line.amount, None, MODE) for line in lines)


def threshold_ruling(it: Quotation, lines: Sequence[QuotationLine], *, at: datetime) -> Ruling:
    """From the procurement threshold on a purchase belongs to a plan; below it nobody needs one."""
    rule = rulebook.rule("threshold.procurement", region_path=it.region_path, kind=kind_of(lines), on=local_day(at))
    figures = {"total": it.ceiling, "threshold": rule.yuan}
    return judge(rule, ok=it.plan_id is not None or it.ceiling < rule.yuan, hard=True, reason=order_rules.OVER_THRESHOLD, figures=figures)


def splitting_rulings(it: Quotation, lines: Sequence[QuotationLine], *, at: datetime) -> list[Ruling]:
    """What the rulebook says of this purchase beside all that was bought before. Ask while the quota's row is held."""
    return splitting.judge(
        parts_of_lines(lines), buyer_id=it.buyer_id, quota_id=it.quota_id, region_path=it.region_path, at=at, but=[f"{MODE}/{it.number}"]
    )


def envelope_of(it: Quote) -> Envelope | None:
    """The sealed envelope, for its owner to keep: after the opening it can be opened again with the keys in the ledger."""
    return it.envelope


def to_close(at: datetime) -> list[Quotation]:
    return list(Quotation.objects.filter(state=life.OPEN, quote_until__lte=at).order_by("pk")[:PAGE_ROWS])


def to_open(at: datetime) -> list[Quotation]:
    found = Quotation.objects.filter(state=life.CLOSED).select_related("lock").order_by("pk")[:PAGE_ROWS]
    return [it for it in found if it.opens_at <= at]


def running_locks() -> list[Quotation]:
    """Those whose keys must not be given out yet."""
    return list(Quotation.objects.filter(state__in=[life.OPEN, life.SUSPENDED]).select_related("lock").order_by("pk"))


def running_count(*, region_path: str) -> int:
    return (
        Quotation.objects.filter(state__in=life.RUNNING)
        .filter(Q(region_path=region_path) | Q(region_path__startswith=region_path + "/"))
        .count()
    )


def _fits(it: Quotation, own: set[str]) -> bool:
    codes = {line.category.code for line in it.lines.all()}
    return bool(codes & own) or any(code.startswith(mine) or mine.startswith(code) for code in codes for mine in own)


def _lowest(quotes: Sequence[Quote]) -> Mapping[int, Decimal]:
    """The lowest price of each line among those that are not excluded."""
    found: dict[int, Decimal] = {}
    for each in quotes:
        if each.state not in (life.EXCLUDED, life.UNREADABLE):
            for line in each.lines.all():
                found[line.position] = min(found.get(line.position, line.price), line.price)
    return found


def _cell(line: QuoteLine, lowest: Mapping[int, Decimal], medians: Mapping[int, Decimal]) -> Cell:
    median = medians.get(line.product_id) if line.product_id else None
    over = ((line.price / median - 1) * 100).quantize(Decimal("0.1")) if median else None
    no = [place for place, answer in enumerate(line.answers) if not answer["meets"]]
    return Cell(line, lowest.get(line.position) == line.price, median.quantize(FEN) if median else None, over, no)


def _paid(lines: Sequence[QuotationLine], quotes: Sequence[Quote]) -> Iterator[tuple[int, list[Paid]]]:
    """The latest deals of the quoted products; where there is none, of the category. One query a line."""
    for line in lines:
        products = [cell.product_id for each in quotes for cell in each.lines.all() if cell.position == line.position and cell.product_id]
        deals = OrderLine.objects.filter(order__state__in=DEALS).select_related("order").order_by("-order__placed_at", "-pk")
        wanted = Q(product__in=products) if products else Q(category_code=line.category.code)
        yield line.position, [Paid(it.order.placed_at, it.price, it.quantity, it.order.number) for it in deals.filter(wanted)[:PAID_ROWS]]
