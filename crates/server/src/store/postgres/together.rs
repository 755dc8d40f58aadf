//! What several tasks ask at the same time is asked in one statement: while one is under way, what
//! comes gathers for the next. A statement costs the database and the server more than what it
//! finds, most of it for waking one another. Nobody waits for others to come.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::PgConnection;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

use super::pool::{Pool, in_time};
use crate::key::Person;
use crate::store::StoreError;

/// How many questions one statement takes at most.
pub(super) const MOST: usize = 64;
/// How many statements of a kind are under way at most: with four kinds some connections are left
/// to what is not asked together.
const UNDER_WAY: usize = 3;
/// How many questions may wait to be looked at.
const QUEUE: usize = 1024;
/// How long the next ones wait for a statement that is under way. One that takes longer, because
/// somebody holds what it needs, is waited for only by those whose it is.
const LONG: Duration = Duration::from_millis(50);

/// Something that can be asked of the database for many at once, in one transaction.
pub(super) trait Question: Sized + Send + Sync + 'static {
    /// What is heard.
    type Answer: Send + 'static;

    /// Of whom only one is asked about at a time.
    fn apart(&self) -> Option<&Person> {
        None
    }

    /// Asks all of them, in one statement; the answers, in their order.
    fn ask(
        on: &mut PgConnection,
        all: &[Self],
    ) -> impl Future<Output = Result<Vec<Self::Answer>, StoreError>> + Send;
}

/// A question, and where its answer goes.
struct Asked<Q: Question> {
    question: Q,
    whom: oneshot::Sender<Result<Q::Answer, StoreError>>,
}

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
        let line =
            Line { pool: Arc::clone(pool), most, waiting: VecDeque::new(), busy: Arc::default() };
        tokio::spawn(line.run(asked));
        Self { waiting }
    }

    /// What is heard.
    pub async fn ask(&self, question: Q) -> Result<Q::Answer, StoreError> {
        let asked = async {
            let (whom, answered) = oneshot::channel();
            let sent = self.waiting.send(Asked { question, whom }).await;
            sent.map_err(|_| StoreError::Closed)?;
            answered.await.map_err(|_| StoreError::Closed)?
        };
        in_time(asked).await
    }
}

/// About whom something is being asked that is asked apart.
#[derive(Default)]
struct Busy {
    persons: Mutex<BTreeSet<Person>>,
    /// Some of them are not any more.
    freed: Notify,
}

impl Busy {
    fn persons(&self) -> MutexGuard<'_, BTreeSet<Person>> {
        self.persons.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody's turn, until this is dropped: another question about her waits.
struct Turn {
    busy: Arc<Busy>,
    person: Person,
}

impl Turn {
    /// Hers, if nothing is being asked about her.
    fn of(busy: &Arc<Busy>, person: &Person) -> Option<Self> {
        let is_free = busy.persons().insert(person.clone());
        is_free.then(|| Self { busy: Arc::clone(busy), person: person.clone() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.busy.persons().remove(&self.person);
        self.busy.freed.notify_one();
    }
}

/// Who waits for an answer, and whose turn ends with it.
struct Waits<A> {
    whom: oneshot::Sender<Result<A, StoreError>>,
    turn: Option<Turn>,
}

impl<A> Waits<A> {
    /// Tells the answer. Whoever has gone needs none.
    fn tell(self, answer: Result<A, StoreError>) {
        drop(self.whom.send(answer));
        drop(self.turn);
    }
}

/// What waits to be asked.
struct Line<Q: Question> {
    pool: Arc<Pool>,
    most: usize,
    waiting: VecDeque<Asked<Q>>,
    busy: Arc<Busy>,
}

impl<Q: Question> Line<Q> {
    /// Asks what waits, as much of it at once as can be, until nobody can ask any more.
    async fn run(mut self, mut asked: mpsc::Receiver<Asked<Q>>) {
        let room = Arc::new(Semaphore::new(UNDER_WAY));
        loop {
            // It is never closed.
            let Ok(place) = Arc::clone(&room).acquire_owned().await else { return };
            let Some(all) = self.next(&mut asked).await else { return };
            let is_full = all.0.len() == self.most;
            let pool = Arc::clone(&self.pool);
            let answering = tokio::spawn(async move {
                let (questions, waiting) = all;
                answer(&pool, &questions, waiting).await;
                drop(place);
            });
            if !is_full {
                // It goes on in either case.
                drop(tokio::time::timeout(LONG, answering).await);
            }
        }
    }

    /// What is asked next; none once nobody can ask any more.
    async fn next(&mut self, asked: &mut mpsc::Receiver<Asked<Q>>) -> Option<Batch<Q>> {
        loop {
            while let Ok(one) = asked.try_recv() {
                self.waiting.push_back(one);
            }
            let all = self.take();
            if !all.0.is_empty() {
                return Some(all);
            }
            tokio::select! {
                one = asked.recv(), if !asked.is_closed() || self.waiting.is_empty() => {
                    self.waiting.push_back(one?);
                    // Whoever is about to ask, does.
                    tokio::task::yield_now().await;
                }
                () = self.busy.freed.notified(), if !self.waiting.is_empty() => {}
            }
        }
    }

    /// Takes of what waits as much as one statement may have. Whoever has gone is not asked for.
    fn take(&mut self) -> Batch<Q> {
        let (mut questions, mut waiting, mut later) = (Vec::new(), Vec::new(), VecDeque::new());
        for asked in self.waiting.drain(..) {
            if asked.whom.is_closed() {
                continue;
            }
            let apart = asked.question.apart();
            let turn = apart.filter(|_| questions.len() < self.most);
            let turn = turn.and_then(|person| Turn::of(&self.busy, person));
            if questions.len() == self.most || (apart.is_some() && turn.is_none()) {
                later.push_back(asked);
                continue;
            }
            questions.push(asked.question);
            waiting.push(Waits { whom: asked.whom, turn });
        }
        self.waiting = later;
        (questions, waiting)
    }
}

/// Questions of one statement, and who waits for each.
type Batch<Q> = (Vec<Q>, Vec<Waits<<Q as Question>::Answer>>);

/// Asks all of them, and tells each.
async fn answer<Q: Question>(pool: &Pool, questions: &[Q], waiting: Vec<Waits<Q::Answer>>) {
    match ask(pool, questions).await {
        Ok(answers) => {
            for (one, answer) in waiting.into_iter().zip(answers) {
                one.tell(Ok(answer));
            }
        }
        Err(error) if questions.len() > 1 && is_ones(&error) => {
            one_by_one(pool, questions, waiting).await;
        }
        Err(error) => tell(waiting, error),
    }
}

/// Tells everybody that it has failed.
fn tell<A>(mut waiting: Vec<Waits<A>>, error: StoreError) {
    let Some(last) = waiting.pop() else { return };
    if waiting.is_empty() {
        return last.tell(Err(error));
    }
    waiting.push(last);
    let error = Arc::new(error);
    for one in waiting {
        one.tell(Err(StoreError::Together(Arc::clone(&error))));
    }
}

async fn ask<Q: Question>(pool: &Pool, questions: &[Q]) -> Result<Vec<Q::Answer>, StoreError> {
    let mut on = pool.acquire().await?;
    let asked = in_time(Q::ask(&mut on, questions)).await;
    on.used(asked)
}

/// Asks each by itself, and tells it at once, until something fails that is no fault of one.
async fn one_by_one<Q: Question>(pool: &Pool, questions: &[Q], waiting: Vec<Waits<Q::Answer>>) {
    let mut waiting = waiting.into_iter();
    for question in questions.chunks(1) {
        let Some(one) = waiting.next() else { return };
        if one.whom.is_closed() {
            continue;
        }
        match ask(pool, question).await {
            Ok(answers) => one.tell(answers.into_iter().next().ok_or(StoreError::Closed)),
            Err(error) if is_ones(&error) => one.tell(Err(error)),
            Err(error) => return tell(std::iter::once(one).chain(waiting).collect(), error),
        }
    }
}

/// Whether an error may be the fault of one question: nothing is written then, and the others may
/// well be answered. What is read cannot be understood, a value or a row is refused, an engine has
/// called a transaction off, or a lock is not to be had. (What a write gives back is no more than
/// texts that it was given, which can be understood.)
fn is_ones(error: &StoreError) -> bool {
    match error {
        StoreError::Corrupt { .. } => true,
        StoreError::Engine(sqlx::Error::ColumnDecode { .. }) => true,
        StoreError::Engine(sqlx::Error::Database(error)) => error.code().is_some_and(|code| {
            ["21", "22", "23"].iter().any(|class| code.starts_with(class))
                || ["40001", "40P01", "55P03"].contains(&&*code)
        }),
        _ => false,
    }
}
