//! Scopes made of alike parts.

/// Each by its name.
pub const SCOPES: &[(&str, &str)] = &[
    ("three-bindings", THREE_BINDINGS),
    ("three-codes", THREE_CODES),
    ("three-payments", THREE_PAYMENTS),
    ("two-devices", TWO_DEVICES),
    ("three-devices-in-hand", THREE_DEVICES_IN_HAND),
    ("two-prepared-accounts", TWO_PREPARED_ACCOUNTS),
    ("two-hostile-bindings", TWO_HOSTILE_BINDINGS),
    ("two-hostile-banks", TWO_HOSTILE_BANKS),
];

const THREE_BINDINGS: &str = r#"
name = "three-bindings"
about = "Three instruments of one bank."
bank = [{ honest = true }, { honest = true }]
device = [{ owner = "holder" }]
binding = [
    { bank = 0, instrument = 0, asked_by = "holder" },
    { bank = 0, instrument = 1, asked_by = "holder" },
    { bank = 0, instrument = 2, asked_by = "holder" },
]
faults = { leaves = false, deadlines = false, duplicates = false }
"#;

const THREE_CODES: &str = r#"
name = "three-codes"
about = "Three instruments of one bank, and a sign-in that has their codes to choose from."
bank = [{ honest = true }]
device = [{ owner = "holder" }]
binding = [
    { bank = 0, instrument = 0, asked_by = "holder" },
    { bank = 0, instrument = 1, asked_by = "holder" },
    { bank = 0, instrument = 2, asked_by = "holder" },
]
operation = [{ kind = "sign_in", by = "holder", device = 0 }]
limits = { approvals_waiting = 2 }
faults = { leaves = false, deadlines = false, duplicates = false, mistakes = true }
"#;

const THREE_PAYMENTS: &str = r#"
name = "three-payments"
about = "An approval, and three payments that are alike."
bank = [{ honest = true }]
device = [{ owner = "holder" }]
account = [{ owner = "holder", verified = true, devices = [0] }]
binding = [{ bank = 0, asked_by = "holder" }]
operation = [
    { kind = "approve_binding", by = "holder", device = 0 },
    { kind = "pay", by = "holder", device = 0, amount = 2 },
    { kind = "pay", by = "holder", device = 0, amount = 2 },
    { kind = "pay", by = "holder", device = 0, amount = 2 },
]
limits = { total_medium_from = 5 }
faults = { leaves = false, deadlines = false, duplicates = false }
"#;

const TWO_DEVICES: &str = r#"
name = "two-devices"
about = "Two devices that revoke one another."
bank = [{ honest = true }]
device = [{ owner = "holder" }, { owner = "holder" }]
account = [{ owner = "holder", verified = true, devices = [1, 0] }]
operation = [
    { kind = "revoke_device", by = "holder", device = 1, other_device = 0 },
    { kind = "revoke_device", by = "holder", device = 0, other_device = 1 },
]
faults = { mistakes = true, time = true, sessions = true }
"#;

const THREE_DEVICES_IN_HAND: &str = r#"
name = "three-devices-in-hand"
about = "Three devices, none known yet, and a sign-in on each by an attacker who guesses."
bank = [{ honest = true }]
device = [{ owner = "attacker" }, { owner = "attacker" }, { owner = "attacker" }]
account = [{ owner = "holder", verified = true }]
operation = [
    { kind = "sign_in", by = "attacker", device = 0, again = true },
    { kind = "sign_in", by = "attacker", device = 1, again = true },
    { kind = "sign_in", by = "attacker", device = 2, again = true },
]
faults = { time = true, deadlines = false }
adversary = { guesses = true }
"#;

const TWO_PREPARED_ACCOUNTS: &str = r#"
name = "two-prepared-accounts"
about = "Two prepared accounts, an honest bank, and one that names any account."
bank = [{ honest = true }, { honest = false }]
device = [{ owner = "attacker" }, { owner = "attacker" }]
account = [
    { owner = "attacker", verified = false, devices = [0] },
    { owner = "attacker", verified = false, devices = [1] },
]
binding = [
    { bank = 1, asked_by = "attacker", instrument_of = "attacker", contact_of = "attacker" },
]
operation = [
    { kind = "verify_identity", by = "holder", device = 0, account = 0 },
    { kind = "verify_identity", by = "holder", device = 1, account = 1 },
]
adversary = { holds_phone = true, false_device = true }
"#;

const TWO_HOSTILE_BINDINGS: &str = r#"
name = "two-hostile-bindings"
about = "An attacker's two instruments at a hostile bank, and his sign-in."
bank = [{ honest = false }]
device = [{ owner = "attacker" }]
binding = [
    { bank = 0, instrument = 3, asked_by = "attacker", instrument_of = "attacker" },
    { bank = 0, instrument = 1, asked_by = "attacker", instrument_of = "attacker" },
]
operation = [{ kind = "sign_in", by = "attacker", device = 0 }]
faults = { time = true, blocks = 1 }
adversary = { guesses = true, meddles = true, sees_codes = true }
"#;

const TWO_HOSTILE_BANKS: &str = r#"
name = "two-hostile-banks"
about = "Two hostile banks, of which one speaks for both."
bank = [{ honest = false }, { honest = false }]
device = [{ owner = "attacker" }]
binding = [
    { bank = 0, asked_by = "attacker", instrument_of = "attacker" },
    { bank = 1, asked_by = "attacker", instrument_of = "attacker" },
]
"#;
