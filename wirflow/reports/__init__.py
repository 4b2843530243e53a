"""What can be read of an office's cases: the portfolio, one case whole, what is due, what is wrong."""

from wirflow.reports.cases import CaseView, LinkView
from wirflow.reports.deadlines import DueView
from wirflow.reports.reports import Reports

__all__ = ["CaseView", "DueView", "LinkView", "Reports"]
