"""The budget quotas that pay for the orders: what they need and something over, with holds, commitments and spending as the orders stand."""

from __future__ import annotations

from hashlib import sha256
from random import Random

from sunlit.demo import cast
from sunlit.demo.bazhou.cells import seconds, stamp, yuan
from sunlit.demo.bazhou.copying import Sheet, first_id, quoted
from sunlit.demo.bazhou.region import Ground
from sunlit.demo.bazhou.sizes import DAYS
from sunlit.demo.bazhou.ways import local_date
from sunlit.demo.deals import QUOTA_OF, QUOTAS
from sunlit.domain.planning.models import BudgetQuota, QuotaChange
from sunlit.foundation.kernel.clock import start_of_day
from sunlit.foundation.ledger import services as ledger

OVER = (1.04, 1.15, 1.3, 1.6, 2.0)
A_HEAD = 40_000  # cents that a small quota has for each of the buyer's staff
YEARS_MORE = 40  # days of the year before, for orders that were asked for then


class Quotas:
    """Every quota of every buyer; ids are dealt out before the sums are known."""

    def __init__(self, ground: Ground) -> None:
        first = local_date(seconds(ground.at) - (DAYS + YEARS_MORE) * 86_400).year
        self.base, self.ids = first_id(BudgetQuota), dict[tuple[str, int, int], int]()
        for buyer in ground.buyers:
            for year in range(first, local_date(seconds(ground.at)).year + 1):
                for index in range(len(QUOTAS)):
                    self.ids[buyer.key, year, index] = self.base + len(self.ids)
        self.used: dict[int, dict[str, int]] = {}

    def id_of(self, buyer: str, year: int, family: str) -> int:
        """The quota that pays for these goods."""
        return self.ids[buyer, year, QUOTA_OF[family]]

    def take(self, quota: int, state: str, cents: int) -> None:
        figures = self.used.setdefault(quota, {"held": 0, "committed": 0, "spent": 0, "released": 0})
        figures[state] += cents

    def write(self, ground: Ground, rng: Random) -> None:
        """The quotas with their figures, the one change that set each, and one act for them all."""
        columns = (
            "id",
            "number",
            "buyer_id",
            "year",
            "name",
            "economic_category",
            "region_path",
            "total",
            "held",
            "committed",
            "spent",
            "created_at",
        )
        quotas, changes = (
            Sheet(quoted(BudgetQuota), columns),
            Sheet(quoted(QuotaChange), ("id", "quota_id", "before", "after", "reason", "by", "at")),
        )
        sums, by, change = sha256(), ground.operator, first_id(QuotaChange)
        buyers = {buyer.key: buyer for buyer in ground.buyers}
        counts: dict[int, int] = {}
        for (key, year, index), pk in self.ids.items():
            buyer, (name, category, families) = buyers[key], QUOTAS[index]
            used = self.used.get(pk, {})
            if not used and not set(families) & set(cast.SORTS[buyer.families[0]]):
                continue
            counts[year] = counts.get(year, 0) + 1
            needed = sum(used.get(state, 0) for state in ("held", "committed", "spent"))
            total = -(-max(buyer.staff * A_HEAD, int(needed * rng.choice(OVER))) // 100_000) * 100_000
            at = stamp(seconds(start_of_day(local_date(seconds(ground.at)).replace(year=year, month=1, day=1))) + 58 * 3_600)
            number = f"ZB-{year}-{counts[year]:05d}"
            figures = (yuan(used.get(state, 0)) for state in ("held", "committed", "spent"))
            row = (
                str(pk),
                number,
                str(ground.ids[key]),
                str(year),
                f"{year} 年{name}",
                category,
                ground.paths[buyer.region],
                yuan(total),
                *figures,
                at,
            )
            quotas.add(*row)
            sums.update("\t".join(row).encode())
            changes.add(str(change), str(pk), "0.00", yuan(total), "", by.organisation_number, at)
            change += 1
        quotas.send()
        changes.send()
        subject = ground.batch("quota", 0)
        told = {"number": subject.partition("/")[2], "actor": by.user_name, "organisation": by.organisation_name}
        facts = {**told, "count": sum(counts.values()), "digest": sums.hexdigest()}
        ledger.record(act="quotas.take_over", subject=subject, by=by, at=ground.at, facts=facts, region=by.region_path)
