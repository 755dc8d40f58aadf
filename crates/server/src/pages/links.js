// How a link stands, for the account's holder.

import { nameOf, partOf } from "./common.js";
import { reasonOf } from "./problems.js";

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
