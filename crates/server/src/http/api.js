// Shows the description. Everything is put in as text, never as markup.
"use strict";

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// A schema by name, once for each page.
function schemaName(schema) {
  return schema && schema.$ref ? schema.$ref.split("/").pop() : null;
}

function content(title, content, schemas) {
  const shown = document.createDocumentFragment();
  for (const [type, { schema }] of Object.entries(content || {})) {
    const name = schemaName(schema) || schemaName(schema.items);
    const whole = element("details");
    whole.append(element("summary", `${title}: ${type}${name ? `, ${name}` : ""}`));
    whole.append(element("pre", JSON.stringify(name ? schemas[name] : schema, null, 2)));
    shown.append(whole);
  }
  return shown;
}

function operation(method, path, described, shared, schemas) {
  const shown = element("details");
  const summary = element("summary");
  summary.append(element("span", method.toUpperCase(), "method"), element("code", path), ` ${described.summary}`);
  shown.append(summary, element("p", described.description));
  const parameters = [...shared, ...described.parameters];
  if (parameters.length > 0) {
    const table = element("table");
    for (const parameter of parameters) {
      const row = element("tr");
      const name = element("td");
      name.append(element("code", parameter.name));
      const values = parameter.schema.enum ? ` (${parameter.schema.enum.join(", ")})` : "";
      row.append(name, element("td", `${parameter.in}${parameter.required ? "" : ", if wanted"}`));
      row.append(element("td", parameter.description + values));
      table.append(row);
    }
    shown.append(table);
  }
  if (described.requestBody) shown.append(content("What is sent", described.requestBody.content, schemas));
  const answers = element("table");
  for (const [status, answer] of Object.entries(described.responses)) {
    const row = element("tr");
    row.append(element("th", status), element("td", answer.description));
    answers.append(row);
  }
  shown.append(answers);
  for (const [status, answer] of Object.entries(described.responses)) {
    if (status < "300") shown.append(content(`What ${status} has`, answer.content, schemas));
  }
  return shown;
}

async function show() {
  const main = document.getElementById("operations");
  const description = await (await fetch("/offhook/openapi.json")).json();
  main.replaceChildren();
  for (const tag of description.tags) {
    main.append(element("h2", tag.name), element("p", tag.description));
    for (const [path, item] of Object.entries(description.paths)) {
      for (const [method, described] of Object.entries(item)) {
        if (method === "parameters" || !described.tags.includes(tag.name)) continue;
        main.append(operation(method, path, described, item.parameters, description.components.schemas));
      }
    }
  }
  document.getElementById("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.toLowerCase();
    for (const shown of main.querySelectorAll("main > details")) {
      shown.hidden = !shown.firstChild.textContent.toLowerCase().includes(wanted);
    }
  });
}

show().catch((error) => {
  document.getElementById("operations").textContent = `The description cannot be shown: ${error.message}`;
});
