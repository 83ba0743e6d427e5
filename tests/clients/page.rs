//! The refusal in a real browser, without scripts.

use std::process::Command;

use serde_json::Value;
use weighbridge_host_test::hub::Hub;
use weighbridge_host_test::{tools, web};

use crate::{LAW, Place, succeeds};

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_a_page_that_needs_no_script() {
    let place = Place::new(Hub::default()).await;
    let folder = tools::scratch("page").unwrap();
    let chromium = tools::debian("chromium", "chromium").unwrap();
    let url = format!("http://{}/acme/open-7b/resolve/main/model.safetensors", place.iran.address);
    let mut node = Command::new("node");
    node.arg(web::script("refusal.mjs").unwrap()).arg(chromium).arg(&url).arg(&folder);
    let shown: Value = serde_json::from_str(&succeeds(&mut node)).unwrap();
    assert_eq!(shown["wrong"], serde_json::json!([]));
    let views = shown["seen"].as_array().unwrap();
    assert_eq!(views.len(), 4);
    for view in views {
        assert_eq!((&view["status"], &view["title"]), (&451.into(), &"Unavailable for legal reasons (451)".into()));
        assert_eq!(view["link"], "https://gate.example.com/appeal");
        let text = view["text"].as_str().unwrap();
        place.shows(text, LAW);
        assert!(text.contains("31 CFR 560.204: US sanctions regulations on Iran") && text.contains("Decision number"), "{text}");
    }
    println!("screenshots in {}", folder.display());
}
