"""What the macros say, in a few strokes; how they look is for the eye (docs/guides/ui.md)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from sunlit.foundation.kernel.refusals import Problem
from sunlit.portals.ui import sample
from sunlit.portals.ui.columns import col
from tests.portals.ui.conftest import reason_of_a_test

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
TOO_DEAR = reason_of_a_test("UI-801", "¥{price} is too dear", 422)
PROBLEM = Problem(TOO_DEAR, {"price": "3.50"}, "price")


def test_texts_are_escaped(draw):
    assert "<b>" not in draw("{{ kit.page_head(title) }}", title="<b>1")
    assert "&lt;b&gt;1" in draw("{{ kit.badge('placed', title) }}", title="<b>1")


def test_a_field_shows_its_own_problem_with_the_code_and_is_marked_wrong(draw):
    html = draw('{{ kit.field("price", "Price", "3.50", "money", problems=problems) }}', problems=(PROBLEM,))
    assert 'data-code="UI-801"' in html
    assert "¥3.50 is too dear" in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="f-price-problem"' in html
    assert 'id="f-price-problem"' in html


def test_a_field_keeps_silent_about_others(draw):
    html = draw('{{ kit.field("name", "Name", "Desk", problems=problems) }}', problems=(PROBLEM,))
    assert "UI-801" not in html
    assert "aria-invalid" not in html


def test_every_kind_of_field_has_its_label(draw):
    for kind in ("text", "money", "number", "date", "password", "textarea", "select"):
        html = draw('{{ kit.field("x", "Label", "1", kind, options=[("1", "One")]) }}', kind=kind)
        assert '<label for="f-x">Label</label>' in html
        assert 'id="f-x"' in html


def test_choices_keep_what_was_chosen(draw):
    assert '<option value="2" selected>Two</option>' in draw('{{ kit.field("x", "L", 2, "select", options=[(1, "One"), (2, "Two")]) }}')
    assert 'value="b" checked' in draw('{{ kit.field("x", "L", "b", "radio", options=[("a", "A"), ("b", "B")]) }}')
    assert draw('{{ kit.field("x", "L", ["a", "b"], "checks", options=[("a", "A"), ("b", "B"), ("c", "C")]) }}').count("checked") == 2
    assert "checked" in draw('{{ kit.field("x", "L", true, "checkbox") }}')
    assert "checked" not in draw('{{ kit.field("x", "L", false, "checkbox") }}')


def test_the_summary_counts_all_problems_and_leads_to_their_fields(draw, english):
    html = draw("{{ kit.form_errors(problems) }}", problems=(PROBLEM, Problem(TOO_DEAR, {"price": "9"})))
    assert "2 points to correct" in html
    assert '<a href="#f-price">¥3.50 is too dear</a>' in html
    assert draw("{{ kit.form_errors(()) }}") == ""


def test_a_table_writes_each_kind_its_way_and_keeps_labels_for_narrow_screens(draw, english):
    columns = [
        col("number", "Order"),
        col("total", "Amount", "money"),
        col("at", "Day", "day"),
        col("state", "State", "state"),
        col("none", "Note"),
    ]
    rows = [{"number": "DD-1", "total": Decimal("1234.50"), "at": NOW, "state": "placed", "none": ""}]
    html = draw(
        "{% call(row, key) kit.table(columns, rows, 'Orders') %}{% if key == 'number' %}<a href='#'>{{ row.number }}</a>{% endif %}{% endcall %}",
        columns=columns,
        rows=rows,
    )
    assert "<a href='#'>DD-1</a>" in html
    assert '<td data-label="Amount" class="num"><span class="figures">¥1,234.50</span></td>' in html
    assert 'title="Mon 23 Nov 2026">2026-11-23</time>' in html
    assert 'data-state="placed"' in html
    assert '<span class="faint">—</span>' in html


def test_sorting_is_a_link_that_turns_round_and_starts_at_the_first_page(draw):
    columns = [col("total", "Amount", "money", sort="total")]
    source = "{{ kit.table(columns, rows, 'Orders', here, sort) }}"
    up = draw(source, columns=columns, rows=[{"total": Decimal(1)}], here="/orders/?q=a&after=9&sort=total", sort="total")
    assert 'href="/orders/?q=a&amp;sort=-total"' in up
    assert 'aria-sort="ascending"' in up
    assert 'href="/orders/?sort=total"' in draw(source, columns=columns, rows=[{"total": Decimal(1)}], here="/orders/", sort="-total")


def test_an_empty_table_says_so(draw):
    html = draw("{{ kit.table([], [], 'Orders', empty_title='No order', empty_hint='Place one') }}")
    assert "No order" in html
    assert "<table" not in html


def test_a_facet_adds_its_value_or_takes_it_away(draw):
    groups = [
        {
            "name": "brand",
            "label": "Brand",
            "options": [
                {"value": "a", "label": "A", "count": 1200, "chosen": True},
                {"value": "b", "label": "B", "count": 3, "chosen": False},
            ],
        }
    ]
    html = draw("{{ kit.facets(groups, '/search?q=x&brand=a') }}", groups=groups)
    assert 'href="/search?q=x" class="facet-option" rel="nofollow" aria-current="true"' in html
    assert 'href="/search?q=x&amp;brand=a&amp;brand=b"' in html
    assert "1,200" in html


def test_buttons_come_from_the_moves_and_the_form_is_sent_once(draw):
    moves = [SimpleNamespace(verb="confirm", label="Confirm"), SimpleNamespace(verb="decline", label="Decline")]
    html = draw("{{ kit.move_forms(moves, '/x/', csrf, 7) }}", moves=moves, csrf="")
    assert 'button-go" name="verb" value="confirm"' in html
    assert 'button-bad" name="verb" value="decline"' in html
    assert '<input type="hidden" name="expected" value="7">' in html
    assert 'name="_once"' in html
    assert draw("{{ kit.move_forms([], '/x/', '') }}") == ""


def test_a_question_before_a_deed_carries_its_fields_and_inputs(draw):
    html = draw("{% call kit.confirm('c', 'Freeze', 'Freeze it?', '/x/', '', fields={'verb': 'freeze'}) %}<i>why</i>{% endcall %}")
    assert 'data-opens="c"' in html
    assert '<dialog class="dialog" id="c"' in html
    assert '<input type="hidden" name="verb" value="freeze">' in html
    assert "<i>why</i>" in html


@pytest.mark.django_db
@pytest.mark.parametrize(("evidence", "marked"), [("V", False), ("Q", False), ("V/Q", False), ("K", True), ("K/V", True), ("", True)])
def test_a_ruling_shows_its_rule_and_whether_the_source_was_read(draw, english, evidence, marked):
    ruling = sample.rulings()[2]
    ruling.evidence = evidence
    html = draw("{{ kit.ruling(ruling) }}", ruling=ruling)
    assert 'data-state="refused" data-code="RUL-012" open' in html
    assert "threshold.emall" in html
    assert "二、（三）" in html
    assert "¥1,284,000.00" in html
    assert ("source not verified" in html) is marked


def test_the_way_of_a_purchase_marks_where_it_stands(draw):
    html = draw("{{ kit.steps(steps) }}", steps=sample.steps(NOW))
    assert html.count("step-done") == 3
    assert html.count('aria-current="step"') == 1
    assert html.count("step-todo") == 4


def test_the_story_takes_entries_of_the_ledger_as_they_are(draw):
    entry = SimpleNamespace(
        at=NOW, sentence="Alice placed order DD-1", pk=42, facts={"actor": "Alice", "organisation": "Hospital", "state": "placed"}
    )
    html = draw("{{ kit.timeline([entry], now) }}", entry=entry, now=NOW)
    assert "Alice placed order DD-1" in html
    assert "Alice · Hospital" in html
    assert 'data-state="placed"' in html
    assert "number=42" in html


def test_a_deadline_counts_from_the_servers_clock(draw, english):
    html = draw("{{ kit.deadline(until, now) }}", until=NOW + timedelta(hours=5), now=NOW)
    assert 'class="deadline deadline-soon"' in html
    assert 'data-until="2026-11-23T09:00:00+00:00" data-now="2026-11-23T04:00:00+00:00"' in html
    assert "5 hours left" in html


def test_a_bar_asks_again_only_until_the_work_is_done(draw):
    assert 'hx-get="/p/"' in draw("{{ kit.progress(5, 10, 'Import', '/p/') }}")
    assert "hx-get" not in draw("{{ kit.progress(10, 10, 'Import', '/p/') }}")


def test_a_price_is_told_in_large_figures(draw):
    html = draw("{{ kit.price(amount, 'set', was) }}", amount=Decimal("4680.00"), was=Decimal("4899.00"))
    assert '<span class="price-whole">4,680</span><span class="price-fen">.00</span>' in html
    assert "¥4,899.00</s>" in html
    assert "<s" not in draw("{{ kit.price(amount, was=amount) }}", amount=Decimal("1.00")).replace("<span", "")


def test_a_chart_reads_its_figures_from_a_block_that_nothing_can_end(draw):
    html = draw(
        "{% call kit.chart('c', 'line', data, 'Prices') %}<table></table>{% endcall %}",
        data={"labels": ["</script><script>"], "series": []},
    )
    assert html.count("<script") == 1
    assert html.count("</script>") == 1
    assert "\\u003c/script\\u003e" in html
    assert "<table>" in html


def test_the_pager_goes_by_key(draw):
    html = draw("{{ kit.pager('/orders/?state=paid', after='k9') }}")
    assert 'href="/orders/?state=paid&amp;after=k9"' in html
    assert draw("{{ kit.pager('/orders/') }}") == ""
