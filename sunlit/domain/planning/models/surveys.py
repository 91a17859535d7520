"""Demand surveys (财库〔2021〕22号 art. 10, 11): whom a buyer asked before it settled a demand, and what they said."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from sunlit.domain.planning.models.demands import Demand
from sunlit.foundation import deadlines
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.lifecycle import Living


class Survey(Living):
    """Questions to suppliers of the market, until when they answer, and what the answers came to."""

    # Identity
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="surveys")
    demand = models.ForeignKey(Demand, models.PROTECT, related_name="surveys")
    title = models.TextField()

    # What is asked, and whom
    questions = ArrayField(models.TextField())
    invited = ArrayField(models.BigIntegerField())  # organisations
    answer_until = models.DateTimeField()

    # Outcome
    summary = models.TextField(default="", blank=True)
    reason = models.TextField(default="", blank=True)
    opened_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    sealed = ("number", "state", "title", "questions", "invited", "answer_until", "summary", "reason")

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["demand"], condition=Q(state="open"), name="one_open_survey_of_a_demand"),
            models.CheckConstraint(condition=~Q(state="summarised") | ~Q(summary=""), name="a_summarised_survey_has_a_summary"),
        ]
        indexes: ClassVar = [
            GinIndex(fields=["invited"], name="surveys_by_supplier"),
            models.Index(fields=["buyer", "state", "-id"], name="surveys_of_a_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class SurveyAnswer(models.Model):
    """What one respondent said to every question: a supplier here, or somebody outside with the paper that shows it."""

    survey = models.ForeignKey(Survey, models.CASCADE, related_name="answers")
    supplier = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="survey_answers")
    name = models.TextField()
    answers = ArrayField(models.TextField())
    document = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField()
    by = models.TextField()

    class Meta:
        ordering: ClassVar = ["survey", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["survey", "supplier"], name="a_supplier_answers_a_survey_once"),
            models.UniqueConstraint(fields=["survey", "name"], condition=Q(supplier=None), name="an_outside_respondent_counts_once"),
            models.CheckConstraint(condition=Q(supplier__isnull=False) | Q(document__isnull=False), name="an_outside_answer_has_its_paper"),
        ]


deadlines.runs(Survey, "answer_until", "open")
