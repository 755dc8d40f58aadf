// How a link stands, for the account's holder, and what was paid through it.

import { make, nameOf, partOf } from "./common.js";
import { cardOf } from "./names.js";
import { reasonOf } from "./problems.js";
import { sum } from "./sums.js";

/** What the card or account of a link is called. */
export const titleOf = (link) => cardOf(link.bank, link.instrument);

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

const MOMENT = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

/** What was paid from an account, the newest first: whom, how much, with which card and when. */
export function payments(seen) {
  if (seen.payments.length === 0) return null;
  const newest = seen.payments.toSorted((a, b) => (b.sent_ms ?? 0) - (a.sent_ms ?? 0));
  const line = ({ binding, amount, payee, sent_ms: sent, executed }) => {
    const link = seen.links.find((one) => one.binding === binding);
    const said = [link && titleOf(link), sent && MOMENT.format(sent)].filter(Boolean);
    return make("li", {},
      make("div", { class: "head" },
        make("span", {}, payee),
        make("span", {}, `${sum(amount)}${executed ? "" : " – waits for the bank"}`)),
      make("p", { class: "fine" }, said.join(", ")));
  };
  const list = make("ul", { class: "card" }, newest.map(line));
  return make("section", {}, make("h2", {}, "Payments"), list);
}
