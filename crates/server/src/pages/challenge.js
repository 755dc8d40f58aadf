// What a person has to prove: a challenge in a dialog, the ways to answer it, and her messages.

import { doing, get, grouped, looking, make, open, Problem, read, showProblem, the } from "./common.js";
import { asserted, created } from "./device.js";

/** Every way to answer a challenge: what is asked for, and what makes a proof of it. */
const WAYS = {
  passkey: {
    go: "Confirm with your passkey",
    proof: async (how, signal) => ({ assertion: await asserted(how, signal) }),
  },
  first: {
    fields: ["code", "sent"],
    go: "Make a passkey and sign in",
    other: "passkey",
    otherGo: "I have a passkey already",
    proof: async (how, signal) => ({ ...typed(), authenticator: await created(how, signal) }),
  },
  approval: {
    fields: ["code", "sent"],
    go: "Approve with your passkey",
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
    go: "Prove it",
    proof: async () => ({ identity: (await vouched()).evidence }),
  },
  identity: {
    fields: ["identity"],
    go: "Prove it, and make a new passkey",
    proof: async (how, signal) => {
      const { evidence } = await vouched();
      return { identity: evidence, authenticator: await created(how, signal) };
    },
  },
  enrolment: {
    go: "Confirm, then make the new one",
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
 * Shows a challenge to this device until it is answered or left alone; the outcome, or none if it goes
 * on. `code` is the binding code that is known already, `earlier` the last message before it.
 */
export async function challenged(device, challenge, { way, title, code, earlier }) {
  const dialog = the("challenge");
  the("challenge-title").textContent = title;
  the("challenge-words").textContent = challenge.to_approve;
  the("code").value = code ? grouped(code, 8) : "";
  the("sent").value = "";
  showProblem(the("challenge-problem"), null);
  prepare(way);
  delete the("messages").dataset.number;
  const phone = looking(() => showMessages(earlier), 700);
  open(dialog);
  phone.begin();
  try {
    return await answered(device, challenge);
  } finally {
    phone.end();
    dialog.close();
  }
}

function prepare(way) {
  const dialog = the("challenge");
  const { fields = [], go, other, otherGo } = WAYS[way];
  dialog.dataset.way = way;
  for (const field of ["code", "sent", "identity"]) {
    the(`${field}-field`).hidden = !fields.includes(field);
    // Nothing is sent that lacks something: it would cost a try, and the binding code.
    the(field).required = fields.includes(field);
  }
  the("messages").hidden = !fields.includes("sent");
  the("challenge-go").textContent = go;
  the("challenge-other").hidden = !other;
  the("challenge-other").textContent = otherGo ?? "";
  the("challenge-other").dataset.way = other ?? "";
}

/** Waits for the person, and answers as often as she likes and the server takes. */
function answered(device, challenge) {
  const left = new AbortController();
  return new Promise((resolve, reject) => {
    const answer = async (way) => {
      const how = await device.ask("/v1/invitation", { challenge: challenge.challenge });
      const proof = await WAYS[way].proof(how, left.signal);
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
          if (problem.code !== "challenge_expired") throw problem;
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
      reject(
        new Problem(400, {
          title: "You have left it.",
          next_action: "Nothing was done. What was asked expires by itself.",
          code: "left",
        }),
      );
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
  place.replaceChildren(
    make("p", { class: "fine" }, "Development: your phone"),
    newest
      ? make("p", {}, `To ${newest.contact}: your code is `, make("strong", { id: "message" }, newest.code))
      : make("p", {}, "No message yet."),
  );
}

// ------------------------------------------------------------------- what became of it

/** An operation that was not executed, as a problem. */
export function refused(told) {
  if (!told) {
    return new Problem(409, {
      title: "The bank has not answered yet.",
      next_action: "The wallet goes on asking; look again in a while.",
      code: "in_progress",
    });
  }
  if (told.outcome === "expired") {
    return new Problem(410, { title: "It took too long.", next_action: "Begin again.", code: "expired" });
  }
  const sentences = {
    challenge_limit_reached: "Too many answers were not accepted.",
    step_up_locked: "Authentication is closed for now, after too many answers that were not accepted.",
    instrument_unavailable: "The bank does not stand by this payment.",
    step_up_required: "More authentication is needed than was given.",
  };
  return new Problem(409, {
    title: sentences[told.reason] ?? "It was refused.",
    next_action: "Nothing was done.",
    code: told.reason,
  });
}
