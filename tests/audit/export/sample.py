"""Entries to export: the usual, and everything that formats trip over."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.audit.trail import body, chain
from wirflow.audit.entry import Entry, digest

NASTY = '=1+1;"quoted", <b>&amp;</b>\r\nnext\tline \x00\x0b\x1b[2J\ufffe 😀 |*x*| ä'


def entries_of(*chains):
    """Entries read from chains; the last entry of all is not sealed yet."""
    written = [entry for one in chains for entry in one]
    return [
        Entry.read(entry.written, entry.digest, leaf=leaf if leaf < len(written) - 1 else None)
        for leaf, entry in enumerate(written)
    ]


def plain():
    """Two small cases."""
    return entries_of(chain("FA-1", 3), chain("FA-2", 2))


def entry(**more):
    """One entry with other contents."""
    written, name = digest({**body("FA-1", 1), **more}, None)
    return Entry.read(written, name)


texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from([NASTY, "=A1", "\tx", "@", "-5"])
bodies = st.fixed_dictionaries(
    {"event": texts, "actor": st.none() | texts, "from": st.none() | texts, "to": texts},
    optional={
        "reason": st.none() | texts,
        "changes": st.dictionaries(
            texts, st.lists(st.none() | texts | st.integers(0, 9), min_size=2, max_size=2)
        ),
        "signals": st.lists(st.fixed_dictionaries({"case": texts}) | texts, max_size=3),
        "notices": st.lists(
            st.fixed_dictionaries({"to": texts}, optional={"template": texts}) | texts, max_size=2
        ),
        "timers": st.fixed_dictionaries(
            {"armed": st.lists(st.fixed_dictionaries({"name": texts}), max_size=2)}
        ),
    },
)


@st.composite
def trails(draw):
    """Entries sorted by case, with any text in any place."""
    chains = []
    for case in draw(st.lists(texts, max_size=3, unique=True)):
        previous, written = None, []
        for seq, more in enumerate(draw(st.lists(bodies, min_size=1, max_size=3)), 1):
            made, previous = digest({**body(case, seq), **more}, previous)
            written.append((made, previous))
        chains.extend(written)
    return [Entry.read(made, name, leaf=leaf) for leaf, (made, name) in enumerate(chains)]
