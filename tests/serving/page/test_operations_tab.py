"""The page's second tab, in a browser."""

import pytest
from driving import until
from playwright.sync_api import expect


@pytest.fixture
def page(open_page, live):
    live.client.predict(text="hello", consent=True)
    page = open_page("/#operations")
    expect(page.locator("#as-of")).to_contain_text("As of")
    return page


def test_it_tells_the_model_the_verdict_and_the_champions(page, live):
    first, second = (move.tag for move in live.store.pointer_moves("champion"))
    expect(page.locator("#status")).to_contain_text(second)
    expect(page.locator("#drift")).to_contain_text("Anger +20 ± 5 points (90 calls)")
    expect(page.locator("#drift")).to_contain_text("A retrain waits for enough feedback")
    expect(page.locator("#champions tbody tr")).to_contain_text([second, first])
    expect(page.locator("#champions")).to_contain_text(f"{first}: undertone models rollback")
    expect(page.locator("#traffic")).to_contain_text("predictions")
    assert page.locator("#traffic rect").count() >= 1


def test_a_report_opens_walled_off(page):
    with page.context.expect_page() as opened:
        page.locator("#drift").get_by_text("Report", exact=True).first.click()
    report = opened.value
    until(report, "document.title === 'Drift!'")
    assert report.evaluate("window.origin") == "null"


def test_with_a_key_a_report_is_fetched_and_saved(page, live):
    key = live.store.create_key("page", ["admin"], by="test")
    page.evaluate(f"sessionStorage.setItem('undertone-key', '{key}')")
    with page.expect_download() as saved:
        page.locator("#drift").get_by_text("Report", exact=True).first.click()
    assert saved.value.suggested_filename == f"drift-{live.verdict.id}.html"


def test_a_doubtful_prediction_leaves_the_queue_with_feedback(page, live):
    item = page.locator(".doubtful").first
    expect(item).to_contain_text("Voice, words or face disagree")
    expect(item).to_contain_text("hello")
    waiting = live.store.count_review_queue(live.verdict.window_start)
    item.get_by_label("It was really").select_option("anger")
    item.get_by_role("button", name="Send").click()
    expect(item.locator(".thanks")).to_contain_text("Thank you")
    assert live.store.count_review_queue(live.verdict.window_start) == waiting - 1
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator(".doubtful")).to_have_count(waiting - 1)


def test_a_section_that_fails_says_why_and_spares_the_others(open_page):
    page = open_page()
    refusal = {"error": {"code": "forbidden", "message": "This needs a key.", "hint": "Ask."}}
    page.route("**/operations/review*", lambda route: route.fulfill(status=403, json=refusal))
    page.get_by_role("tab", name="Operations").click()
    expect(page.locator("#review [role=alert]")).to_have_text("This needs a key.Ask.")
    expect(page.locator("#champions tbody tr")).to_have_count(2)
