//! A register that clients of stateright's write and read, with its test of linearizability as the
//! history: with one server it is linearizable, with two that know nothing of each other it is not.

use std::borrow::Cow;

use stateright::Expectation;
use stateright::actor::register::{RegisterActor, RegisterMsg};
use stateright::actor::{Actor, ActorModel, Id, Network, Out};
use stateright::semantics::LinearizabilityTester;
use stateright::semantics::register::Register;

/// A server with one value.
#[derive(Clone)]
pub struct Server;

/// What is sent.
pub type Message = RegisterMsg<u64, char, ()>;

impl Actor for Server {
    type Msg = Message;
    type State = char;
    type Timer = ();
    type Random = ();
    type Storage = ();

    fn on_start(&self, _: Id, _: &Option<()>, _: &mut Out<Self>) -> char {
        '-'
    }

    fn on_msg(
        &self,
        _: Id,
        value: &mut Cow<char>,
        from: Id,
        message: Message,
        out: &mut Out<Self>,
    ) {
        match message {
            RegisterMsg::Put(request, new) => {
                *value.to_mut() = new;
                out.send(from, RegisterMsg::PutOk(request));
            }
            RegisterMsg::Get(request) => out.send(from, RegisterMsg::GetOk(request, **value)),
            _ => {}
        }
    }
}

/// Clients and servers.
pub type Shop = ActorModel<RegisterActor<Server>, (), LinearizabilityTester<Id, Register<char>>>;

/// So many clients who write once each and read, and so many servers.
pub fn shop(clients: usize, servers: usize, network: Network<Message>) -> Shop {
    ActorModel::new((), LinearizabilityTester::new(Register('-')))
        .actors((0..servers).map(|_| RegisterActor::Server(Server)))
        .actors((0..clients).map(|_| RegisterActor::Client { put_count: 1, server_count: servers }))
        .init_network(network)
        .record_msg_in(RegisterMsg::record_returns)
        .record_msg_out(RegisterMsg::record_invocations)
        .property(Expectation::Always, "linearizable", |_, state| {
            state.history.serialized_history().is_some()
        })
        .property(Expectation::Always, "nothing is read that nobody wrote", |_, state| {
            state.network.iter_deliverable().all(|envelope| match envelope.msg {
                RegisterMsg::GetOk(_, value) => value.is_ascii_uppercase() || *value == '-',
                _ => true,
            })
        })
        .property(Expectation::Sometimes, "something is read", |_, state| {
            state.network.iter_deliverable().any(
                |envelope| matches!(envelope.msg, RegisterMsg::GetOk(_, value) if *value != '-'),
            )
        })
}
