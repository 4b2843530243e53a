"""A grant with yearly reports and expert opinions, as definitions: parents and children for tests."""

from __future__ import annotations

from wirflow.definition import reader
from wirflow.definition.yaml import read_text

GRANT = """
wirflow: 1
workflow: grant
roles: {clerk: {}, lead: {}}
fields:
  amount: {type: money}
  starts: {type: date}
  ends: {type: date}
  office: {type: text}
  offices: {type: list, of: text}
links:
  friend: {workflow: grant}
children:
  report: {workflow: report, title: {de: Jahresbericht, en: Yearly report}}
  opinion: {workflow: opinion}
states:
  draft: {initial: true}
  running: {}
  proven: {final: true, tone: good}
  revoked: {final: true, tone: bad}
transitions:
  fill: {from: draft, by: clerk, input: {amount: optional, starts: optional, ends: optional}}
  ask: {from: draft, by: clerk, input: [office], start: [{child: opinion, with: {office: office}}]}
  ask_all:
    from: draft
    by: clerk
    input: [offices]
    start: {child: opinion, each: offices, with: {office: each.item}, key: "{key}/{item}"}
  approve:
    from: draft
    to: running
    by: lead
    requires:
      - {when: "opinion.all(o, o.state != 'open')", else: {de: Gutachten fehlen., en: Opinions are missing.}}
    start:
      - child: report
        each_year: {from: starts, until: ends}
        with: {year: each.year, due_on: "plus(each.last, 'P3M')", share: amount}
        links: {friend: friend}
  extend:
    from: running
    by: lead
    input: [starts, ends]
    start: [{child: report, each_year: {from: starts, until: ends}, with: {year: each.year}}]
  prove: {from: running, to: proven, automatic: true, when: "report.all(r, r.final)"}
  revoke: {from: running, to: revoked, by: lead, tell: [{to: children, event: drop}]}
deadlines:
  last: {while: running, when: "report.exists(r, r.state == 'late')", on: ends, fires: start_of_day}
"""

REPORT = """
wirflow: 1
workflow: report
roles: {clerk: {}, lead: {}}
parent: grant
fields:
  year: {type: integer, required: true, min: 2000}
  due_on: {type: date}
  share: {type: money}
links:
  friend: {workflow: grant}
states:
  open: {initial: true}
  late: {tone: bad}
  received: {final: true}
  dropped: {final: true}
transitions:
  receive: {from: [open, late], to: received, by: clerk}
  take_back: {from: received, to: open, by: lead, reopens: true}
  annotate: {from: open, by: clerk, input: [share]}
  miss: {from: open, to: late}
  drop: {from: [open, late], to: dropped}
deadlines:
  due: {while: open, on: due_on, fire: miss}
"""

OPINION = """
wirflow: 1
workflow: opinion
roles: {clerk: {}, lead: {}}
parent: grant
fields:
  office: {type: text, required: true}
states:
  open: {initial: true}
  given: {final: true}
  dropped: {final: true}
transitions:
  give: {from: open, to: given, by: clerk}
  drop: {from: open, to: dropped}
"""


def family(*texts: str):
    """The workflows of some definitions that know one another."""
    files = enumerate(texts or (GRANT, REPORT, OPINION))
    return dict(reader._read([read_text(text, f"<{number}>") for number, text in files], {}).checked())
