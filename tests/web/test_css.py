"""The one style sheet: readable in both schemes, complete, without dead rules or strangers."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEET = (ROOT / "static" / "app.css").read_text(encoding="utf-8")
RULES = re.sub(r"/\*.*?\*/", "", SHEET, flags=re.DOTALL)
PAIR = re.compile(r"contrast: --([\w-]+) on --([\w-]+) ([\d.]+)")
COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6});")
SCHEMES = ("light", "dark")


def colours(scheme: str) -> dict[str, str]:
    """The custom colours that hold in ``scheme``; what the dark block leaves out stays light."""
    blocks = re.findall(r":root \{(.*?)\}", RULES, flags=re.DOTALL)
    found = dict(COLOUR.findall(blocks[0]))
    if scheme == "dark":
        found |= dict(COLOUR.findall(blocks[1]))
    return found


def luminance(colour: str) -> float:
    """Relative luminance. Source: WCAG 2.2, definition of relative luminance."""
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The ratio from 1 to 21. Source: WCAG 2.2, definition of contrast ratio."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def class_names(source: str) -> tuple[set[str], set[str]]:
    """Class names in a template, whole ones and the beginnings of those it puts together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for value in re.findall(r'\bclass="((?:\{\{.*?\}\}|\{%.*?%\}|[^"{])*)"', source):
        for expression in re.findall(r"\{\{(.*?)\}\}", value):
            chosen = re.sub(r"\bif\b.*?(?:\belse\b|$)", " ", expression)
            whole |= set(" ".join(re.findall(r"'([^']*)'", chosen)).split())
        text = re.sub(r"\{%.*?%\}", " ", re.sub(r"\{\{.*?\}\}", "\0", value))
        for name in text.split():
            if "\0" not in name:
                whole.add(name)
            elif re.match(r"[a-z][\w-]*-\0", name):
                begun.add(name.partition("\0")[0])
            elif (plain := name.strip("\0")) and "\0" not in plain:
                whole.add(plain)
    return whole, begun


def used_classes() -> tuple[set[str], set[str]]:
    """What all templates use together."""
    whole: set[str] = set()
    begun: set[str] = set()
    for template in TEMPLATES:
        names, beginnings = class_names(template.read_text(encoding="utf-8"))
        whole |= names
        begun |= beginnings
    return whole, begun


def defined_classes() -> set[str]:
    """Every class that a selector of the sheet names."""
    selectors = re.findall(r"([^{}]*)\{", RULES)
    return {name for selector in selectors for name in re.findall(r"\.([a-z][\w-]*)", selector)}


def offered_words() -> set[str]:
    """What the page for authors names: a rule may wait there for its first page."""
    look = (ROOT / "docs" / "look.md").read_text(encoding="utf-8")
    quoted = " ".join(re.findall(r"`([^`\n]+)`", look))
    return set(re.findall(r"[\w-]+", quoted))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_stated_pair_of_colours_has_its_contrast(scheme: str) -> None:
    palette = colours(scheme)
    pairs = PAIR.findall(SHEET)

    weak = [
        f"--{front} on --{back}: {ratio:.2f} < {wanted}"
        for front, back, wanted in pairs
        if (ratio := contrast(palette[front], palette[back])) < float(wanted)
    ]

    assert len(pairs) > 30
    assert weak == []


def test_black_on_white_has_the_contrast_that_the_standard_names() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_colour_of_text_is_in_a_stated_pair(scheme: str) -> None:
    stated = {name for front, back, _ in PAIR.findall(SHEET) for name in (front, back)}
    text = set(re.findall(r"(?<![\w-])color: var\(--([\w-]+)\)", RULES))

    assert text <= stated
    assert stated <= set(colours(scheme))


def test_rules_use_named_colours_only_outside_the_palette_and_print() -> None:
    rules = re.sub(r"@media print \{.*", "", RULES, flags=re.DOTALL)
    rules = re.sub(r":root \{.*?\}", "", rules, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)", rules) == []


def test_every_custom_property_is_defined_and_used() -> None:
    defined = set(re.findall(r"^\s*--([\w-]+):", RULES, flags=re.MULTILINE))

    assert set(re.findall(r"var\(--([\w-]+)", RULES)) == defined


def test_every_class_of_a_template_is_in_the_sheet() -> None:
    whole, begun = used_classes()
    defined = defined_classes()

    assert sorted(whole - defined) == []
    assert [start for start in begun if not any(name.startswith(start) for name in defined)] == []


def test_every_class_of_the_sheet_is_used_or_offered_to_authors() -> None:
    whole, begun = used_classes()
    known = whole | offered_words()

    dead = {name for name in defined_classes() - known if not name.startswith(tuple(begun))}

    assert sorted(dead) == []


def test_class_names_are_read_from_plain_and_computed_attributes() -> None:
    source = """<a class="one two{{ ' three' if x == 'no' else 'four' }}">
    <b class="badge-{{ kind }}"><i class="{{ kind }} {% if y %}five{% endif %}">"""

    assert class_names(source) == ({"one", "two", "three", "four", "five"}, {"badge-"})


def test_the_sheet_and_the_script_fetch_nothing_from_elsewhere() -> None:
    script = (ROOT / "static" / "app.js").read_text(encoding="utf-8")

    assert re.findall(r"url\(|@import|https?:|//[a-z]", RULES) == []
    assert re.findall(r"https?://|\bimport\b", script) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_inline_style_or_script(template: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert re.findall(r"\sstyle\s*=|<style|javascript:|\son[a-z]+\s*=\s*[\"']", source) == []
    assert [
        body for body in re.findall(r"<script[^>]*>(.*?)</script>", source, re.DOTALL) if body
    ] == []
    assert re.findall(r"(?:src|href)=\"(?:https?:)?//", source) == []


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = (ROOT / "static" / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = {
        name
        for template in TEMPLATES
        for name in re.findall(r'icon\("([\w-]+)"\)', template.read_text(encoding="utf-8"))
    }

    assert named <= drawn
