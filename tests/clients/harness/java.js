// Java programs of the tests, run from their source by the JDK with the jars that tests/prepare got for them.

import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Queue, within } from "./queue.js";

const here = dirname(fileURLToPath(import.meta.url));
const CACHE = join(here, "../../../.cache");

/** Why programs that use the jars in .cache/`name`/lib cannot be run here, or false if they can. */
export function cannotRun(name) {
  // `java` runs a program from its source if the compiler is there too.
  for (const program of ["java", "javac"]) {
    if (spawnSync(program, ["-version"], { stdio: "ignore" }).status !== 0) return `${program} is not here: install a JDK, 17 or newer`;
  }
  if (existsSync(join(CACHE, name, ".installed"))) return false;
  return `its jars are not in .cache/${name}: tests/prepare gets them where mvn (Maven) is installed`;
}

/** A Java program that is told what to do in lines and answers in lines of JSON, each an object with one member. */
export class JavaProgram {
  #child;
  #ended;
  #said = new Queue();
  #stderr = "";

  /** `jars`: the folder in .cache; `source`: the file, from this folder. */
  constructor(jars, source, args) {
    const classpath = join(CACHE, jars, "lib/*");
    this.#child = spawn("java", ["-cp", classpath, join(here, source), ...args], { stdio: ["pipe", "pipe", "pipe"] });
    this.#ended = once(this.#child, "close");
    this.#child.stdin.on("error", () => {}); // It may end without reading.
    this.#child.stderr.on("data", (chunk) => (this.#stderr += chunk));
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#said.push(JSON.parse(line)));
    this.#ended.then(([code]) => this.#said.end(`java ended with ${code}: ${this.#stderr}`));
  }

  /** Resolves with the value of the next line that says `word`; a line that says `failed` in its place is an error. */
  async next(word) {
    const line = await this.#said.next(`java to say ${word}`, (said) => word in said || "failed" in said);
    if ("failed" in line) throw new Error(`${line.failed}\n${this.#stderr}`);
    return line[word];
  }

  /** Says `line` and resolves with the value of the answer, which says `word`. */
  ask(line, word) {
    this.#child.stdin.write(`${line}\n`);
    return this.next(word);
  }

  /** Takes all that was said and not asked for. */
  unclaimed() {
    return this.#said.drain();
  }

  /** Ends the program by the end of its input and resolves with its exit code. */
  async end() {
    this.#child.stdin.end();
    const [code] = await within("java to end", this.#ended);
    return code;
  }

  /** Ends it at once; for a test that failed. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

/** Runs a Java program to its end and resolves with what it said, line by line; other output than JSON is not kept. */
export async function runToEnd(jars, options, source, args, patience_ms) {
  const classpath = join(CACHE, jars, "lib/*");
  const child = spawn("java", ["-cp", classpath, ...options, join(here, source), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += chunk));
  createInterface({ input: child.stdout }).on("line", (line) => line.startsWith("{") && said.push(JSON.parse(line)));
  try {
    const [code] = await within("java to end", once(child, "close"), patience_ms);
    if (code !== 0) throw new Error(`java ended with ${code}: ${stderr}`);
  } finally {
    child.kill("SIGKILL"); // If it is still there.
  }
  return said;
}
