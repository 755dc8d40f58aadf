// The wallet's app: the account's links and where each stands, and what the holder does with them.

import { alone, execute, leavesOpen, settled } from "./challenge.js";
import {
  beginning, button, doing, draw, get, looking, make, mark, nameOf, open, partOf, pill, repeated,
  say, showConnection, showProblem, the,
} from "./common.js";
import { accountOfPasskey, created, Device, keep, kept, unmade } from "./device.js";
import { isOver, payments, titleOf, words } from "./links.js";
import { spoken } from "./names.js";
import { adding, arriving, foldLink, invited, madeElsewhere, outside } from "./outside.js";
import { Problem } from "./problems.js";
import { euros, payee, sum } from "./sums.js";

let about = null;
let device = null;
let account = null;
/** The link from a bank's app that brought the person here: a binding, its code, its account. */
let invitation = null;
let shown = "";
/** The links at the last look; null before the first one, whose links are no news. */
let before = null;
/** The payments that the last look saw executed: their operations. */
let paid = [];

// ------------------------------------------------------------------- operations

/** Has an operation executed on this device and this account. What `execute` says of it. */
const operate = (kind, more, { of, ...proofs }) =>
  execute({ device, account }, { kind, more }, { ...proofs, known: () => codeOf(of) });

// ------------------------------------------------------------------- coming from a bank

/** After so long no code counts that was shown before. */
const CODE_LASTS_MS = 60_000;

/** The code that came with a link for this binding, and until when it counts, if it still does. */
function codeOf(binding) {
  if (!invitation || invitation.binding !== binding) return null;
  const until = invitation.since + CODE_LASTS_MS;
  return Date.now() < until ? { code: invitation.code, until } : null;
}

async function arrive(from) {
  const named = JSON.stringify({ binding: from.binding });
  const { account: of } = await repeated(() => device.post("/v1/account_of", named));
  invitation = { ...from, account: of, since: Date.now() };
  if (the("add")) foldLink();
  // What waits is not known if the look has failed; the next one shows it.
  if (!(await overview.now())) return;
  if (!the("arriving") && !goOn()) say("Nothing waits for you behind this link.");
}

/** Who is signed in goes on with what waits; otherwise the link has done its part. */
function goOn() {
  const waits = invitation && the(`approve-${invitation.binding}`);
  if (!waits) invitation = null;
  attend(waits ?? the("main"));
  return Boolean(waits);
}

/** Takes the person to what is to be done next. */
function attend(element) {
  element.focus();
  element.scrollIntoView({ block: "nearest" });
}

/** Signs in to an account on this device. */
async function signIn(to, way) {
  const proofs = { way, title: "Sign in on this device", of: invitation?.binding };
  const made = await operate("sign_in", { account: to }, proofs);
  await signedInTo(to);
  // One that was made before may be over by now; it is forgotten, and another one is asked for.
  if (made.before && !(await signedIn())) return signIn(to, way);
  say(`You are signed in on this device.${goOn() ? " Approve your card now." : ""}`);
}

async function signedInTo(to) {
  account = to;
  before = null;
  await keep("account", account);
  await overview.now();
}

/** Signs in by a passkey alone: it says whose account it is, where this device does not know. */
async function signInAgain() {
  if (account) await signIn(account, "passkey");
  else await signIn(await accountOfPasskey(), "alone");
}

/** Gets back in on this device, whatever was lost: by proof of identity. */
async function recover() {
  const words = "Your other devices are signed out, and your cards are removed.";
  const proofs = { way: "identity", title: "Get back in", words };
  const { operation } = await operate("recover", {}, proofs);
  const found = await repeated(() => device.ask("/v1/account_recovered", { operation }));
  invitation = null;
  await signedInTo(found.account);
  say("You are back, on this device alone. Add your cards again in your bank’s app.");
}

/** Sets up an account by herself: nobody has verified whose it is. */
async function register() {
  const { account: named, invitation: how } = await device.ask("/v1/registration_invitation", {});
  const authenticator = await created(how, undefined);
  await device.ask("/v1/registration", { account: named, authenticator }).catch(async (problem) => {
    if (!leavesOpen(problem)) await unmade(authenticator);
    throw problem;
  });
  await signedInTo(named);
  say("You have an account. Banks find it once you have proved who you are.");
}

/** Proves who she is, so that the account is hers for banks, too. */
async function verify() {
  const words = "After that, banks find this account when you add a card. Its other devices are " +
    "signed out, and the cards that are in it are removed.";
  await operate("verify_identity", {}, { way: "proof", title: "Prove who you are", words });
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

/** Looks at the account, and draws it if there is something new. Whether that could be seen. */
const overview = looking(async () => {
  const [of, by] = [account, device];
  const isOld = () => of !== account || by !== device;
  try {
    const seen = await signedIn();
    if (isOld()) return false;
    // Who is signed in to the link's account sees the account, with the link or without.
    const arrival = seen && invitation?.account === account ? null : invitation;
    const text = JSON.stringify([seen, arrival, device.out]);
    if (text !== shown) {
      shown = text;
      if (arrival) drawArrival(seen);
      else if (seen) drawAccount(seen);
      else drawOutside();
    }
    showConnection(null);
    return true;
  } catch (problem) {
    if (!isOld()) showConnection(problem);
    return false;
  }
});

function tellChanges(seen) {
  const now = new Map(seen.links.map((link) => [link.binding, link]));
  for (const [binding, link] of now) {
    if (!before) continue;
    const earlier = before.get(binding);
    if (earlier && nameOf(earlier.state) === nameOf(link.state)) continue;
    if (nameOf(link.state) === "matched") continue;
    const [, name, means] = words(link.state);
    say(`${titleOf(link)}: ${name}. ${means}`);
  }
  before = now;
}

// ------------------------------------------------------------------- drawing

/** What can be chosen by who is not signed in. */
const acts = {
  first: () => signIn(invitation.account, "first"),
  passkey: () => signIn(invitation.account, "passkey"),
  signIn: signInAgain,
  recover,
  register: () => alone(register),
  follow: arrive,
  anew: asNew,
  leave: async () => {
    invitation = null;
    await overview.now();
  },
};

function drawArrival(seen) {
  const known = invitation.account === account;
  const from = { known, elsewhere: Boolean(seen), used: Boolean(account), out: device.out };
  draw(the("main"), arriving(from, acts));
}

function drawOutside() {
  draw(the("main"), outside({ known: account, out: device.out }, about.banks, acts));
}

/** What waits for the person comes first; then cards stay where they were. */
function inOrder(links) {
  const waits = (link) => (nameOf(link.state) === "awaiting_approval" ? 0 : 1);
  const by = (a, b) => waits(a) - waits(b) || titleOf(a).localeCompare(titleOf(b));
  return links.toSorted(by);
}

function drawAccount(seen) {
  tellChanges(seen);
  paid = seen.payments.filter(({ executed }) => executed).map(({ operation }) => operation);
  const live = inOrder(seen.links.filter((link) => !isOver(link.state)));
  const over = seen.links.filter((link) => isOver(link.state) && nameOf(link.state) !== "matched");
  draw(
    the("main"),
    make("h2", {}, "Your cards"),
    live.length ? make("ul", { class: "cards" }, live.map(card)) : noCards(),
    adding(arrive),
    unverified(seen),
    payments(seen),
    thisDevice(seen),
    over.length ? earlier(over) : null,
    support(seen),
  );
}

function noCards() {
  const opened = ({ name, url }) =>
    make("a", { class: "button", href: url, target: "_blank", rel: "noopener" },
      `Open ${spoken(name)}’s app`);
  return make(
    "div", { class: "card", id: "no-cards" },
    make("p", {}, "You have no cards here. Add one in your bank’s app."),
    make("div", { class: "choices" }, about.banks.map(opened)),
  );
}

function earlier(over) {
  const line = (link) => {
    const [, name, means] = words(link.state);
    return make("li", {}, `${titleOf(link)}: ${name}. ${means}`);
  };
  return make(
    "details", { id: "earlier", class: "earlier" },
    make("summary", {}, `Earlier cards (${over.length})`),
    make("ul", {}, over.map(line)),
  );
}

/** The ids by which support finds what is shown. */
function support(seen) {
  const line = (link) =>
    make("li", {}, `${titleOf(link)}: ${link.instrument ?? "–"}, binding ${link.binding}`);
  return make(
    "details", { id: "support", class: "support" },
    make("summary", {}, "For support"),
    make("p", { class: "fine" }, `Account: ${seen.account}`),
    make("ul", { class: "fine" }, seen.links.map(line)),
  );
}

function card(link) {
  const [tone, name, means] = words(link.state);
  return make(
    "li",
    {
      class: "card", "data-binding": link.binding, "data-instrument": link.instrument,
      "data-state": nameOf(link.state),
    },
    make("div", { class: "head" }, make("h3", {}, titleOf(link)), pill(tone, name)),
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
  const title = titleOf(link);
  if (nameOf(link.state) === "awaiting_approval") {
    const approve = {
      way: "approval", title: "Approve this card", of: binding,
      words: `${title} joins this wallet, and you can pay with it here.`,
    };
    const decline = {
      way: "passkey", title: "Decline this card", words: `${title} is kept out of this wallet.`,
    };
    return [
      work("Approve", "approve", "approve_binding", approve, "You have approved it.", "main"),
      work("Decline", "decline", "decline_binding", decline, "You have declined it.", "grave"),
    ];
  }
  const pay = button("Pay", `pay-${binding}`, place, () => askPayment(link), "main");
  const removal = {
    way: "possession", title: "Remove this card",
    words: `${title} is removed from this wallet. You can add it again in your bank’s app.`,
  };
  const end = work("Remove", "end", "end_link", removal, "It is removed.", "grave");
  return nameOf(link.state) === "active" ? [pay, end] : [end];
}

/** Nobody has verified whose account it is. */
function unverified(seen) {
  if (partOf(seen.state)?.verified !== false) return null;
  return make(
    "section", {},
    make("h2", {}, "Who you are"),
    make("div", { class: "card", id: "unverified" },
      make("p", {}, "Prove who you are, so that banks find this account when you add a card."),
      make("div", { class: "actions" },
        button("Prove who you are", "verify", the("problem"), verify, "main"))),
  );
}

function thisDevice(seen) {
  const own = seen.devices.find((known) => known.device === device.id);
  const has = partOf(own.state)?.authenticator;
  const others = seen.devices.filter((known) => known !== own && nameOf(known.state) === "trusted");
  const place = the("problem");
  const enrol = async () => {
    const words = "You can use it from then on to sign in and to pay.";
    const proofs = { way: "enrolment", title: "A new passkey", words };
    await operate("add_authenticator", {}, proofs);
    await overview.now();
    say("The new passkey is enrolled.");
  };
  return make(
    "section", {},
    make("h2", {}, "This device"),
    make("div", { class: "card" },
      make("p", { id: "passkey" },
        has ? "A passkey of yours is enrolled on it." : "No passkey was made on it."),
      make("div", { class: "actions" },
        button(has ? "Replace the passkey" : "Add a passkey", "enrol", place, enrol)),
      make("p", { class: "fine" },
        "If you forget it, you are signed out here. Your cards stay; your passkey lets you in."),
      make("div", { class: "actions" },
        button("Forget this device", "forget", place, forget, "grave"))),
    others.length ? make("h2", {}, "Your other devices") : null,
    others.length ? make("ul", { class: "card" }, others.map(otherDevice)) : null,
  );
}

function otherDevice({ device: other }) {
  const revoke = async () => {
    const words = "It can do nothing in this wallet any more.";
    const proofs = { way: "passkey", title: "Sign out a device", words };
    await operate("revoke_device", { revoked_device: other }, proofs);
    await overview.now();
    say("That device is signed out for good.");
  };
  return make("li", { class: "head" },
    make("span", {}, `Device ending ${other.slice(-4)}`),
    button("Sign out", `revoke-${other}`, the("problem"), revoke, "grave"));
}

/** This browser becomes another device, which nobody has signed in on. */
async function renew(link) {
  await alone(async () => {
    device = await Device.anew();
    account = null;
    before = null;
    invitation = link;
    await keep("account", undefined);
    await keep("unsettled", undefined);
  });
  if (the("add")) foldLink();
  // Who was not signed in before either sees another page all the same.
  shown = "";
  await overview.now();
}

/** Nothing is left, of what a link has brought neither. */
const forget = () => renew(null);

/** The key that was here is of no use any more; a link still is. */
async function asNew() {
  await renew(invitation);
  say("This is a new device now. Sign in on it, or get back in.");
}

// ------------------------------------------------------------------- paying

/** How often the form was opened: what comes back late leaves a later one alone. */
let openings = 0;

const MADE_BEFORE = "The payment that you asked for before has been made";

async function askPayment(link) {
  // What is asked for from here on is another payment, even if it looks the same.
  const made = await settled(paid);
  openings += 1;
  // An earlier one may still be on its way; whoever pays now is told so.
  the("pay-go").removeAttribute("aria-busy");
  the("pay-title").textContent = `Pay with ${titleOf(link)}`;
  the("pay").dataset.binding = link.binding;
  the("pay-form").reset();
  for (const id of ["payee", "amount"]) mark(the(id), null);
  showProblem(the("pay-problem"), null);
  open(the("pay"));
  if (made) say(`${MADE_BEFORE}. It is listed under “Payments”.`);
}

/** What was typed, if all of it can be used; otherwise each field says what is amiss. */
function typedPayment() {
  const read = [[the("payee"), payee], [the("amount"), euros]].map(([field, reader]) => {
    const typed = reader(field.value);
    mark(field, typed.wrong);
    return { field, ...typed };
  });
  const wrong = read.find((typed) => typed.wrong);
  wrong?.field.focus();
  return wrong ? null : Object.assign({}, ...read);
}

the("pay-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = typedPayment();
  if (!typed) return;
  doing(the("pay-go"), the("pay-problem"), async () => {
    const { amount, payee } = typed;
    const { binding } = the("pay").dataset;
    const proofs = { way: "passkey", title: "Confirm the payment" };
    const opening = openings;
    const paying = operate("pay", { binding, amount, payee }, proofs);
    const made = await paying.catch((problem) => {
      if (opening === openings || !(problem instanceof Problem)) throw problem;
      say(`${sum(amount)} to ${payee}: ${problem.message} ${problem.next}`);
    });
    if (!made) return;
    if (opening === openings) the("pay").close();
    await overview.now();
    const now = `Paid ${sum(amount)} to ${payee}.`;
    say(made.before ? `${MADE_BEFORE}; nothing was paid now.` : now);
  });
});
the("pay-back").addEventListener("click", () => the("pay").close());

// ------------------------------------------------------------------- beginning

let ready = null;

/** What there has to be before anything else: made once, however often it takes. */
const prepared = () =>
  (ready ??= prepare().catch((problem) => {
    ready = null;
    throw problem;
  }));

async function prepare() {
  about ??= await repeated(() => get("/development/about"));
  document.title = spoken(about.name);
  the("name").textContent = spoken(about.name);
  the("elsewhere-made").hidden = about.passkeys === location.origin;
  the("elsewhere-made").replaceChildren(...madeElsewhere(about.passkeys));
  device = await Device.here();
  account = (await kept("account")) ?? null;
  await overview.begin();
}

/** The link in the address, which is taken out: its code is not to stay, whatever becomes of it. */
function linked() {
  const from = invited(location.hash);
  if (location.hash) history.replaceState(null, "", location.pathname);
  return from;
}

function begin() {
  const from = linked();
  return beginning(async () => {
    await prepared();
    if (from) await arrive(from);
  });
}

addEventListener("hashchange", () => {
  if (location.hash) begin();
});
await begin();
