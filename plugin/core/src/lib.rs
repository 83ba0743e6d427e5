//! The gate as one plain WebAssembly module: no imports, a handful of exports, numbers and bytes between them.
//!
//! It serves every host that speaks JavaScript; `js/core.js` beside it is the other side. One request is one buffer in, one
//! call, one buffer out. Time and randomness come with each request, because the module has neither; the blob is
//! written into its memory once. An instance holds one blob for its life: another blob is another instance.
//!
//! Texts in a buffer are *fields* with a zero byte between them ([`frame`]). The caller says how many there are, so that a
//! field that holds a zero byte is noticed and refused: it cannot move what stands behind it.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::todo))]

mod ask;
mod exports;
mod frame;
#[cfg(feature = "page")]
mod page;

use std::sync::{Mutex, MutexGuard, PoisonError};

use weighbridge_blob::Blob;
use weighbridge_http::{Ambient, Answer, GateConfig, PlatformGeo, Request, Terms, Verdict, cannot_decide, check, gate};

use frame::{Fields, Frame};

/// Sections of a blob are aligned within it to this many bytes.
const ALIGN: usize = 64;

/// All that an instance holds.
struct Instance {
    gate: Result<Gate, String>,
    /// The bytes of the blob, until it is opened.
    blob: Option<&'static [u8]>,
    input: Vec<u8>,
    output: Frame,
    /// What the last question made, beside its answer.
    #[cfg(feature = "page")]
    made: Vec<u8>,
}

struct Gate {
    blob: Blob<'static>,
    config: GateConfig,
}

static INSTANCE: Mutex<Instance> = Mutex::new(Instance {
    gate: Err(String::new()),
    blob: None,
    input: Vec::new(),
    output: Frame::new(),
    #[cfg(feature = "page")]
    made: Vec::new(),
});

/// What the last panic said. Apart from the rest, which may be locked when it happens.
static FAILURE: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn instance() -> MutexGuard<'static, Instance> {
    INSTANCE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Instance {
    /// Room for a blob of `length` bytes; where the host writes it.
    fn reserve_blob(&mut self, length: usize) -> *const u8 {
        let room = vec![0; length + ALIGN].leak();
        let start = room.as_ptr().align_offset(ALIGN).min(ALIGN);
        let room = room.get(start..start + length).unwrap_or_default();
        self.blob = Some(room);
        room.as_ptr()
    }

    /// Room for an input of `length` bytes; where the host writes it.
    fn reserve(&mut self, length: usize) -> *mut u8 {
        if self.input.len() < length {
            self.input.resize(length, 0);
        }
        self.input.as_mut_ptr()
    }

    /// Opens the blob: time, the highest sequence number that the host has taken (or nothing), then the settings: name, value,
    /// and so on.
    fn open(&mut self, length: usize, count: usize, vouched: bool) -> Result<(), String> {
        let opened = self.opened(length, count, vouched);
        let told = opened.as_ref().map(|_| ()).map_err(Clone::clone);
        self.gate = opened;
        told
    }

    fn opened(&mut self, length: usize, count: usize, vouched: bool) -> Result<Gate, String> {
        let mut fields = Fields::read(&self.input, length, count).ok_or("the settings cannot be read")?;
        let now = fields.number();
        let accepted = fields.next().and_then(|number| number.parse().ok());
        let settings: Vec<&str> = fields.collect();
        let pairs: Vec<(&str, &str)> = settings.chunks_exact(2).filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect();
        GateConfig::check_names(pairs.iter().map(|(name, _)| *name)).map_err(|error| error.to_string())?;
        let value = |name: &str| pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let config = GateConfig::from_vars(value).map_err(|error| error.to_string())?;
        let bytes = self.blob.take().filter(|bytes| !bytes.is_empty()).ok_or("there is no blob; run `weighbridge package`")?;
        let terms = Terms::of(&config, now, accepted);
        let blob = if vouched { terms.vouched(bytes) } else { terms.open(bytes) };
        Ok(Gate { blob: blob.map_err(|error| format!("the blob: {error}"))?, config })
    }

    /// Decides on the request in the input and leaves the verdict in the output.
    fn gate(&mut self, length: usize, count: usize) {
        let verdict = match (&self.gate, Asked::read(&self.input, length, count)) {
            (Err(reason), asked) => Verdict::Answer(cannot_decide(reason, asked.map_or([0; 16], |asked| asked.ambient().nonce))),
            (Ok(_), None) => Verdict::Answer(cannot_decide("the request cannot be read: a zero byte in it, or a field too few", [0; 16])),
            (Ok(Gate { blob, config }), Some(asked)) => {
                #[cfg(feature = "fault")]
                fault(&asked.request);
                gate(blob, config, &asked.request, &asked.ambient())
            }
        };
        self.output.verdict(verdict);
    }

    /// Decides the shared cases in the input: time, nonce, JSON.
    fn check(&mut self, length: usize, count: usize) {
        let answer = match (&self.gate, Fields::read(&self.input, length, count)) {
            (Ok(Gate { blob, config }), Some(mut fields)) => {
                let (now, nonce) = (fields.number(), fields.nonce());
                check(blob, config, fields.next().unwrap_or_default().as_bytes(), &ambient(now, nonce))
            }
            (Err(reason), _) => cannot_decide(reason, [0; 16]),
            (Ok(_), None) => cannot_decide("the cases cannot be read", [0; 16]),
        };
        self.output.verdict(Verdict::Answer(answer));
    }

    /// Answers a host that could not ask: nonce, reason.
    fn refuse(&mut self, length: usize, count: usize) {
        let answer: Answer = match Fields::read(&self.input, length, count) {
            Some(mut fields) => {
                let nonce = fields.nonce();
                cannot_decide(fields.next().unwrap_or_default(), nonce)
            }
            None => cannot_decide("the gate failed", [0; 16]),
        };
        self.output.verdict(Verdict::Answer(answer));
    }
}

/// A request as the host hands it over.
struct Asked<'a> {
    now: i64,
    nonce: [u8; 16],
    address: &'a str,
    geo: Option<PlatformGeo<'a>>,
    request: Request<'a>,
}

impl<'a> Asked<'a> {
    /// Time, nonce, address, country, region, AS number, method, authority, target, then name and value of each header.
    fn read(input: &'a [u8], length: usize, count: usize) -> Option<Self> {
        let mut fields = Fields::read(input, length, count)?;
        let (now, nonce) = (fields.number(), fields.nonce());
        let address = fields.next()?;
        let (country, region, asn) = (some(fields.next()?), some(fields.next()?), some(fields.next()?));
        let asn = asn.and_then(|number| number.parse().ok());
        // A host that tells nothing is one that nobody vouches for, which is another thing than an unknown country.
        let told = country.is_some() || region.is_some() || asn.is_some();
        let geo = told.then(|| PlatformGeo { country, region, asn, ..PlatformGeo::default() });
        let (method, authority, path_and_query) = (fields.next()?, fields.next()?, fields.next()?);
        let mut headers = Vec::with_capacity(count / 2);
        while let Some(name) = fields.next() {
            headers.push((name, fields.next()?.as_bytes()));
        }
        Some(Self { now, nonce, address, geo, request: Request { method, authority, path_and_query, headers } })
    }

    fn ambient(&self) -> Ambient<'_> {
        Ambient { platform_address: some(self.address), platform_geo: self.geo, ..ambient(self.now, self.nonce) }
    }
}

/// An empty field says nothing.
fn some(field: &str) -> Option<&str> {
    (!field.is_empty()).then_some(field)
}

fn ambient(now: i64, nonce: [u8; 16]) -> Ambient<'static> {
    Ambient { now, nonce, ..Ambient::default() }
}

#[cfg(feature = "fault")]
#[allow(clippy::panic)]
fn fault(request: &Request<'_>) {
    if request.header_values("x-test-panic").next().is_some() {
        panic!("injected by x-test-panic");
    }
}
