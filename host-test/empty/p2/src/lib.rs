//! A component of WASI 0.2 that decides nothing: with `UPSTREAM` in its environment it passes requests without a body on as they
//! came, all but `/empty`; otherwise it answers 200.

#[path = "../../../../plugin/spin-p2/src/moving.rs"]
mod moving;

use moving::{Move, wait};
use spin_sdk::http::{Fields, IncomingRequest, OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme};
use spin_sdk::wit::wasi::http0_2_0::outgoing_handler;

/// The export, alone in a module because the SDK's macro writes `unsafe` in the caller's name.
mod export {
    #![allow(unsafe_code)]
    use spin_sdk::http::{IncomingRequest, ResponseOutparam};

    #[spin_sdk::http_component]
    async fn handle(request: IncomingRequest, out: ResponseOutparam) {
        super::handle(&request, out);
    }
}

fn handle(request: &IncomingRequest, out: ResponseOutparam) {
    match std::env::var("UPSTREAM") {
        Ok(upstream) if request.path_with_query().is_none_or(|path| path != "/empty") => {
            pass(request, out, &upstream).expect("a measurement that fails is none");
        }
        _ => out.set(OutgoingResponse::new(Fields::new())),
    }
}

fn pass(request: &IncomingRequest, out: ResponseOutparam, upstream: &str) -> Option<()> {
    let headers: Vec<_> = request.headers().entries().into_iter().filter(|(name, _)| name != "host").collect();
    let onward = OutgoingRequest::new(Fields::from_list(&headers).ok()?);
    onward.set_method(&request.method()).ok()?;
    onward.set_scheme(Some(&Scheme::Http)).ok()?;
    onward.set_authority(Some(upstream)).ok()?;
    onward.set_path_with_query(request.path_with_query().as_deref()).ok()?;
    let waiting = outgoing_handler::handle(onward, None).ok()?;
    let response = loop {
        if let Some(response) = waiting.get() {
            break response.ok()?.ok()?;
        }
        wait(vec![waiting.subscribe()], [&mut None]);
    };
    let back = OutgoingResponse::new(Fields::from_list(&response.headers().entries()).ok()?);
    back.set_status_code(response.status()).ok()?;
    let body = response.consume().ok().zip(back.body().ok());
    out.set(back);
    let mut download = body.and_then(|(from, to)| Move::new(from, to));
    while download.is_some() {
        wait(Vec::new(), [&mut download]);
    }
    Some(())
}
