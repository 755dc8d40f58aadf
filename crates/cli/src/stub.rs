pub mod table {
    pub fn markdown(_: bindproof::message::Party) -> String {
        String::from("x\ny\n")
    }
}
