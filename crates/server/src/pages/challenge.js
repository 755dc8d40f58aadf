// What a person has to prove: a challenge in a dialog, the ways to answer it, her messages, and
// what becomes of that which she has asked for.

import {
  doing, get, grouped, looking, make, open, pause, read, say, showProblem, the,
} from "./common.js";
import { asserted, change, created, kept, unmade } from "./device.js";
import { contactOf } from "./names.js";
import { Problem, sentencesOf } from "./problems.js";

/**
 * Every way to answer a challenge: what is asked for, what makes a proof of it, in which sentences
 * it is told that the answer was not accepted, and what helps then.
 */
const WAYS = {
  passkey: {
    go: "Confirm with your passkey",
    not: "passkey_not_accepted",
    proof: async (how, signal) => ({ assertion: await asserted(how, signal) }),
  },
  // Whose account it is was said by the passkey. One that was made while nobody was named, at a
  // recovery, says nobody's.
  alone: {
    go: "Confirm with your passkey",
    not: "passkey_alone_not_accepted",
    proof: async (how, signal) => ({ assertion: await asserted(how, signal) }),
  },
  first: {
    fields: ["code", "sent"],
    go: "Make a passkey and sign in",
    other: "passkey",
    otherGo: "I have a passkey already",
    not: "codes_not_accepted",
    stuck: [
      "No message has come? You may have signed in before: use your passkey.",
      "Added more than one card? Go back, and open the one that you added first.",
      "Lost your passkey? Go back, and choose “I cannot sign in any more”.",
    ],
    proof: async (how, signal) => ({ ...typed(), authenticator: await created(how, signal) }),
  },
  approval: {
    fields: ["code", "sent"],
    go: "Approve with your passkey",
    not: "codes_not_accepted",
    proof: async (how, signal) => ({ ...typed(), assertion: await asserted(how, signal) }),
  },
  possession: {
    fields: ["sent"],
    go: "Confirm with the code",
    other: "passkey",
    otherGo: "Use your passkey",
    proof: async () => typed(),
  },
  proof: {
    fields: ["identity"],
    not: "identity_not_accepted",
    go: "Confirm who I am",
    proof: async () => ({ identity: (await vouched()).evidence }),
  },
  identity: {
    fields: ["identity"],
    not: "identity_not_accepted",
    go: "Confirm, and make a new passkey",
    proof: async (how, signal) => {
      const { evidence } = await vouched();
      return { identity: evidence, authenticator: await created(how, signal) };
    },
  },
  enrolment: {
    go: "Confirm, then make the new one",
    not: "passkey_not_accepted",
    proof: async (how, signal) => {
      const assertion = await asserted(how, signal);
      return { assertion, authenticator: await created(how, signal) };
    },
  },
};

async function vouched() {
  const person = the("identity").value.trim().toLowerCase();
  const body = JSON.stringify({ person });
  const headers = { "content-type": "application/json" };
  return read("/development/identity", { method: "POST", headers, body });
}

function typed() {
  const proof = {};
  const code = the("code").value.replaceAll(/\s/g, "").toLowerCase();
  const sent = the("sent").value.replaceAll(/\s/g, "");
  if (!the("code-field").hidden && code) proof.binding_code = code;
  if (!the("sent-field").hidden && sent) proof.one_time_code = sent;
  return proof;
}

/**
 * Shows a challenge to this device until it is answered or left alone; the outcome, or none if it
 * goes on or is not known. `words` say what is to be approved where the server can only say it by
 * an id, `known` the binding code that came with a link and until when it counts, `begun` says of
 * the operation whether an answer is lost, and is told whether she has left.
 */
async function challenged(device, challenge, asked) {
  const { way, title, words, known, begun } = asked;
  const dialog = the("challenge");
  the("challenge-title").textContent = title;
  explain(challenge.to_approve, title, words);
  const code = known && !(await spent()).includes(known.code) ? grouped(known.code) : "";
  the("code").value = code;
  the("sent").value = "";
  showProblem(the("challenge-problem"), begun.lost ? new Problem("not_arrived") : null);
  prepare(way);
  the("messages").dataset.challenge = challenge.challenge;
  showMessage(challenge, undefined);
  const phone = looking(async () => showMessage(challenge, await messageFor(challenge)), 700);
  open(dialog);
  firstEmpty(way)?.focus();
  phone.begin();
  // Presented when it counts no more, it would cost a try.
  const old = code && setTimeout(() => tooOld(code), known.until - Date.now());
  try {
    return await answered(device, challenge, asked);
  } finally {
    phone.end();
    clearTimeout(old);
    dialog.close();
    // No code stays where somebody else may find it.
    for (const field of ["code", "sent"]) the(field).value = "";
  }
}

/** Takes the code away that came with a link, unless another one has been typed since. */
function tooOld(code) {
  if (the("code").value !== code) return;
  the("code").value = "";
  showProblem(the("challenge-problem"), new Problem("code_too_old"));
}

/** How many codes are remembered; older ones do not count any more by themselves. */
const REMEMBERED = 16;

/** The codes that were presented from this device: spent, whatever became of them. */
const spent = async () => (await kept("spent")) ?? [];

const spend = (code) => change("spent", (codes = []) => [...codes, code].slice(-REMEMBERED));

/** What is to be approved: in the server's own words, which may stand in small print. */
function explain(own, title, words) {
  the("challenge-words").textContent = words ?? own;
  the("challenge-words").hidden = !words && own === title;
  the("challenge-own").textContent = own;
  the("challenge-exactly").hidden = !words;
  the("challenge-exactly").open = false;
}

const firstEmpty = (way) =>
  (WAYS[way].fields ?? []).map((field) => the(field)).find((field) => !field.value);

function prepare(way) {
  const dialog = the("challenge");
  const { fields = [], go, other, otherGo, stuck = [] } = WAYS[way];
  dialog.dataset.way = way;
  for (const field of ["code", "sent", "identity"]) {
    the(`${field}-field`).hidden = !fields.includes(field);
    // Nothing is sent that lacks something: it would cost a try, and the binding code.
    the(field).required = fields.includes(field);
  }
  the("messages").hidden = !fields.includes("sent");
  the("stuck").hidden = stuck.length === 0;
  the("stuck").open = false;
  the("stuck-ways").replaceChildren(...stuck.map((sentence) => make("li", {}, sentence)));
  the("challenge-go").textContent = go;
  // An answer to what was asked before may still be on its way.
  for (const id of ["challenge-go", "challenge-other"]) the(id).removeAttribute("aria-busy");
  the("challenge-other").hidden = !other;
  the("challenge-other").textContent = otherGo ?? "";
  the("challenge-other").dataset.way = other ?? "";
}

/** The codes after which no answer to the same challenge is of use. */
const OVER = [
  "challenge_expired", "challenge_limit_reached", "invalid_state", "not_found", "state_timeout",
];

/** The ways in, for which a device's key is of no use any more once it was signed out for good. */
const WAYS_IN = ["sign_in", "recover"];

function inOwnWords(device, problem, kind) {
  if (problem.code !== "device_unknown" || !WAYS_IN.includes(kind)) return problem;
  device.out = true;
  return problem.as("device_signed_out");
}

/** Tells that an answer was not accepted, and unfolds what helps. */
function notAccepted(device, problem, way, kind) {
  if (problem.code !== "challenge_invalid") return inOwnWords(device, problem, kind);
  the("stuck").open = !the("stuck").hidden;
  // A binding code that was presented is spent, whatever was wrong; another way presents none.
  if (WAYS[way].fields?.includes("code")) the("code").value = "";
  return problem.as(WAYS[way].not ?? problem.code);
}

/** What answers a challenge in this way. */
async function prove(device, challenge, way, signal) {
  const how = await device.ask("/v1/invitation", { challenge: challenge.challenge });
  const proof = await WAYS[way].proof(how, signal);
  if (signal.aborted) await discard([proof]);
  signal.throwIfAborted();
  return proof;
}

/** Passkeys that were made for proofs of which none is taken are of no use. */
async function discard(proofs) {
  for (const { authenticator } of proofs) if (authenticator) await unmade(authenticator);
}

/**
 * The codes that do not come from a decision. A browser may send the same bytes twice by itself:
 * then the signature is spent by the first, and only the second is answered.
 */
const UNDECIDED = ["signature_invalid", "no_decision", "too_many_requests"];

/** Whether a problem leaves open what became of that which it was told for. */
export const leavesOpen = (problem) =>
  !(problem instanceof Problem) || problem.retry === "same_key" ||
  [...OVER, ...UNDECIDED].includes(problem.code);

/** Presents a proof, once: the outcome, or none as long as nobody knows what becomes of it. */
async function present(device, challenge, proof, begun) {
  if (proof.binding_code) await spend(proof.binding_code);
  // From here on nobody knows whether it arrives, should the page be loaded anew.
  begun.noted = true;
  begun.presented.push(proof);
  await remember(begun);
  const message = { challenge: challenge.challenge, device: device.id, proof };
  return device.tellOnce("challenge_answer", message).catch(async (problem) => {
    if (leavesOpen(problem)) return null;
    await discard([proof]);
    if (!begun.lost) {
      await forgetAll([begun.operation]);
      begun.noted = false;
    }
    throw problem;
  });
}

/** How long an answer is waited for that was on its way when the person left. */
const ON_ITS_WAY_MS = 10_000;

/** That the person has left; `again` says that an answer is lost, and may arrive yet. */
const leaving = (again) =>
  again ? new Problem("left", { told: "left_unsure", retry: "same_key" }) : new Problem("left");

/** What became of an answer that was on its way when the person left. */
function ofSent(sent, again) {
  const refusedIt = () => {
    throw leaving(again);
  };
  return Promise.race([sent.catch(refusedIt), pause(ON_ITS_WAY_MS)]);
}

/** Waits for the person, and answers as often as she likes and the server takes. */
function answered(device, challenge, { kind, begun }) {
  const again = begun.lost;
  const left = new AbortController();
  /** The answer that is on its way: until it is back, nobody may say that nothing was done. */
  let sent = null;
  return new Promise((resolve, reject) => {
    const answer = async (way) => {
      const proof = await prove(device, challenge, way, left.signal);
      if (sent) return discard([proof]);
      sent = present(device, challenge, proof, begun);
      try {
        resolve(await sent);
      } catch (problem) {
        sent = null;
        throw problem;
      }
    };
    const failed = (problem, way) => {
      if (!OVER.includes(problem.code)) throw notAccepted(device, problem, way, kind);
      if (again) resolve(null);
      else reject(problem);
    };
    const run = (button, way) =>
      doing(button, the("challenge-problem"), async () => {
        try {
          await answer(way);
        } catch (problem) {
          if (!left.signal.aborted) failed(problem, way);
        }
      });
    the("challenge-form").onsubmit = (event) => {
      event.preventDefault();
      run(the("challenge-go"), the("challenge").dataset.way);
    };
    the("challenge-other").onclick = () =>
      run(the("challenge-other"), the("challenge-other").dataset.way);
    const leave = () => {
      left.abort();
      begun.left = true;
      if (!sent) return reject(leaving(again));
      the("challenge").close();
      resolve(ofSent(sent, again));
    };
    the("challenge-back").onclick = leave;
    the("challenge").oncancel = leave;
  });
}

// ------------------------------------------------------------------- messages

/** What came to the person's phone for this challenge, if it is there: shown in development. */
async function messageFor({ challenge }) {
  const { messages } = await get("/development/inbox").catch(() => ({ messages: [] }));
  return messages.find((message) => message.challenge === challenge);
}

/**
 * Shows it, unless another challenge has been shown since. What is there already is left alone, so
 * that it is not read out again.
 */
function showMessage({ challenge }, message) {
  const place = the("messages");
  const drawn = [
    make("p", { class: "fine" }, "Your phone, shown here in development"),
    message
      ? make("p", {}, `To ${contactOf(message.contact)}: your code is `,
        make("strong", { id: "message" }, message.code))
      : make("p", {}, "No message yet."),
  ];
  const text = drawn.map((line) => line.textContent).join("");
  if (place.dataset.challenge !== challenge || place.textContent === text) return;
  place.replaceChildren(...drawn);
}

// ------------------------------------------------------------------- what became of it

/** Outcomes of which more is known than their reason says. */
const OUTCOMES = {
  // A bank says no more of a payment that it does not stand by.
  pay: { instrument_unavailable: "payment_refused" },
  sign_in: { limit_exceeded: "too_many_devices" },
};

/** An operation that was not executed, as a problem. */
export function refused(told, kind) {
  if (!told) return new Problem("in_progress", { retry: "same_key" });
  if (!told.outcome) return new Problem("unknown_yet", { retry: "same_key" });
  if (told.outcome === "expired") return new Problem("expired");
  const said = OUTCOMES[kind]?.[told.reason] ?? told.reason;
  return new Problem(told.reason, { told: sentencesOf(said) ? said : "refused" });
}

// ------------------------------------------------------------------- operations

/**
 * Operations to which an answer was given, and nobody knows yet what became of them, by what was
 * asked for: asked for again, they go on, also after the page was loaded anew. Without an answer
 * nothing is executed, and there is nothing to go on with.
 */
const unsettled = async () => (await kept("unsettled")) ?? new Map();

const remember = ({ what, operation }) =>
  change("unsettled", (all = new Map()) => all.set(what, operation));

/** Forgets those of these operations of which nobody knew what became. How many they were. */
export async function settled(operations) {
  // What is worked on is told by who does.
  if (working) return 0;
  return forgetAll(operations);
}

async function forgetAll(operations) {
  let found = 0;
  await change("unsettled", (all = new Map()) => {
    const stays = [...all].filter(([, operation]) => !operations.includes(operation));
    found = all.size - stays.length;
    return new Map(stays);
  });
  return found;
}

/** How often a challenge is shown whose answers are lost. */
const ROUNDS = 3;
/** How long an operation is looked after that is being worked on, and when a word is said of it. */
const PATIENCE_MS = 10_000;
const A_WORD_MS = 3_000;
let working = false;

/** Does one thing at a time: they share the dialog, and the device. */
export async function alone(work) {
  if (working) throw new Problem("busy");
  working = true;
  try {
    return await work();
  } finally {
    working = false;
  }
}

/**
 * Has an operation executed, with whatever the person has to prove for it. Its id, and whether it
 * is one of `before` that was executed without an answer of now.
 */
export const execute = ({ device, account }, { kind, more }, proofs) =>
  alone(async () => {
    const what = JSON.stringify([device.id, account, kind, more]);
    const before = (await unsettled()).get(what);
    const operation = before ?? crypto.randomUUID();
    const lost = Boolean(before);
    const begun = { what, operation, lost, noted: lost, left: false, over: false, presented: [] };
    const request = { operation, kind, device: device.id, environment: "normal", ...more };
    if (account && kind !== "recover") request.account ??= account;
    try {
      const rounds = await executed(device, request, { ...proofs, kind, begun });
      return { operation, before: Boolean(before) && rounds === 0 };
    } catch (problem) {
      throw begun.lost && !begun.over ? problem : inOwnWords(device, problem, kind);
    } finally {
      if (begun.noted && (begun.over || !begun.lost)) await forgetAll([operation]);
    }
  });

/** How often the person was shown a challenge until it was executed. */
async function executed(device, request, proofs) {
  const { begun } = proofs;
  const notNow = (problem) => {
    throw begun.lost ? unknownYet(problem) : problem;
  };
  let told = await asked(device, request).catch(notNow);
  told ??= await became(device, request);
  let round = 0;
  // Who has left is not asked again: she is doing something else by now.
  for (; told?.challenge && !begun.left && round < ROUNDS; round += 1) {
    told = await challenged(device, told, { ...proofs, known: proofs.known() });
    begun.lost ||= !told;
    told ??= await became(device, request);
  }
  if (told?.challenge && begun.left) throw leaving(true);
  begun.over = Boolean(told?.outcome);
  if (begun.over && told.outcome !== "executed") await discard(begun.presented);
  if (told?.outcome !== "executed") throw refused(told, request.kind);
  return round;
}

/** A problem while nobody knows what became of it: none says that nothing was done. */
function unknownYet(problem) {
  if (!(problem instanceof Problem)) console.error(problem);
  const { code, instance } = problem instanceof Problem ? problem : new Problem("unexpected");
  return new Problem(code, { told: "unknown_yet", retry: "same_key", instance });
}

/** Where an operation stands: its challenge or its outcome, or none as long as it is worked on. */
const asked = (device, request) =>
  device.tell("operation_request", request).catch((problem) => {
    if (problem.code === "idempotency_in_progress") return null;
    throw problem;
  });

/** What became of an operation; none if that is not known in good time. */
async function became(device, request) {
  const word = () => say("This takes longer than usual. One moment more …");
  const slow = setTimeout(word, A_WORD_MS);
  try {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until;) {
      await pause(250);
      const told = await asked(device, request);
      if (told) return told;
    }
  } catch (problem) {
    throw unknownYet(problem);
  } finally {
    clearTimeout(slow);
  }
  return null;
}
