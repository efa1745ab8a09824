//! Connections of `nightclerk serve`: so many at once, none that says nothing for long, none for ever. Who sends half a question, drip by
//! drip or not at all, or takes no answer, holds a place for minutes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use super::problem::PATIENCE;

/// Connections at once; further ones wait until one ends.
const MOST: usize = 256;
/// How long one may neither send nor take anything: longer than an answer may take. A page that looks after a run asks every two seconds.
const IDLE: Duration = PATIENCE.saturating_add(Duration::from_secs(30));
/// How long one may last; a browser makes a new one.
const LONGEST: Duration = Duration::from_mins(15);

/// Takes connections as long as there is room.
#[derive(Debug)]
pub struct Bounded {
    listener: TcpListener,
    places: Arc<Semaphore>,
    idle: Duration,
}

impl Bounded {
    /// Over a socket that listens.
    pub fn new(listener: TcpListener) -> Self {
        Self { listener, places: Arc::new(Semaphore::new(MOST)), idle: IDLE }
    }
}

impl Listener for Bounded {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // It is never closed; were it, connections would have no bound.
        let place = self.places.clone().acquire_owned().await.ok();
        let (stream, from) = Listener::accept(&mut self.listener).await;
        let after = |time| Box::pin(tokio::time::sleep(time));
        let connection =
            Connection { stream, idle: self.idle, gives_up: after(self.idle), ends: after(LONGEST), _place: place };
        (connection, from)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when nothing moves.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    idle: Duration,
    gives_up: Pin<Box<Sleep>>,
    ends: Pin<Box<Sleep>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// What moved puts the end off; what did not, for too long, ends it.
    fn watched<T>(&mut self, cx: &mut Context<'_>, moved: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if moved.is_ready() {
            let idle = self.idle;
            self.gives_up.set(tokio::time::sleep(idle));
        }
        // Asked in any case, so that each wakes this task when its time has come.
        let is_over = [self.gives_up.as_mut().poll(cx), self.ends.as_mut().poll(cx)].iter().any(Poll::is_ready);
        if is_over && moved.is_pending() { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { moved }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.ends.as_mut().poll(cx).is_ready() {
            // To whoever reads it is the other side's end.
            return Poll::Ready(Ok(()));
        }
        let moved = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.watched(cx, moved)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let moved = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watched(cx, moved)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;

    /// A site that says `here`, with `most` places.
    fn site(most: usize, idle: Duration) -> SocketAddr {
        let (told, address) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let bounded = Bounded { listener, places: Arc::new(Semaphore::new(most)), idle };
                let slowly = || async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    "here"
                };
                let router = axum::Router::new().route("/", axum::routing::get(slowly));
                axum::serve(bounded, router).await.unwrap();
            });
        });
        address.recv().unwrap()
    }

    fn answer(mut stream: std::net::TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn who_sends_half_a_question_takes_a_place_for_a_moment_only() {
        let address = site(3, Duration::from_millis(300));
        let connect = || std::net::TcpStream::connect(address).unwrap();
        let halves: Vec<_> = (0..3)
            .map(|_| {
                let mut half = connect();
                half.write_all(b"GET / HTTP/1.1\r\nhost:").unwrap();
                half
            })
            .collect();
        // No place is free until they are given up.
        assert!(answer(connect()).ends_with("here"));
        for mut half in halves {
            let mut rest = Vec::new();
            let ended = half.read_to_end(&mut rest);
            assert!(rest.is_empty() || ended.is_err() || rest.starts_with(b"HTTP/1.1 4"), "{rest:?}");
        }
    }

    #[test]
    fn who_says_nothing_holds_nobody_up_and_many_are_answered() {
        let address = site(2, Duration::from_millis(300));
        let silent: Vec<_> = (0..2).map(|_| std::net::TcpStream::connect(address).unwrap()).collect();
        let asked: Vec<_> = (0..20)
            .map(|_| std::thread::spawn(move || answer(std::net::TcpStream::connect(address).unwrap())))
            .collect();
        assert!(asked.into_iter().all(|answer| answer.join().unwrap().ends_with("here")));
        drop(silent);
    }

    #[test]
    fn who_falls_silent_after_an_answer_gives_its_place_back() {
        let address = site(1, Duration::from_millis(300));
        let mut silent = std::net::TcpStream::connect(address).unwrap();
        silent.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let mut head = [0; 15];
        silent.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
        assert!(answer(std::net::TcpStream::connect(address).unwrap()).ends_with("here"));
    }
}
