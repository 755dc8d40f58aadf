//! What a person is asked to approve, in words. Only the request itself is in it, so that the words
//! are the same whether or not there is anything behind it.

use bindproof::wire::{Action, OperationRequest, Words};

/// What an operation is, for the person who is to approve it.
///
/// # Panics
/// Never: every text below is short and plain.
pub fn to_approve(request: &OperationRequest) -> Words<256> {
    let text = match request.action {
        Action::SignIn => "Sign in on this device".to_owned(),
        Action::ApproveBinding(binding) => {
            format!("Let the bank's binding {binding} into your wallet")
        }
        Action::DeclineBinding(binding) => {
            format!("Keep the bank's binding {binding} out of your wallet")
        }
        Action::Pay { amount, payee, .. } => {
            let (whole, cents) = (amount.minor() / 100, amount.minor() % 100);
            let currency = amount.currency();
            format!("Pay {whole}.{cents:02} {} to {}", currency.as_str(), payee.as_str())
        }
        Action::EndLink(binding) => format!("End the binding {binding}"),
        Action::AddAuthenticator => "Add an authenticator on this device".to_owned(),
        Action::RevokeDevice(_) => "Revoke another device".to_owned(),
        Action::VerifyIdentity => "Verify your identity".to_owned(),
        Action::Recover => "Start afresh on this device".to_owned(),
        Action::CloseAccount => "Close your account and end every binding".to_owned(),
    };
    text.parse().expect("short and plain words")
}
