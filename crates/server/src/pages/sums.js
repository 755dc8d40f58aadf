// Sums of money: read from what a person has typed, and written.

/** Nine digits before the decimals: far below what a number holds exactly. */
const MOST_MINOR = 99_999_999_999;

/** A sum with as many decimals as its currency has. */
export function sum({ minor, currency }) {
  const form = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  const decimals = form.maximumFractionDigits;
  const digits = String(minor).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return `${decimals ? `${whole}.${digits.slice(-decimals)}` : whole} ${currency}`;
}

const wrong = (sentence) => ({ wrong: sentence });

/** The sign of the euro, or its name, before a sum or after it. */
const EURO = /^(?:€|eur(?:os?)?)\s*|\s*(?:€|eur(?:os?)?)$/gi;

/** The amount in euros that was typed, or in `wrong` the sentence that says what is amiss. */
export function euros(text) {
  const typed = text.trim().replace(EURO, "");
  if (!typed) return wrong("Enter how much you want to pay, such as 12.50.");
  if (/^[-−–]/.test(typed)) return wrong("Enter an amount that is not negative.");
  const [, whole, cents = ""] = typed.match(/^(\d+)(?:[.,](\d*))?$/) ?? [];
  if (whole === undefined) {
    return wrong("Enter the amount in digits, without spaces or other signs, such as 12.50.");
  }
  if (cents.length > 2) return wrong("Enter two digits after the point at most, such as 12.50.");
  const minor = Number(whole) * 100 + Number(cents.padEnd(2, "0"));
  if (minor === 0) return wrong("Enter more than 0.");
  if (minor > MOST_MINOR) {
    return wrong(`Enter less: ${sum({ minor: MOST_MINOR, currency: "EUR" })} is the most.`);
  }
  return { amount: { minor, currency: "EUR" } };
}

/** The longest name of a payee. */
const NAME = 64;

/** The payee who was typed, or in `wrong` what is amiss: a name has no spaces in messages. */
export function payee(text) {
  const name = text.trim().replaceAll(/\s+/g, "-");
  if (!name) return wrong("Enter who is to get the money.");
  if (!/^[!-~]+$/.test(name)) return wrong("Enter the name without accents or other alphabets.");
  if (name.length > NAME) return wrong(`Enter a shorter name: ${NAME} letters are the most.`);
  return { payee: name };
}
