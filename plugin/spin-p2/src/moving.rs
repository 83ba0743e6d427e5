//! Bodies on their way from one side to the other, moved by the host.

use spin_sdk::http::OutgoingBody;
use spin_sdk::wit::wasi::http0_2_0::types::IncomingBody;
use wasi::io::poll::{Pollable, poll};
use wasi::io::streams::{InputStream, OutputStream, StreamError};

/// Bytes that one `splice` may move. They are the host's; the number only bounds how long it works at a stretch.
const SPLICE: u64 = 1 << 20;

/// A body on its way from one side to the other. The fields go in this order: a stream before the body it belongs to.
pub(crate) struct Move {
    from: InputStream,
    to: OutputStream,
    _incoming: IncomingBody,
    outgoing: OutgoingBody,
}

enum Step {
    Moved,
    Wait(Pollable),
    End,
    Broken,
}

impl Move {
    pub(crate) fn new(incoming: IncomingBody, outgoing: OutgoingBody) -> Option<Self> {
        Some(Self { from: incoming.stream().ok()?, to: outgoing.write().ok()?, _incoming: incoming, outgoing })
    }

    fn step(&self) -> Step {
        match (self.to.splice(&self.from, SPLICE), self.to.check_write()) {
            (Ok(0), Ok(0)) => Step::Wait(self.to.subscribe()),
            (Ok(0), Ok(_)) => Step::Wait(self.from.subscribe()),
            (Ok(_), _) => Step::Moved,
            // Closed with the receiving end still open: the sender is at its end.
            (Err(StreamError::Closed), Ok(_)) => Step::End,
            (Err(_), _) => Step::Broken,
        }
    }

    fn finish(self) {
        let Self { from, to, _incoming, outgoing } = self;
        drop((from, to));
        drop(OutgoingBody::finish(outgoing, None));
    }
}

/// Moves what can be moved, then waits until there is more. A move that has ended is finished; a broken one is dropped,
/// which the host passes on as an aborted body and never as a shorter one.
pub(crate) fn wait<const N: usize>(mut pollables: Vec<Pollable>, moves: [&mut Option<Move>; N]) {
    let mut moved = false;
    for slot in moves {
        match slot.as_ref().map(Move::step) {
            None => {}
            Some(Step::Moved) => moved = true,
            Some(Step::Wait(pollable)) => pollables.push(pollable),
            Some(Step::End) => {
                moved = true;
                slot.take().into_iter().for_each(Move::finish);
            }
            Some(Step::Broken) => {
                moved = true;
                *slot = None;
            }
        }
    }
    if !moved && !pollables.is_empty() {
        poll(&pollables.iter().collect::<Vec<_>>());
    }
}
