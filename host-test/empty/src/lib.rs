//! A component that decides nothing: the floor that the gate is measured against. With `UPSTREAM` in its environment it passes
//! everything but `/empty` on as it came; otherwise it answers 200 and looks at nothing.

use spin_sdk::wasip3::exports::http::handler::Guest;
use spin_sdk::wasip3::http::client;
use spin_sdk::wasip3::http::types::{ErrorCode, Fields, Request, Response, Scheme};
use spin_sdk::wasip3::wit_future;

struct Empty;
spin_sdk::wasip3::http::service::export!(Empty);

impl Guest for Empty {
    async fn handle(request: Request) -> Result<Response, ErrorCode> {
        match std::env::var("UPSTREAM") {
            Ok(upstream) if request.get_path_with_query().is_none_or(|path| path != "/empty") => pass(request, &upstream).await,
            _ => {
                let (_, trailers) = wit_future::new(|| Ok(None));
                let (response, _) = Response::new(Fields::new(), None, trailers);
                Ok(response)
            }
        }
    }
}

async fn pass(request: Request, upstream: &str) -> Result<Response, ErrorCode> {
    let (method, path, options) = (request.get_method(), request.get_path_with_query(), request.get_options());
    let headers: Vec<_> = request.get_headers().copy_all().into_iter().filter(|(name, _)| name != "host").collect();
    let (_, received) = wit_future::new(|| Ok(()));
    let (body, trailers) = Request::consume_body(request, received);
    let fields = |headers: &[(String, Vec<u8>)]| Fields::from_list(headers).map_err(|_| ErrorCode::HttpProtocolError);
    let (onward, _) = Request::new(fields(&headers)?, Some(body), trailers, options);
    let invalid = |()| ErrorCode::HttpRequestUriInvalid;
    onward.set_method(&method).map_err(invalid)?;
    onward.set_scheme(Some(&Scheme::Http)).map_err(invalid)?;
    onward.set_authority(Some(upstream)).map_err(invalid)?;
    onward.set_path_with_query(path.as_deref()).map_err(invalid)?;
    let response = client::send(onward).await?;
    let (status, headers) = (response.get_status_code(), response.get_headers().copy_all());
    let (_, received) = wit_future::new(|| Ok(()));
    let (body, trailers) = Response::consume_body(response, received);
    let (back, _) = Response::new(fields(&headers)?, Some(body), trailers);
    back.set_status_code(status).map_err(|()| ErrorCode::HttpProtocolError)?;
    Ok(back)
}
