//! A refusal as a page: for people with a browser, readable without scripts, styles or colours.
//!
//! Contrast is that of WCAG 2.2 AAA for text (7:1) in light and dark; a test computes it. One line of ASCII, so that it can
//! travel in a header to a proxy that asks.

use crate::law;
use crate::refusal::{Reason, Refusal};

/// The style sheet. Colours are `#rrggbb` in two blocks, light and dark, which the test of contrast reads.
const STYLE: &str = ":root{color-scheme:light dark;--ground:#ffffff;--text:#1c1d1f;--soft:#4a4d52;--link:#0a46a8;--line:#8a8d93}\
@media(prefers-color-scheme:dark){:root{--ground:#16181c;--text:#eceae6;--soft:#b9bcc2;--link:#9cc2ff;--line:#7d8188}}\
body{margin:0;background:var(--ground);color:var(--text);font:1.0625rem/1.6 system-ui,sans-serif}\
main{max-width:40rem;margin:0 auto;padding:clamp(1.5rem,8vw,5rem) 1.25rem}\
h1{font-size:1.75rem;line-height:1.25;margin:.25rem 0 1rem}h2{font-size:1.0625rem;margin:2rem 0 .5rem}\
p,ul{margin:.5rem 0}ul{padding-left:1.25rem}a{color:var(--link)}\
a:focus-visible{outline:.1875rem solid var(--link);outline-offset:.1875rem}\
code{font:1rem/1.6 ui-monospace,monospace;overflow-wrap:anywhere;user-select:all}\
.soft{color:var(--soft)}.id{border:1px solid var(--line);border-radius:.375rem;padding:.625rem .875rem}\
footer{margin-top:2.5rem;border-top:1px solid var(--line);padding-top:1rem;font-size:.9375rem}";

/// What the page may load: its own style and nothing else. The hash is that of [`STYLE`]; a test says so.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'sha256-vU9tVoCV16bMbDvFAJ1/cjz1B3eGx7XhwrLqFxRFGMs='; base-uri 'none'; \
form-action 'none'; frame-ancestors 'none'";

/// The page. `appeal` as the operator configured it.
#[inline(never)]
pub(crate) fn page(refusal: &Refusal<'_>, appeal: Option<&str>) -> String {
    let (heading, next) = words(refusal.reason);
    let mut rules = String::new();
    for cited in refusal.rules {
        rules.push_str(&format!("<p>Rule <code>{}</code></p><ul>", escape(cited.rule)));
        for citation in &cited.citations {
            let plain = law::plain(citation).map(|words| format!(": {words}")).unwrap_or_default();
            rules.push_str(&format!("<li>{}{plain}</li>", escape(citation)));
        }
        rules.push_str("</ul>");
    }
    if !rules.is_empty() {
        rules = format!("<h2>Why</h2>{rules}");
    }
    let appeal = match appeal {
        Some(uri) if ["https://", "http://", "mailto:", "/"].iter().any(|start| uri.starts_with(start)) => {
            format!("<p>{next} Give the decision number.</p><p><a href=\"{}\">Ask for another look at this decision</a></p>", escape(uri))
        }
        Some(text) => format!("<p>{next} Give the decision number. Appeal: {}</p>", escape(text)),
        None => format!("<p>{next} Give the decision number to the operator of this site.</p>"),
    };
    let (status, sentence, id) = (refusal.status, capital(refusal.reason.sentence()), escape(refusal.id));
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\"><title>{heading} ({status})</title>\
         <style>{STYLE}</style></head><body><main><p class=\"soft\">{status}</p><h1>{heading}</h1><p>{sentence}.</p>{rules}\
         <h2>What you can do</h2>{appeal}<h2 id=\"number\">Decision number</h2>\
         <p class=\"id\"><code aria-labelledby=\"number\">{id}</code></p>\
         <footer class=\"soft\">This answer was made by a program. It is about this request and does not say what you are or did, and it is \
         not legal advice.</footer></main></body></html>"
    )
}

/// The heading, and what helps.
const fn words(reason: Reason) -> (&'static str, &'static str) {
    const MISTAKE: &str = "If you think that this is a mistake, you can ask for a person to look at it.";
    match reason {
        Reason::Law => ("Unavailable for legal reasons", MISTAKE),
        Reason::Operator => ("Not served by this site", MISTAKE),
        Reason::Review => ("A person must look at this first", "You can ask for the review."),
        Reason::Identify => ("Please sign in", "Sign in at this site and open the address again. If that does not help, ask."),
        Reason::ListsTooOld | Reason::CannotDecide => {
            ("Not available at present", "This is a fault of the site and not about you. Try again later; if it lasts, ask.")
        }
        Reason::AmbiguousPath => {
            ("The address is not clear", "Open the file from its own page. If the address came from there, tell the operator.")
        }
    }
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| std::iter::once(first.to_ascii_uppercase()).chain(letters).collect())
}

/// Text that may stand in HTML, also between quotation marks, as ASCII on one line.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => out.push_str(&format!("&#{};", u32::from(c))),
            ' '..='~' => out.push(c),
            c if c.is_control() => out.push(' '),
            c => out.push_str(&format!("&#{};", u32::from(c))),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};

    use super::*;
    use crate::access::Protocol;
    use crate::form::Form;
    use crate::refusal::Cited;

    const REASONS: [Reason; 7] =
        [Reason::Law, Reason::Operator, Reason::Review, Reason::Identify, Reason::ListsTooOld, Reason::CannotDecide, Reason::AmbiguousPath];

    fn of(reason: Reason, rules: &[Cited<'_>], appeal: Option<&str>) -> String {
        let refusal = Refusal { protocol: Protocol::Plain, form: Form::Page, status: 451, head: false, reason, rules, id: "0123<&>\"'" };
        page(&refusal, appeal)
    }

    #[test]
    fn the_policy_lets_its_own_style_in() {
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE));
        assert!(POLICY.contains(&format!("'sha256-{hash}'")), "{hash}");
    }

    #[test]
    fn nothing_that_it_says_is_markup() {
        let rules = [Cited { rule: "R<1>", since: "", citations: vec!["31 CFR 515.201", "\u{a7} 1 & \"more\"\n"] }];
        let page = of(Reason::Law, &rules, Some("https://hub.example/appeal?a=1&b=\"><script>"));
        assert!(!page.contains("<script") && !page.contains("R<1>") && page.is_ascii() && !page.contains('\n'), "{page}");
        assert!(page.contains("31 CFR 515.201: US sanctions regulations on Cuba"));
        assert!(page.contains("0123&#60;&#38;&#62;&#34;&#39;"));
        let odd = of(Reason::Law, &[], Some("javascript:alert(1)"));
        assert!(!odd.contains("href"), "{odd}");
    }

    #[test]
    fn every_reason_has_its_words_and_none_coaches() {
        for reason in REASONS {
            let page = of(reason, &[], Some("https://hub.example/appeal")).to_lowercase();
            assert!(page.contains(&reason.sentence().to_lowercase()) && page.contains("https://hub.example/appeal"), "{reason:?}");
            for word in ["vpn", "proxy", "tor ", "location", "country", "another network", "sanctioned", "listed", "script"] {
                let own = reason == Reason::ListsTooOld && word == "listed";
                assert!(own || !page.contains(word), "{reason:?} says `{word}`");
            }
        }
    }

    /// Relative luminance times 10^6, after WCAG 2.2.
    fn luminance(colour: &str) -> f64 {
        let channel = |n: usize| {
            let value = f64::from(u8::from_str_radix(&colour[n..n + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }

    #[test]
    fn text_and_links_stand_out_in_light_and_dark() {
        let mut blocks = 0;
        for block in STYLE.split(":root{").skip(1) {
            let block = block.split('}').next().unwrap();
            let colour = |name: &str| block.split_once(&format!("--{name}:")).unwrap().1.split(';').next().unwrap();
            for (name, least) in [("text", 7.0), ("soft", 7.0), ("link", 7.0), ("line", 3.0)] {
                let (a, b) = (luminance(colour(name)), luminance(colour("ground")));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= least, "{name} {} on {}: {contrast:.2}", colour(name), colour("ground"));
            }
            blocks += 1;
        }
        assert_eq!(blocks, 2);
    }
}
