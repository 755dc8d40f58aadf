// What a person is told when something does not work: for each code two sentences, what is wrong
// and what she does next. The codes themselves are for support, in small print.

/** Every code that a server answers, and those of the pages themselves. */
const SENTENCES = {
  // The refusals of the protocol.
  request_malformed: [
    "Something that was entered cannot be used.",
    "Look at what you entered, change it and try again.",
  ],
  signature_invalid: [
    "It could not be made sure that it is you.",
    "Sign in again. If that does not help, look whether the clock of this device is right.",
  ],
  not_found: ["This is not there any more.", "It may be over by now. Look at your cards again."],
  idempotency_conflict: ["This has been asked for already, in another way.", "Begin again."],
  idempotency_in_progress: ["This is still being worked on.", "Wait a moment, then look again."],
  request_stale: [
    "This was on its way for too long.",
    "Try again. If that does not help, look whether the clock of this device is right.",
  ],
  origin_not_allowed: ["This cannot be asked for here.", "Ask your bank for help."],
  consent_missing: ["Your agreement is missing.", "Tick both boxes, then confirm again."],
  holder_not_authenticated: [
    "Your bank has to know that it is you.",
    "Confirm again that it is you.",
  ],
  holder_mismatch: ["This belongs to somebody else.", "Sign in as the person who holds it."],
  instrument_unavailable: [
    "This cannot be used at present.",
    "If you have blocked it, unblock it in your bank’s app. Otherwise ask your bank.",
  ],
  already_bound: [
    "This is in a wallet already, or about to be.",
    "Remove it from there first if you want to add it anew.",
  ],
  binding_limit_reached: [
    "Too many cards are in the wallet or wait for approval.",
    "Approve, decline or remove one, then try again.",
  ],
  account_unavailable: [
    "This cannot be done with this account.",
    "If you had another one, sign in to it or get back in.",
  ],
  account_exists_approval_required: [
    "This needs your approval in the wallet.",
    "Open the wallet’s app and approve it there.",
  ],
  device_unknown: ["You are not signed in on this device.", "Sign in, then try again."],
  step_up_locked: [
    "This is closed for now, because too many answers were not accepted.",
    "Try again later, at the latest tomorrow, or get back in by proof of who you are.",
  ],
  challenge_limit_reached: ["Too many answers were not accepted.", "Begin again."],
  challenge_expired: ["It took too long.", "Begin again."],
  challenge_invalid: ["Your answer was not accepted.", "Look at what you entered and try again."],
  step_up_required: [
    "You have to confirm more than you did.",
    "Begin again, and confirm what you are asked for.",
  ],
  limit_exceeded: [
    "This is more than is allowed at one time.",
    "Try with less, or wait a while and try again.",
  ],
  binding_pending: ["The card is not quite ready yet.", "Wait a moment, then try again."],
  state_timeout: ["The time for this has run out.", "Begin again."],
  invalid_state: ["This has changed in the meantime.", "Look at it again and go on from there."],

  // The same refusals where more is known of what was being done.
  codes_not_accepted: [
    "This was not accepted.",
    "Enter both codes again. A binding code counts once: wait half a minute, and take a new one " +
      "from your bank’s app.",
  ],
  code_too_old: [
    "The binding code is too old by now.",
    "Take a new one from your bank’s app. The code from the message still counts.",
  ],
  passkey_not_accepted: [
    "The passkey was not accepted.",
    "Try again with the passkey of this wallet.",
  ],
  passkey_alone_not_accepted: [
    "The passkey was not accepted like this.",
    "In your bank’s app, choose “Open in the wallet”, and sign in with your passkey then.",
  ],
  identity_not_accepted: [
    "This does not prove who you are.",
    "Look at what you entered and try again.",
  ],
  device_signed_out: [
    "This device was signed out for good.",
    "Choose “Use it as a new device” where you sign in, and go on there.",
  ],
  too_many_devices: [
    "There is no room for another device.",
    "Sign out a device that you do not need, on one where you are signed in. Then try again here.",
  ],
  payment_refused: [
    "The bank has not taken this payment.",
    "Nothing was paid. Try with less, or ask your bank.",
  ],
  refused: ["This was not done.", "Nothing has changed. Begin again if you want to."],

  // What no refusal was answered for.
  no_decision: ["The server could not do this just now.", "Wait a moment, then try again."],
  too_many_requests: ["This was asked for too often.", "Wait a minute, then try again."],
  unreachable: [
    "The server does not answer.",
    "Look whether you are connected, then try again.",
  ],
  trying: [
    "The server does not answer.",
    "Look whether you are connected. This page goes on trying by itself.",
  ],
  busy: ["Something else is being done just now.", "Wait until it is done, then try again."],
  not_arrived: ["Your answer has not arrived.", "Confirm it again. It is not done twice."],
  unknown_yet: [
    "It is not known yet what became of this.",
    "Look whether you are connected, then choose the same again here. It is not done twice.",
  ],
  in_progress: [
    "Your bank has not answered yet.",
    "The wallet goes on asking. Look again in a while before you begin anything new.",
  ],
  expired: ["It took too long.", "Nothing was done. Begin again."],
  left: ["You have left it.", "Nothing was done."],
  left_unsure: ["You have left it.", "If your first answer arrives after all, it is done."],
  no_invitation: [
    "This is no link from a bank’s app.",
    "In your bank’s app, copy the address of “Open in the wallet” and paste it here.",
  ],
  no_key: [
    "This browser is too old for the wallet.",
    "Use Chromium 137, Firefox 129 or Safari 17, or a later one.",
  ],
  passkey: [
    "The passkey was not used.",
    "Try again, and confirm on your device when it asks you.",
  ],
  passkey_names_nobody: [
    "This passkey does not say whose it is.",
    "In your bank’s app, choose “Open in the wallet”, and sign in with your passkey then.",
  ],
  unexpected: [
    "This did not work.",
    "Load this page again. If that does not help, ask for help with what stands below.",
  ],
};

/** Why a bank or a wallet has decided against a binding, for good. */
const REASONS = {
  consent_missing: "The wallet did not get your agreement. Add it again and tick both boxes.",
  account_unavailable: "The wallet cannot take it in. Sign in to the wallet, then add it again.",
  binding_limit_reached: "Too many are in the wallet or wait there. Settle one, then add it again.",
  instrument_unavailable: "It could not be used. If it is blocked, unblock it and add it again.",
  declined: "You declined it in the wallet.",
};

/** The two sentences of a code; none if there are none. */
export const sentencesOf = (code) => (Object.hasOwn(SENTENCES, code) ? SENTENCES[code] : null);

/** Why a binding was decided against; none if that is not known. */
export const reasonOf = (reason) => (Object.hasOwn(REASONS, reason) ? REASONS[reason] : null);

/**
 * What went wrong, for a person. `code` is what support is told; `told` names other sentences where
 * more is known than the code says.
 */
export class Problem extends Error {
  constructor(code, { told = code, retry = "never", instance = null } = {}) {
    const [what, next] = sentencesOf(told) ?? SENTENCES.unexpected;
    super(what);
    this.next = next;
    this.code = code;
    this.retry = retry;
    this.instance = instance;
  }

  /** The problem that a server has answered (RFC 9457). */
  static of(status, { code, retry, instance }) {
    const late = status === 429 ? "too_many_requests" : "no_decision";
    const again = status >= 500 || status === 429 ? "same_key" : "never";
    return new Problem(code ?? late, { retry: retry ?? again, instance });
  }

  /** The same problem, in the sentences of another code. */
  as(told) {
    const { code, retry, instance } = this;
    return new Problem(code, { told, retry, instance });
  }
}
