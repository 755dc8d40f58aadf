//! Who waits for what where a property of progress is broken, in words.

use bindproof::bank::client::State as Client;

use super::progress::{Entry, Half, Request};
use crate::drive::index;
use crate::model::Protocol;
use crate::network::ToWallet;
use crate::story;
use crate::words;
use crate::world::World;

impl<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>
    Protocol<B, O, A, D, S>
{
    /// Who waits for what in `world`, in this part of the property of progress called `name`: a
    /// sentence without its end. Nothing if there is no such part.
    pub fn who_waits(
        &self,
        name: &str,
        part: usize,
        world: &World<B, O, A, D, S>,
    ) -> Option<String> {
        Some(match name {
            "every-request-settles" => self.request(*self.requests().get(part)?, world),
            "ledgers-come-to-agree" => match *self.entries().get(part)? {
                Entry::Binding(b) => both_halves(world, b),
                Entry::Payment(o) => self.payment(world, o),
            },
            "no-half-stays-alone" => match *self.halves().get(part)? {
                Half::Binding(b) => both_halves(world, b),
                Half::Account(a) => {
                    let account = words::account(world.accounts[a]);
                    format!("account {a} ({account}) has no binding that could be used")
                }
            },
            "an-end-reaches-both-sides" => both_halves(world, self.begun().nth(part)?),
            "every-challenge-settles" => {
                let state = words::operation(*world.operations.get(part)?);
                format!("{} stays: {state}", self.operation(part))
            }
            _ => return None,
        })
    }

    fn request(&self, request: Request, world: &World<B, O, A, D, S>) -> String {
        match request {
            Request::Client(b) if world.clients[b] == Client::Leaving => format!(
                "the holder's bank client gives binding {b} up, and waits to be told that it is \
                 over"
            ),
            Request::Client(b) => format!(
                "the holder's bank client asks for binding {b}, and waits to be told that it is \
                 active or over"
            ),
            Request::Bank(b) => {
                let message = owed(world, b);
                format!("the bank of binding {b} sends {message}, and waits for an answer")
            }
            Request::Notice(b) => {
                format!("the wallet sends its LinkNotice for binding {b}, and waits for a receipt")
            }
            Request::Asker(o) => format!(
                "the holder's wallet client waits to be told what became of {}",
                self.operation(o)
            ),
            Request::Debit(o) => {
                format!("the wallet sends the DebitRequest of {}, and waits", self.operation(o))
            }
        }
    }

    fn payment(&self, world: &World<B, O, A, D, S>, o: usize) -> String {
        format!(
            "{} stays {} at the wallet, and its debit {:?} at the bank",
            self.operation(o),
            words::operation(world.operations[o]),
            world.debits[o]
        )
    }

    /// "operation 1 (pay 2,000 through link 0)".
    fn operation(&self, o: usize) -> String {
        format!("operation {o} ({})", story::operation_name(&self.scope, o as u8))
    }
}

/// What bank and wallet say of a binding, and what is still sent about it.
fn both_halves<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    world: &World<B, O, A, D, S>,
    b: usize,
) -> String {
    let (binding, link) = (words::binding(world.bindings[b]), words::link(world.links[b]));
    let [at_bank, at_wallet] = [world.binding_account[b], world.link_account[b]].map(|account| {
        index(account).map_or_else(String::new, |account| format!(" on account {account}"))
    });
    let sent = match (owed(world, b), world.notices[b]) {
        (messages, _) if !messages.is_empty() => format!("; the bank sends {messages} in vain"),
        (_, true) => "; the wallet sends its LinkNotice in vain".to_owned(),
        _ => "; nobody sends anything about it any more".to_owned(),
    };
    format!(
        "binding {b} stays {binding}{at_bank} at the bank, and its link {link}{at_wallet} at the \
         wallet{sent}"
    )
}

/// What the bank of a binding repeats.
fn owed<const B: usize, const O: usize, const A: usize, const D: usize, const S: usize>(
    world: &World<B, O, A, D, S>,
    b: usize,
) -> String {
    let owed = world.to_wallet[b].owed;
    let messages = ToWallet::ALL.into_iter().filter(|message| owed & message.bit() != 0);
    messages.map(ToWallet::name).collect::<Vec<_>>().join(" and ")
}
