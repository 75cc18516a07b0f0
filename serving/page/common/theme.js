const KEPT = "undertone-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Follow the system until the switch is pressed, then the switch. */
export function startTheme(button) {
  const show = () => {
    button.setAttribute("aria-pressed", isDark());
    document.dispatchEvent(new Event("themechange"));
  };
  const kept = localStorage.getItem(KEPT);
  if (kept) document.documentElement.dataset.theme = kept;
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    localStorage.setItem(KEPT, next);
    show();
  });
  system.addEventListener("change", show);
  show();
}
