import { at, rove } from "./dom.js";

/** Tabs by click, by arrow keys and by the address's #name. A panel hears "shown" when it appears. */
export function startTabs(list) {
  const tabs = [...list.querySelectorAll("[role=tab]")];
  const panel = (tab) => at(tab.getAttribute("aria-controls"));

  function select(chosen) {
    for (const tab of tabs) {
      tab.setAttribute("aria-selected", tab === chosen);
      tab.tabIndex = tab === chosen ? 0 : -1;
      panel(tab).hidden = tab !== chosen;
    }
    history.replaceState(null, "", `#${panel(chosen).id}`);
    panel(chosen).dispatchEvent(new Event("shown"));
  }

  rove(list, tabs);
  for (const tab of tabs) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("focus", () => tab.getAttribute("aria-selected") === "true" || select(tab));
  }
  const named = tabs.find((tab) => `#${panel(tab).id}` === location.hash);
  if (named) select(named);
}
