/** A sign-in that the server refused, with its SASL condition (RFC 6120 §6.5). */
export class Refused extends Error {
  constructor(condition) {
    super(`sign-in refused: ${condition}`);
    this.condition = condition;
  }
}
