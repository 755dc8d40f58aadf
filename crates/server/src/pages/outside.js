// What the wallet's app shows to who is not signed in: to who comes from a bank's app, and to who
// opens it by herself. What is chosen is done by `acts`.

import { button, choice, doing, make, the } from "./common.js";
import { spoken } from "./names.js";
import { Problem } from "./problems.js";

/** What a bank's app put into its link: a binding and its code. */
export function invited(text) {
  const parts = new URLSearchParams(text.slice(text.indexOf("#") + 1));
  const [binding, code] = [parts.get("binding"), parts.get("code")];
  return binding && code ? { binding, code } : null;
}

/**
 * Somebody comes from a bank's app, and this device is not signed in to the account. Nobody may
 * tell whether that account has been used before, so she says it; each answer leads somewhere.
 * `known`: it is the account that was signed in to here; `elsewhere`: another one is signed in to
 * now; `used`: one has been; `out`: the device is known to be signed out for good.
 */
export function arriving({ known, elsewhere, used, out }, acts) {
  const place = the("problem");
  const first = choice(
    "I am new here",
    "For the first card that you add. You get a code on your phone and make a passkey.",
    "arrive-first", place, acts.first, known ? "" : "main",
  );
  const passkey = choice(
    "I have signed in before",
    "Sign in with your passkey, then approve the card.",
    "arrive-passkey", place, acts.passkey, known ? "main" : "",
  );
  const lost = choice(
    "I cannot sign in any more",
    "Prove who you are. Your cards are removed; add them again in your bank’s app.",
    "arrive-recover", place, acts.recover,
  );
  return [
    make("h2", { id: "arriving" }, "Your card is waiting"),
    elsewhere ? make("p", { id: "elsewhere", class: "note" }, ELSEWHERE) : null,
    make("p", {}, "Have you used this wallet before?"),
    make("div", { class: "choices" }, known ? [passkey, first, lost] : [first, passkey, lost]),
    make("div", { class: "actions" },
      button("Not now", "arrive-leave", place, acts.leave, "quiet")),
    out || (used && !elsewhere) ? renewal(acts) : null,
  ];
}

const ELSEWHERE = "You are signed in to another account on this device. Going on changes to the " +
  "card’s account.";

/** The way on for a key that was signed out for good: until it is used, no server says so. */
function renewal(acts) {
  return make(
    "section", {},
    make("h2", {}, "Signed out from elsewhere?"),
    make("p", {}, "If you signed this device out on another one, or got back in on another one, " +
      "this one begins anew."),
    make("div", { class: "choices" },
      button("Use it as a new device", "anew", the("problem"), acts.anew)),
  );
}

/**
 * Nobody is signed in on this device. `known`: the account that last was, if there is one; `out`:
 * the device is known to be signed out for good.
 */
export function outside({ known, out }, banks, acts) {
  return [
    known ? back(acts) : welcome(banks, acts),
    known || out ? renewal(acts) : null,
    adding(acts.follow),
    lost(acts),
  ];
}

function back(acts) {
  return make(
    "section", {},
    make("h2", {}, "Welcome back"),
    make("p", {}, "You are not signed in on this device."),
    make("div", { class: "choices" }, signIn(acts, "main")),
  );
}

const signIn = (acts, kind) =>
  button("Sign in with your passkey", "sign-in", the("problem"), acts.signIn, kind);

function welcome(banks, acts) {
  const opened = ({ name, url }) =>
    make("a", { class: "button main", href: url, target: "_blank", rel: "noopener" },
      `Open ${spoken(name)}’s app`);
  return make(
    "section", {},
    make("h2", {}, "Welcome"),
    make("p", {}, "Begin in your bank’s app: add a card there, then choose “Open in the wallet”."),
    make("div", { class: "choices" }, banks.map(opened)),
    make("h2", {}, "Used this wallet before?"),
    make("div", { class: "choices" }, signIn(acts, "")),
    make("h2", {}, "No card yet?"),
    make("p", {}, "Set up an account with a passkey now, and add cards later."),
    make("div", { class: "choices" },
      button("Set up an account", "register", the("problem"), acts.register)),
  );
}

function lost(acts) {
  return make(
    "section", {},
    make("h2", {}, "Lost your passkey?"),
    make("p", {}, "Prove who you are to get back in. Your other devices are signed out, and your " +
      "cards are removed; add them again in your bank’s app."),
    make("div", { class: "choices" },
      button("Get back in", "recover", the("problem"), acts.recover)),
  );
}

/** What is said where no passkey can be made: where they are made, if they are. */
export function madeElsewhere(origin) {
  if (!origin) return [make("p", {}, "This wallet makes no passkeys: nobody can sign in here.")];
  return [
    make("p", {}, make("strong", {}, "This wallet makes and takes passkeys at another address.")),
    make("p", {}, "Go on there: ", make("a", { href: `${origin}/` }, origin), "."),
  ];
}

/** A link from a bank's app is pasted here. */
export function adding(follow) {
  const link = make("input", {
    id: "link", autocomplete: "off", spellcheck: "false", required: true,
    "aria-describedby": "link-hint",
  });
  const hint = make("span", { class: "fine", id: "link-hint" },
    "In your bank’s app, copy the address of “Open in the wallet”.");
  const form = make(
    "form", { id: "link-form" },
    make("div", { class: "field" }, make("label", { for: "link" }, "Link from your bank’s app"),
      link, hint),
    make("div", { class: "actions" }, make("button", { id: "link-go", class: "main" }, "Go on")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(the("link-go"), the("problem"), () => {
      const from = invited(link.value);
      if (!from) throw new Problem("no_invitation");
      return follow(from);
    });
  });
  return make("details", { id: "add", class: "earlier" },
    make("summary", {}, "Add a card by a link"), form);
}

/** It has been followed: nothing of it stays. */
export function foldLink() {
  the("link").value = "";
  the("add").open = false;
}
