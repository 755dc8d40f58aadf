// What things are called, for people: a bank by its name, a card by its bank and what tells it from
// her other ones. The wallet knows a card by its bank and by that bank's reference alone.

import { nameOf, partOf } from "./common.js";
import { reasonOf } from "./problems.js";

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

/** Whether a link in this state is one no more. */
export const isOver = (state) => ["ended", "refused", "matched"].includes(nameOf(state));

/** How the state of a link looks, what it is called, and what it means for the holder. */
export function words(state) {
  return {
    registered: ["waits", "Setting up", "Your bank is about to add it."],
    awaiting_approval: [
      "waits", "Waits for you", "Approve it with the code that your bank’s app shows.",
    ],
    active: ["good", "Ready to pay", ""],
    suspended: ["off", "Suspended", "Your bank has suspended it. It cannot be used to pay."],
    ended: ["off", "Ended", "It is over."],
    refused: ["off", "Kept out", reasonOf(partOf(state)) ?? "It was not let in."],
  }[nameOf(state)];
}
