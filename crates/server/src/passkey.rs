//! Passkeys (WebAuthn): the strong method. User verification is required, so that one assertion is
//! possession and, besides, inherence or knowledge.

use std::sync::Arc;

use bindproof::wallet::proof::Factors;
use bindproof::wire::Opaque;
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{
    Passkey, PasskeyAuthentication, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, WebauthnError,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::clock::Chance;
use crate::record::Credential;
use crate::verifier::{Asserted, Needs, Verifier};

/// Verifies passkeys of one origin.
pub struct PasskeyVerifier {
    webauthn: Webauthn,
    origin: String,
    chance: Arc<dyn Chance>,
}

/// What is remembered between a challenge and its answer: the two states, which never leave the
/// server, and what the client is given.
#[derive(Serialize, Deserialize)]
struct Ceremony {
    registration: PasskeyRegistration,
    authentication: PasskeyAuthentication,
    invitation: serde_json::Value,
}

/// Why passkeys cannot be used.
#[derive(Debug, thiserror::Error)]
#[error(
    "passkey_origin is {origin:?}: {why}; passkeys need an origin with a domain and without a \
     path, such as http://localhost:7002"
)]
pub struct OriginError {
    origin: String,
    why: String,
}

impl PasskeyVerifier {
    /// A verifier for pages of this origin.
    ///
    /// # Errors
    /// If the origin is none that a browser makes passkeys for.
    pub fn new(origin: &str, chance: Arc<dyn Chance>) -> Result<Self, OriginError> {
        let given = origin;
        let fault = |error: &dyn std::fmt::Display| OriginError {
            origin: given.to_owned(),
            why: error.to_string(),
        };
        let origin = Url::parse(given).map_err(|error| fault(&error))?;
        let domain = origin.domain().ok_or_else(|| fault(&"there is no domain"))?.to_owned();
        if origin.path() != "/" || origin.query().is_some() || origin.fragment().is_some() {
            return Err(fault(&"there is a path"));
        }
        let webauthn = WebauthnBuilder::new(&domain, &origin)
            .and_then(|builder| builder.rp_name("bindproof wallet").build())
            .map_err(|error| fault(&error))?;
        Ok(Self { webauthn, origin: origin.origin().ascii_serialization(), chance })
    }

    /// The origin of the pages whose passkeys it verifies, as a browser writes it.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Says in the log why a passkey is not taken. One of another page than the server's is no
    /// fault of hers: the origin is set wrong, or the page was opened under another name.
    fn not_taken(&self, error: &WebauthnError, what: &str) {
        match error {
            WebauthnError::InvalidRPOrigin => {
                tracing::warn!(%error, passkey_origin = self.origin, "{what}");
            }
            _ => tracing::info!(%error, "{what}"),
        }
    }

    fn begun(&self, needs: Needs<'_>) -> Result<Ceremony, WebauthnError> {
        let known: Vec<Passkey> = needs.authenticators.iter().filter_map(passkey).collect();
        let mut user = [0; 16];
        match needs.account {
            Some(account) => user = *account.as_bytes(),
            None => self.chance.fill(&mut user),
        }
        let user = Uuid::from_bytes(user);
        let (create, registration) =
            self.webauthn.start_passkey_registration(user, "wallet", "Wallet account", None)?;
        let (get, authentication) = self.webauthn.start_passkey_authentication(&known)?;
        let mut get = serde_json::to_value(get).unwrap_or_default();
        if let (false, Some(options)) = (needs.of_known_device, get.get_mut("publicKey")) {
            // Nobody else is told which authenticators there are, or whether there is one.
            options["allowCredentials"] = serde_json::json!([]);
        }
        let mut create = serde_json::to_value(create).unwrap_or_default();
        if let Some(options) = create.get_mut("publicKey") {
            // It answers on another device as well, where it is not told which one is asked for.
            options["authenticatorSelection"]["residentKey"] = "required".into();
        }
        let invitation = serde_json::json!({ "create": create, "get": get });
        Ok(Ceremony { registration, authentication, invitation })
    }
}

/// What is read of a passkey's record beside the library.
#[derive(Deserialize)]
struct Counted {
    cred: Counter,
}

#[derive(Deserialize)]
struct Counter {
    counter: u32,
}

/// Whether an authenticator has counted on from its record, or does not count. One that has not has
/// a copy somewhere, or what it says now it has said before.
fn counts_on(credential: &Credential, counter: u32) -> bool {
    let known = serde_json::from_str::<Counted>(&credential.form).map(|known| known.cred.counter);
    known.is_ok_and(|known| counter > known || (counter, known) == (0, 0))
}

fn passkey(credential: &Credential) -> Option<Passkey> {
    serde_json::from_str(&credential.form).ok()
}

fn ceremony(text: &str) -> Option<Ceremony> {
    serde_json::from_str(text).ok()
}

impl Verifier for PasskeyVerifier {
    fn begin(&self, needs: Needs<'_>) -> String {
        let begun = self.begun(needs).map_err(|error| error.to_string());
        let form = begun
            .and_then(|begun| serde_json::to_string(&begun).map_err(|error| error.to_string()));
        form.unwrap_or_else(|error| {
            tracing::error!(%error, "a ceremony could not be begun; nothing will meet it");
            String::new()
        })
    }

    fn invitation(&self, text: &str) -> String {
        ceremony(text).map(|ceremony| ceremony.invitation.to_string()).unwrap_or_default()
    }

    fn assertion(&self, text: &str, said: &Opaque, known: &[Credential]) -> Asserted {
        let nothing = Asserted { factors: Factors::None, renewed: None };
        let said: Option<PublicKeyCredential> = serde_json::from_str(said.as_str()).ok();
        let (Some(ceremony), Some(said)) = (ceremony(text), said) else { return nothing };
        let finished = self.webauthn.finish_passkey_authentication(&said, &ceremony.authentication);
        let result = match finished {
            Ok(result) => result,
            Err(error) => {
                self.not_taken(&error, "an assertion is not accepted");
                return nothing;
            }
        };
        // An authenticator that was enrolled when the challenge was made may be gone by now.
        let place = known.iter().position(|credential| {
            passkey(credential).is_some_and(|passkey| passkey.cred_id() == result.cred_id())
        });
        let Some(place) = place else { return nothing };
        // The library knows the counter as it was when the challenge was made.
        if !counts_on(&known[place], result.counter()) {
            tracing::warn!("an authenticator does not count on: it may have a copy");
            return nothing;
        }
        let renewed = passkey(&known[place]).and_then(|mut passkey| {
            let changed = passkey.update_credential(&result) == Some(true);
            let form = changed.then(|| serde_json::to_string(&passkey).ok()).flatten()?;
            Some((place, Credential { form }))
        });
        let factors = if result.user_verified() { Factors::Two } else { Factors::Possession };
        Asserted { factors, renewed }
    }

    fn enrolment(&self, text: &str, said: &Opaque) -> Option<Credential> {
        let said: RegisterPublicKeyCredential = serde_json::from_str(said.as_str()).ok()?;
        let registration = ceremony(text)?.registration;
        match self.webauthn.finish_passkey_registration(&said, &registration) {
            Ok(passkey) => {
                let form = serde_json::to_string(&passkey).ok()?;
                Some(Credential { form })
            }
            Err(error) => {
                self.not_taken(&error, "an authenticator is not enrolled");
                None
            }
        }
    }
}
