// What a person has to prove: a challenge in a dialog, the ways to answer it, and her messages.

import { doing, get, grouped, looking, make, open, read, showProblem, the } from "./common.js";
import { asserted, created, keep, kept } from "./device.js";
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
  return read(fetch("/development/identity", { method: "POST", headers, body }));
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
 * goes on. `words` say what is to be approved where the server can only say it by an id, `code` is
 * the binding code that is known already, `earlier` the last message before it.
 */
export async function challenged(device, challenge, { way, title, words, code, earlier }) {
  const dialog = the("challenge");
  the("challenge-title").textContent = title;
  explain(challenge.to_approve, title, words);
  const fresh = code && !(await spent()).includes(code);
  the("code").value = fresh ? grouped(code, 8) : "";
  the("sent").value = "";
  showProblem(the("challenge-problem"), null);
  prepare(way);
  delete the("messages").dataset.number;
  const phone = looking(() => showMessages(earlier), 700);
  open(dialog);
  firstEmpty(way)?.focus();
  phone.begin();
  try {
    return await answered(device, challenge);
  } finally {
    phone.end();
    dialog.close();
  }
}

/** How many codes are remembered; older ones do not count any more by themselves. */
const REMEMBERED = 16;

/** The codes that were presented from this device: spent, whatever became of them. */
const spent = async () => (await kept("spent")) ?? [];

const spend = async (code) => keep("spent", [...(await spent()), code].slice(-REMEMBERED));

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
  the("challenge-other").hidden = !other;
  the("challenge-other").textContent = otherGo ?? "";
  the("challenge-other").dataset.way = other ?? "";
}

/** The codes after which no answer to the same challenge is of use. */
const OVER = [
  "challenge_expired", "challenge_limit_reached", "invalid_state", "not_found", "state_timeout",
];

/** Tells that an answer was not accepted, and unfolds what helps. */
function notAccepted(problem, way) {
  if (problem.code !== "challenge_invalid") return problem;
  the("stuck").open = !the("stuck").hidden;
  // Whatever was wrong, a binding code that was presented is spent.
  the("code").value = "";
  return problem.as(WAYS[way].not ?? problem.code);
}

/** Waits for the person, and answers as often as she likes and the server takes. */
function answered(device, challenge) {
  const left = new AbortController();
  return new Promise((resolve, reject) => {
    const answer = async (way) => {
      const how = await device.ask("/v1/invitation", { challenge: challenge.challenge });
      const proof = await WAYS[way].proof(how, left.signal);
      if (proof.binding_code) await spend(proof.binding_code);
      const message = { challenge: challenge.challenge, device: device.id, proof };
      return device.tellOnce("challenge_answer", message).catch((problem) => {
        if (problem.code === "idempotency_in_progress") return null;
        throw problem;
      });
    };
    const run = (button, way) =>
      doing(button, the("challenge-problem"), async () => {
        try {
          resolve(await answer(way));
        } catch (problem) {
          if (!OVER.includes(problem.code)) throw notAccepted(problem, way);
          reject(problem);
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
      reject(new Problem("left"));
    };
    the("challenge-back").onclick = leave;
    the("challenge").oncancel = leave;
  });
}

// ------------------------------------------------------------------- messages

async function messages() {
  return (await get("/development/inbox").catch(() => ({ messages: [] }))).messages;
}

/** The number of the newest message. */
export async function newestMessage() {
  return (await messages())[0]?.number ?? 0;
}

/** What came to the person's phone after that message. Only development shows it here. */
async function showMessages(earlier) {
  const newest = (await messages()).find((message) => message.number > earlier);
  const place = the("messages");
  const number = String(newest?.number ?? 0);
  if (place.dataset.number === number) return;
  place.dataset.number = number;
  const code = make("strong", { id: "message" }, newest?.code ?? "");
  place.replaceChildren(
    make("p", { class: "fine" }, "Your phone, shown here in development"),
    newest
      ? make("p", {}, `To ${contactOf(newest.contact)}: your code is `, code)
      : make("p", {}, "No message yet."),
  );
}

// ------------------------------------------------------------------- what became of it

/** An operation that was not executed, as a problem. */
export function refused(told) {
  if (!told) return new Problem("in_progress");
  if (told.outcome === "expired") return new Problem("expired");
  // A bank says no more of a payment that it does not stand by.
  const own = { instrument_unavailable: "payment_refused" };
  const said = own[told.reason] ?? told.reason;
  return new Problem(told.reason, { told: sentencesOf(said) ? said : "refused" });
}
