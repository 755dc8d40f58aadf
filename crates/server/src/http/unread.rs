//! A connection whose other side has to read. Whoever does not would hold it, and what is still to
//! be written, for as long as he likes.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// How long the other side may take to read what is written at once.
const UNREAD: Duration = Duration::from_secs(10);

/// A stream on which writing has its time.
pub(super) struct Unread {
    stream: TcpStream,
    /// When it is too late for what is being written; none if everything was taken.
    late: Option<Pin<Box<Sleep>>>,
}

impl Unread {
    pub fn new(stream: TcpStream) -> Self {
        Self { stream, late: None }
    }
}

impl AsyncRead for Unread {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Unread {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(count)) if count == bytes.len()) {
            self.late = None;
            return written;
        }
        // A part that was taken gives no more time: one byte now and then would do.
        let late = self.late.get_or_insert_with(|| Box::pin(sleep(UNREAD)));
        match (late.as_mut().poll(context), written) {
            (Poll::Ready(()), Poll::Pending) => Poll::Ready(Err(ErrorKind::TimedOut.into())),
            (_, written) => written,
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
