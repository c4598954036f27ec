"""A needs survey: a table with one row for each need, read into requests. No queries."""

from app.demand.survey.columns import COLUMNS, template_file
from app.demand.survey.reading import Survey, SurveyProblem, SurveyRequest, place_of, read_survey

__all__ = [
    "COLUMNS",
    "Survey",
    "SurveyProblem",
    "SurveyRequest",
    "place_of",
    "read_survey",
    "template_file",
]
