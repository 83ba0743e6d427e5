//! A component that answers 200 to everything and looks at nothing: the floor that the gate is measured against.

use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response};
use spin_sdk::wasip3::wit_future;

struct Empty;
spin_sdk::wasip3::http::service::export!(Empty);

impl Guest for Empty {
    async fn handle(_: Request) -> Result<Response, ErrorCode> {
        let (_, trailers) = wit_future::new(|| Ok(None));
        let (response, _) = Response::new(Fields::new(), None, trailers);
        Ok(response)
    }
}
