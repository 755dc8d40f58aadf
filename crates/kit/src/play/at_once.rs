//! Answers to challenges that are given at the same time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use bindproof::wire::{Challenge, ChallengeAnswer, RequestId};

use super::phone::Saying;
use super::{Given, Phone, Play};
use crate::call::{By, Reply, Stamp};
use crate::oracle::Told;
use crate::trouble::Tried;

impl Play<'_> {
    /// The device gives all of these answers at once, and the wallet tells what the steps have it
    /// tell in some order.
    ///
    /// # Errors
    /// If it does not.
    pub async fn give_at_once(
        &mut self,
        phone: &Phone,
        given: Vec<(Challenge, Given<'_>)>,
    ) -> Tried<Vec<Told>> {
        let mut said = Vec::new();
        for (challenge, given) in given {
            let (proof, offer) = self.proof(phone, &challenge, &given).await?;
            let (device, key) = (phone.device, self.kit.line.key());
            let answer = ChallengeAnswer { challenge: challenge.challenge, device, proof };
            let form = serde_json::to_string(&answer).unwrap_or_default();
            let operation = challenge.operation;
            said.push((answer, Saying { device, operation, offer, key, form }));
        }
        let sent = said.iter().map(|(answer, saying)| {
            Box::pin(self.put_answer(phone, *answer, saying)) as Waiting<'_, _>
        });
        let replies: Tried<Vec<(RequestId, Reply)>> =
            together(sent.collect()).await.into_iter().collect();
        let said: Vec<Saying> = said.into_iter().map(|(_, saying)| saying).collect();
        self.heard_in_some_order(&said, &replies?)
    }

    async fn put_answer(
        &self,
        phone: &Phone,
        answer: ChallengeAnswer,
        saying: &Saying,
    ) -> Tried<(RequestId, Reply)> {
        let (line, by) = (&self.kit.line, By::Device(&phone.signer));
        let (path, key) = ("/v1/challenge_answer", Some(saying.key.as_str()));
        line.until_decided(|| {
            let (request, body) = line.envelope(Some(saying.key), 0, answer)?;
            Ok((request, line.prepare(&by, &Stamp::default(), path, key, body)?))
        })
        .await
    }

    /// One after the other, each time one that fits where the worlds stand.
    fn heard_in_some_order(
        &mut self,
        said: &[Saying],
        replies: &[(RequestId, Reply)],
    ) -> Tried<Vec<Told>> {
        let mut told = vec![Told::Receipt; said.len()];
        let mut left: Vec<usize> = (0..said.len()).collect();
        while !left.is_empty() {
            let mut wrong = Ok(());
            let fits = left.iter().position(|at| {
                let before = (self.worlds.clone(), self.log.len());
                let (request, reply) = &replies[*at];
                match self.heard_answer(&said[*at], *request, reply) {
                    Ok(heard) => told[*at] = heard,
                    Err(trouble) => {
                        self.worlds = before.0;
                        self.log.truncate(before.1);
                        wrong = Err(trouble);
                        return false;
                    }
                }
                true
            });
            match fits {
                Some(place) => left.remove(place),
                None => return wrong.map(|()| told),
            };
        }
        Ok(told)
    }
}

/// Something that is waited for.
type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Waits for all of these at once.
async fn together<T>(mut waiting: Vec<Waiting<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (done, waiting) in done.iter_mut().zip(&mut waiting) {
            if done.is_none()
                && let Poll::Ready(value) = waiting.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
