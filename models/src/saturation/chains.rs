//! The chains.

use super::Chain;

/// One more instrument of bank 0.
const SECOND: &str = "[[binding]]\nbank = 0\ninstrument = 1\nasked_by = \"holder\"\n";
/// And one more.
const THIRD: &str = "[[binding]]\nbank = 0\ninstrument = 2\nasked_by = \"holder\"\n";
/// One more payment like the first.
const PAYMENT: &str = "[[operation]]\nkind = \"pay\"\nby = \"holder\"\ndevice = 0\namount = 2\n";
/// One more sign-in of the attacker.
const GUESS: &str = "[[operation]]\nkind = \"sign_in\"\nby = \"attacker\"\ndevice = 1\n";

const REGISTERED: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }]
operation = [{ kind = "sign_in", by = "holder", device = 0 }]
faults = { leaves = false, deadlines = false, duplicates = false }
limits = { approvals_waiting = 3 }
[[binding]]
bank = 0
asked_by = "holder"
"#;

const LIMITED: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }]
operation = [{ kind = "sign_in", by = "holder", device = 0 }]
faults = { leaves = false, deadlines = false, duplicates = false }
limits = { approvals_waiting = 1 }
[[binding]]
bank = 0
asked_by = "holder"
"#;

const APPROVED: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }]
account = [{ owner = "holder", verified = true, devices = [0] }]
operation = [{ kind = "approve_binding", by = "holder", device = 0 }]
limits = { approvals_waiting = 1 }
faults = { leaves = false, deadlines = false, duplicates = false }
[[binding]]
bank = 0
asked_by = "holder"
"#;

const LEFT: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }]
account = [{ owner = "holder", verified = true, devices = [0] }]
limits = { approvals_waiting = 1 }
faults = { deadlines = false, duplicates = false }
[[binding]]
bank = 0
asked_by = "holder"
"#;

const BANKS: &str = r#"
device = [{ owner = "holder" }]
faults = { leaves = false, deadlines = false }
[[bank]]
honest = true
[[binding]]
bank = 0
asked_by = "holder"
"#;

const DEVICES: &str = r#"
bank = [{ honest = true }]
account = [{ owner = "holder", verified = true, devices = [0] }]
faults = { sessions = true, ageing = true }
[[device]]
owner = "holder"
[[operation]]
kind = "sign_in"
by = "holder"
device = 0
[[operation]]
kind = "close_account"
by = "holder"
device = 0
"#;

const REVOKED: &str = r#"
bank = [{ honest = true }]
account = [{ owner = "holder", verified = true, devices = [0, 1] }]
faults = { sessions = true }
[[device]]
owner = "holder"
[[device]]
owner = "holder"
[[operation]]
kind = "revoke_device"
by = "holder"
device = 0
other_device = 1
"#;

const PAYMENTS: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }]
account = [{ owner = "holder", verified = true, devices = [0] }]
binding = [{ bank = 0, asked_by = "holder" }]
limits = { total_medium_from = 3 }
faults = { leaves = false, deadlines = false, duplicates = false }
[[operation]]
kind = "approve_binding"
by = "holder"
device = 0
[[operation]]
kind = "pay"
by = "holder"
device = 0
amount = 2
"#;

const GUESSES: &str = r#"
bank = [{ honest = true }]
device = [{ owner = "holder" }, { owner = "attacker" }]
account = [{ owner = "holder", verified = true, devices = [0] }]
faults = { time = true }
adversary = { guesses = true }
[[operation]]
kind = "sign_in"
by = "attacker"
device = 1
"#;

/// One more bank, with one instrument.
const BANK_1: &str = "[[bank]]\nhonest = true\n[[binding]]\nbank = 1\nasked_by = \"holder\"\n";
/// And one more.
const BANK_2: &str = "[[bank]]\nhonest = true\n[[binding]]\nbank = 2\nasked_by = \"holder\"\n";

/// One more device, and a sign-in on it.
const DEVICE_1: &str = r#"
[[device]]
owner = "holder"
[[operation]]
kind = "sign_in"
by = "holder"
device = 1
"#;
/// And one more.
const DEVICE_2: &str = r#"
[[device]]
owner = "holder"
[[operation]]
kind = "sign_in"
by = "holder"
device = 2
"#;

/// The second device revokes the first.
const REVOKES_0: &str = r#"
[[operation]]
kind = "revoke_device"
by = "holder"
device = 1
other_device = 0
"#;
/// One more device, which the first revokes.
const REVOKES_2: &str = r#"
[[device]]
owner = "holder"
[[operation]]
kind = "revoke_device"
by = "holder"
device = 0
other_device = 2
"#;

/// Every chain.
pub const CHAINS: &[Chain] = &[
    Chain {
        name: "bindings-registered",
        about: "instruments of one bank, for a person without an account who signs in",
        base: REGISTERED,
        more: &[SECOND, THIRD],
        grows: None,
    },
    Chain {
        name: "bindings-limited",
        about: "the same, where only one approval may wait",
        base: LIMITED,
        more: &[SECOND, THIRD],
        grows: Some("the first is spared approval, and of the others the third is one too many"),
    },
    Chain {
        name: "bindings-approved",
        about: "instruments on an account that was there, the first of which may be approved",
        base: APPROVED,
        more: &[SECOND, THIRD],
        grows: None,
    },
    Chain {
        name: "bindings-left",
        about: "instruments on an account that was there, each of which may be given up",
        base: LEFT,
        more: &[SECOND, THIRD],
        grows: None,
    },
    Chain {
        name: "banks",
        about: "banks with an instrument each, for a person without an account",
        base: BANKS,
        more: &[BANK_1, BANK_2],
        grows: None,
    },
    Chain {
        name: "devices",
        about: "devices on which the holder signs in, until the first closes the account",
        base: DEVICES,
        more: &[DEVICE_1, DEVICE_2],
        grows: None,
    },
    Chain {
        name: "revocations",
        about: "devices that revoke one another",
        base: REVOKED,
        more: &[REVOKES_0, REVOKES_2],
        grows: Some("only with a third can one whose own revocation is executed be revoked"),
    },
    Chain {
        name: "payments",
        about: "payments through one link, of which one is small and two are not",
        base: PAYMENTS,
        more: &[PAYMENT, PAYMENT],
        grows: None,
    },
    Chain {
        name: "guesses",
        about: "sign-ins of an attacker on his device, who guesses",
        base: GUESSES,
        more: &[GUESS, GUESS, GUESS],
        grows: None,
    },
];
