//! The wallet server's side of HTTP: what persons ask who set up an account by themselves.

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use bindproof::refusal::Refusal;
use bindproof::wire::AccountId;

use super::answer::Said;
use super::bank::barred;
use super::edge::{Barred, Received};
use super::own::{
    AccountNamed, RegistrationAsked, RegistrationInvitation, RegistrationInvitationAsked,
};
use super::wallet::Server;
use crate::drive::Step;
use crate::key::Person;
use crate::store::StoreError;

/// An account is named that is not there yet, in a shard of its own.
pub(super) async fn invited(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: RegistrationInvitationAsked = received.own()?;
        if !received.device(&wallet.node, asked.device).await? {
            return Err(Barred::from(Refusal::SignatureInvalid));
        }
        let account = AccountId::from_bytes(wallet.node.world.uuid());
        let whose = Person::of_account(account);
        let step = wallet.transact(&whose, &[], |drive| drive.invite(account, asked.device));
        let Step::Done(invitation) = step.await? else {
            return Err(Refusal::IdempotencyInProgress.into());
        };
        let invitation = serde_json::from_str(&invitation)
            .map_err(|error| StoreError::corrupt("an invitation", error))?;
        Ok(Said::json(&RegistrationInvitation { account, invitation }))
    };
    let said = said.await;
    barred(&wallet.node, &received, said).respond()
}

/// The account is set up.
pub(super) async fn set_up(State(wallet): Server, received: Received) -> Response<Body> {
    let said = async {
        let asked: RegistrationAsked = received.own()?;
        if !received.device(&wallet.node, asked.device).await? {
            return Err(Barred::from(Refusal::SignatureInvalid));
        }
        let (account, device) = (asked.account, asked.device);
        let whose = Person::of_account(account);
        let step = wallet
            .transact(&whose, &[], |drive| drive.set_up(account, device, &asked.authenticator));
        match step.await? {
            Step::Done(true) => Ok(Said::json(&AccountNamed { account })),
            Step::Done(false) => Err(Refusal::ChallengeInvalid.into()),
            Step::Elsewhere => Err(Refusal::IdempotencyInProgress.into()),
        }
    };
    let said = said.await;
    barred(&wallet.node, &received, said).respond()
}
