//! What several tasks ask at the same time is asked in one statement: while one is under way, what
//! comes gathers for the next. A statement costs the database and the server more than what it
//! finds, most of it for waking one another. Nobody waits for others to come.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::{mpsc, oneshot};

use super::pool::{Pool, in_time};
use crate::key::Person;
use crate::store::StoreError;

/// How many questions one statement takes at most.
pub(super) const MOST: usize = 64;
/// How many may wait.
const QUEUE: usize = 1024;
/// How long the next ones wait for a statement that is under way. One that takes longer, because
/// somebody holds what it needs, is waited for only by those whose it is.
const LONG: Duration = Duration::from_millis(50);

/// Something that can be asked of the database for many at once, in one transaction.
pub(super) trait Question: Sized + Send + Sync + 'static {
    /// What is heard.
    type Answer: Send + 'static;

    /// Of whom only one can be asked about at once.
    fn apart(&self) -> Option<&Person> {
        None
    }

    /// Asks all of them, in one statement; the answers, in their order.
    fn ask(
        on: &mut PgConnection,
        all: &[Self],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

/// Where an answer goes.
type Answered<Q> = oneshot::Sender<Result<<Q as Question>::Answer, StoreError>>;
/// A question, and where its answer goes.
type Asked<Q> = (Q, Answered<Q>);

/// Asks questions of one kind together.
#[derive(Debug)]
pub(super) struct Together<Q: Question> {
    waiting: mpsc::Sender<Asked<Q>>,
}

impl<Q: Question> Together<Q> {
    /// By connections of this pool, so many questions at most in one statement, for as long as
    /// there is somebody to ask.
    pub fn by(pool: &Arc<Pool>, most: usize) -> Self {
        let (waiting, asked) = mpsc::channel(QUEUE);
        tokio::spawn(answer(Arc::clone(pool), asked, most));
        Self { waiting }
    }

    /// What is heard.
    pub async fn ask(&self, question: Q) -> Result<Q::Answer, StoreError> {
        let asked = async {
            let (answer, answered) = oneshot::channel();
            let sent = self.waiting.send((question, answer)).await;
            sent.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        };
        in_time(asked).await
    }
}

/// Answers what waits, as much of it at once as can be, until nobody can ask any more.
async fn answer<Q: Question>(pool: Arc<Pool>, mut asked: mpsc::Receiver<Asked<Q>>, most: usize) {
    let mut waiting = VecDeque::new();
    while let Some((questions, whom)) = next(&mut asked, &mut waiting, most).await {
        let pool = Arc::clone(&pool);
        let answering = tokio::spawn(async move {
            for (whom, answer) in whom.into_iter().zip(answers(&pool, &questions).await) {
                // Whoever has gone needs none.
                drop(whom.send(answer));
            }
        });
        // It goes on in either case.
        drop(tokio::time::timeout(LONG, answering).await);
    }
}

/// What is asked next, and whose answers they are; none once nobody can ask any more. What has to
/// be asked apart stays in `waiting`.
async fn next<Q: Question>(
    asked: &mut mpsc::Receiver<Asked<Q>>,
    waiting: &mut VecDeque<Asked<Q>>,
    most: usize,
) -> Option<(Vec<Q>, Vec<Answered<Q>>)> {
    if waiting.is_empty() {
        waiting.push_back(asked.recv().await?);
        // Whoever is about to ask, does.
        tokio::task::yield_now().await;
    }
    while waiting.len() < most
        && let Ok(one) = asked.try_recv()
    {
        waiting.push_back(one);
    }
    let mut whose = BTreeSet::new();
    let apart = |one: &Asked<Q>| one.0.apart().is_none_or(|person| whose.insert(person.clone()));
    let (now, later): (VecDeque<_>, VecDeque<_>) = waiting.drain(..).partition(apart);
    *waiting = later;
    Some(now.into_iter().unzip())
}

async fn answers<Q: Question>(pool: &Pool, questions: &[Q]) -> Vec<Result<Q::Answer, StoreError>> {
    match ask(pool, questions).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        // Nothing is written. One that the database cannot take keeps no other from its answer.
        Err(error) if questions.len() > 1 && is_said(&error) => one_by_one(pool, questions).await,
        Err(error) => {
            let error = Arc::new(error);
            questions.iter().map(|_| Err(StoreError::Together(Arc::clone(&error)))).collect()
        }
    }
}

async fn ask<Q: Question>(pool: &Pool, questions: &[Q]) -> Result<Vec<Q::Answer>, StoreError> {
    let mut on = pool.acquire().await?;
    let asked = in_time(Q::ask(&mut on, questions)).await;
    on.used(asked)
}

async fn one_by_one<Q: Question>(
    pool: &Pool,
    questions: &[Q],
) -> Vec<Result<Q::Answer, StoreError>> {
    let mut answers = Vec::with_capacity(questions.len());
    for question in questions.chunks(1) {
        let answer = ask(pool, question).await;
        answers.push(answer.and_then(|all| all.into_iter().next().ok_or(StoreError::Closed)));
    }
    answers
}

/// Whether the database has answered, with an error.
const fn is_said(error: &StoreError) -> bool {
    matches!(error, StoreError::Engine(sqlx::Error::Database(_)))
}
