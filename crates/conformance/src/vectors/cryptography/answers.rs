//! Answers: signed by a server and tied to the request that they answer.

use bindproof::message::LinkStatus;
use bindproof::refusal::Refusal;
use bindproof::wire::{
    Answer, BindingId, Issuer, LinkAnswer, LinkQuery, LinkReport, MEDIA_TYPE, Problem, RequestId,
    Version,
};
use bindproof_http::signature::{
    Parts, Profile, TAG_REQUEST, content_digest, public_key, sign_answer, signed, verify,
};
use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::{
    About, File, NONCE, NORTH, NOW_MS, NOW_S, Note, SOUTH, Sent, TestKey, WALLET, WALLET_HOST,
    both, fields, file as whole, judged, set,
};

const NOTES: &[Note] = &[
    ("answer", "The base is not built as RFC 9421 has it.", "Nobody believes what you answer."),
    ("problem", "Problems are not signed.", "A refusal is not believed, and asked for again."),
    (
        "tied",
        "The signature of the request is not covered, or not compared.",
        "An answer to one request serves for another.",
    ),
    ("status", "The status is not covered.", "A problem can be made an answer on its way."),
    ("digest", "The digest is not compared.", "The body can be exchanged under a good signature."),
    ("key", "An unknown key is believed.", "Anybody answers in the wallet's name."),
];

/// An answer, and the request that it is tied to when it is signed.
#[derive(Clone)]
struct Said {
    status: u16,
    fields: HeaderMap,
    body: String,
}

/// A vector: what it says, the request that was sent, and what came back.
struct Case(About, Sent, Said);

/// The file of answers.
pub fn file() -> File {
    whole("answers", NOTES, cases().into_iter().map(vector).collect())
}

fn asked(nonce: &str) -> Sent {
    let message = LinkQuery { binding: BindingId::from_bytes([0xb1; 16]) };
    let sent = Sent::new(WALLET_HOST, "/v1/link_query", None, message);
    sent.signed(NORTH, TAG_REQUEST, NOW_S, nonce)
}

fn said(status: u16, media: &str, body: String) -> Said {
    let mut fields = HeaderMap::new();
    set(&mut fields, "content-type", media);
    set(&mut fields, "content-digest", &content_digest(body.as_bytes()));
    Said { status, fields, body }
}

fn active() -> Said {
    let issuer: Issuer = "wallet".parse().expect("a plain name");
    let status = LinkStatus::Active { bank_revision: 0 };
    let report = LinkReport { binding: BindingId::from_bytes([0xb1; 16]), status };
    let answer = Answer {
        protocol: Version,
        request_id: RequestId::from_bytes([0x11; 16]),
        issuer,
        message: LinkAnswer(report),
    };
    let body = serde_json::to_string(&answer).expect("every answer has a form");
    said(200, "application/json", body)
}

fn not_found() -> Said {
    let problem = Problem::of(Refusal::NotFound, RequestId::from_bytes([0x11; 16]));
    let body = serde_json::to_string(&problem).expect("every problem has a form");
    said(Refusal::NotFound.status(), MEDIA_TYPE, body)
}

impl Said {
    fn parts<'a>(&'a self, request: &'a Parts<'a>) -> Parts<'a> {
        Parts {
            method: "",
            scheme: "",
            authority: "",
            path: "",
            query: None,
            status: Some(self.status),
            fields: &self.fields,
            request: Some(request),
        }
    }

    /// The same, signed as the answer to a request.
    fn signed(mut self, key: TestKey, request: &Sent) -> Self {
        let unsigned = self.clone();
        let asked = request.parts();
        sign_answer(&mut self.fields, unsigned.parts(&asked), &key.signer(), NOW_S)
            .expect("everything that is covered is there");
        self
    }
}

fn cases() -> Vec<Case> {
    let (this, other) = (asked(NONCE), asked("0f0e0d0c0b0a09080706050403020100"));
    let good = active().signed(WALLET, &this);
    vec![
        Case((&[117], "answer", "The wallet's answer to a bank."), this.clone(), good.clone()),
        Case(
            (&[117], "problem", "A problem is signed like every answer."),
            this.clone(),
            not_found().signed(WALLET, &this),
        ),
        Case((&[117], "tied", "It was the answer to another request."), other, good.clone()),
        Case(
            (&[117], "status", "The status was exchanged."),
            this.clone(),
            Said { status: 201, ..good.clone() },
        ),
        Case(
            (&[117], "digest", "The body was exchanged."),
            this.clone(),
            Said { body: good.body.replace("active", "ended"), ..good },
        ),
        Case(
            (&[117], "key", "It is signed by another server than the one that was asked."),
            this.clone(),
            active().signed(SOUTH, &this),
        ),
    ]
}

fn vector(Case(about, sent, said): Case) -> (About, Value) {
    let known = |id: &str| (id == WALLET.name()).then(|| public_key(&WALLET.public())).flatten();
    let asked = sent.parts();
    let parts = said.parts(&asked);
    let verdict = verify(Profile::ANSWER, &parts, said.body.as_bytes(), NOW_MS, known);
    let members = json!({
        "tag": Profile::ANSWER.tag,
        "key": WALLET.form(),
        "now_ms": NOW_MS,
        "request": sent.form(),
        "answer": {
            "status": said.status,
            "fields": fields(&said.fields),
            "body": said.body,
        },
    });
    (about, both(members, judged(signed(Profile::ANSWER.tag, &parts), verdict)))
}
