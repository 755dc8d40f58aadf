// What both apps share: elements, requests and their problems, looking again, and dialogs.
// Nothing here decides about the protocol: a page asks its server, and shows what it says.

import { Problem } from "./problems.js";

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

/** A server that takes longer to answer is not there. */
const PATIENCE_MS = 15_000;

const unreachable = () => {
  throw new Problem("unreachable", { retry: "same_key" });
};

/** The body of an answer, or its problem. */
export async function read(path, init) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const response = await fetch(path, { ...init, signal }).catch(unreachable);
  // What is no JSON says nothing; what breaks off has not arrived.
  const unread = (error) => (error instanceof SyntaxError ? {} : unreachable());
  const body = await response.json().catch(unread);
  if (!response.ok) throw Problem.of(response.status, body ?? {});
  return body;
}

export const get = (path) => read(path, { headers: { accept: "application/json" } });

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

/** The notes in dialogs; an open dialog keeps everything else from being heard. */
function note(dialogs, text) {
  for (const place of document.querySelectorAll(`${dialogs} .said`)) place.textContent = text;
}

/** Says something to who sees the page and to who hears it. */
export function say(text) {
  note("dialog[open]", text);
  const place = the("status");
  place.textContent = text;
  place.classList.add("shown");
  clearTimeout(say.timer);
  say.timer = setTimeout(() => place.classList.remove("shown"), 6000);
}

/** What helps those who are asked for help, folded away. */
function support({ code, instance }) {
  const reference = instance ? make("p", { class: "fine" }, `Request: ${instance}`) : null;
  return make(
    "details", { class: "support" },
    make("summary", {}, "For support"),
    make("p", { class: "fine" }, `Code: ${code}`),
    reference,
  );
}

/**
 * Shows a problem in `place`, which is an alert; takes it away without one. One that is shown
 * already is left alone, so that it is not read out again.
 */
export function showProblem(place, problem) {
  place.hidden = !problem;
  if (!problem) {
    delete place.dataset.shown;
    return place.replaceChildren();
  }
  if (!(problem instanceof Problem)) console.error(problem);
  const known = problem instanceof Problem ? problem : new Problem("unexpected");
  if (place.dataset.shown === known.message) return;
  place.dataset.shown = known.message;
  place.replaceChildren(
    make("p", {}, make("strong", {}, known.message)),
    make("p", {}, known.next),
    support(known),
  );
}

/** Shows why a look has failed; it is the looks that go on by themselves. */
export function showConnection(problem) {
  const goesOn = problem?.code === "unreachable" ? problem.as("trying") : problem;
  showProblem(the("connection"), goesOn);
}

/** Says beside a field what is wrong with it, or nothing any more. */
export function mark(field, sentence) {
  const place = the(`${field.id}-wrong`);
  place.textContent = sentence ?? "";
  place.hidden = !sentence;
  if (sentence) field.setAttribute("aria-invalid", "true");
  else field.removeAttribute("aria-invalid");
}

/** Does something that a button asked for: once at a time, with its problem shown in `place`. */
export async function doing(button, place, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  showProblem(place, null);
  note("dialog", "");
  try {
    await work();
  } catch (problem) {
    // Who has left something knows it: that is no alarm.
    if (problem.code === "left") return say(`${problem.message} ${problem.next}`);
    // A dialog that she has closed in the meantime shows nothing.
    const seen = place.closest("dialog:not([open])") ? the("problem") : place;
    showProblem(seen, problem);
    seen.scrollIntoView({ block: "nearest" });
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Does what the page begins with; if it fails, there is a button that does it again. */
export async function beginning(work) {
  const place = the("again");
  const once = async () => {
    await work();
    place.replaceChildren();
  };
  const again = async () => {
    await once();
    if (document.activeElement === document.body) the("main").focus();
  };
  try {
    showProblem(the("problem"), null);
    await once();
  } catch (problem) {
    document.querySelector("main .loading")?.remove();
    place.replaceChildren(button("Try again", "begin-again", the("problem"), again, "main"));
    showProblem(the("problem"), problem);
  }
}

/** A button that does something. By its id the focus stays on it when the page is drawn anew. */
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
  note("dialog", "");
  dialog.showModal();
}

/** Draws anew; the focus, what is unfolded and what has been typed stay as they were. */
export function draw(place, ...children) {
  const focused = document.activeElement?.id;
  const folds = [...place.querySelectorAll("details")];
  const unfolded = new Map(folds.map(({ id, open }) => [id, open]));
  const fields = [...place.querySelectorAll("input")];
  const typed = new Map(fields.map(({ id, value }) => [id, value]));
  place.replaceChildren(...children.flat().filter(Boolean));
  for (const field of place.querySelectorAll("input")) {
    field.value = typed.get(field.id) ?? field.value;
  }
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
    begin: async () => {
      wanted = true;
      await running;
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

/** The name of a state in the specification's own form: a word, or one with what belongs to it. */
export const nameOf = (state) => (typeof state === "string" ? state : Object.keys(state)[0]);
export const partOf = (state) => (typeof state === "string" ? null : Object.values(state)[0]);

export const pill = (tone, label) => make("span", { class: `pill ${tone}` }, label);

/** A button that is a choice: what it is called, and in small print what comes of it. */
export const choice = (label, means, id, place, work, kind = "") => {
  const made = button(label, id, place, work, `choice ${kind}`);
  made.append(make("span", { class: "means" }, means));
  return made;
};

/** A code in groups, so that it can be read; the same ones in both apps, so that it is compared. */
export const grouped = (code) => code.match(/.{1,8}/g).join(" ");
