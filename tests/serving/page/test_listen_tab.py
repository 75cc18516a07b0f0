"""The page's first tab, in a browser."""

import json

import pytest
from driving import colours, listen, send, until
from playwright.sync_api import expect


def test_a_clip_is_heard_seen_and_judged(open_page, live, clip):
    page = open_page()
    listen(page, clip)
    expect(page.locator("#emotion")).to_have_text("Anger")
    expect(page.locator("#heard")).to_have_text("Anger, 60 % sure.")
    expect(page.locator(".word")).to_have_text(["not", "again", "please"])
    expect(page.locator(".segment")).to_have_text(["Anger", "Neutral"])
    expect(page.locator(".bars li")).to_have_text(
        ["Anger60.0 %", "Fear20.0 %", "Neutral20.0 %"], use_inner_text=False
    )
    assert colours(page) == 2
    assert page.locator(".stack rect").count() == 6
    expect(page.locator(".modalities dd")).to_have_text(
        ["Anger70 % by itself", "Neutral70 % by itself", "missing"]
    )
    expect(page.locator(".plain li").nth(1)).to_have_text(
        "Clear: the voice stands well above the noise (25 dB)"
    )

    page.get_by_label("It was really").select_option("fear")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".thanks")).to_contain_text("Thank you")
    prediction = page.locator(".facts code").nth(2).inner_text()
    settled = live.store.labelled().frame.set_index("id")
    assert settled.loc[prediction, "feedback_emotion"] == "fear"

    page.get_by_label("It was really").select_option("neutral")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".feedback .problem")).to_contain_text("already said fear")


def test_a_word_plays_from_where_it_was_said(open_page, clip):
    page = open_page()
    listen(page, clip)
    page.locator(".word").first.focus()
    page.keyboard.press("End")
    expect(page.locator(".word").last).to_be_focused()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#answer audio').currentTime >= 1.3")
    page.locator(".segment").first.click()
    until(page, "document.querySelector('#answer audio').currentTime < 1.2")


def test_silence_is_unknown_and_that_is_explained(open_page, silence):
    page = open_page()
    listen(page, silence)
    expect(page.locator("#emotion")).to_have_text("Unknown")
    expect(page.locator("#unknown")).to_have_text("No speech was found in this recording.")
    assert page.locator(".segment, .stack").count() == 0


def test_a_refusal_is_told_in_words(open_page):
    page = open_page()
    page.click("#send")
    expect(page.locator("#problem")).to_contain_text("neither audio nor text nor image")
    page.fill("#text", "fail")
    send(page)
    expect(page.locator("#problem")).to_contain_text("The recording cannot be decoded.")
    expect(page.locator("#send")).to_be_enabled()


def test_the_microphone_is_recorded_with_a_level(open_page):
    page = open_page()
    page.click("#record")
    until(page, "document.getElementById('level').value > 0.1")
    page.click("#record")
    expect(page.locator("#player")).to_be_visible()
    send(page)
    expect(page.locator("#emotion")).to_have_text("Anger")
    assert colours(page) >= 1


def test_a_clip_can_be_dropped(open_page):
    page = open_page()
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        "data.items.add(new File(['x'], 'dropped.wav', {type: 'audio/wav'})); return data; }"
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    expect(page.locator("#audio-name")).to_have_text("dropped.wav")


def test_what_a_recording_says_is_text_and_nothing_else(open_page, clip):
    page = open_page()
    page.fill("#text", "<img/src=x/onerror=alert(1)> please")
    listen(page, clip)
    expect(page.locator(".word")).to_have_text(["<img/src=x/onerror=alert(1)>", "please"])
    assert page.locator("#answer img").count() == 0


@pytest.mark.parametrize(
    "schema", [{"enum": ["caller", "agent"]}, {"anyOf": [{"enum": ["caller", "agent"]}, {}]}]
)
def test_role_and_purpose_are_asked_for_where_the_service_wants_them(open_page, schema):
    def describe(route):
        spec = json.loads((answered := route.fetch()).text())
        body = spec["paths"]["/predict"]["post"]["requestBody"]["content"]
        body["multipart/form-data"]["schema"]["properties"] |= {"role": schema, "purpose": {}}
        route.fulfill(response=answered, json=spec)

    page = open_page("/livez")
    page.route("**/docs.json", describe)
    page.goto("/")
    expect(page.locator("#role option")).to_have_text(["Choose …", "Caller", "Agent"])
    page.select_option("#role", "agent")
    page.select_option("#purpose", "health")
    with page.expect_request("**/predict") as sent:
        page.click("#send")
    assert 'name="role"\r\n\r\nagent' in sent.value.post_data
    assert 'name="purpose"\r\n\r\nhealth' in sent.value.post_data


def test_consent_is_asked_for_where_something_would_be_kept(open_page):
    page = open_page()
    consent = page.get_by_label("The speaker agrees that words and recordings are kept.")
    expect(consent).not_to_be_checked()
    for said in ("false", "true"):
        consent.set_checked(said == "true")
        with page.expect_request("**/predict") as sent:
            page.click("#send")
        assert f'name="consent"\r\n\r\n{said}' in sent.value.post_data
        expect(page.locator("#send")).to_be_enabled()


def test_a_key_is_sent_and_kept_in_this_tab_alone(open_page):
    page = open_page()
    page.get_by_text("API key", exact=True).first.click()
    page.fill("#key", "secret")
    page.keyboard.press("Tab")
    with page.expect_request("**/predict") as sent:
        page.click("#send")
    assert sent.value.headers["authorization"] == "Bearer secret"
    assert page.evaluate("[sessionStorage.length, localStorage.length]") == [1, 0]
