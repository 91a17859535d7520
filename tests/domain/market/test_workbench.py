"""The supplier's workbench: what fits and why, what stands against it, what came of one's entries, and subscriptions that tell once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sunlit.domain.market import reactions, services
from sunlit.domain.market.events import AuctionMoved, QuotationMoved
from sunlit.domain.market.models import OpportunitySubscription
from sunlit.domain.market.queries import workbench
from sunlit.domain.market.queries.openings import Asked, Opportunity
from sunlit.domain.market.services import opportunities
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel import clock
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.messages.models import Message
from tests.domain.market import auctioning, frames
from tests.domain.market.test_quotations_at_once import at_once
from tests.quoting import LAPTOP, PAPER, UNTIL, Fair, open_fair
from tests.town import NOON

HOUR = timedelta(hours=1)


@pytest.fixture
def fair(tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fair]:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    with open_fair(tmp_path) as fair:
        yield fair


def seen(by: Actor, *, at: Any = NOON, **asked: Any) -> list[Opportunity]:
    return workbench.opportunities(Asked(**asked), seen_by=by, at=at).rows


def numbers(by: Actor, **asked: Any) -> list[str]:
    return [one.number for one in seen(by, **asked)]


def subscribe(by: Actor, **told: Any) -> OpportunitySubscription:
    return opportunities.subscribe(**{"modes": [], "categories": [], "regions": [], "words": "", **told}, by=by, at=NOON)


def test_all_modes_stand_in_one_list_by_their_deadlines_and_say_why_they_fit(fair: Fair) -> None:
    quotation = fair.published()
    auction = auctioning.announced(fair.town, title="复印纸竞价", lots=(auctioning.PAPER,))
    framework = frames.opened_for_responses(fair.town)
    rows = seen(fair.town.chen)
    assert [(one.mode, one.number) for one in rows] == [
        ("quotation", quotation.number),
        ("auction", auction.number),
        ("framework", framework.number),
    ]
    assert [one.until for one in rows] == [UNTIL, auctioning.ENTRY_ENDS, frames.UNTIL]
    assert [[(fit.kind, len(fit.what)) for fit in one.fits] for one in rows] == [[("sells", 1), ("near", 1)]] * 3
    assert [one.bars for one in rows] == [(), (), ()]
    assert numbers(fair.town.nurlan) == [quotation.number], "the corner shop sells laptops alone"
    assert [fit.kind for fit in seen(fair.town.nurlan)[0].fits] == ["sells"], "another county is not its region"
    assert numbers(fair.song) == [], "it sells nothing and was admitted for nothing"
    assert len(numbers(fair.song, fitting=False)) == 3
    Supplier.objects.filter(organisation_id=fair.song.party).update(category_codes=["A0504"])
    assert numbers(fair.song) == [auction.number, framework.number]
    assert seen(fair.song)[0].fits[0].kind == "admitted"


def test_a_list_is_narrowed_by_kind_words_and_region(fair: Fair) -> None:
    quotation = fair.published()
    auction = auctioning.announced(fair.town, title="复印纸竞价", lots=(auctioning.PAPER,))
    chen = fair.town.chen
    assert numbers(chen, mode="auction") == [auction.number]
    assert numbers(chen, q="笔记本") == [quotation.number]
    assert numbers(chen, q=quotation.number.lower()) == [quotation.number]
    assert numbers(chen, region_path="652800/652823") == []
    assert numbers(chen, region_path="652800") == [quotation.number, auction.number]
    first = workbench.opportunities(Asked(), seen_by=chen, at=NOON, rows=1)
    assert ([one.number for one in first.rows], first.after) == ([quotation.number], 1)
    second = workbench.opportunities(Asked(), seen_by=chen, at=NOON, rows=1, after=1)
    assert ([one.number for one in second.rows], second.after) == ([auction.number], None)
    assert seen(chen, at=UNTIL) == seen(chen, at=UNTIL, mode="auction"), "at its deadline a purchase is gone"


def test_what_stands_against_taking_part_is_told_with_its_code(fair: Fair) -> None:
    shops = [fair.town.corner.number, Supplier.objects.get(organisation_id=fair.song.party).number, "GY-0004"]
    invited = fair.published(invitation="invited", suppliers=shops)
    assert numbers(fair.town.chen) == [], "only others are invited"
    [shown] = seen(fair.town.chen, fitting=False)
    assert [bar.code for bar in shown.bars] == ["QUO-016"]
    [shown] = seen(fair.song)
    assert (shown.number, shown.fits[0].kind, shown.bars) == (invited.number, "invited", ())
    Supplier.objects.filter(organisation_id=fair.song.party).update(
        state="suspended", reason="虚假材料", suspended_until=NOON + timedelta(days=9)
    )
    assert [bar.code for bar in seen(fair.song)[0].bars] == ["QUO-012"]
    auctioning.announced(fair.town)
    assert [[bar.code for bar in one.bars] for one in seen(fair.song, fitting=False, mode="auction")] == [["AUC-012"]]
    assert [bar.code for bar in seen(fair.town.wu, fitting=False, mode="auction")[0].bars] == ["LIF-002"], (
        "the catalogue clerk does not bid"
    )


def test_entries_run_until_their_result_which_says_why(fair: Fair) -> None:
    it = fair.quoted("4800.00", "4700.00", "4650.00")
    [running] = workbench.entries(seen_by=fair.song, over=False).rows
    assert (running.number, running.state, running.until, running.price) == (it.number, "sealed", UNTIL, None)
    fair.clock(UNTIL + timedelta(minutes=5))
    it.refresh_from_db()
    for quote in it.quotes.all():
        services.judge_quote(
            quote,
            conforms=quote.supplier_id != fair.song.party,
            cause="parameter",
            reason="内存只有八吉字节，不满足不低于十六吉字节的强制参数",
            by=fair.town.aygul,
            at=UNTIL + HOUR,
        )
    it.refresh_from_db()
    assert workbench.entries(seen_by=fair.song, over=True).rows == [], "excluded, but the buyer may still think better of it"
    services.fail_quotation(it, by=fair.town.zhou, at=UNTIL + HOUR)
    assert workbench.entries(seen_by=fair.song, over=False).rows == []
    [over] = workbench.entries(seen_by=fair.song, over=True).rows
    assert (over.state, over.reason, str(over.price)) == ("excluded", "内存只有八吉字节，不满足不低于十六吉字节的强制参数", "46500.00")
    assert workbench.entries(seen_by=fair.song, over=True, mode="auction").rows == []


def test_an_auction_stands_among_the_running_entries_of_who_entered(fair: Fair) -> None:
    it = auctioning.announced(fair.town)
    auctioning.enter(it, fair.town.chen)
    assert str(seen(fair.town.chen)[0].own) == "已报名"
    [mine] = workbench.entries(seen_by=fair.town.chen, over=False).rows
    assert (mine.number, mine.until, mine.over) == (it.number, auctioning.START, False)
    services.void_auction(it, reason="公告内容有误，需要更正", by=fair.town.surina, at=NOON + HOUR)
    [mine] = workbench.entries(seen_by=fair.town.chen, over=True).rows
    assert (mine.state, mine.reason) == ("voided", "公告内容有误，需要更正")


def test_a_subscription_tells_once_also_when_the_news_comes_twice(fair: Fair) -> None:
    song = fair.song
    subscribe(song, categories=["A"])
    subscribe(song, words="笔记本，台式机")
    it = fair.published()
    event = QuotationMoved(
        number=it.number,
        verb="publish",
        state=it.state,
        version=it.version,
        buyer_id=it.buyer_id,
        title=it.title,
        until=it.quote_until.isoformat(),
        reason="",
        suppliers=[],
    )
    for _time in range(2):
        reactions.tell_who_quotes(event)
        reactions.tell_subscribers_of_a_quotation(event)
    found = Message.objects.filter(user_id=song.person)
    assert [(one.kind, one.link) for one in found] == [("opportunity.new", f"/supplier/quotations/{it.number}/")]
    assert found[0].params["party"] == "梨城实验中学"
    subscribe(fair.town.chen, categories=[LAPTOP])
    reactions.tell_subscribers_of_a_quotation(event)
    told = Message.objects.filter(user_id=fair.town.chen.person, dedupe_key__startswith=f"quotation/{it.number}/publish")
    assert [one.kind for one in told] == ["quotation.publish.supplier"], "who was told as a seller of such goods is not told again"


def test_nobody_hears_of_what_it_could_not_answer(fair: Fair) -> None:
    for person in (fair.town.chen, fair.song, fair.guo):
        subscribe(person, modes=["quotation", "auction"])
    Supplier.objects.filter(organisation_id=fair.guo.party).update(state="left", left_at=NOON)
    shops = [fair.town.corner.number, "GY-0003", fair.town.shop.number]
    it = fair.published(invitation="invited", suppliers=shops)
    assert opportunities.tell_subscribers("quotation", it.number, dedupe="k1", at=NOON) == 2
    assert opportunities.tell_subscribers("quotation", it.number, dedupe="k2", at=UNTIL) == 0, "too late to answer"
    assert opportunities.tell_subscribers("quotation", "ZX-NONE", dedupe="k3", at=NOON) == 0
    auction = auctioning.announced(fair.town)
    event = AuctionMoved(
        number=auction.number,
        title=auction.title,
        verb="publish",
        reason="",
        buyer_id=auction.buyer_id,
        suppliers=[],
        version=auction.version,
    )
    reactions.tell_subscribers_of_an_auction(event)
    assert Message.objects.filter(kind="opportunity.new", params__number=auction.number).count() == 2, "who has left hears nothing"


def test_every_condition_that_is_set_must_be_met(fair: Fair) -> None:
    it = fair.published()
    met = [
        subscribe(fair.song, **told) for told in ({"modes": ["quotation"], "categories": [LAPTOP], "regions": ["652800"], "words": "电脑"},)
    ]
    for told in ({"modes": ["auction"]}, {"categories": [PAPER]}, {"regions": ["652823"]}, {"words": "打印机"}):
        subscribe(fair.guo, **{"modes": ["quotation"], **told})
    found = workbench.purchase("quotation", it.number, at=NOON)
    assert found is not None
    assert workbench.people_to_tell(found) == [(met[0].person_id, met[0].supplier_id)]


def test_a_subscription_that_says_nothing_or_too_much_is_refused(fair: Fair) -> None:
    def codes(**told: Any) -> list[str]:
        with pytest.raises(Refused) as refused:
            subscribe(fair.song, **told)
        return list(refused.value.codes)

    assert codes() == ["OPP-001"]
    assert codes(words=" ，, ") == ["OPP-001"]
    assert codes(modes=["calloff"], categories=["X99"], regions=["110000"]) == ["OPP-002"] * 3
    assert codes(words=",".join(f"词{n}" for n in range(61))) == ["OPP-003"]
    assert codes(words="长" * 41) == ["OPP-004"]
    for n in range(20):
        subscribe(fair.song, words=f"词{n}")
    assert codes(words="再一个") == ["OPP-005"]
    assert not opportunities.unsubscribe(OpportunitySubscription.objects.earliest("pk").pk, by=fair.town.chen), "only one's own"
    assert opportunities.unsubscribe(OpportunitySubscription.objects.earliest("pk").pk, by=fair.song)
    assert subscribe(fair.song, words="再一个").words == ["再一个"]


@pytest.mark.django_db(transaction=True)
def test_two_subscriptions_at_once_do_not_pass_the_limit(tmp_path: Path, transactional_db: None) -> None:
    with open_fair(tmp_path) as fair:
        for n in range(19):
            subscribe(fair.song, words=f"词{n}")
        answers = at_once(lambda: subscribe(fair.song, words="甲"), lambda: subscribe(fair.song, words="乙"))
        assert sorted(type(one).__name__ for one in answers) == ["OpportunitySubscription", "list"]
        assert OpportunitySubscription.objects.count() == 20


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_news_tell_once(tmp_path: Path, transactional_db: None) -> None:
    with open_fair(tmp_path) as fair:
        subscribe(fair.song, words="电脑")
        it = fair.published()
        at_once(*(lambda: opportunities.tell_subscribers("quotation", it.number, dedupe="same", at=NOON) for _worker in range(2)))
        assert Message.objects.filter(user_id=fair.song.person).count() == 1
