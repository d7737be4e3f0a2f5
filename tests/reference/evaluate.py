"""A second evaluator of leaves, to check the program's against: what a leaf is worth, by schema/framework.schema.json.

It reads cases as JSON, one on each line of the standard input, and answers one line for each. With the name of a file it
checks the cases of that file, a JSON list, against what they expect, and ends with 1 where one differs.

A case has the `leaf` as a framework states it, its `maximum` in points, the `inputs` that are known by their codes (`value` as
{kind, value}, `fromRows` if complete rows gave it), `nothingToDo` if a document that counts says so, and `roundLeaf`. The answer
has an `outcome` (POINTS, MISSING or NOT_APPLICABLE) and, with POINTS, the exact `points` as a fraction.

A case with a `statistic` (LOWEST, HIGHEST, MEAN or DEVIATION) has `values` and `decimals` instead, and its answer is the `figure`.

A case with `months` of evaluated cases has `classes` instead, and its answer is what a year comes to: how many `months`, its `points`
to six places and its `class`; without cases these two are null.

It knows nothing of dossiers, evidence or ledgers, and takes nothing from the program but the form of frameworks.
"""

import json
import math
import re
import sys
from fractions import Fraction

NOTHING, EVERYTHING = Fraction(0), Fraction(1)


class Missing(Exception):
    """Something that the rule needs is not there, or says nothing that could be computed with."""


class Empty(Exception):
    """There was nothing to do, and evidence says so."""


class Leaf:
    """A leaf with what is known of its inputs."""

    def __init__(self, case):
        self.rule = case["leaf"]["rule"]
        self.specs = {spec["code"]: spec for spec in case["leaf"]["inputs"]}
        self.stated = case["inputs"]
        self.nothing_to_do = case.get("nothingToDo", False)
        self.values = self.checked()

    def checked(self):
        """The values of all inputs that the rule needs; one that cannot be is as if it were missing."""
        values = {}
        for code in self.needed():
            if code not in self.specs or code not in self.stated:
                raise Missing(code)
            value = self.stated[code]["value"]
            if not can_be(self.specs[code]["type"], value):
                raise Missing(code)
            values[code] = Fraction(value["value"]) if is_number(value) else value["value"]
        for code, spec in self.specs.items():
            bound = spec.get("atMost")
            if code in values and bound in values and values[code] > values[bound]:
                raise Missing(code)
        return values

    def needed(self):
        rule = self.rule
        kind = rule["kind"]
        if kind in ("OPTIONS", "CLASS_MAP", "CHECKLIST", "MATURITY", "YES_NO", "SURVEY_MEAN"):
            return [rule["input"]]
        if kind in ("PROPORTIONAL", "GATED_PROPORTIONAL", "BANDS", "LINEAR"):
            measure = rule["measure"]
            return list(measure["ratio"].values()) if "ratio" in measure else [measure["input"]]
        if kind == "DEDUCTIONS":
            return [deduction["input"] for deduction in rule["deductions"]]
        if kind == "YEAR_ON_YEAR":
            return [rule["current"], rule["previous"]]
        if kind == "GROWTH":
            return rule["years"]
        if kind == "SURVEY_SHARE":
            return [rule["satisfied"], rule["valid"]]
        if kind == "MIN_MAX":
            return [rule["input"], rule["lowest"], rule["highest"]]
        if kind == "Z_SCORE":
            return [rule["input"], rule["mean"], rule["deviation"]]
        if kind == "FORMULA":
            needed = [rule["emptyWhenZero"]] if "emptyWhenZero" in rule else []
            if "variants" in rule:
                needed.append(rule["variants"]["input"])
            return needed + sorted(names(parse(self.expression())))
        raise ValueError(f"no rule of the kind {kind}")

    def expression(self):
        """The text of the formula that is computed."""
        if "expression" in self.rule:
            return self.rule["expression"]
        variants = self.rule["variants"]
        chosen = self.stated.get(variants["input"], {}).get("value", {}).get("value")
        for variant in variants["choices"]:
            if variant["code"] == chosen:
                return variant["expression"]
        raise Missing(variants["input"])

    def when_zero(self, code):
        """Stops where what is divided by is zero: worth what the rule says if something tells that there was nothing to do."""
        if self.values[code] != 0:
            return
        told = self.nothing_to_do or self.stated[code].get("fromRows", False)
        if told and "whenEmpty" in self.rule:
            raise Empty
        raise Missing(code)

    def measure(self):
        measure = self.rule["measure"]
        if "input" in measure:
            return self.values[measure["input"]]
        over, under = measure["ratio"]["numerator"], measure["ratio"]["denominator"]
        self.when_zero(under)
        return self.values[over] / self.values[under]

    def ratio(self):
        """The share of the maximum, before it is held between nothing and everything."""
        rule = self.rule
        kind = rule["kind"]
        if kind in ("OPTIONS", "CLASS_MAP"):
            chosen = self.values[rule["input"]]
            worth = {one["code"]: Fraction(one["ratio"]) for one in rule["options" if kind == "OPTIONS" else "classes"]}
            return worth.get(chosen, NOTHING)
        if kind == "CHECKLIST":
            done = self.values[rule["input"]]
            return sum((Fraction(item["ratio"]) for item in rule["items"] if item["code"] in done), NOTHING)
        if kind == "MATURITY":
            reached = NOTHING
            for level in rule["levels"]:
                if level["code"] not in self.values[rule["input"]]:
                    break
                reached = Fraction(level["ratio"])
            return reached
        if kind == "YES_NO":
            return Fraction(rule["yes"] if self.values[rule["input"]] else rule["no"])
        if kind == "PROPORTIONAL":
            return self.measure()
        if kind == "GATED_PROPORTIONAL":
            measure = self.measure()
            if measure >= Fraction(rule["full"]):
                return EVERYTHING
            return measure / Fraction(rule["over"]) if measure >= Fraction(rule["threshold"]) else NOTHING
        if kind == "BANDS":
            return tier(self.measure(), rule)
        if kind == "LINEAR":
            zero, full = Fraction(rule["zeroAt"]), Fraction(rule["fullAt"])
            return (self.measure() - zero) / (full - zero)
        if kind == "YEAR_ON_YEAR":
            return self.year_on_year()
        if kind == "GROWTH":
            return self.growth()
        if kind == "SURVEY_MEAN":
            lowest, highest = Fraction(rule["lowest"]), Fraction(rule["highest"])
            return (self.values[rule["input"]] - lowest) / (highest - lowest)
        if kind == "SURVEY_SHARE":
            answers = self.values[rule["valid"]]
            if answers == 0:
                raise Missing(rule["valid"])
            share = self.values[rule["satisfied"]] / answers
            return tier(share, rule["tiers"]) if "tiers" in rule else share
        if kind in ("MIN_MAX", "Z_SCORE"):
            return self.in_group()
        if kind == "FORMULA":
            if "emptyWhenZero" in rule:
                self.when_zero(rule["emptyWhenZero"])
            return compute(parse(self.expression()), self.values)
        raise ValueError(f"no rule of the kind {kind}")

    def year_on_year(self):
        rule = self.rule
        now, before = self.values[rule["current"]], self.values[rule["previous"]]
        for band in rule["bands"]:
            if "growthAbove" in band:
                reached = now > before * (1 + Fraction(band["growthAbove"]))
            else:
                growth = Fraction(band["growthAtLeast"])
                stays_at_zero = growth > 0 and before == 0 and now == 0
                reached = now >= before * (1 + growth) and not stays_at_zero
            if reached:
                return Fraction(band["ratio"])
        return Fraction(rule["otherwise"])

    def growth(self):
        rule = self.rule
        figures = [self.values[code] for code in rule["years"]]
        if any(base == 0 for base in figures[:-1]):
            raise Missing("a year to grow from")
        rates = [later / earlier - 1 for earlier, later in zip(figures, figures[1:])]
        average = sum(rates, NOTHING) / len(rates)
        for band in rule["bands"]:
            if "growthAbove" in band:
                reached = average > Fraction(band["growthAbove"])
            else:
                reached = average >= Fraction(band["growthAtLeast"])
            if reached:
                return Fraction(band["ratio"])
        return Fraction(rule["otherwise"])

    def in_group(self):
        """Where the value lies in its group; a group of equals has what the rule states."""
        rule = self.rule
        own = self.values[rule["input"]]
        if rule["kind"] == "MIN_MAX":
            worst, best = self.values[rule["lowest"]], self.values[rule["highest"]]
            if rule.get("lessIsBetter"):
                worst, best = best, worst
            spread = best - worst
            distance = own - worst
        else:
            deviation = self.values[rule["deviation"]]
            worst, best = (Fraction(rule[bound]) * deviation for bound in ("zeroAt", "fullAt"))
            spread = best - worst
            distance = own - self.values[rule["mean"]] - worst
        return Fraction(rule["withoutSpread"]) if spread == 0 else distance / spread

    def points(self, maximum):
        if self.rule["kind"] == "DEDUCTIONS":
            lost = sum(
                (self.values[one["input"]] * Fraction(one["each"]) for one in self.rule["deductions"]), NOTHING
            )
            return held(maximum - lost, NOTHING, maximum)
        return maximum * held(self.ratio(), NOTHING, EVERYTHING)


def tier(measure, tiers):
    for band in tiers["bands"]:
        if measure >= Fraction(band["atLeast"]):
            return Fraction(band["ratio"])
    return Fraction(tiers["otherwise"])


def held(value, lowest, highest):
    return min(max(value, lowest), highest)


def is_number(value):
    return value["kind"] in ("COUNT", "AMOUNT", "DECIMAL")


def can_be(kind, value):
    """Whether an input of that type can have the value."""
    if kind["kind"] != value["kind"]:
        return False
    if is_number(value):
        number = Fraction(value["value"])
        if kind["kind"] == "COUNT" and number.denominator != 1:
            return False
        if kind["kind"] in ("COUNT", "AMOUNT") and number < 0:
            return False
        above = "minimum" not in kind or number >= Fraction(kind["minimum"])
        below = "maximum" not in kind or number <= Fraction(kind["maximum"])
        return above and below
    if kind["kind"] == "OPTION":
        return value["value"] in kind["codes"]
    if kind["kind"] == "ITEMS":
        items = value["value"]
        return len(set(items)) == len(items) and set(items) <= set(kind["codes"])
    return True


TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(<=|>=|==|!=|[-<>+*/(),]))", re.ASCII)
COMPARISONS = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
}


def parse(text):
    """A formula as nested tuples: a number, ("name", code), or an operation with what it is done with."""
    tokens, place = [], 0
    text = text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if not found:
            raise ValueError(f"not a formula: {text!r} at {place}")
        tokens.append(found.groups())
        place = found.end()
    tree, rest = comparison(tokens)
    if rest:
        raise ValueError(f"not a formula: {text!r}, left over {rest!r}")
    return tree


def sign(tokens):
    return tokens[0][2] if tokens else None


def comparison(tokens):
    left, tokens = chain(tokens, ("+", "-"), lambda rest: chain(rest, ("*", "/"), single))
    if sign(tokens) in COMPARISONS:
        operation = sign(tokens)
        right, tokens = chain(tokens[1:], ("+", "-"), lambda rest: chain(rest, ("*", "/"), single))
        return (operation, left, right), tokens
    return left, tokens


def chain(tokens, signs, below):
    """Operations of one rank, from the left."""
    left, tokens = below(tokens)
    while sign(tokens) in signs:
        operation = sign(tokens)
        right, tokens = below(tokens[1:])
        left = (operation, left, right)
    return left, tokens


def single(tokens):
    if not tokens:
        raise ValueError("a formula ends too early")
    number, name, mark = tokens[0]
    tokens = tokens[1:]
    if number is not None:
        return Fraction(number), tokens
    if mark == "-":
        inner, tokens = single(tokens)
        return ("negate", inner), tokens
    if mark == "(":
        inner, tokens = comparison(tokens)
        return inner, closing(tokens)
    if name is None:
        raise ValueError(f"unexpected {mark}")
    if sign(tokens) != "(":
        return ("name", name), tokens
    arguments = []
    while sign(tokens) in ("(", ","):
        argument, tokens = comparison(tokens[1:])
        arguments.append(argument)
    if name not in ("min", "max", "if") or (name == "if" and len(arguments) != 3):
        raise ValueError(f"no function {name} of {len(arguments)}")
    return (name, *arguments), closing(tokens)


def closing(tokens):
    if sign(tokens) != ")":
        raise ValueError("a parenthesis is not closed")
    return tokens[1:]


def names(tree):
    if isinstance(tree, Fraction):
        return set()
    if tree[0] == "name":
        return {tree[1]}
    return set().union(*(names(inner) for inner in tree[1:]))


def compute(tree, values):
    """The value of a formula; of an `if` only the branch that holds is looked at."""
    if isinstance(tree, Fraction):
        return tree
    operation, operands = tree[0], tree[1:]
    if operation == "name":
        return values[operands[0]]
    if operation == "if":
        condition, then, otherwise = operands
        return compute(then if compute(condition, values) != 0 else otherwise, values)
    operands = [compute(operand, values) for operand in operands]
    if operation == "min":
        return min(operands)
    if operation == "max":
        return max(operands)
    if operation == "negate":
        return -operands[0]
    left, right = operands
    if operation in COMPARISONS:
        return Fraction(COMPARISONS[operation](left, right))
    if operation == "+":
        return left + right
    if operation == "-":
        return left - right
    if operation == "*":
        return left * right
    if right == 0:
        raise Missing("a division by zero")
    return left / right


def rounded(points, places):
    """Halves up; points are never below zero."""
    power = 10**places
    return Fraction(math.floor(points * power + Fraction(1, 2)), power)


def figure(case):
    """What a group of values has: the lowest, the highest, the mean or the deviation of a whole population."""
    values = [Fraction(value) for value in case["values"]]
    power = 10 ** case["decimals"]
    if case["statistic"] == "LOWEST":
        return min(values)
    if case["statistic"] == "HIGHEST":
        return max(values)
    mean = sum(values) / len(values)
    if case["statistic"] == "MEAN":
        size = Fraction(math.floor(abs(mean) * power + Fraction(1, 2)), power)
        return size if mean >= 0 else -size
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    root = math.isqrt(math.floor(variance * power**2))
    # Half a place more is still not above the root: the next one is nearer, or as near.
    if Fraction(2 * root + 1, 2) ** 2 <= variance * power**2:
        root += 1
    return Fraction(root, power)


def year_of_cases(case):
    """What the months of a unit come to: each weighs by its cases."""
    count = sum(month["cases"] for month in case["months"])
    if count == 0:
        return {"months": len(case["months"]), "points": None, "class": None}
    total = Fraction(sum(sum(month["points"]) for month in case["months"]), count)
    first = Fraction(sum(month["points"][0] for month in case["months"]), count)
    for candidate in case["classes"]:
        if total >= Fraction(candidate["atLeast"]) and first >= Fraction(candidate.get("firstAtLeast", "0")):
            reached = candidate["code"]
            break
    return {"months": len(case["months"]), "points": str(rounded(total, 6)), "class": reached}


def evaluate(case):
    if "statistic" in case:
        return {"figure": str(figure(case))}
    if "months" in case:
        return year_of_cases(case)
    maximum = Fraction(case["maximum"])
    try:
        try:
            leaf = Leaf(case)
            points = leaf.points(maximum)
        except Empty:
            setting = leaf.rule["whenEmpty"]
            if setting == "NOT_APPLICABLE":
                return {"outcome": "NOT_APPLICABLE"}
            points = maximum if setting == "FULL" else NOTHING
    except Missing:
        return {"outcome": "MISSING"}
    places = case.get("roundLeaf", "NONE")
    if places != "NONE":
        points = rounded(points, int(places))
    return {"outcome": "POINTS", "points": str(points)}


def check(path):
    with open(path, encoding="utf-8") as file:
        cases = json.load(file)
    differing = 0
    for case in cases:
        found = evaluate(case)
        if found != case["expected"]:
            differing += 1
            print(f"{case['name']}: expected {case['expected']}, found {found}")
    print(f"{len(cases)} cases, {differing} differ")
    return 1 if differing else 0


def main():
    if len(sys.argv) > 1:
        sys.exit(check(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(evaluate(json.loads(line))))


if __name__ == "__main__":
    main()
