//! The banks that the kit is, as a wallet server under test sees them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use bindproof::bank::binding;
use bindproof::bank::debit::{self, Debit};
use bindproof::refusal::Refusal;
use bindproof::wire::{
    self, BindingId, DebitAnswer, DebitReason, DebitRequest, Envelope, Issuer, LinkNotice,
    OperationId,
};

use crate::faults::{Faults, Mark};
use crate::listen::{Back, Desk, Post};
use crate::sendings::{Sending, Sendings};

/// One bank's desk: what wallets send it.
#[derive(Debug)]
pub struct BankDesk {
    name: Issuer,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    posts: Vec<Post>,
    debits: BTreeMap<OperationId, (Debit, DebitRequest)>,
    refuses: Vec<BindingId>,
    silent: Vec<(BindingId, u32)>,
    sendings: Sendings,
    faults: Faults,
}

impl BankDesk {
    /// The desk of the bank with this name.
    pub fn new(name: Issuer) -> Self {
        Self { name, kept: Mutex::default() }
    }

    fn kept<T>(&self, of: impl FnOnce(&mut Kept) -> T) -> T {
        of(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on debits of this binding are not covered.
    pub fn refuse(&self, binding: BindingId) {
        self.kept(|kept| kept.refuses.push(binding));
    }

    /// The next so many requests about this binding are not answered, or are so in time.
    pub fn answer_nothing(&self, binding: BindingId, times: u32) {
        self.kept(|kept| {
            kept.silent.retain(|(of, _)| *of != binding);
            kept.silent.push((binding, times));
        });
    }

    /// Everything that has arrived about a binding.
    pub fn about(&self, binding: BindingId) -> Vec<Post> {
        let text = binding.to_string();
        let is_about = |post: &&Post| {
            let body = post.loosely();
            let said = body.pointer("/message/binding").and_then(serde_json::Value::as_str);
            said == Some(&text)
        };
        self.kept(|kept| kept.posts.iter().filter(is_about).cloned().collect())
    }

    /// What was decided on a debit.
    pub fn debit(&self, operation: OperationId) -> Option<bool> {
        self.kept(|kept| {
            let decided = kept.debits.get(&operation)?;
            Some(decided.0 == Debit::Accepted)
        })
    }

    /// What was wrong with what arrived, since the last time that it was looked at.
    pub fn faults(&self) -> Vec<String> {
        self.kept(|kept| kept.faults.take())
    }

    /// A case about these bindings has failed: what was wrong with what arrived is no other case's,
    /// nor is what is still wrong with what arrives about them.
    pub fn excuse(&self, bindings: impl IntoIterator<Item = BindingId>) {
        self.kept(|kept| kept.faults.excuse(bindings.into_iter().map(Mark::binding)));
    }

    /// Reads a message about a binding and compares its sending with those before.
    fn read<M: wire::Request>(
        &self,
        post: &Post,
        binding: impl FnOnce(&M) -> BindingId,
    ) -> Option<Envelope<M>> {
        let read = post.message::<M>();
        self.kept(|kept| match &read {
            Ok(envelope) => {
                let wrong = kept.sendings.take(&Sending::of(envelope, post.at));
                kept.faults.found(Some(&Mark::binding(binding(&envelope.message))), wrong);
            }
            Err(error) => kept.faults.unread(post, format!("{}: {error}", post.path)),
        });
        read.ok()
    }

    fn is_silent(&self, binding: BindingId) -> bool {
        self.kept(|kept| match kept.silent.iter_mut().find(|(of, _)| *of == binding) {
            Some((_, times)) if *times > 0 => {
                *times -= 1;
                true
            }
            _ => false,
        })
    }

    fn keep(&self, post: &Post) {
        self.kept(|kept| kept.posts.push(post.clone()));
    }

    fn notice(&self, post: &Post) -> Back {
        let Some(envelope) = self.read(post, |notice: &LinkNotice| notice.0.binding) else {
            return Back::Problem(Refusal::RequestMalformed);
        };
        match self.is_silent(envelope.message.0.binding) {
            true => Back::Fault,
            // The receipt: an answer that is no problem.
            false => Back::Body("{}".to_owned()),
        }
    }

    fn decide(&self, post: &Post) -> Back {
        let Some(envelope) = self.read(post, |debit: &DebitRequest| debit.binding) else {
            return Back::Problem(Refusal::RequestMalformed);
        };
        let request = envelope.message;
        if self.is_silent(request.binding) {
            return Back::Fault;
        }
        let decided = self.kept(|kept| {
            let known = kept.debits.get(&request.operation).copied();
            let covered = !kept.refuses.contains(&request.binding);
            let input = debit::Input {
                own: true,
                same_content: known.is_none_or(|(_, before)| before == request),
                binding: binding::State::Active,
                covered,
            };
            let before = known.map_or(Debit::Absent, |(debit, _)| debit);
            let verdict = debit::step(before, input);
            if let bindproof::verdict::Verdict::Apply(step) = verdict {
                kept.debits.insert(request.operation, (step.state, request));
            }
            verdict.refusal().map_or_else(|| Ok(kept.debits[&request.operation].0), Err)
        });
        let debit = match decided {
            Err(refusal) => return Back::Problem(refusal),
            Ok(Debit::Accepted) => wire::Debit::Accepted,
            Ok(Debit::Refused | Debit::Absent) => wire::Debit::Refused(DebitReason::NotCovered),
        };
        let answer = DebitAnswer { operation: request.operation, debit };
        Back::answer(self.name, envelope.request_id, answer)
    }
}

impl Desk for BankDesk {
    fn take(&self, post: &Post) -> Back {
        let back = match post.path.as_str() {
            "/v1/link_notice" => self.notice(post),
            "/v1/debit_request" => self.decide(post),
            other => {
                let fault = format!("a bank answers to nothing at {other}");
                self.kept(|kept| kept.faults.unread(post, fault));
                Back::Problem(Refusal::NotFound)
            }
        };
        self.keep(post);
        back
    }

    fn untrusted(&self, post: &Post) {
        let why = post.signature.as_ref().err().map(ToString::to_string).unwrap_or_default();
        self.kept(|kept| kept.faults.unread(post, format!("{}: {why}", post.path)));
        self.keep(post);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::Within;

    fn post(path: &str, key: Option<&str>, body: String) -> Post {
        Post {
            path: path.to_owned(),
            key: key.map(str::to_owned),
            is_json: true,
            body: body.into(),
            signature: Ok(()),
            at: Within { from_ms: 0, to_ms: 0 },
        }
    }

    #[test]
    fn what_comes_again_after_its_case_has_failed_is_charged_to_no_other() {
        let desk = BankDesk::new("north".parse().expect("a name"));
        let [hers, other] = [1, 2].map(|number| BindingId::from_bytes([number; 16]));
        let malformed = |binding: BindingId| {
            let body = format!("{{\"message\":{{\"binding\":\"{binding}\"}}}}");
            post("/v1/link_notice", None, body)
        };
        let half = |key| post("/v1/link_notice", Some(key), "{".to_owned());
        desk.take(&half("key-1"));
        // The case looks at them, and fails.
        assert_eq!(desk.faults().len(), 1);
        desk.excuse([hers]);
        desk.take(&malformed(hers));
        desk.untrusted(&malformed(hers));
        desk.take(&half("key-1"));
        assert_eq!(desk.faults(), Vec::<String>::new());
        desk.take(&malformed(other));
        desk.take(&half("key-2"));
        assert_eq!(desk.faults().len(), 2);
        assert_eq!(desk.about(hers).len(), 2, "they are there all the same");
    }

    #[test]
    fn what_is_misaddressed_or_cannot_be_read_is_a_fault_and_is_kept() {
        let desk = BankDesk::new("north".parse().expect("a name"));
        let binding = BindingId::from_bytes([1; 16]);
        let body = format!("{{\"message\":{{\"binding\":\"{binding}\"}}}}");
        for (path, why) in [
            ("/v1/link_notice", "missing field"),
            ("/v1/debit_request", "missing field"),
            ("/v1/link_end", "a bank answers to nothing at /v1/link_end"),
        ] {
            let post = post(path, None, body.clone());
            assert!(matches!(desk.take(&post), Back::Problem(_)));
            let faults = desk.faults();
            assert!(faults.len() == 1 && faults[0].contains(why), "{path}: {faults:?}");
        }
        assert_eq!(desk.about(binding).len(), 3);
    }
}
