// What arrives, in order, for a test that asks for the next thing that matters to it.

/** How long a test waits for something that should arrive at once, in milliseconds. Reached only when it fails. */
export const PATIENCE_MS = 20_000;

export class Queue {
  #items = [];
  #waiting = [];
  #ended = null;

  push(item) {
    this.#items.push(item);
    this.#serve();
  }

  /** Nothing more will come: whoever waits is told `reason`. */
  end(reason) {
    this.#ended ??= reason;
    this.#serve();
  }

  /**
   * Resolves with the first item that satisfies `wanted`, and removes it; items before it stay for others.
   *
   * `what` names it in the message of a failure.
   */
  next(what, wanted = () => true) {
    return new Promise((resolve, reject) => {
      const waiter = { wanted, resolve, reject, what };
      waiter.timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; unclaimed so far: ${describe(this.#items)}`));
      }, PATIENCE_MS);
      this.#waiting.push(waiter);
      this.#serve();
    });
  }

  /** Takes everything that has arrived and was not asked for. */
  drain() {
    return this.#items.splice(0);
  }

  #serve() {
    for (const waiter of [...this.#waiting]) {
      const index = this.#items.findIndex(waiter.wanted);
      if (index < 0 && this.#ended === null) continue;
      clearTimeout(waiter.timer);
      this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
      if (index >= 0) waiter.resolve(this.#items.splice(index, 1)[0]);
      else waiter.reject(new Error(`ended (${this.#ended}) before ${waiter.what}; unclaimed: ${describe(this.#items)}`));
    }
  }
}

function describe(items) {
  if (items.length === 0) return "nothing";
  return items.map((item) => (typeof item === "string" ? item : JSON.stringify(item))).join("\n  ");
}

/** Rejects when `promise` has not settled within the patience of a test, or a longer one. */
export function within(what, promise, patience_ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${patience_ms} ms for ${what}`)), patience_ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
