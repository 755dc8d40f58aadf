// The wallet's app: the account's links and where each stands, and what the holder does with them.

import { challenged, newestMessage, refused } from "./challenge.js";
import {
  button, doing, draw, get, looking, make, nameOf, open, partOf, pause, pill, Problem, say, showProblem, the,
} from "./common.js";
import { created, Device, keep, kept } from "./device.js";

let about = null;
let device = null;
let account = null;
/** The link from a bank's app that brought the person here: a binding and its code. */
let invitation = null;
let shown = "";
/** The links at the last look; null before the first one, whose links are no news. */
let before = null;

// ------------------------------------------------------------------- operations

/** Asks for an operation, with whatever the person has to prove for it. What became of it. */
async function operate(kind, more, proofs) {
  const operation = more.operation ?? crypto.randomUUID();
  const request = { operation, kind, device: device.id, environment: "normal", ...more };
  if (account && kind !== "recover") request.account ??= account;
  const earlier = await newestMessage();
  let told = await device.tell("operation_request", request);
  if (told.challenge) {
    const code = invitation && invitation.binding === proofs.of ? invitation.code : null;
    told = await challenged(device, told, { ...proofs, code, earlier });
  }
  for (let look = 0; !told && look < 40; look += 1) {
    await pause(250);
    told = await device.tell("operation_request", request).catch((problem) => {
      if (problem.code === "idempotency_in_progress") return null;
      throw problem;
    });
  }
  if (told?.outcome === "executed") return;
  throw refused(told);
}

// ------------------------------------------------------------------- coming from a bank

/** What a bank's app put into its link: a binding and its code. */
function invited(text) {
  const parts = new URLSearchParams(text.slice(text.indexOf("#") + 1));
  const [binding, code] = [parts.get("binding"), parts.get("code")];
  return binding && code ? { binding, code } : null;
}

async function arrive(from) {
  invitation = from;
  const { account: of } = await device.post("/v1/account_of", JSON.stringify({ binding: from.binding }));
  if (of !== account || (await signedIn()) === null) {
    await signIn(of, "first");
  }
  await overview.now();
  const added = the("add");
  if (added) added.open = false;
  (the(`approve-${from.binding}`) ?? the("main")).focus();
}

/** Signs in to an account on this device. */
async function signIn(to, way) {
  const proofs = { way, title: "Sign in", of: invitation?.binding };
  await operate("sign_in", { account: to }, proofs);
  account = to;
  await keep("account", account);
  invitation = null;
  await overview.now();
  say("You are signed in on this device.");
}

/** Starts afresh on this device, whatever was lost: by proof of identity. */
async function recover() {
  const operation = crypto.randomUUID();
  await operate("recover", { operation }, { way: "identity", title: "Start afresh" });
  ({ account } = await device.ask("/v1/account_recovered", { operation }));
  await keep("account", account);
  await overview.now();
  say("You are back, on this device alone.");
}

/** Sets up an account by herself: nobody has verified whose it is. */
async function register() {
  const { account: named, invitation: how } = await device.ask("/v1/registration_invitation", {});
  const authenticator = await created(how, undefined);
  await device.ask("/v1/registration", { account: named, authenticator });
  account = named;
  await keep("account", account);
  await overview.now();
  say("You have an account. Banks find it once you have proved who you are.");
}

/** Proves who she is, so that the account is hers for banks, too. */
async function verify() {
  await operate("verify_identity", {}, { way: "proof", title: "Prove who you are" });
  await overview.now();
  say("Your identity is verified.");
}

async function signedIn() {
  if (!account) return null;
  try {
    return await device.ask("/v1/overview", { account });
  } catch (problem) {
    if (problem.code === "device_unknown") return null;
    throw problem;
  }
}

// ------------------------------------------------------------------- looking

const overview = looking(async () => {
  try {
    const seen = await signedIn();
    const text = JSON.stringify([seen, invitation]);
    if (text !== shown) {
      shown = text;
      if (seen) drawAccount(seen);
      else drawOutside();
    }
    showProblem(the("connection"), null);
  } catch (problem) {
    showProblem(the("connection"), problem);
  }
});

const isOver = (state) => ["ended", "refused", "matched"].includes(nameOf(state));

function words(state) {
  return {
    registered: ["waits", "Setting up", "The bank is about to add it."],
    awaiting_approval: ["waits", "Waits for you", "Approve it with the code that your bank’s app shows."],
    active: ["good", "Ready to pay", ""],
    suspended: ["off", "Suspended", "The bank has suspended it. It cannot be used to pay."],
    ended: ["off", "Ended", "It is over."],
    refused: ["off", "Kept out", partOf(state) === "declined" ? "You declined it." : "It was refused."],
  }[nameOf(state)];
}

function tellChanges(seen) {
  const now = new Map(seen.links.map((link) => [link.binding, link]));
  for (const [binding, link] of now) {
    if (!before) continue;
    const earlier = before.get(binding);
    if (earlier && nameOf(earlier.state) === nameOf(link.state)) continue;
    if (nameOf(link.state) === "matched") continue;
    const [, name, means] = words(link.state);
    say(`${link.bank}, ${link.instrument ?? "a card"}: ${name}. ${means}`);
  }
  before = now;
}

// ------------------------------------------------------------------- drawing

/** Nobody is signed in on this device. */
function drawOutside() {
  const place = the("problem");
  const link = make("input", { id: "link", autocomplete: "off", spellcheck: "false" });
  const paste = make(
    "form", { id: "link-form" },
    make("label", {}, "Link from your bank’s app", link),
    make("div", { class: "actions" }, make("button", { id: "link-go", class: "main" }, "Go on")),
  );
  paste.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(the("link-go"), place, () => followed(link.value));
  });
  draw(
    the("main"),
    account
      ? make(
        "section", {},
        make("h2", {}, "Welcome back"),
        make("p", {}, "You are not signed in on this device."),
        make("div", { class: "actions" },
          button("Sign in with your passkey", "sign-in", place, () => signIn(account, "passkey"), "main")),
      )
      : make("section", {}, make("h2", {}, "Welcome"), ...welcome()),
    make("section", {}, make("h2", {}, "Add a card"), paste),
    account ? null : make(
      "section", {},
      make("h2", {}, "No card yet?"),
      make("p", {}, "Set up an account with a passkey, and add cards later."),
      make("div", { class: "actions" }, button("Set up an account", "register", place, register)),
    ),
    make(
      "section", {},
      make("h2", {}, "Lost your device?"),
      make("p", {}, "Prove who you are and start afresh here. Every other device is revoked, and every card is removed."),
      make("div", { class: "actions" }, button("Start afresh", "recover", place, recover, "quiet")),
    ),
  );
}

function welcome() {
  const banks = about.banks.map(({ name, url }) =>
    make("li", {}, make("a", { href: url, target: "_blank", rel: "noopener" }, name)));
  return [
    make("p", {}, "Begin in your bank’s app: add a card to the wallet there, then choose “Open in the wallet”."),
    make("ul", {}, banks),
  ];
}

async function followed(text) {
  const from = invited(text);
  if (!from) {
    throw new Problem(400, {
      title: "This is no link from a bank’s app.",
      next_action: "In the bank’s app, copy the address of “Open in the wallet”.",
      code: "no_invitation",
    });
  }
  await arrive(from);
}

function drawAccount(seen) {
  tellChanges(seen);
  const live = seen.links.filter((link) => !isOver(link.state));
  const over = seen.links.filter((link) => isOver(link.state) && nameOf(link.state) !== "matched");
  draw(
    the("main"),
    make("h2", {}, "Your cards"),
    live.length
      ? make("ul", { class: "cards" }, live.map(card))
      : make("p", {}, "There is none. Add one in your bank’s app."),
    addLink(),
    unverified(seen),
    payments(seen),
    thisDevice(seen),
    over.length ? make(
      "details", { id: "earlier", class: "earlier" },
      make("summary", {}, `Earlier cards (${over.length})`),
      make("ul", {}, over.map((link) => make("li", {}, `${titleOf(link)}: ${words(link.state)[1]}. ${words(link.state)[2]}`))),
    ) : null,
  );
}

const titleOf = (link) => `${link.bank} · ${link.instrument ?? "–"}`;

function card(link) {
  const [tone, name, means] = words(link.state);
  return make(
    "li",
    { class: "card", "data-binding": link.binding, "data-instrument": link.instrument, "data-state": nameOf(link.state) },
    make("div", { class: "head" }, make("h3", {}, link.bank), pill(tone, name)),
    make("p", { class: "fine" }, link.instrument ?? ""),
    means ? make("p", {}, means) : null,
    make("div", { class: "actions" }, actions(link)),
  );
}

function actions(link) {
  const place = the("problem");
  const { binding } = link;
  const work = (label, what, kind, proofs, said, look = "") =>
    button(label, `${what}-${binding}`, place, async () => {
      await operate(kind, { binding }, proofs);
      if (invitation?.binding === binding) invitation = null;
      await overview.now();
      say(said);
    }, look);
  if (nameOf(link.state) === "awaiting_approval") {
    const proofs = { way: "approval", title: `Let ${link.bank} in`, of: binding };
    return [
      work("Approve", "approve", "approve_binding", proofs, "You have approved it.", "main"),
      work("Decline", "decline", "decline_binding", { way: "passkey", title: "Decline" }, "You have declined it."),
    ];
  }
  const pay = button("Pay", `pay-${binding}`, place, async () => askPayment(link), "main");
  const end = work("Remove", "end", "end_link", { way: "possession", title: `Remove ${link.bank}` }, "It is removed.", "quiet");
  return nameOf(link.state) === "active" ? [pay, end] : [end];
}

function addLink() {
  const link = make("input", { id: "link", autocomplete: "off", spellcheck: "false" });
  const form = make(
    "form", { id: "link-form" },
    make("label", {}, "Link from your bank’s app", link),
    make("div", { class: "actions" }, make("button", { id: "link-go" }, "Go on")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    doing(the("link-go"), the("problem"), () => followed(link.value));
  });
  return make(
    "details", { id: "add", class: "earlier" },
    make("summary", {}, "Add a card"),
    make("p", {}, "Add it in the bank’s app and choose “Open in the wallet” there, or paste that link here."),
    form,
  );
}

/** Nobody has verified whose account it is. */
function unverified(seen) {
  if (partOf(seen.state)?.verified !== false) return null;
  return make(
    "section", {},
    make("h2", {}, "Who you are"),
    make("div", { class: "card", id: "unverified" },
      make("p", {}, "Nobody has verified whose account this is. Banks find it once you have proved who you are."),
      make("div", { class: "actions" },
        button("Prove who you are", "verify", the("problem"), verify, "main"))),
  );
}

function payments(seen) {
  if (seen.payments.length === 0) return null;
  const newest = seen.payments.toSorted((a, b) => (b.sent_ms ?? 0) - (a.sent_ms ?? 0));
  const line = ({ amount, payee, executed }) =>
    make("li", { class: "head" },
      make("span", {}, payee),
      make("span", {}, `${sum(amount)}${executed ? "" : " – waits for the bank"}`));
  return make("section", {}, make("h2", {}, "Payments"), make("ul", { class: "card" }, newest.map(line)));
}

/** A sum with as many decimals as its currency has. */
function sum({ minor, currency }) {
  const form = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions();
  const decimals = form.maximumFractionDigits;
  const digits = String(minor).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  return `${decimals ? `${whole}.${digits.slice(-decimals)}` : whole} ${currency}`;
}

function thisDevice(seen) {
  const own = seen.devices.find((known) => known.device === device.id);
  const has = partOf(own.state)?.authenticator;
  const others = seen.devices.filter((known) => known !== own && nameOf(known.state) === "trusted");
  const place = the("problem");
  return make(
    "section", {},
    make("h2", {}, "This device"),
    make("div", { class: "card" },
      make("p", { id: "passkey" }, has ? "A passkey of yours is enrolled on it." : "It has no passkey of yours."),
      make("div", { class: "actions" },
        button(has ? "Replace the passkey" : "Add a passkey", "enrol", place, async () => {
          await operate("add_authenticator", {}, { way: "enrolment", title: "A new passkey" });
          await overview.now();
          say("The new passkey is enrolled.");
        }, "quiet"),
        button("Forget this device", "forget", place, forget, "quiet")),
      others.length ? make("ul", {}, others.map(otherDevice)) : null),
  );
}

function otherDevice({ device: other }) {
  return make("li", { class: "head" },
    make("span", {}, `Another device, ${other.slice(0, 8)}…`),
    button("Revoke", `revoke-${other}`, the("problem"), async () => {
      await operate("revoke_device", { revoked_device: other }, { way: "passkey", title: "Revoke a device" });
      await overview.now();
      say("That device is revoked.");
    }, "quiet"));
}

/** This browser becomes another device, which nobody has signed in on. */
async function forget() {
  device = await Device.anew();
  account = null;
  before = null;
  await keep("account", undefined);
  await overview.now();
}

// ------------------------------------------------------------------- paying

function askPayment(link) {
  the("pay-title").textContent = `Pay with ${link.bank}`;
  the("pay").dataset.binding = link.binding;
  the("pay-form").reset();
  showProblem(the("pay-problem"), null);
  open(the("pay"));
}

the("pay-form").addEventListener("submit", (event) => {
  event.preventDefault();
  doing(the("pay-go"), the("pay-problem"), async () => {
    const [whole, cents = "00"] = the("amount").value.split(/[.,]/);
    const amount = { minor: Number(whole) * 100 + Number(cents), currency: "EUR" };
    const { binding } = the("pay").dataset;
    const payee = the("payee").value;
    await operate("pay", { binding, amount, payee }, { way: "passkey", title: "Pay" });
    the("pay").close();
    await overview.now();
    say(`Paid ${sum(amount)} to ${payee}.`);
  });
});
the("pay-back").addEventListener("click", () => the("pay").close());

// ------------------------------------------------------------------- beginning

const from = invited(location.hash);
// The code is not to stay in the address, whatever becomes of the rest.
if (location.hash) history.replaceState(null, "", location.pathname);
try {
  about = await get("/development/about");
  document.title = about.name;
  the("name").textContent = about.name;
  device = await Device.here();
  account = (await kept("account")) ?? null;
  await overview.begin();
  if (from) await arrive(from);
} catch (problem) {
  showProblem(the("problem"), problem);
}
