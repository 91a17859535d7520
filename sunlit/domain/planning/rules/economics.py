"""The classes of the economic classification of departments' expenditure (部门预算支出经济分类), as the Ministry of Finance issued them for 2018."""

from __future__ import annotations

import re
from typing import Final

CLASSES: Final = {
    "301": ("工资福利支出", "Wages and welfare"),
    "302": ("商品和服务支出", "Goods and services"),
    "303": ("对个人和家庭的补助", "Grants to persons and households"),
    "307": ("债务利息及费用支出", "Interest and fees on debt"),
    "309": ("资本性支出（基本建设）", "Capital expenditure (capital construction)"),
    "310": ("资本性支出", "Capital expenditure"),
    "311": ("对企业补助（基本建设）", "Grants to enterprises (capital construction)"),
    "312": ("对企业补助", "Grants to enterprises"),
    "313": ("对社会保障基金补助", "Grants to social insurance funds"),
    "399": ("其他支出", "Other expenditure"),
}
_CODE: Final = re.compile(r"\d{3}(\d{2})?", re.ASCII)


def is_economic_category(code: str) -> bool:
    """Nothing, a class of three digits, or an item of five digits in a known class."""
    return code == "" or (_CODE.fullmatch(code) is not None and code[:3] in CLASSES)
