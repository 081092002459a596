// The Python that the tests installed for themselves.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { within } from "./queue.js";

export const PYTHON =
  process.env.OFFHOOK_TEST_PYTHON ?? join(dirname(fileURLToPath(import.meta.url)), "../../../.cache/python/bin/python");

// Its own library has SQLite: for that any Python will do, such as where tests/prepare has not been run.
const ANY_PYTHON = existsSync(PYTHON) ? PYTHON : "python3";

/** Runs SQL on a database file and resolves with the rows of the last statement. Node.js 20 has no SQLite of its own. */
export async function sql(file, ...statements) {
  const script = `
import json, sqlite3, sys
database = sqlite3.connect(sys.argv[1])
for statement in sys.argv[2:]:
    rows = database.execute(statement).fetchall()
database.commit()
print(json.dumps(rows))
`;
  const python = spawn(ANY_PYTHON, ["-c", script, file, ...statements], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  python.stdout.on("data", (chunk) => (output += chunk));
  const [code] = await within("python to end", once(python, "close"));
  if (code !== 0) throw new Error(`python ended with ${code}`);
  return JSON.parse(output);
}
