#![expect(missing_docs, reason = "temporary")]
pub mod explore {
    use bindproof::policy::Policy;
    use bindproof_models::scope::*;
    pub fn serve(_: &Scope, _: &Policy, _: &str) -> Result<(), ScopeError> {
        Ok(())
    }
}
pub mod table {
    pub fn markdown(_: bindproof::message::Party) -> String {
        String::from("x\ny\n")
    }
}
