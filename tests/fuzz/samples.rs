//! A sample of each format, for the target `lists`: our own small files, and an address database made here.

use std::sync::OnceLock;

use serde_json::json;

#[path = "../../listbuilder/tests/common/mmdb.rs"]
mod mmdb;

/// Files for one reader.
pub struct Sample {
    /// The format of a list; `geo-csv` or `geo-mmdb`.
    pub reader: &'static str,
    /// Names and contents.
    pub files: Vec<(&'static str, Vec<u8>)>,
}

impl Sample {
    /// All files, with a byte between.
    pub fn joined(&self, separator: u8) -> Vec<u8> {
        self.files.iter().map(|(_, bytes)| bytes.as_slice()).collect::<Vec<_>>().join(&separator)
    }
}

macro_rules! files {
    ($($name:literal = $path:literal),+) => { vec![$(($name, include_bytes!(concat!("../", $path)).to_vec())),+] };
}

/// The samples. Two formats have two layouts, and so two samples.
pub fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let sample = |reader, files| Sample { reader, files };
        let nested = |country: &str, region: &str| json!({ "country": { "iso_code": country }, "subdivisions": [{ "iso_code": region }] });
        let database = mmdb::mmdb(&[
            ("::192.0.2.0", 120, nested("UA", "43")),
            ("::198.51.100.0", 120, json!({ "continent": { "code": "EU" } })),
            ("2001:db8::", 32, json!({ "country_code": "RU", "state1": "Crimea" })),
        ]);
        vec![
            sample("bis-dpl", files!("dpl.txt" = "lists-formats/bis-dpl/dpl.txt")),
            sample("csl-csv", files!("csl.csv" = "lists-formats/csl-csv/2022.csv")),
            sample("csl-csv", files!("csl.csv" = "lists-formats/csl-csv/2025.csv")),
            sample("eu-fsf-xml", files!("fsf.xml" = "lists-formats/eu-fsf-xml/fsf.xml")),
            sample("house-csv", files!("list.csv" = "lists/us_bis_meu_uvl.csv")),
            sample("house-jsonl", files!("list.jsonl" = "lists/example_owned.jsonl")),
            sample(
                "ofac-csv",
                files!(
                    "sdn.csv" = "lists/ofac-sdn/sdn.csv",
                    "alt.csv" = "lists/ofac-sdn/alt.csv",
                    "add.csv" = "lists/ofac-sdn/add.csv",
                    "sdn_comments.csv" = "lists/ofac-sdn/sdn_comments.csv"
                ),
            ),
            sample(
                "ofac-csv",
                files!(
                    "cons_prim.csv" = "lists/ofac-non-sdn/cons_prim.csv",
                    "cons_alt.csv" = "lists/ofac-non-sdn/cons_alt.csv",
                    "cons_add.csv" = "lists/ofac-non-sdn/cons_add.csv",
                    "cons_comments.csv" = "lists/ofac-non-sdn/cons_comments.csv"
                ),
            ),
            sample("ofac-enhanced-xml", files!("enhanced.xml" = "lists-formats/ofac-enhanced-xml/cons_enhanced.xml")),
            sample("ofac-xml", files!("list.xml" = "lists-formats/ofac-xml/consolidated.xml")),
            sample("uk-conlist", files!("ConList.csv" = "lists-formats/uk-conlist/ConList.csv")),
            sample("uk-sanctions-csv", files!("full.csv" = "lists-formats/uk-sanctions-csv/full.csv")),
            sample("uk-sanctions-csv", files!("short.csv" = "lists-formats/uk-sanctions-csv/short.csv")),
            sample("un-xml", files!("un.xml" = "lists-formats/un-xml/consolidated.xml")),
            sample("geo-csv", files!("geo.csv" = "lists/geo.csv")),
            sample("geo-mmdb", vec![("geo.mmdb", database)]),
        ]
    })
}
