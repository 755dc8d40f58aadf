//! Accounts that no bank has had made: by a recovery that names none, and by persons themselves.

use bindproof::wire::{AccountId, Action, OperationId, OperationRequest};
use serde_json::json;

use super::proof::text;
use super::{Given, Person, Phone, Play};
use crate::call::By;
use crate::oracle::Told;
use crate::trouble::{Tried, Trouble};

impl Play<'_> {
    /// A recovery that names no account.
    pub const fn unnamed(&self, phone: &Phone, operation: OperationId) -> OperationRequest {
        let nobody = AccountId::from_bytes([0; 16]);
        let account = None;
        OperationRequest { account, ..self.wish(phone, operation, nobody, Action::Recover) }
    }

    /// A person proves who she is in a recovery that names no account; the account that she has
    /// then.
    ///
    /// # Errors
    /// If she has none, or the wallet answers anything that the steps do not.
    pub async fn recovered(&mut self, phone: &Phone, person: Person) -> Tried<AccountId> {
        let wish = self.unnamed(phone, self.operation());
        let challenge = self.challenged_for(phone, wish, true).await?;
        let proof = Given { identity: Some(person), enrols: true, ..Given::NOTHING };
        let told = self.give(phone, &challenge, proof).await?;
        self.comes_out(phone, wish, told, Told::Executed).await?;
        self.account_made(0, person.person, wish.operation).await
    }

    /// Somebody sets up an account by herself on this device. Who she is nobody has verified;
    /// `person` is who she will say that she is.
    ///
    /// # Errors
    /// The case is skipped if the wallet has no such accounts.
    pub async fn set_up(&mut self, phone: &Phone, person: Person) -> Tried<AccountId> {
        let (by, device) = (By::Device(&phone.signer), phone.device);
        let line = &self.kit.line;
        let path = "/v1/registration_invitation";
        let begun = line.offered(&by, path, &json!({ "device": device })).await?;
        let account: AccountId = text(&begun, "account")?
            .parse()
            .map_err(|error| Trouble::wrong(path, "an account", error))?;
        let invitation = begun.get("invitation").unwrap_or(&begun);
        let made = phone.authenticator.enrol(&text(invitation, "ceremony")?);
        let said = json!({ "account": account, "device": device, "authenticator": made });
        line.own(&by, "/v1/registration", &said).await?;
        self.log.push("somebody sets up an account by herself".to_owned());
        let key = phone.authenticator.public();
        self.worlds.note(|wallet| wallet.set_up(account, person.person, (device, &key)));
        Ok(account)
    }
}
