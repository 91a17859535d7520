"""The product library: categories, attributes, brands, products (SPU), offers (SKU), prices and tags."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation, User
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class Category(models.Model):
    """A node of the procurement catalogue (财库〔2022〕31号). `path` is 'A/A02000000/…/A02010105'."""

    code = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    path = models.TextField(unique=True)
    level = models.PositiveSmallIntegerField()
    kind = models.TextField()  # goods, works, services
    leaf = models.BooleanField(default=True)
    in_use = models.BooleanField(default=False)  # has an attribute template: offers may be listed here
    icon = models.TextField(default="package", blank=True)
    unit = models.TextField(default="", blank=True)
    unit_en = models.TextField(default="", blank=True)
    # How much one unit holds: {"per": 100, "unit": "张", "unit_en": "sheets", "by": {"包": ["sheets"]}}: of which parameters the content is the product
    measure = models.JSONField(default=dict, db_default={}, blank=True)

    class Meta:
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return f"{self.code} {self.name_zh}"


class Better(models.TextChoices):
    """Which values of a parameter are the better ones; of choices, `higher` are those that stand later in the template."""

    HIGHER = "higher", _("more is better")
    LOWER = "lower", _("less is better")
    NONE = "", _("a matter of need")


class Attribute(models.Model):
    """One line of a category's attribute template."""

    category = models.ForeignKey(Category, models.CASCADE, related_name="attributes")
    key = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    unit = models.TextField(default="", blank=True)
    unit_en = models.TextField(default="", blank=True)
    type = models.TextField(default="text")  # text, number, choice
    choices = ArrayField(models.TextField(), default=list, blank=True)
    choices_en = ArrayField(models.TextField(), default=list, blank=True)  # side by side with `choices`, or empty
    required = models.BooleanField(default=False)
    is_key = models.BooleanField(default=False)
    better = models.TextField(choices=Better, default=Better.NONE, db_default=Better.NONE, blank=True)
    group = models.TextField(default="主要参数")
    group_en = models.TextField(default="Main parameters")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["category", "position", "id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["category", "key"], name="attribute_once_per_category")]


class Brand(models.Model):
    """A brand; `key` is its name without case, spaces and marks."""

    key = models.TextField(unique=True)
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.name_zh


class Core(models.Func):
    """The part of a model that its variants share: without brackets, marks and what follows the last figure, letters that look like figures as such.

    The rule `core_of` says the same.
    """

    template = (
        r"translate(coalesce(substring(regexp_replace(%(expressions)s, '\([^)]*\)|[^A-Z0-9]', '', 'g') from '^.*[0-9]'), ''), 'OIL', '011')"
    )
    output_field = models.TextField()


class Product(models.Model):
    """A standard product unit: category, brand and model, with its parameters. Offers of all suppliers hang on it.

    One that was merged into another keeps its number, its brand and its model, so that both still lead to the other; nothing hangs on it any more.
    """

    number = models.TextField(unique=True)
    category = models.ForeignKey(Category, models.PROTECT, related_name="products")
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="products")
    model = models.TextField()
    model_key = models.TextField()
    name_zh = models.TextField()
    name_en = models.TextField(default="", blank=True)
    unit = models.TextField(default="件")
    attributes = models.JSONField(default=dict)  # key → text, after the category's template
    gtin = models.TextField(default="", db_default="", blank=True)  # 14 figures, nought-filled; "" when nobody told it
    image = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField()

    # One with others
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="merged_from")
    merged_at = models.DateTimeField(null=True, blank=True)
    split_from = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="split_into")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "brand", "model_key"], name="one_product_per_category_brand_model"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="a_product_is_not_merged_into_itself"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True, merged_at__isnull=True) | Q(merged_into__isnull=False, merged_at__isnull=False),
                name="a_merged_product_tells_when",
            ),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["attributes"], opclasses=["jsonb_path_ops"], name="products_by_parameters"),
            models.Index(fields=["gtin"], condition=~Q(gtin=""), name="products_by_gtin"),
            models.Index("category", "brand", Core("model_key"), name="products_by_core_of_model"),
        ]

    def __str__(self) -> str:
        return self.name_zh


class Tag(models.TextChoices):
    """Policy tags (RULES §1.5, §1.7)."""

    ENERGY_SAVING = "energy_saving", _("Energy-saving")
    ENVIRONMENTAL_LABEL = "environmental_label", _("Environmental label")
    SME = "sme", _("SME")
    SMALL_MICRO = "small_micro", _("Small or micro enterprise")
    PRISON_ENTERPRISE = "prison_enterprise", _("Prison enterprise")
    DISABLED_WELFARE_UNIT = "disabled_welfare_unit", _("Welfare unit for the disabled")
    DOMESTIC_PRODUCT = "domestic_product", _("Domestic product")
    IMPORTED_PRODUCT = "imported_product", _("Imported product")
    PLATFORM_832 = "platform_832", _("Farm products from areas out of poverty")
    MANUFACTURER_DIRECT = "manufacturer_direct", _("Direct from the manufacturer")


class Offer(Living):
    """A stock keeping unit of one supplier: its price, stock, delivery and tags."""

    # Identity
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="offers")
    product = models.ForeignKey(Product, models.PROTECT, related_name="offers")
    sku_code = models.TextField()
    title = models.TextField()
    detail = models.TextField(default="", blank=True)

    # Terms
    price = models.DecimalField(max_digits=16, decimal_places=2)
    price_changed_at = models.DateTimeField(null=True)
    stock = models.PositiveIntegerField(default=0)
    quantity_most = models.PositiveIntegerField(default=0)  # per order; 0 = no own limit
    delivery_days = models.PositiveSmallIntegerField(default=3)
    delivery_regions = ArrayField(models.TextField(), default=list, blank=True)  # region codes; empty = the whole net
    warranty_months = models.PositiveSmallIntegerField(default=0)
    images = models.ManyToManyField(File, related_name="+", blank=True)

    # Life
    created_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    review_until = models.DateTimeField(null=True)
    listed_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)
    rulings = models.JSONField(default=list, blank=True)

    # Pieces taken from stock and not returned
    sold = models.PositiveIntegerField(default=0)

    sealed = ("number", "state", "supplier_id", "product_id", "sku_code", "title", "price", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(price__gt=0), name="offer_price_is_positive"),
            models.UniqueConstraint(fields=["supplier", "sku_code"], name="one_offer_per_supplier_and_sku_code"),
            models.UniqueConstraint(
                fields=["supplier", "product"],
                condition=Q(state__in=["draft", "review", "listed", "frozen", "unfreeze_review"]),
                name="no_duplicate_listing_of_a_product",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["frozen", "refused"]) | ~Q(reason=""), name="frozen_and_refused_offers_have_a_reason"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["product", "price"], condition=Q(state="listed"), name="listed_offers_of_a_product"),
            models.Index(fields=["supplier", "state", "-id"], name="offers_of_a_supplier"),
            models.Index(
                fields=["region_path", "review_until"], condition=Q(state__in=["review", "unfreeze_review"]), name="offers_to_review"
            ),
        ]


class PolicyTag(models.Model):
    """A claim of an offer to a policy, with its proof and the day it ends."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="tags")
    tag = models.TextField(choices=Tag)
    certificate = models.TextField(default="", blank=True)
    expires_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["tag"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["offer", "tag"], name="a_tag_once_per_offer")]
        indexes: ClassVar = [models.Index(fields=["-offer"], condition=Q(tag="manufacturer_direct"), name="offers_of_manufacturers")]


class MakerDeclaration(models.Model):
    """Who makes the goods of an offer, and by which figures its size is told (中小企业声明函（货物）). Declarations are never changed: the latest counts."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="maker_declarations")

    # What the supplier says of the maker
    maker = models.TextField()
    year = models.PositiveSmallIntegerField()  # whose figures these are
    industry = models.TextField()
    staff = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=16, decimal_places=2)
    assets = models.DecimalField(max_digits=16, decimal_places=2)
    large_affiliate = models.BooleanField(default=False)

    # What follows
    size = models.TextField()  # large, medium, small, micro, by the figures
    counts_as = models.TextField()  # what the policies take the maker for
    rulings = models.JSONField(default=list)
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-declared_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(maker=""), name="a_maker_has_a_name"),
            models.CheckConstraint(
                condition=Q(size__in=["large", "medium", "small", "micro"], counts_as__in=["large", "medium", "small", "micro"]),
                name="a_makers_size_is_one_of_four",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["offer", "-declared_at", "-id"], name="makers_of_an_offer")]


class PriceChange(models.Model):
    """The history of an offer's price."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="price_changes")
    price = models.DecimalField(max_digits=16, decimal_places=2)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["at", "id"]
        indexes: ClassVar = [models.Index(fields=["offer", "at"], name="price_history_of_an_offer")]


class ReferencePrice(models.Model):
    """What the same product costs elsewhere: source, day and figure (RULES §5.3)."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="reference_prices")
    source = models.TextField()
    url = models.TextField(default="", blank=True)
    price = models.DecimalField(max_digits=16, decimal_places=2)
    captured_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-captured_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["product", "source", "captured_at"], name="one_reference_price_per_source_and_time"),
            models.CheckConstraint(condition=Q(price__gt=Decimal(0)), name="reference_price_is_positive"),
        ]


class Synonym(models.Model):
    """A word, and what somebody who asks for it also means. The keys are the words as the search sees them."""

    word = models.TextField()
    meaning = models.TextField()
    both = models.BooleanField(default=False)  # holds the other way round too
    word_key = models.TextField()
    meaning_key = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["word_key", "meaning_key"], name="a_synonym_once"),
            models.CheckConstraint(condition=~Q(word_key="") & ~Q(meaning_key=""), name="synonym_is_two_words"),
            models.CheckConstraint(condition=~Q(word_key=models.F("meaning_key")), name="synonym_is_another_word"),
        ]

    def __str__(self) -> str:
        return f"{self.word} {'=' if self.both else '→'} {self.meaning}"


class Import(Living):
    """A supplier's file on its way into the library: checked in a dry run, then carried out for the good rows."""

    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="imports")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    problems = models.JSONField(default=list, blank=True)  # the first few hundred, for the page
    bad_rows = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "supplier_id", "rows", "good", "bad")

    class Meta:
        ordering: ClassVar = ["-id"]


class ProductMatch(Living):
    """Two products that may be the same, with what speaks for it: a person decides, once. `one` is the older of the two."""

    one = models.ForeignKey(Product, models.PROTECT, related_name="+")
    other = models.ForeignKey(Product, models.PROTECT, related_name="+")
    score = models.PositiveSmallIntegerField()  # points of 100
    reasons = models.JSONField(default=list)  # [{why, figures…}] as `rules.matching` tells them
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "one_id", "other_id", "score", "reason")

    class Meta:
        ordering: ClassVar = ["-score", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["one", "other"], name="two_products_are_matched_once"),
            models.CheckConstraint(condition=Q(one__lt=F("other")), name="the_older_product_of_a_match_stands_first"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-score", "id"], condition=Q(state="proposed"), name="matches_to_decide"),
            models.Index(fields=["other"], name="matches_of_a_product"),
        ]


class ProductCorrection(Living):
    """What a supplier proposes to put right in a product on which others' offers hang too: {parameter: [as it is, as it should be]}."""

    product = models.ForeignKey(Product, models.PROTECT, related_name="corrections")
    supplier = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    changes = models.JSONField()
    why = models.TextField()
    proposed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)

    sealed = ("number", "state", "product_id", "supplier_id", "changes", "why", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "supplier"], condition=Q(state="proposed"), name="one_open_correction_a_product_and_supplier"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["proposed_at", "id"], condition=Q(state="proposed"), name="corrections_to_decide")]


deadlines.runs(Offer, "review_until", "review", "unfreeze_review")
