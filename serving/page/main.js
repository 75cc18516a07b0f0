import { at } from "./common/dom.js";
import { ask, keepKey } from "./common/service.js";
import { startTabs } from "./common/tabs.js";
import { startTheme } from "./common/theme.js";
import { startListening } from "./listen/form.js";
import { offerConsent } from "./listen/policy.js";
import { startOperations } from "./operations/operations.js";

async function showModel() {
  const status = await ask("model").catch((error) => ({ problem: error.message }));
  at("model").textContent = status.tag ?? status.problem ?? "no champion yet";
  offerConsent(status.keeps ?? []);
}

startTheme(at("theme"));
keepKey(at("key"));
startListening(showModel);
startOperations(at("operations"));
startTabs(document.querySelector("[role=tablist]"));
showModel();
