"""Mutations: what people mistype, what editors and merges leave behind, what attackers send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.fuzz.tree import Items, Leaf, Pairs, Tree, copied, nodes, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

HOSTILE: Final = (
    "", "~", "null", "true", "no", "yes", "on", "0", "-1", "1.5", "1e400", ".inf", ".nan", "0x1F", "0o17",
    "9" * 40, "-" + "9" * 20, "12:30:00", "2021-02-30", "0001-01-01", "9999-12-31", "10000-01-01",
    "2021-1-1", "P", "P0D", "P1M2", "-P1M", "P99999Y", "P9999999999D", "PT1H", "P1.5Y", "*", "**", "**a",
    "<<", "=", "a" * 61, "a" * 3000, "ä", "Ünïcödé", "\U0001f642", "e\u0301", "\u202e", "\u0000", "\x07",
    "\ufeff", "\u2028", "a b", "a.b", ".", "..", "a.", ".a", "a + b", "state", "today", "old", "active",
    "key", "has", "in", "for", "__class__", "__init__", "{0}", "{a.b}", "{", "}", "{{ 7 * 7 }}",
    "{% for %}", "%s", "%", "`", "'", '"', "\\", "../../etc/passwd", "/dev/zero", "file://x", "draft",
    "clerk", "start", "correct", "done", "tab\there", "line\nbreak", "line\r\nbreak", "trailing ",
    " leading", "#comment", "a: b", "- a", "? a", "!!str a", "&a b", "0.001", "1,5", "50.000,50", "1_000",
    "١٢", "\uff11\uff12", "²", "-0", "+1", "00012", "1e3", "true && true", "PYEAR",
)  # fmt: skip
EXPRESSIONS: Final = (
    "true", "false", "1", "''", "!", "a &&", "a == a", "today", "today > today", "old.old", "has(has)",
    "has(1)", "has(old)", "state == 'x'", "state.state", "1 / 0 == 1", "9223372036854775807 + 1 > 0",
    "'x' * 3", "[1, 2].all(x, x > 0)", "[1].map(x, x)", "{'a': 1}", "type(1)", "dyn(1) == 1", "1 in [1]",
    "'a'.matches('(a+)+$')", "size('x') > 0", "date('2021-02-30') < today", "date('x') < today", "date('')",
    "plus(today, 'P1M') > today", "plus(today, 'P99999Y') > today", "plus(today, 'x') > today",
    "days(today, today)", "duration('1s') > duration('2s')", "timestamp('2021-01-01T00:00:00Z') < today",
    "b'x' == b'x'", "r'\\x'", "-9223372036854775808 == 0", "0.1 + 0.2 == 0.3", "null == null", "x.y.z.w",
    "active[0] == 'a'", "((((((1))))))", "(" * 40 + "1" + ")" * 40, "!" * 200 + "true", "a" * 1999,
    "1" + "+1" * 900, "'" + "ä" * 500 + "' == ''", "true ? true : false", "true ? 1 : 'a'", "key == key",
    "key + key == ''", "today.getFullYear() > 2020", "-1 - -1 == 0", "1 % 0 == 0", "0 * 0.0 == 0",
    "0u == 0u", "'\\x'", "'\\u0000'", "\"\\\"\" == ''", "// x", "1 // x", "true\n&&\ntrue", "tr ue",
    "a ? b", "a..b", "a.(b)", "has(a.b.c)", "old.a == a", "!(has(a))", "a in active",
)  # fmt: skip
KEYS: Final = (
    "wirflow", "workflow", "portfolio", "scenario", "plan", "title", "subject", "roles", "fields", "links",
    "states", "transitions", "deadlines", "constraints", "warnings", "money", "invariants", "corrections",
    "type", "required", "expected", "personal", "choices", "default", "min", "max", "max_length", "initial",
    "final", "tone", "parallel", "history", "from", "to", "by", "not_by", "when", "input", "requires",
    "else", "set", "notices", "tell", "automatic", "reopens", "reason", "template", "event", "with",
    "while", "on", "period", "rule", "law", "fires", "fire", "remind", "notice", "escalate", "every",
    "given", "after", "unless", "text", "source", "counts", "amount", "until", "always", "eventually",
    "cases", "people", "data", "state", "steps", "at", "do", "as", "expect", "new", "scheduler", "refused",
    "children", "start", "note", "key", "name", "email", "lang", "list", "document", "span", "each", "of",
    "items",
)  # fmt: skip
TYPES: Final = ("text", "integer", "money", "date", "boolean", "choice", "period", "list", "document", "span")
TAGS: Final = (
    "!!str",
    "!!int",
    "!!python/object/apply:os.system",
    "!x",
    "&a",
    "&b",
    "!!binary",
    "!!set",
    "!!omap",
)
BYTES: Final = (
    b"\x00", b"\xff", b"\xfe\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\t", b"\r", b"\r\n", b"\n", b"\n\n",
    b"---\n", b"...\n", b"%YAML 1.1\n", b"%TAG ! x\n", b"{", b"}", b"[", b"]", b": ", b"- ", b"? ", b"#",
    b"&a ", b"*a", b"!!x ", b"|\n", b">\n", b"'", b'"', b",", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\x85",
    b"\x1b[31m", b"<<: ", b"  ", b"\\",
)  # fmt: skip
TOKEN: Final = re.compile(r"[A-Za-z_][\w.]*|\d+(?:\.\d+)?|\"[^\"]*\"|'[^']*'|&&|\|\||[=!<>]=|\S")
SIGNS: Final = (
    "==", "!=", "<", "<=", ">", ">=", "&&", "||", "!", "+", "-", "*", "/", "%", "?", ":", "(", ")", "[",
    "]", "in", ".", ",", "true", "false", "null", "has", "old.", "today", "state", "active", "key", "date",
    "plus", "days", "size", "0", "1", "0.5", "''", '"x"', "P1M",
)  # fmt: skip
WHOLE: Final = 4
"""One file in so many is mutated as bytes, and not as a tree."""

Act = "Callable[[Random, Tree, Sequence[Tree]], None]"


def mutated(rng: Random, seed: str, tree: Tree, others: Sequence[Tree]) -> bytes:
    """One mutant of a file.

    Args:
        rng: where all choices come from: the same one gives the same mutant.
        seed: the file as it was.
        tree: the same as a tree.
        others: trees of other files, from which parts are taken.
    """
    if rng.randrange(WHOLE) == 0:
        return _bytes(rng, seed.encode())
    tree = copied(tree)
    for _ in range(rng.choice((1, 1, 1, 1, 2, 2, 3, 5, 12))):
        rng.choice(ACTS)(rng, tree, others)
    try:
        raw = written(tree, rng).encode("utf-8", "surrogatepass")
    except RecursionError:
        raw = b"a: " * 2_000  # nested deeper than can be written down here
    return _bytes(rng, raw) if rng.randrange(20) == 0 else raw


# -- trees -----------------------------------------------------------------------------


def _pick(rng: Random, tree: Tree, kind: type) -> Tree | None:
    rows = [node for node in nodes(tree) if isinstance(node, kind)]
    return rng.choice(rows) if rows else None


def _hostile(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """Another value: a hostile one."""
    leaf = _pick(rng, tree, Leaf)
    if isinstance(leaf, Leaf):
        leaf.text, leaf.plain = rng.choice(HOSTILE), rng.random() < 0.5


def _borrow(rng: Random, tree: Tree, others: Sequence[Tree]) -> None:
    """Another value: one that stands somewhere else, here or in another file."""
    leaf = _pick(rng, tree, Leaf)
    other = _pick(rng, rng.choice((tree, tree, rng.choice(others))), Leaf)
    if isinstance(leaf, Leaf) and isinstance(other, Leaf):
        leaf.text, leaf.plain = other.text, other.plain


def _typed(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """Another type of a field, or another of the words that a key knows."""
    rows = [node for node in nodes(tree) if isinstance(node, Leaf) and node.text in TYPES]
    if rows:
        rng.choice(rows).text = rng.choice(TYPES)
    else:
        _hostile(rng, tree, ())


def _bent(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """An expression with a part more, less or another; or a wholly different one."""
    rows = [
        node
        for node in nodes(tree)
        if isinstance(node, Leaf) and any(sign in node.text for sign in ("==", "has(", "<", ">", "&&", "!"))
    ]
    leaf = rng.choice(rows) if rows else _pick(rng, tree, Leaf)
    if not isinstance(leaf, Leaf):
        return
    if rng.random() < 0.3:
        leaf.text = rng.choice(EXPRESSIONS)
    else:
        tokens = TOKEN.findall(leaf.text) or ["true"]
        at = rng.randrange(len(tokens))
        match rng.randrange(5):
            case 0:
                del tokens[at]
            case 1:
                tokens.insert(at, rng.choice(SIGNS))
            case 2:
                tokens[at] = rng.choice(SIGNS)
            case 3:
                other = rng.randrange(len(tokens))
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens[at : at + 1] = ["(", *tokens, ")"]
        leaf.text = " ".join(tokens)
    leaf.plain = False


def _deleted(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """A key or an item less."""
    node = _pick(rng, tree, Items if rng.random() < 0.2 else Pairs)
    rows = node.items if isinstance(node, Items) else node.pairs if isinstance(node, Pairs) else []
    if rows:
        del rows[rng.randrange(len(rows))]


def _doubled(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """A key or an item twice, the second perhaps under another name."""
    node = _pick(rng, tree, Items if rng.random() < 0.2 else Pairs)
    if isinstance(node, Items) and node.items:
        node.items.insert(rng.randrange(len(node.items) + 1), copied(rng.choice(node.items)))
    elif isinstance(node, Pairs) and node.pairs:
        key, value = rng.choice(node.pairs)
        key, value = copied(key), copied(value)
        if isinstance(key, Leaf) and rng.random() < 0.8:
            key.text += rng.choice(("2", "x", "_b"))
        node.pairs.insert(rng.randrange(len(node.pairs) + 1), (key, value))


def _swapped(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """Two values, or two places of a list or mapping, in exchange."""
    node = _pick(rng, tree, Items if rng.random() < 0.3 else Pairs)
    if isinstance(node, Items) and len(node.items) > 1:
        rng.shuffle(node.items)
    elif isinstance(node, Pairs) and len(node.pairs) > 1:
        one, other = rng.sample(range(len(node.pairs)), 2)
        (key, value), (name, content) = node.pairs[one], node.pairs[other]
        if rng.random() < 0.5:
            node.pairs[one], node.pairs[other] = (name, content), (key, value)
        else:
            node.pairs[one], node.pairs[other] = (key, content), (name, value)


def _renamed(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """Another key."""
    node = _pick(rng, tree, Pairs)
    if isinstance(node, Pairs) and node.pairs:
        at = rng.randrange(len(node.pairs))
        key, value = node.pairs[at]
        named = Leaf(rng.choice((rng.choice(KEYS), rng.choice(KEYS), rng.choice(HOSTILE))))
        if rng.random() < 0.05:
            named = rng.choice((Items([key]), Pairs([(key, value)])))
        node.pairs[at] = (named, value)


def _added(rng: Random, tree: Tree, others: Sequence[Tree]) -> None:
    """A key of the language where it may have no business, with a value from anywhere."""
    node = _pick(rng, tree, Pairs)
    value = rng.choice(list(nodes(rng.choice(others))))
    if isinstance(node, Pairs):
        node.pairs.insert(rng.randrange(len(node.pairs) + 1), (Leaf(rng.choice(KEYS)), copied(value)))


def _nested(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """A value in a list, in a mapping, out of them, or very deep."""
    node = _pick(rng, tree, Pairs)
    if not (isinstance(node, Pairs) and node.pairs):
        return
    at = rng.randrange(len(node.pairs))
    key, value = node.pairs[at]
    match rng.randrange(5):
        case 0:
            value = Items([value])
        case 1:
            value = Pairs([(Leaf(rng.choice(KEYS)), value)])
        case 2 if isinstance(value, Items) and value.items:
            value = value.items[0]
        case 2 if isinstance(value, Pairs) and value.pairs:
            value = value.pairs[0][1]
        case 3:
            for _ in range(rng.choice((10, 49, 60, 300))):
                value = Items([value])
        case _:
            value = Items([value, copied(value)])
    node.pairs[at] = (key, value)


def _spliced(rng: Random, tree: Tree, others: Sequence[Tree]) -> None:
    """What stands under a key in another file, under the same key here."""
    other = rng.choice(others)
    mine = [node for node in nodes(tree) if isinstance(node, Pairs) and node.pairs]
    theirs = {
        key.text: value
        for node in nodes(other)
        if isinstance(node, Pairs)
        for key, value in node.pairs
        if isinstance(key, Leaf)
    }
    rng.shuffle(mine)
    for node in mine:
        same = [
            place for place, (key, _) in enumerate(node.pairs) if isinstance(key, Leaf) and key.text in theirs
        ]
        if same:
            at = rng.choice(same)
            key, value = node.pairs[at]
            more = copied(theirs[key.text])
            if isinstance(value, Pairs) and isinstance(more, Pairs) and rng.random() < 0.5:
                value.pairs += more.pairs
            else:
                node.pairs[at] = (key, more)
            return


def _moved(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """A part of the file somewhere else in it."""
    rows = [node for node in nodes(tree) if isinstance(node, Pairs) and node.pairs]
    if rows:
        source, target = rng.choice(rows), rng.choice(rows)
        pair = rng.choice(source.pairs)
        target.pairs.insert(rng.randrange(len(target.pairs) + 1), (copied(pair[0]), copied(pair[1])))


def _tagged(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """A tag, an anchor or an alias."""
    node = rng.choice(list(nodes(tree)))
    if isinstance(node, Leaf) and rng.random() < 0.3:
        node.text = rng.choice(("*a", "*b"))
    else:
        node.prefix = rng.choice(TAGS)


def _grown_large(rng: Random, tree: Tree, _others: Sequence[Tree]) -> None:
    """The same thing many times."""
    node = _pick(rng, tree, Pairs)
    if isinstance(node, Pairs) and node.pairs and rng.random() < 0.2:
        key, value = rng.choice(node.pairs)
        small = len(list(nodes(value))) < 40
        for number in range(rng.choice((20, 60)) if small else 2):
            name = copied(key)
            if isinstance(name, Leaf):
                name.text += f"_{number}x"
            node.pairs.append((name, copied(value)))


ACTS: Final = (
    _hostile, _hostile, _borrow, _borrow, _borrow, _typed, _bent, _bent, _bent, _deleted, _deleted,
    _doubled, _swapped, _swapped, _renamed, _added, _added, _nested, _spliced, _spliced, _moved, _tagged,
    _grown_large,
)  # fmt: skip


# -- bytes -----------------------------------------------------------------------------


def _bytes(rng: Random, raw: bytes) -> bytes:
    data = bytearray(raw)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(len(data) + 1)
        much = rng.choice((1, 1, 2, 5, 20, 200))
        match rng.randrange(9):
            case 0:
                del data[at : at + much]
            case 1:
                data[at:at] = rng.choice(BYTES)
            case 2 if at < len(data):
                data[at] = rng.randrange(256)
            case 3 if at < len(data):
                data[at] ^= 1 << rng.randrange(8)
            case 4:
                data[at:at] = data[at : at + much]
            case 5:
                other = rng.randrange(len(data) + 1)
                data[at:at] = data[other : other + much]
            case 6:
                del data[at:]
            case 7:
                data = _indented(rng, data)
            case _:
                data = _without_line(rng, data)
    return bytes(data)


def _indented(rng: Random, data: bytearray) -> bytearray:
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    shift = rng.choice((-4, -2, -1, 1, 2, 4))
    lines[at] = b" " * shift + lines[at] if shift > 0 else lines[at][-shift:]
    return bytearray(b"\n".join(lines))


def _without_line(rng: Random, data: bytearray) -> bytearray:
    lines = data.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    if rng.random() < 0.5:
        del lines[one]
    else:
        lines[one], lines[other] = lines[other], lines[one]
    return bytearray(b"\n".join(lines))
