// The bank's app: what she holds, where each binding stands, and what she can do about it.

import {
  button, doing, draw, envelope, get, grouped, looking, make, nameOf, newKey, open, partOf, pill, read,
  repeated, say, showProblem, the,
} from "./common.js";

let about = null;
let token = sessionStorage.getItem("token");
let shown = "";
/** The binding that was last seen alive for each instrument, so that its end is told. */
const followed = new Map();
/** Whether there was a look since she signed in: what is new from then on has changed. */
let looked = false;

// ------------------------------------------------------------------- requests

function post(path, body, key) {
  const headers = { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  if (key) headers["idempotency-key"] = key;
  return read(fetch(path, { method: "POST", headers, body }));
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
    make("p", {}, "Who are you? In development your bank takes your word for it."),
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
  try {
    const seen = await plain("/v1/overview", {});
    tellChanges(seen);
    countDown(seen);
    const { now_ms: _, ...rest } = seen;
    if (JSON.stringify(rest) !== shown) {
      shown = JSON.stringify(rest);
      drawCards(seen);
    }
    showProblem(the("connection"), null);
  } catch (problem) {
    if (problem.code === "signature_invalid") return signedOut();
    showProblem(the("connection"), problem);
  }
});

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
      "You have a wallet account already. Approve it there, with the code below.",
    ],
    active: ["good", "In your wallet", "You can pay with it in the wallet."],
    suspended: ["off", "Suspended", "It is blocked at the bank and cannot be used to pay."],
  }[name];
}

/** Why it is over. */
function ended(outcome) {
  const reasons = {
    consent_missing: "The wallet did not get your consent.",
    account_unavailable: "The wallet cannot use the account.",
    binding_limit_reached: "Too many wait or are in the wallet already.",
    instrument_unavailable: "It cannot be used at present.",
    declined: "It was declined in the wallet.",
  };
  const outcomes = {
    cancelled: "You cancelled it.",
    expired: "It was not finished in time.",
    ended_by_holder: "You removed it here.",
    ended_by_wallet: "It was removed in the wallet.",
  };
  return outcomes[nameOf(outcome)] ?? reasons[partOf(outcome)] ?? "It is over.";
}

/** Says aloud what has changed since the last look. */
function tellChanges(seen) {
  for (const { binding, instrument, state } of seen.bindings) {
    const before = followed.get(binding);
    followed.set(binding, { instrument, state, last: before?.last || (before && !isOver(state)) });
    const same = before ? JSON.stringify(before.state) === JSON.stringify(state) : !looked;
    if (same) continue;
    const label = seen.instruments.find((held) => held.instrument === instrument)?.label ?? "";
    const [, name, means] = words(state);
    say(`${label}: ${name}. ${means}`);
  }
  looked = true;
}

// ------------------------------------------------------------------- drawing

let codesUntil = 0;

function countDown(seen) {
  codesUntil = Date.now() + (seen.codes_until_ms - seen.now_ms);
}

function tick() {
  const left = Math.max(0, Math.ceil((codesUntil - Date.now()) / 1000));
  for (const place of document.querySelectorAll(".left")) {
    place.textContent = `A new one comes in ${left} s; this one still counts for a while then.`;
  }
}
setInterval(tick, 500);

function drawCards(seen) {
  const live = (held) =>
    seen.bindings.find((one) => one.instrument === held.instrument && !isOver(one.state));
  const last = (held) =>
    seen.bindings.find((one) => one.instrument === held.instrument && followed.get(one.binding).last);
  const closing = (held) =>
    seen.bindings.find((one) => one.instrument === held.instrument && nameOf(one.state) === "ending");
  const cards = seen.instruments.map((held) =>
    card(held, live(held) ?? closing(held) ?? last(held)),
  );
  const over = seen.bindings.filter((one) => nameOf(one.state) === "closed");
  draw(
    the("main"),
    make("h2", {}, "What you hold"),
    make("ul", { class: "cards" }, cards),
    over.length ? earlier(seen, over) : null,
  );
  tick();
}

function card(held, binding) {
  const [tone, name, means] = binding
    ? words(binding.state)
    : ["off", "Not in a wallet", "Add it to pay with it in the wallet."];
  return make(
    "li",
    { class: "card", "data-instrument": held.instrument, "data-state": binding ? nameOf(binding.state) : "none" },
    make("div", { class: "head" }, make("h3", {}, held.label), pill(tone, name)),
    make("p", { class: "fine" }, held.instrument, held.blocked ? " · blocked" : ""),
    make("p", {}, means),
    binding?.code ? code(binding) : null,
    make("div", { class: "actions" }, actions(held, binding)),
  );
}

function actions(held, binding) {
  const place = the("problem");
  const id = held.instrument;
  const block = button(
    held.blocked ? "Unblock" : "Block", `block-${id}`, place,
    async () => {
      await plain("/development/block", { instrument: id, blocked: !held.blocked });
      await overview.now();
    }, "quiet",
  );
  const over = !binding || isOver(binding.state);
  if (over) {
    const add = button("Add to the wallet", `add-${id}`, place, () => askConsent(held), "main");
    return binding && nameOf(binding.state) === "ending" ? [] : [add, block];
  }
  const waits = !["active", "suspended"].includes(nameOf(binding.state));
  const leave = waits
    ? ["Cancel", "cancel", () => tell("bind_cancel", { binding: binding.binding })]
    : ["Remove from the wallet", "end", () => tell("unbind_request", { binding: binding.binding })];
  const [label, what, work] = leave;
  return [
    button(label, `${what}-${id}`, place, async () => {
      await work();
      await overview.now();
    }),
    block,
  ];
}

function code(binding) {
  const waits = nameOf(binding.state) === "awaiting_approval";
  const link = `${about.wallet}/#binding=${binding.binding}&code=${binding.code}`;
  const usable = ["awaiting_approval", "active"].includes(nameOf(binding.state));
  if (!usable) return null;
  return make(
    "div", { class: "code" },
    make("a", { class: "button main", id: `open-${binding.instrument}`, href: link, target: "_blank", rel: "noopener" },
      "Open in the wallet"),
    make(
      "details", { id: `code-${binding.instrument}`, open: waits },
      make("summary", {}, "Binding code"),
      make("p", {}, "Only you see it. Use it in the wallet, and give it to nobody."),
      make("p", { class: "digits" }, grouped(binding.code)),
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
  the("consent-title").textContent = `Add ${held.label} to the wallet`;
  dialog.dataset.instrument = held.instrument;
  the("consent-bind").checked = false;
  the("consent-register").checked = false;
  showProblem(the("consent-problem"), null);
  open(dialog);
}

the("consent-form").addEventListener("submit", (event) => {
  event.preventDefault();
  doing(the("consent-go"), the("consent-problem"), async () => {
    const consent = { bind: the("consent-bind").checked, register: the("consent-register").checked };
    await bind(the("consent").dataset.instrument, consent);
    the("consent").close();
    await overview.now();
  });
});
the("consent-back").addEventListener("click", () => the("consent").close());
the("leave").addEventListener("click", signedOut);

// ------------------------------------------------------------------- beginning

try {
  about = await get("/development/about");
  document.title = `${about.name} – bank`;
  the("name").textContent = about.name;
  if (token) await begin();
  else signedOut();
} catch (problem) {
  showProblem(the("problem"), problem);
}
