// What things are called, for people: a bank by its name, a card by its bank and what tells it from
// her other ones. The wallet knows a card by its bank and by that bank's reference alone.

/** A name as one writes it: `north-bank` is North Bank. */
export const spoken = (name) =>
  name
    .split(/[-_. ]+/)
    .filter(Boolean)
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join(" ");

/** How many of a reference's last characters tell one card from another. */
const TOLD = 4;
/** The longest part of a reference that is read as words. */
const WORDS = 24;

/** What a card or account is called that this bank has under this reference, if it has said it. */
export function cardOf(bank, instrument) {
  if (!instrument) return `Card from ${spoken(bank)}`;
  const own = instrument.startsWith(`${bank}-`) ? instrument.slice(bank.length + 1) : "";
  const worded = own.length <= WORDS && /^[a-z]+(-[a-z]+)*$/.test(own);
  if (worded) return `${spoken(bank)} ${own.replaceAll("-", " ")}`;
  return `Card from ${spoken(bank)}, ending ${instrument.slice(-TOLD)}`;
}

/** A contact as one reads it. */
export const contactOf = (contact) => contact.replace(/^(tel|mailto):/, "");
