//! Server-sent events: a stream of events as a response.
//!
//! What is ready goes out as one piece, at most 64 KiB of it; the next is taken only when the connection has room.
//! A slow reader therefore holds back nobody but itself: its source overflows, says `resync` and goes on.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use engine::{Frame, UNNUMBERED};
use futures_util::{Stream, stream};
use http::header::{self, HeaderValue};
use tokio::time::{Instant, Sleep, sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// How often a silent stream says that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Bytes after which what is ready goes out.
const PIECE: usize = 64 * 1024;
/// Sent first and last: how long a reader waits before it comes again, in milliseconds.
const RETRY: &[u8] = b"retry: 1000\n\n";

/// The response that sends `events` until they end or the server stops.
pub fn response<E>(events: E, closing: CancellationToken) -> Response
where
    E: Stream<Item = Frame> + Send + 'static,
{
    let mut pieces = Pieces {
        events: Box::pin(events),
        closing: Box::pin(closing.cancelled_owned()),
        quiet: Box::pin(sleep(KEEP_ALIVE)),
        begun: false,
        ended: false,
    };
    let body =
        stream::poll_fn(move |context| pieces.poll(context).map(|piece| piece.map(Ok::<_, Infallible>)));
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // A proxy that collects the stream would make it late.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

struct Pieces<E> {
    events: Pin<Box<E>>,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    quiet: Pin<Box<Sleep>>,
    begun: bool,
    ended: bool,
}

impl<E: Stream<Item = Frame>> Pieces<E> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let mut piece = BytesMut::new();
        if !self.begun {
            self.begun = true;
            piece.extend_from_slice(RETRY);
        }
        while piece.len() < PIECE {
            match self.events.as_mut().poll_next(context) {
                Poll::Ready(Some(event)) => write(&mut piece, &event),
                Poll::Ready(None) => {
                    self.ended = true;
                    break;
                }
                Poll::Pending => break,
            }
        }
        if !self.ended && self.closing.as_mut().poll(context).is_ready() {
            piece.extend_from_slice(RETRY);
            self.ended = true;
        }
        if piece.is_empty() && !self.ended && self.quiet.as_mut().poll(context).is_ready() {
            piece.extend_from_slice(b":\n\n");
        }
        if piece.is_empty() {
            return if self.ended { Poll::Ready(None) } else { Poll::Pending };
        }
        self.quiet.as_mut().reset(Instant::now() + KEEP_ALIVE);
        Poll::Ready(Some(piece.freeze()))
    }
}

fn write(piece: &mut BytesMut, frame: &Frame) {
    // A reader that comes again says the last number that it saw.
    if frame.number != UNNUMBERED {
        piece.extend_from_slice(b"id: ");
        piece.extend_from_slice(frame.number.to_string().as_bytes());
        piece.extend_from_slice(b"\n");
    }
    piece.extend_from_slice(b"event: ");
    piece.extend_from_slice(frame.event.as_bytes());
    piece.extend_from_slice(b"\ndata: ");
    piece.extend_from_slice(frame.data.as_bytes());
    piece.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;
    use http_body_util::BodyExt;
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    fn event(number: i64) -> Frame {
        Frame { number, event: "cell_finished", data: "{}".into() }
    }

    async fn text(response: Response) -> String {
        String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn events_stand_in_order_and_the_stream_ends_with_its_source() {
        let resync = Frame { number: 2, event: "resync", data: r#"{"after":2}"#.into() };
        let events = stream::iter([event(1), resync]);
        assert_eq!(
            text(response(events, CancellationToken::new())).await,
            "retry: 1000\n\nid: 1\nevent: cell_finished\ndata: {}\n\nid: 2\nevent: resync\ndata: {\"after\":2}\n\n"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_stream_says_that_it_lives_every_15_seconds() {
        let (_sender, receiver) = mpsc::channel::<Frame>(1);
        let mut body = response(ReceiverStream::new(receiver), CancellationToken::new()).into_body();
        let _retry = body.frame().await;
        let started = Instant::now();
        for beat in 1..=3 {
            let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(&frame[..], b":\n\n");
            assert_eq!(started.elapsed().as_secs(), beat * 15);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_stream_ends_when_the_server_stops() {
        let closing = CancellationToken::new();
        closing.cancel();
        let events = stream::iter([event(1)]).chain(stream::pending());
        assert!(text(response(events, closing)).await.ends_with("data: {}\n\nretry: 1000\n\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_ready_goes_out_together_and_never_without_bound() {
        let events = stream::iter((0..5_000).map(event)).chain(stream::pending());
        let mut body = response(events, CancellationToken::new()).into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(first.len() >= PIECE && first.len() < PIECE + 100, "{}", first.len());
    }
}
