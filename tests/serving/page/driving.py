"""What a visitor does on the page."""

import time

POLL_MS = 50
COLOURS = """canvas => {
  const copy = new OffscreenCanvas(canvas.width, canvas.height);
  const pen = copy.getContext("2d", {willReadFrequently: true});
  pen.drawImage(canvas, 0, 0);
  const {data} = pen.getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4)
    if (data[at + 3] === 255) seen.add(`${data[at]} ${data[at + 1]} ${data[at + 2]}`);
  return seen.size;
}"""


def listen(page, clip):
    """Choose a clip, send it and wait for the answer."""
    page.set_input_files("#audio", clip)
    send(page)
    page.wait_for_selector("#emotion")


def send(page):
    """Send the form; who speaks and why is told where the service asks for it."""
    page.wait_for_load_state("networkidle")
    for choice in page.locator("#policy select:visible").all():
        choice.select_option(index=1)
    page.click("#send")


def until(page, expression, seconds=10):
    """Wait for an expression to hold; Playwright's own wait would need `eval` in the page."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(POLL_MS)


def colours(page):
    """How many colours the waveform has."""
    until(page, f"({COLOURS})(document.querySelector('.wave canvas')) > 0")
    return page.eval_on_selector(".wave canvas", COLOURS)


def overflow(page):
    """Pixels by which the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
