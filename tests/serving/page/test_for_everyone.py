"""The page for those who use a keyboard, a screen reader, a telephone, or see colours otherwise."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from driving import listen, overflow
from playwright.sync_api import expect

import serving
from undertone.labels import EMOTIONS

THEME = Path(serving.__file__).parent / "page" / "style" / "theme.css"
CARD = re.search(r"--card: light-dark\((#\w+), (#\w+)\)", THEME.read_text())
TONES = dict(re.findall(r"\[data-emotion=(\w+)\] \{ --tone: (.*?); \}", THEME.read_text()))


def test_the_tabs_go_by_arrow_keys(open_page):
    page = open_page()
    page.get_by_role("tab", name="Listen").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Operations")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#operations")).to_be_visible()
    expect(page.locator("#listen")).to_be_hidden()
    expect(page.locator("#as-of")).to_contain_text("As of")
    page.keyboard.press("Home")
    expect(page.locator("#listen")).to_be_visible()


def test_the_first_tab_stop_skips_to_the_content(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_the_theme_follows_the_system_and_then_the_switch(open_page):
    page = open_page(color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(19, 20, 24)"
    page.get_by_role("button", name="Dark").click()
    assert page.evaluate(paper) == "rgb(245, 244, 241)"
    page.reload()
    assert page.evaluate(paper) == "rgb(245, 244, 241)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_rule_is_broken(open_page, clip, scheme):
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    listen(page, clip)
    assert _broken(page) == []
    page.get_by_role("tab", name="Operations").click()
    expect(page.locator("#as-of")).to_contain_text("As of")
    assert _broken(page) == []


def test_a_telephone_is_wide_enough(open_page, clip):
    page = open_page(viewport={"width": 360, "height": 740})
    listen(page, clip)
    assert overflow(page) <= 0
    page.get_by_role("tab", name="Operations").click()
    expect(page.locator("#as-of")).to_contain_text("As of")
    assert overflow(page) <= 0


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_colour_of_an_emotion_stands_out_from_its_card(emotion, theme):
    tone = re.findall(r"#\w+", TONES[emotion])[theme]
    lighter, darker = sorted((_luminance(tone), _luminance(CARD[theme + 1])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 3


def _broken(page):
    found = Axe().run(page).response["violations"]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found]


def _luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
