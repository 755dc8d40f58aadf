// The bank's app: what she holds, where each binding stands, and what she can do about it.

import {
  beginning, button, doing, draw, envelope, get, grouped, looking, make, nameOf, newKey, open,
  partOf, pill, read, repeated, say, showConnection, showProblem, the,
} from "./common.js";
import { cardOf, spoken } from "./names.js";
import { reasonOf } from "./problems.js";

let about = null;
let token = sessionStorage.getItem("token");
let shown = "";
/** What was seen of each binding, and at which look it was alive last, so that its end is told. */
const followed = new Map();
let looks = 0;
/** Whether there was a look since she signed in: what is new from then on has changed. */
let looked = false;

// ------------------------------------------------------------------- requests

function post(path, body, key) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  return read(path, { method: "POST", headers, body });
}

const plain = (path, body) => post(path, JSON.stringify(body));

/** A message about a binding, sent until it is answered. */
async function tell(name, message) {
  const key = newKey();
  return repeated(() => post(`/v1/${name}`, envelope(name, message, key), key));
}

async function bind(instrument, consent) {
  const { authentication } = await plain("/development/authentication", { instrument });
  await tell("bind_request", { instrument, consent, authentication });
}

// ------------------------------------------------------------------- signing in

function signedOut() {
  token = null;
  shown = "";
  looked = false;
  sessionStorage.clear();
  overview.end();
  the("leave").hidden = true;
  const choices = about.customers.map(({ person, name }) =>
    button(name, `as-${person}`, the("problem"), () => signIn(person), "choice"),
  );
  draw(
    the("main"),
    make("h2", {}, "Sign in"),
    make("p", {}, "Choose who you are. In development your bank takes your word for it."),
    make("div", { class: "choices" }, choices),
  );
}

async function signIn(person) {
  ({ token } = await plain("/development/session", { person }));
  sessionStorage.setItem("token", token);
  await begin();
  the("main").focus();
}

async function begin() {
  the("leave").hidden = false;
  await overview.begin();
}

// ------------------------------------------------------------------- looking

const overview = looking(async () => {
  // Whoever is signed in when the answer comes may be somebody else.
  const asking = token;
  if (!asking) return;
  try {
    const seen = await plain("/v1/overview", {});
    if (token !== asking) return;
    tellChanges(seen);
    const standing = standingOf(seen);
    if (standing !== shown) {
      shown = standing;
      drawCards(seen);
    }
    showCodes(seen);
    showConnection(null);
  } catch (problem) {
    if (token !== asking) return;
    if (problem.code === "signature_invalid") {
      say("You were signed out, as you are after a while. Sign in again.");
      return signedOut();
    }
    showConnection(problem);
  }
});

/**
 * What the cards are drawn from. Codes come and go without them: a page that is drawn anew swallows
 * a click that is under way.
 */
function standingOf({ instruments, bindings }) {
  const without = bindings.map(({ code: given, ...binding }) => [Boolean(given), binding]);
  return JSON.stringify([instruments, without]);
}

const isOver = (state) => ["ending", "closed"].includes(nameOf(state));

/** What a state is called, how it looks, and what it means for the holder. */
function words(state) {
  const name = nameOf(state);
  if (name === "ending") return ["off", "Ending", ended(partOf(state))];
  if (name === "closed") return ["off", "Not in a wallet", ended(partOf(state))];
  return {
    looking: ["waits", "Setting up", "The bank asks the wallet whether you have an account there."],
    registering: ["waits", "Setting up", "The wallet is asked to register an account for you."],
    linking: ["waits", "Setting up", "The wallet is asked to take it in."],
    awaiting_approval: [
      "waits",
      "Waits for you",
      "You have a wallet account already. Open the wallet and approve it there.",
    ],
    active: ["good", "In your wallet", "Open the wallet to pay with it."],
    suspended: ["off", "Suspended", "It cannot be used to pay until you unblock it."],
  }[name];
}

/** Why it is over. */
function ended(outcome) {
  const outcomes = {
    cancelled: "You cancelled it.",
    expired: "It was not finished in time. Add it again.",
    ended_by_holder: "You removed it here.",
    ended_by_wallet: "It was removed in the wallet.",
  };
  return outcomes[nameOf(outcome)] ?? reasonOf(partOf(outcome)) ?? "It is over.";
}

/** Says aloud what has changed since the last look. */
function tellChanges(seen) {
  looks += 1;
  for (const { binding, instrument, state } of seen.bindings) {
    const before = followed.get(binding);
    const last = before && !isOver(before.state) ? looks : before?.last;
    followed.set(binding, { instrument, state, last });
    const same = before ? JSON.stringify(before.state) === JSON.stringify(state) : !looked;
    if (same) continue;
    const label = seen.instruments.find((held) => held.instrument === instrument)?.label ?? "";
    const [, name, means] = words(state);
    say(`${label}: ${name}. ${means}`);
  }
  looked = true;
}

// ------------------------------------------------------------------- drawing

/** How far the bank's clock is ahead of this device's. */
let aheadMs = 0;

const linkOf = (binding, given) => `${about.wallet}/#binding=${binding}&code=${given}`;

/** Shows the codes of now in the places that are drawn for them. */
function showCodes({ now_ms: now, codes_until_ms: until, bindings }) {
  aheadMs = now - Date.now();
  for (const { binding, code: given } of bindings) {
    const place = document.querySelector(`.code[data-binding="${binding}"]`);
    if (!place || !given) continue;
    place.dataset.until = until;
    place.querySelector("a").href = linkOf(binding, given);
    const digits = place.querySelector(".digits");
    if (digits.textContent !== grouped(given)) digits.textContent = grouped(given);
  }
  countDown();
}

function countDown() {
  for (const place of document.querySelectorAll(".code")) {
    const left = Math.max(0, Math.ceil((place.dataset.until - Date.now() - aheadMs) / 1000));
    place.querySelector(".left").textContent =
      `A new one comes in ${left} s; this one still counts for a while then.`;
  }
}
setInterval(countDown, 500);

/** What is shown of an instrument: what is alive, or what ends, or what was alive at last. */
function bindingOf(seen, { instrument }) {
  const of = seen.bindings.filter((one) => one.instrument === instrument);
  const live = of.find((one) => !isOver(one.state));
  const ending = of.find((one) => nameOf(one.state) === "ending");
  const lastOf = (one) => followed.get(one.binding).last ?? 0;
  const ended = of.filter(lastOf).toSorted((one, other) => lastOf(other) - lastOf(one));
  return live ?? ending ?? ended[0];
}

function drawCards(seen) {
  const cards = seen.instruments.map((held) => card(seen, held, bindingOf(seen, held)));
  const over = seen.bindings.filter((one) => nameOf(one.state) === "closed");
  draw(
    the("main"),
    make("h2", {}, "Your cards and accounts"),
    make("ul", { class: "cards" }, cards),
    over.length ? earlier(seen, over) : null,
  );
}

function card(seen, held, binding) {
  const state = binding ? nameOf(binding.state) : "none";
  const [tone, name, means] = binding
    ? words(binding.state)
    : ["off", "Not in a wallet", "Add it to pay with it in the wallet."];
  const live = binding && !isOver(binding.state);
  const called = `In the wallet it is called ${cardOf(about.name, held.instrument)}.`;
  const addable = ["none", "closed"].includes(state);
  const blocked = addable && held.blocked ? "You have blocked it. Unblock it to add it." : null;
  return make(
    "li",
    { class: "card", "data-instrument": held.instrument, "data-state": state },
    make("div", { class: "head" },
      make("h3", {}, held.label), pill(tone, name), held.blocked ? pill("bad", "Blocked") : null),
    make("p", {}, blocked ?? means),
    live ? make("p", { class: "fine" }, called) : null,
    binding?.code ? code(binding, state === "awaiting_approval" ? beginners(seen) : null) : null,
    make("div", { class: "actions" }, actions(held, binding)),
  );
}

/** An account that nobody has signed in to yet lets nobody in but by its first card. */
function beginners(seen) {
  const first = seen.bindings.find((one) => nameOf(one.state) === "active");
  const held = seen.instruments.find((one) => one.instrument === first?.instrument);
  const which = held ? `“${held.label}”` : "the card that you added first";
  const advice = `Never signed in to the wallet? Open ${which} in the wallet before this one.`;
  return make("p", { class: "fine" }, advice);
}

function actions(held, binding) {
  const place = the("problem");
  const id = held.instrument;
  const block = button(
    held.blocked ? "Unblock" : "Block", `block-${id}`, place,
    async () => {
      await plain("/development/block", { instrument: id, blocked: !held.blocked });
      await overview.now();
    }, held.blocked ? "main" : "",
  );
  if (!binding || isOver(binding.state)) {
    const add = button("Add to the wallet", `add-${id}`, place, () => askConsent(held), "main");
    const ending = binding && nameOf(binding.state) === "ending";
    return ending ? [] : [held.blocked ? null : add, block];
  }
  return [leaving(held, binding), block];
}

/** How she gives up what waits, or ends what is there, about which she is asked first. */
function leaving(held, { binding, instrument, state }) {
  const waits = !["active", "suspended"].includes(nameOf(state));
  const cancel = async () => {
    await tell("bind_cancel", { binding });
    await overview.now();
  };
  const place = the("problem");
  return waits
    ? button("Cancel", `cancel-${instrument}`, place, cancel, "grave")
    : button("Remove from wallet", `end-${instrument}`, place, () => askRemoval(held, binding),
      "grave");
}

/** The place of a code, which `showCodes` fills. */
function code(binding, advice) {
  const waits = nameOf(binding.state) === "awaiting_approval";
  const usable = ["awaiting_approval", "active"].includes(nameOf(binding.state));
  if (!usable) return null;
  return make(
    "div", { class: "code", "data-binding": binding.binding },
    make("a", {
      class: "button main", id: `open-${binding.instrument}`, target: "_blank", rel: "noopener",
      href: linkOf(binding.binding, binding.code),
    }, "Open in the wallet"),
    advice,
    make(
      "details", { id: `code-${binding.instrument}`, open: waits },
      make("summary", {}, "Binding code"),
      make("p", {}, "Only you see it. Use it in the wallet, and give it to nobody."),
      make("p", { class: "digits" }),
      make("p", { class: "fine left" }),
    ),
  );
}

function earlier(seen, over) {
  const label = (of) => seen.instruments.find((held) => held.instrument === of)?.label ?? "–";
  const line = ({ instrument, state }) =>
    make("li", {}, `${label(instrument)}: ${ended(partOf(state))}`);
  return make(
    "details", { id: "earlier", class: "earlier" },
    make("summary", {}, `Earlier bindings (${over.length})`),
    make("ul", {}, over.map(line)),
  );
}

// ------------------------------------------------------------------- asking

function askConsent(held) {
  const dialog = the("consent");
  the("consent-what").textContent = held.label;
  dialog.dataset.instrument = held.instrument;
  the("consent-bind").checked = false;
  the("consent-register").checked = false;
  showProblem(the("consent-problem"), null);
  open(dialog);
}

the("consent-form").addEventListener("submit", (event) => {
  event.preventDefault();
  doing(the("consent-go"), the("consent-problem"), async () => {
    const [agreed, registered] = [the("consent-bind"), the("consent-register")];
    const consent = { bind: agreed.checked, register: registered.checked };
    await bind(the("consent").dataset.instrument, consent);
    the("consent").close();
    await overview.now();
  });
});
the("consent-back").addEventListener("click", () => the("consent").close());

function askRemoval(held, binding) {
  const dialog = the("remove");
  the("remove-what").textContent = held.label;
  dialog.dataset.binding = binding;
  showProblem(the("remove-problem"), null);
  open(dialog);
}

the("remove-form").addEventListener("submit", (event) => {
  event.preventDefault();
  doing(the("remove-go"), the("remove-problem"), async () => {
    await tell("unbind_request", { binding: the("remove").dataset.binding });
    the("remove").close();
    await overview.now();
  });
});
the("remove-back").addEventListener("click", () => the("remove").close());
the("leave").addEventListener("click", signedOut);

// ------------------------------------------------------------------- beginning

await beginning(async () => {
  about ??= await repeated(() => get("/development/about"));
  document.title = `${spoken(about.name)} – bank`;
  the("name").textContent = spoken(about.name);
  if (token) await begin();
  else signedOut();
});
