// The device's key, and the requests that it signs (RFC 9421). The key is made here and cannot be
// taken out of the browser: what is kept is a handle to it.

import { envelope, newKey, read, repeated } from "./common.js";
import { Problem } from "./problems.js";

const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));

/** A request of IndexedDB as a promise. */
const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function drawer() {
  const opening = indexedDB.open("bindproof-wallet", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("kept");
  return done(opening);
}

/** What this browser keeps under a name. */
export async function kept(name) {
  const place = (await drawer()).transaction("kept").objectStore("kept");
  return done(place.get(name));
}

export async function keep(name, value) {
  const place = (await drawer()).transaction("kept", "readwrite").objectStore("kept");
  return done(value === undefined ? place.delete(name) : place.put(value, name));
}

/** Changes what is kept under a name, at one go: other tabs keep things, too. */
export async function change(name, changed) {
  const place = (await drawer()).transaction("kept", "readwrite").objectStore("kept");
  return done(place.put(changed(await done(place.get(name))), name));
}

/** This browser as a device: its key, and whether that is known to be signed out for good. */
export class Device {
  out = false;

  constructor(pair, id) {
    this.pair = pair;
    this.id = id;
  }

  /** The device that this browser is; it becomes one at its first visit. */
  static async here() {
    let pair = await kept("key");
    if (!pair) {
      try {
        pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
      } catch {
        throw new Problem("no_key");
      }
      await keep("key", pair);
    }
    return new Device(pair, hex(await crypto.subtle.exportKey("raw", pair.publicKey)));
  }

  /** Another key: what the old one was trusted with is over for this browser. */
  static async anew() {
    await keep("key", undefined);
    return Device.here();
  }

  /** Sends a body, signed by the device's key for this request and this moment. */
  async post(path, body, key) {
    const fields = {
      "content-type": "application/json",
      "content-digest": `sha-256=:${base64(await crypto.subtle.digest("SHA-256", bytes(body)))}:`,
    };
    if (key) fields["idempotency-key"] = key;
    const signed = await this.signed(path, fields);
    return read(path, { method: "POST", headers: { ...fields, ...signed }, body });
  }

  /** The two fields of a signature: what is covered, and the signature over it. */
  async signed(path, fields) {
    const parts = [
      ["@method", "POST"],
      ["@authority", location.host],
      ["@path", path],
      ["@query", "?"],
      ...Object.entries(fields),
    ];
    const covered = parts.map(([name]) => `"${name}"`).join(" ");
    const created = Math.floor(Date.now() / 1000);
    const parameters =
      `(${covered});created=${created};nonce="${newKey()}";keyid="${this.id}"` +
      `;alg="ed25519";tag="bindproof-device"`;
    const lines = parts.map(([name, value]) => `"${name}": ${value}`);
    const base = [...lines, `"@signature-params": ${parameters}`].join("\n");
    const made = await crypto.subtle.sign("Ed25519", this.pair.privateKey, bytes(base));
    const signature = `bindproof=:${base64(made)}:`;
    return { "signature-input": `bindproof=${parameters}`, signature };
  }

  /** A message of the protocol, sent until it is answered. */
  async tell(name, message) {
    const key = newKey();
    const path = `/v1/${name}`;
    return (await repeated(() => this.post(path, envelope(name, message, key), key))).message;
  }

  /** The same, sent once: an answer to a challenge counts each time. */
  async tellOnce(name, message) {
    const key = newKey();
    return (await this.post(`/v1/${name}`, envelope(name, message, key), key)).message;
  }

  /** A request of the server's own, which is no message. */
  async ask(path, body) {
    return this.post(path, JSON.stringify({ ...body, device: this.id }));
  }
}

// ------------------------------------------------------------------- passkeys

const text = (buffer) =>
  base64(buffer).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Only what the server reads: a proof has room for a kilobyte. */
function form(credential, names) {
  const response = {};
  for (const name of names) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: text(credential.rawId), type, response });
}

async function ceremony(run) {
  try {
    return await run();
  } catch (error) {
    throw new Problem(error.name, { told: "passkey" });
  }
}

/** A new passkey, made for this challenge; `signal` says when the person has left it. */
export const created = (invitation, signal) =>
  ceremony(async () => {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(invitation.create.publicKey);
    const credential = await navigator.credentials.create({ publicKey, signal });
    return form(credential, ["attestationObject", "clientDataJSON"]);
  });

/**
 * A passkey that was made and not taken: no server knows it, so the browser is told that it is of
 * no use (those that can be told). Otherwise it would be offered to the person from then on.
 */
export async function unmade(authenticator) {
  const credentialId = JSON.parse(authenticator).id;
  const told = PublicKeyCredential.signalUnknownCredential?.({
    rpId: location.hostname, credentialId,
  });
  // It is a courtesy: what is amiss with it is nothing that she could do anything about.
  await told?.catch(console.error);
}

/** What a passkey says to this challenge; `signal` says when the person has left it. */
export const asserted = (invitation, signal) =>
  ceremony(async () => {
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(invitation.get.publicKey);
    const credential = await navigator.credentials.get({ publicKey, signal });
    return form(credential, ["authenticatorData", "clientDataJSON", "signature", "userHandle"]);
  });

/** The five parts of an id between its hyphens. */
const UUID = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/**
 * Whose account a passkey on this device is for, by what was written into it when it was made. That
 * proves nothing: signing in to the account does.
 */
export async function accountOfPasskey() {
  const user = await ceremony(async () => {
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const publicKey = { challenge, userVerification: "discouraged" };
    return (await navigator.credentials.get({ publicKey })).response.userHandle;
  });
  const id = user && hex(user).match(UUID);
  if (!id) throw new Problem("passkey_names_nobody");
  return id.slice(1).join("-");
}
