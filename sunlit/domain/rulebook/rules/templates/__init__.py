"""Templates of papers as data: what a form asks, what may be answered, how answers are told. Pure: nothing here reads the database.

A template is the `template` of a rule's value. Answers are plain JSON (amounts and figures as text), kept with the version that they were given under.
`form` is what a page draws, `posted` gathers what was typed, `read` turns it into answers or tells every problem at its field, `summary` tells answers
to people, `values_digest` seals them.
"""

from sunlit.domain.rulebook.rules.templates.asking import ANY_ROW, Asked, Form, form
from sunlit.domain.rulebook.rules.templates.changing import Difference, differences, loosens_nothing, obligatory, says_everything
from sunlit.domain.rulebook.rules.templates.data import Field, Malformed, Option, Parameter, Section, Template, Words, built
from sunlit.domain.rulebook.rules.templates.reading import MISSING, NO_TEMPLATE, Reading, applies, posted, read
from sunlit.domain.rulebook.rules.templates.telling import Line, Part, Table, failed, parameter_shown, shown, summary, values_digest

__all__ = [
    "ANY_ROW",
    "MISSING",
    "NO_TEMPLATE",
    "Asked",
    "Difference",
    "Field",
    "Form",
    "Line",
    "Malformed",
    "Option",
    "Parameter",
    "Part",
    "Reading",
    "Section",
    "Table",
    "Template",
    "Words",
    "applies",
    "built",
    "differences",
    "failed",
    "form",
    "loosens_nothing",
    "obligatory",
    "parameter_shown",
    "posted",
    "read",
    "says_everything",
    "shown",
    "summary",
    "values_digest",
]
