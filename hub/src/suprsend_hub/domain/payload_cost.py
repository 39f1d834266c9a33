"""What a schema may cost: how many checks it makes of one value, where a payload may hold any number of such values."""

from collections.abc import Iterable, Iterator, Sequence

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.schema_reference import REFERENCES, follow

# Of an item, or of a property that may have any name: a payload may hold any number of them.
MOST_OF_MANY = 100
# Of a value that a payload holds once.
MOST_OF_ONE = 10_000
# Of the whole, with references followed: the library writes down what they lead to wherever they stand.
MOST_OF_ALL = 1_000_000
# Values that are told apart, by which parts of the schema judge them.
MOST_VALUES = 5_000
# Parts that are looked at to find all this out, each as often as it judges a value.
MOST_STEPS = 100_000

# The keywords whose schemas judge the value itself, and those that judge what it holds, whatever that is called.
_OF_ITSELF = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies")
_OF_PROPERTIES = ("additionalProperties", "unevaluatedProperties", "propertyNames", "patternProperties")
_OF_ITEMS = ("items", "additionalItems", "unevaluatedItems", "prefixItems", "contains")
_BY_NAME = ("dependentSchemas", "dependencies", "patternProperties")
# What says something of a value without looking at it.
_DESCRIBES = ("title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly", "discriminator")
_SAYS_ONLY = frozenset((*_DESCRIBES, "properties", "definitions"))
# A remainder takes as long as so many other checks, one by a very small number as long as all that there may be.
_OF_A_REMAINDER = 10
_SMALL = 1e-6


def refuse_cost(schema: Document, field: str) -> None:
    """Invalid where judging a payload of usual size could hold everybody up."""
    _refuse_growth(schema, field)
    steps = 0
    visited: set[tuple[frozenset[int], bool]] = set()
    waiting: list[tuple[Sequence[Document], bool]] = [([schema], False)]
    while waiting:
        judging, is_many = waiting.pop()
        value = frozenset(map(id, judging))
        if not judging or (value, True) in visited:
            continue
        # What leads back to where it came from is judged as often as the payload says.
        is_many |= (value, False) in visited
        visited.add((value, is_many))
        if len(visited) > MOST_VALUES:
            raise Invalid(field, f"tells more than {MOST_VALUES} kinds of values apart")
        parts = _expand(schema, judging, MOST_OF_MANY if is_many else MOST_OF_ONE, field)
        steps += len(parts)
        if steps > MOST_STEPS:
            raise Invalid(field, f"has more than {MOST_STEPS} parts that judge values")
        _bound(sum(map(_looks_at_all, parts)), MOST_OF_MANY, field)
        others = [each for part in parts for each in _under(part, _OF_PROPERTIES)]
        waiting.append((_once([*others, *(each for part in parts for each in _under(part, _OF_ITEMS))]), True))
        for name in {name for part in parts for name in _properties(part)}:
            named = [_properties(part)[name] for part in parts if name in _properties(part)]
            waiting.append((_once([*named, *others]), is_many))


def _expand(whole: Document, judging: Iterable[Document], most: int, field: str) -> list[Document]:
    """All schemas that judge one value, as often as they do."""
    parts: list[Document] = []
    waiting = [(each, frozenset[int]()) for each in judging]
    checks = 0
    while waiting:
        part, above = waiting.pop()
        if id(part) in above:
            continue
        parts.append(part)
        checks += _checks(part)
        _bound(checks, most, field)
        inner = above | {id(part)}
        waiting += [(each, inner) for each in _schemas([*_under(part, _OF_ITSELF), *_targets(whole, part)])]
    return parts


def _refuse_growth(whole: Document, field: str) -> None:
    """Refuse references that multiply; one that leads back to itself is judged once a value."""
    sizes: dict[int, int] = {}
    waiting: list[tuple[object, bool]] = [(whole, False)]
    while waiting:
        part, is_known = waiting.pop()
        held: list[object] = []
        if isinstance(part, dict):
            held = [*part.values(), *_targets(whole, part)]
        elif isinstance(part, list):
            held = part
        held = [each for each in held if isinstance(each, dict | list)]
        if is_known:
            sizes[id(part)] = 1 + len(held) + sum(sizes.get(id(each), 0) for each in held)
            if sizes[id(part)] > MOST_OF_ALL:
                raise Invalid(field, f"makes more than {MOST_OF_ALL} checks; its references multiply")
        elif id(part) not in sizes:
            sizes[id(part)] = 0
            waiting.append((part, True))
            waiting += [(each, False) for each in held]


def _bound(checks: int, most: int, field: str) -> None:
    if checks > most:
        raise Invalid(field, f"makes more than {most} checks of one value; give its data fewer alternatives")


def _under(part: Document, keywords: Iterable[str]) -> Iterator[Document]:
    for keyword in keywords:
        held = part.get(keyword)
        if isinstance(held, dict) and keyword in _BY_NAME:
            held = list(held.values())
        yield from _schemas(held if isinstance(held, list) else [held])


def _targets(whole: Document, part: Document) -> list[Document]:
    return _schemas(follow(whole, part[name]) for name in REFERENCES if name in part)


def _schemas(held: Iterable[object]) -> list[Document]:
    return [each for each in held if isinstance(each, dict)]


def _once(schemas: Iterable[Document]) -> list[Document]:
    return list({id(each): each for each in schemas}.values())


def _properties(part: Document) -> dict[str, Document]:
    held = part.get("properties")
    return {name: each for name, each in held.items() if isinstance(each, dict)} if isinstance(held, dict) else {}


def _checks(part: Document) -> int:
    """How many checks a schema makes of a value itself."""
    enum = part.get("enum")
    # Of texts and numbers alone the library makes a table.
    listed = len(enum) if isinstance(enum, list) and any(isinstance(each, dict | list) for each in enum) else 0
    asserted = sum(each not in _SAYS_ONLY and not each.startswith("$") for each in part)
    return asserted + listed + _remainder(part.get("multipleOf"))


def _remainder(divisor: object) -> int:
    if not isinstance(divisor, int | float):
        return 0
    return _OF_A_REMAINDER if divisor >= _SMALL else MOST_OF_MANY


def _looks_at_all(part: Document) -> int:
    """How many keywords look at all that a value holds, each on its own."""
    patterns = part.get("patternProperties")
    return ("uniqueItems" in part) + (len(patterns) if isinstance(patterns, dict) else 0)
