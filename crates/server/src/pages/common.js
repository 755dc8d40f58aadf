// What both apps share: elements, requests and their problems, looking again, and dialogs.
// Nothing here decides about the protocol: a page asks its server, and shows what it says.

/** An element with attributes, listeners (`onclick`) and children; what is null is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

export const the = (id) => document.getElementById(id);

/** What a server said no with: the sentence for people, and what to do next (RFC 9457). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.title ?? "The server could not decide.");
    this.status = status;
    this.code = body.code ?? "no_decision";
    this.retry = body.retry ?? (status >= 500 ? "same_key" : "never");
    this.next = NEXT[this.code] ?? body.next_action ?? "Wait a moment, then try again.";
  }
}

/** What a person does next, where the problem's own sentence speaks to a program. */
const NEXT = {
  consent_missing: "Tick both boxes, then confirm again.",
  holder_not_authenticated: "Confirm again that it is you.",
  challenge_invalid: "Look at what you entered and try again. A binding code counts only once: take a new one.",
  challenge_expired: "Begin again.",
  challenge_limit_reached: "Begin again.",
  step_up_locked: "Wait half an hour, or prove who you are.",
  step_up_required: "Begin again and confirm when you are asked.",
  device_unknown: "Sign in on this device.",
  binding_limit_reached: "Finish or remove one first.",
  already_bound: "It is in a wallet already, or about to be.",
  limit_exceeded: "Try with less, or later.",
  signature_invalid: "Sign in again. If that does not help, look whether the clock is right.",
  not_found: "It may be over by now. Look again.",
  invalid_state: "It has changed meanwhile. Look again.",
};

/** The server did not answer. */
const unreachable = () =>
  new Problem(503, { title: "The server does not answer.", code: "unreachable" });

/** The body of an answer, or its problem. */
export async function read(fetching) {
  let response;
  try {
    response = await fetching;
  } catch {
    throw unreachable();
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, body);
  return body;
}

export const get = (path) => read(fetch(path, { headers: { accept: "application/json" } }));

const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Sends until there is an answer that is not to be repeated. Each sending is made anew. */
export async function repeated(send) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (problem) {
      if (attempt === ATTEMPTS || problem.retry !== "same_key") throw problem;
    }
    await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1));
  }
}

export const newKey = () => crypto.randomUUID().replaceAll("-", "");

/** A message of the protocol. The key stays the same when it is sent again; id and time do not. */
export function envelope(name, message, key) {
  const common = { protocol: "bindproof/1", name, request_id: crypto.randomUUID() };
  const keyed = key ? { idempotency_key: key } : {};
  return JSON.stringify({ ...common, ...keyed, issued_at: Date.now(), message });
}

/** Says something to who sees the page and to who hears it. */
export function say(text) {
  const place = the("status");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("shown"), 6000);
}

/** Shows a problem in `place`, which is an alert; takes it away without one. */
export function showProblem(place, problem) {
  place.hidden = !problem;
  if (!problem) return place.replaceChildren();
  if (!(problem instanceof Problem)) console.error(problem);
  const code = problem instanceof Problem ? make("p", { class: "fine" }, problem.code) : null;
  const next = problem.next ? make("p", {}, problem.next) : null;
  place.replaceChildren(make("p", {}, make("strong", {}, problem.message)), next ?? "", code ?? "");
}

/** Does something that a button asked for: once at a time, with its problem shown in `place`. */
export async function doing(button, place, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  showProblem(place, null);
  try {
    await work();
  } catch (problem) {
    showProblem(place, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** A button that does something. Its id keeps the focus where it was when the page is drawn anew. */
export function button(label, id, place, work, kind = "") {
  const made = make("button", { type: "button", id, class: kind }, label);
  made.addEventListener("click", () => doing(made, place, work));
  return made;
}

/** Opens a dialog. When it closes, the focus goes back to what has opened it, drawn anew or not. */
export function open(dialog) {
  const opener = document.activeElement?.id;
  const back = () => {
    if (document.activeElement === document.body) (the(opener) ?? the("main")).focus();
  };
  dialog.addEventListener("close", back, { once: true });
  dialog.showModal();
}

/** Draws anew; the focus and what is unfolded stay where they were. */
export function draw(place, ...children) {
  const focused = document.activeElement?.id;
  const unfolded = new Map([...place.querySelectorAll("details")].map(({ id, open }) => [id, open]));
  place.replaceChildren(...children.flat().filter(Boolean));
  for (const shown of place.querySelectorAll("details")) {
    shown.open = unfolded.get(shown.id) ?? shown.open;
  }
  if (focused && document.activeElement === document.body) (the(focused) ?? the("main")).focus();
}

/**
 * Looks every now and then, as long as the page is seen and until it is ended. `now` looks anew
 * also if a look is under way, which may have seen what was before.
 */
export function looking(look, everyMs = 1000) {
  let timer;
  let running = null;
  let wanted = false;
  const once = () => {
    clearTimeout(timer);
    running ??= look().finally(() => {
      running = null;
      clearTimeout(timer);
      if (wanted && !document.hidden) timer = setTimeout(once, everyMs);
    });
    return running;
  };
  document.addEventListener("visibilitychange", () => {
    if (wanted && !document.hidden) once();
  });
  return {
    begin: () => {
      wanted = true;
      return once();
    },
    now: async () => {
      await running;
      return once();
    },
    end: () => {
      wanted = false;
      clearTimeout(timer);
    },
  };
}

/** The name of a state in the specification's own form: a word, or a word with what belongs to it. */
export const nameOf = (state) => (typeof state === "string" ? state : Object.keys(state)[0]);
export const partOf = (state) => (typeof state === "string" ? null : Object.values(state)[0]);

export const pill = (tone, label) => make("span", { class: `pill ${tone}` }, label);

/** A code in groups, so that it can be read. */
export const grouped = (code, size = 4) => code.match(new RegExp(`.{1,${size}}`, "g")).join(" ");
