// `docs/differences.md`.

import { EXCHANGES } from "./exchanges.js";

/** The exchanges in which the servers do not all agree. */
export function differing(outcomes) {
  const [ours, ...others] = Object.values(outcomes);
  return EXCHANGES.map(([name]) => name).filter((name) => others.some((other) => other[name] !== ours[name]));
}

/** - `outcomes`: by server, this one first. - `versions`: by server. */
export function page(outcomes, versions, explanations) {
  const names = Object.keys(outcomes);
  const rows = differing(outcomes).map((name) => {
    const cells = names.map((server) => outcomes[server][name]);
    return `| ${[name, ...cells, explanations[name] ?? ""].map(escape).join(" | ")} |`;
  });
  const others = names.slice(1).map((name) => `${name} ${versions[name]}`).join(" and ");
  return `# Differences

<!-- Made by \`make differences\`. Not to be edited; the reasons are in tests/clients/differences/explanations.js. -->

${EXCHANGES.length} exchanges were had with this server, ${others} (Debian's packages, over WebSocket). In ${EXCHANGES.length - rows.length} of them all
three say the same. These are the others, and why.

| What was asked | ${names.join(" | ")} | Why |
|---|${names.map(() => "---|").join("")}---|
${rows.join("\n")}
`;
}

function escape(text) {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
