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

    /// Whether this may be asked now; then it keeps others waiting that are to be asked apart.
    fn begin<Q: Question>(&self, asked: &Asked<Q>) -> bool {
        let apart = asked.question.apart();
        apart.is_none_or(|person| self.persons().insert(person.clone()))
    }

    fn end<Q: Question>(&self, all: &[Q]) {
        let mut persons = self.persons();
        for person in all.iter().filter_map(Q::apart) {
            persons.remove(person);
        }
        drop(persons);
        self.freed.notify_one();
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
            let is_full = all.len() == self.most;
            let (pool, busy) = (Arc::clone(&self.pool), Arc::clone(&self.busy));
            let mut answering = Box::pin(async move {
                let (questions, whom): (Vec<Q>, Vec<_>) =
                    all.into_iter().map(|asked| (asked.question, asked.whom)).unzip();
                answer(&pool, &questions, whom).await;
                busy.end(&questions);
                drop(place);
            });
            // One that is full, or takes long, goes on by itself.
            if is_full || tokio::time::timeout(LONG, &mut answering).await.is_err() {
                tokio::spawn(answering);
            }
        }
    }

    /// What is asked next; none once nobody can ask any more.
    async fn next(&mut self, asked: &mut mpsc::Receiver<Asked<Q>>) -> Option<Vec<Asked<Q>>> {
        loop {
            while let Ok(one) = asked.try_recv() {
                self.waiting.push_back(one);
            }
            let all = self.take();
            if !all.is_empty() {
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
    fn take(&mut self) -> Vec<Asked<Q>> {
        let (mut all, mut later) = (Vec::new(), VecDeque::new());
        for asked in self.waiting.drain(..) {
            if asked.whom.is_closed() {
                continue;
            }
            if all.len() < self.most && self.busy.begin(&asked) {
                all.push(asked);
            } else {
                later.push_back(asked);
            }
        }
        self.waiting = later;
        all
    }
}

/// Where answers go.
type Whom<Q> = Vec<oneshot::Sender<Result<<Q as Question>::Answer, StoreError>>>;

/// Asks all of them, and tells each.
async fn answer<Q: Question>(pool: &Pool, questions: &[Q], whom: Whom<Q>) {
    match ask(pool, questions).await {
        Ok(answers) => {
            for (whom, answer) in whom.into_iter().zip(answers) {
                // Whoever has gone needs none.
                drop(whom.send(Ok(answer)));
            }
        }
        Err(error) if questions.len() > 1 && is_ones(&error) => {
            one_by_one(pool, questions, whom).await;
        }
        Err(error) => tell(whom, error),
    }
}

/// Tells everybody that it has failed.
fn tell<A>(mut whom: Vec<oneshot::Sender<Result<A, StoreError>>>, error: StoreError) {
    let Some(last) = whom.pop() else { return };
    if whom.is_empty() {
        return drop(last.send(Err(error)));
    }
    whom.push(last);
    let error = Arc::new(error);
    for whom in whom {
        drop(whom.send(Err(StoreError::Together(Arc::clone(&error)))));
    }
}

async fn ask<Q: Question>(pool: &Pool, questions: &[Q]) -> Result<Vec<Q::Answer>, StoreError> {
    let mut on = pool.acquire().await?;
    let asked = in_time(Q::ask(&mut on, questions)).await;
    on.used(asked)
}

/// Asks each by itself, and tells it at once, until something fails that is no fault of one.
async fn one_by_one<Q: Question>(pool: &Pool, questions: &[Q], whom: Whom<Q>) {
    let mut whom = whom.into_iter();
    for question in questions.chunks(1) {
        let Some(one) = whom.next() else { return };
        if one.is_closed() {
            continue;
        }
        match ask(pool, question).await {
            Ok(answers) => {
                let answer = answers.into_iter().next().ok_or(StoreError::Closed);
                drop(one.send(answer));
            }
            Err(error) if is_ones(&error) => drop(one.send(Err(error))),
            Err(error) => return tell(std::iter::once(one).chain(whom).collect(), error),
        }
    }
}

/// Whether an error may be the fault of one question: nothing is written then, and the others may
/// well be answered. What is read cannot be understood, a value or a row is refused, an engine has
/// called a transaction off, or a lock is not to be had.
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
