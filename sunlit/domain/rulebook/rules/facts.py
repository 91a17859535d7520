"""The vocabulary of decision tables: what may be told about a case, in which form, and what it is called. Pure.

A fact is never guessed: one that no vocabulary knows, one in another form and one that a row asks for and nobody told are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sunlit.foundation.kernel import money
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused

FACT_UNKNOWN = Reason("RUL-020", _("The rulebook knows no fact “{fact}”."))
FACT_MISSING = Reason("RUL-021", _("“{row}” cannot be judged: “{fact}” is not told."))
FACT_FORM = Reason("RUL-022", _("“{value}” cannot be “{fact}”."))

Facts = Mapping[str, object]


@dataclass(frozen=True)
class Fact:
    """A thing that may be told: its name, its form, and for words the ones it may be."""

    name: str | Promise
    form: type
    choices: Mapping[str, str | Promise] = field(default_factory=dict)

    def takes(self, value: object) -> bool:
        """The form exactly: a truth is no number, a whole number is no amount."""
        if self.form is list:
            return isinstance(value, list | tuple | frozenset | set) and all(type(it) is str and it in self.choices for it in value)
        return type(value) is self.form and (not self.choices or value in self.choices)

    def shown(self, value: Any) -> str:
        """The value for people."""
        if isinstance(value, bool):
            return str(_("yes") if value else _("no"))
        if isinstance(value, Decimal):
            return money.show(value)
        if isinstance(value, list | tuple | frozenset | set):
            return "、".join(str(self.choices.get(it, it)) for it in sorted(value)) or "—"
        return str(self.choices.get(value, value)) if isinstance(value, str) else str(value)


OBJECTS: Final[Mapping[str, str | Promise]] = {"goods": _("goods"), "services": _("services"), "works": _("works")}

METHODS: Final[Mapping[str, str | Promise]] = {
    "open_tender": _("open tender"),
    "invited_tender": _("invited tender"),
    "competitive_negotiation": _("competitive negotiation"),
    "competitive_consultation": _("competitive consultation"),
    "inquiry": _("inquiry"),
    "single_source": _("single source"),
    "framework": _("framework agreement"),
    "cooperative_innovation": _("cooperative innovation"),
    "emergency": _("emergency purchase"),
    "emall": _("electronic marketplace"),
}

GROUNDS: Final[Mapping[str, str | Promise]] = {
    "limited_range": _("special goods or services that only a limited range of suppliers can provide"),
    "tender_too_costly": _("an open tender would cost too large a share of the purchase"),
    "failed_tender": _("no bidder, no conforming bid, or a repeated tender failed"),
    "complex": _("technically complex or special: detailed specifications cannot be drawn up"),
    "urgent": _("urgent, not foreseeable and not caused by the buyer's delay"),
    "price_unknown": _("the total price cannot be computed beforehand"),
    "only_supplier": _("only one supplier can provide it"),
    "unforeseen_emergency": _("an unforeseeable emergency leaves no other supplier"),
    "add_on": _("an add-on that must be consistent with the original purchase"),
    "uniform_goods": _("uniform goods, plentiful stock, small price movement"),
    "public_service": _("services that the government buys for the public"),
    "research_support": _("research with too few competitors, or technology transfer in need of support"),
    "works_exempt": _("works that the law exempts from tender"),
    "catalogue_sporadic": _("catalogue items bought often and in small lots"),
    "assurance_services": _("legal, appraisal, accounting, auditing and like services outside the catalogue"),
    "user_choice": _("services outside the catalogue among whose suppliers the users choose"),
    "not_on_market": _("new products not on the market that need a change of core technology"),
    "emergency_rescue": _("disaster, defence, diplomacy or like force majeure beyond reserves and allocation"),
}

EXEMPTIONS: Final[Mapping[str, str | Promise]] = {
    "supplier_set_by_law": _("the law limits who may supply"),
    "one_source": _("only one source can supply"),
    "few_smes": _("too few small and medium-sized enterprises could compete"),
    "framework": _("framework agreement"),
    "other_filed": _("another reason, filed"),
}

INDUSTRIES: Final[Mapping[str, str | Promise]] = {
    "AGRI": _("farming, forestry, animal husbandry, fishery"),
    "INDUSTRY": _("industry"),
    "CONSTRUCTION": _("construction"),
    "WHOLESALE": _("wholesale"),
    "RETAIL": _("retail"),
    "TRANSPORT": _("transport"),
    "STORAGE": _("storage"),
    "POST": _("post"),
    "LODGING": _("lodging"),
    "CATERING": _("catering"),
    "TELECOM": _("information transmission"),
    "SOFTWARE": _("software and information technology services"),
    "REALESTATE": _("real estate development"),
    "PROPERTY": _("property management"),
    "LEASE_BUSINESS": _("leasing and business services"),
    "OTHER": _("other industries"),
}

SIZES: Final[Mapping[str, str | Promise]] = {"large": _("large"), "medium": _("medium"), "small": _("small"), "micro": _("micro")}

FACTS: Final[Mapping[str, Fact]] = {
    "object": Fact(_("object"), str, OBJECTS),
    "amount": Fact(_("budget"), Decimal),
    "in_catalogue": Fact(_("in the centralised catalogue"), bool),
    "grounds": Fact(_("legal grounds told"), list, GROUNDS),
    "added": Fact(_("add-ons together"), Decimal),
    "original": Fact(_("original contract"), Decimal),
    "public_interest": Fact(_("public interest or service to the public"), bool),
    "complex_need": Fact(_("complex, custom-built IT or imports"), bool),
    "respondents": Fact(_("respondents of the survey"), int),
    "imported": Fact(_("imported products"), bool),
    "import_authorised": Fact(_("import authorised"), bool),
    "green_mandatory": Fact(_("category with mandatory green purchase"), bool),
    "green_certified": Fact(_("valid green certificate"), bool),
    "exemptions": Fact(_("reasons for not reserving"), list, EXEMPTIONS),
    "reserved": Fact(_("reserved for small and medium-sized enterprises"), Decimal),
    "reserved_small": Fact(_("of it for small and micro enterprises"), Decimal),
    "sme_only": Fact(_("reserved for small and medium-sized enterprises as a whole"), bool),
    "size": Fact(_("size of the enterprise"), str, SIZES),
    "small_share": Fact(_("share of small and micro enterprises in the joint bid"), Decimal),
    "industry": Fact(_("branch of industry"), str, INDUSTRIES),
    "staff": Fact(_("staff"), int),
    "revenue": Fact(_("revenue of the year"), Decimal),
    "assets": Fact(_("total assets"), Decimal),
    "both_kinds": Fact(_("domestic and other products compete"), bool),
    "domestic_cost": Fact(_("cost of the domestic products"), Decimal),
    "product_cost": Fact(_("cost of all products"), Decimal),
    "disabled_staff": Fact(_("staff with disabilities"), int),
}


def told(name: str, facts: Facts, *, row: str) -> Any:
    """What was told of it. Refused: RUL-021 nothing, RUL-022 in another form."""
    value = facts.get(name)
    if value is None:
        raise Refused(Problem(FACT_MISSING, {"row": row, "fact": FACTS[name].name}, name))
    if not FACTS[name].takes(value):
        raise Refused(Problem(FACT_FORM, {"value": str(value), "fact": FACTS[name].name}, name))
    return value


def known(facts: Facts) -> None:
    """Every fact told is one of the vocabulary. Refused: RUL-020."""
    strange = [Problem(FACT_UNKNOWN, {"fact": name}, name) for name in sorted(facts) if name not in FACTS]
    if strange:
        raise Refused(*strange)
