import { at, capital, make } from "../common/dom.js";
import { ask } from "../common/service.js";

/** What the page offers where the service's description names no list of its own. */
const USUAL = {
  role: ["customer", "caller", "patient", "viewer", "agent", "employee", "candidate", "pupil"],
  purpose: ["service_quality", "research", "health", "safety", "entertainment", "education"],
};
const FORM = "multipart/form-data";

function listed(schema, schemas) {
  if (schema.$ref) return listed(schemas[schema.$ref.split("/").at(-1)] ?? {}, schemas);
  return schema.enum ?? (schema.anyOf ?? []).map((option) => listed(option, schemas)).find(Boolean);
}

/** Ask whether words or recording may be kept, where the service would keep any. */
export function offerConsent(keeps) {
  at("keeping").querySelector("span").textContent = `The speaker agrees that ${keeps.join(" and ")} are kept.`;
  at("keeping").hidden = !keeps.length;
}

/** Ask for the speaker's role and the purpose, where the service wants to know them. */
export async function offerPolicy() {
  const { paths, components } = await ask("docs.json");
  const fields = paths["/predict"].post.requestBody.content[FORM].schema.properties;
  for (const name of Object.keys(USUAL)) {
    const known = name in fields;
    const words = known ? listed(fields[name], components.schemas) ?? USUAL[name] : [];
    at(name).replaceChildren(
      make("option", { value: "", text: "Choose …" }),
      ...words.map((word) => make("option", { value: word, text: capital(word.replaceAll("_", " ")) })));
    at(name).parentElement.hidden = !known;
    at("policy").hidden &&= !known;
  }
}

export function addPolicy(form) {
  if (!at("keeping").hidden) form.append("consent", at("consent").checked);
  for (const name of Object.keys(USUAL)) if (at(name).value) form.append(name, at(name).value);
}
