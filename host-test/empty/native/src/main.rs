//! A proxy that decides nothing, of the parts that `weighbridge serve` is made of: `weighbridge-empty-native UPSTREAM`. It prints
//! `listening PORT`, answers `/empty` with 200, and passes everything else on.

use std::convert::Infallible;

use http_body_util::{Either, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};

#[tokio::main]
async fn main() {
    let upstream = std::env::args().nth(1).expect("name the upstream");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("no port is free");
    println!("listening {}", listener.local_addr().expect("a listener has an address").port());
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Client::builder(TokioExecutor::new()).build(connector);
    while let Ok((stream, _)) = listener.accept().await {
        drop(stream.set_nodelay(true));
        let (client, upstream) = (client.clone(), upstream.clone());
        let service = service_fn(move |request| {
            let (client, upstream) = (client.clone(), upstream.clone());
            async move { Ok::<_, Infallible>(answer(request, &client, &upstream).await) }
        });
        tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

type Body = Either<Incoming, Empty<Bytes>>;

async fn answer(mut request: Request<Incoming>, client: &Client<HttpConnector, Incoming>, upstream: &str) -> Response<Body> {
    if request.uri().path() == "/empty" {
        return Response::new(Either::Right(Empty::new()));
    }
    *request.uri_mut() = format!("http://{upstream}{}", request.uri()).parse().expect("a path is a path");
    client.request(request).await.expect("a measurement that fails is none").map(Either::Left)
}
