const SVG = "http://www.w3.org/2000/svg";

export const at = (id) => document.getElementById(id);

function dress(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element. Text is only ever set as text; `--name` sets a style variable. */
export const make = (tag, attributes = {}, ...children) => dress(document.createElement(tag), attributes, children);

export const draw = (tag, attributes = {}, ...children) => dress(document.createElementNS(SVG, tag), attributes, children);

export const percent = (share, digits = 0) => `${(share * 100).toFixed(digits)} %`;

export const seconds = (time) => `${time.toFixed(1)} s`;

export const capital = (word) => word.charAt(0).toUpperCase() + word.slice(1);

const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });

export const moment = (iso) => make("time", { datetime: iso, text: MOMENT.format(new Date(iso)) });

/** Let a group of buttons be one tab stop, with arrow keys inside. */
export function rove(group, buttons) {
  buttons.forEach((button, index) => { button.tabIndex = index === 0 ? 0 : -1; });
  group.addEventListener("keydown", (event) => {
    const here = buttons.indexOf(document.activeElement);
    const steps = { ArrowRight: here + 1, ArrowDown: here + 1, ArrowLeft: here - 1, ArrowUp: here - 1, Home: 0, End: buttons.length - 1 };
    if (here < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const next = buttons[(steps[event.key] + buttons.length) % buttons.length];
    buttons.forEach((button) => { button.tabIndex = button === next ? 0 : -1; });
    next.focus();
  });
}

/** A table that scrolls by itself where it does not fit. */
export function table(caption, head, rows) {
  const cells = (tag, row, attributes) => row.map((cell) => make(tag, attributes, cell ?? ""));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    make("table", {},
      make("caption", { class: "unseen", text: caption }),
      make("thead", {}, make("tr", {}, ...cells("th", head, { scope: "col" }))),
      make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells("td", row))))));
}
