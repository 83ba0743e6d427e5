//! A Compute service that decides nothing: it answers `/empty` with 200, and passes everything else on.

use fastly::{Request, Response};

fn main() {
    let request = Request::from_client();
    if request.get_path() == "/empty" {
        return Response::new().send_to_client();
    }
    request.with_pass(true).send("origin").expect("a measurement that fails is none").send_to_client();
}
