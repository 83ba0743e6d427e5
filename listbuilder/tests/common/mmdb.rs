//! Writes small MMDB files, for tests and the fuzz target that reads them.
#![allow(missing_docs, unreachable_pub)]

use serde_json::{Value, json};

/// Makes an MMDB of records at prefixes (`::/96` and below is IPv4), after the format's specification 2.0.
pub fn mmdb(records: &[(&str, u8, Value)]) -> Vec<u8> {
    const EMPTY: usize = usize::MAX;
    let mut nodes: Vec<[usize; 2]> = vec![[EMPTY; 2]];
    let mut leaves: Vec<(usize, usize, usize)> = Vec::new();
    let mut data = Vec::new();
    for (address, prefix, record) in records {
        let bits = u128::from(address.parse::<std::net::Ipv6Addr>().unwrap());
        let mut node = 0;
        for depth in 0..*prefix {
            let side = usize::from(bits >> (127 - depth) & 1 == 1);
            if depth + 1 == *prefix {
                leaves.push((node, side, data.len()));
            } else if nodes[node][side] == EMPTY {
                nodes.push([EMPTY; 2]);
                let next = nodes.len() - 1;
                nodes[node][side] = next;
                node = next;
            } else {
                node = nodes[node][side];
            }
        }
        encode(record, &mut data);
    }
    let count = nodes.len();
    let mut out = Vec::new();
    for (index, sides) in nodes.iter().enumerate() {
        for (side, next) in sides.iter().enumerate() {
            let leaf = leaves.iter().find(|leaf| (leaf.0, leaf.1) == (index, side));
            let value = leaf.map_or(if *next == EMPTY { count } else { *next }, |leaf| count + 16 + leaf.2);
            out.extend_from_slice(&u32::try_from(value).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 16]);
    out.extend_from_slice(&data);
    out.extend_from_slice(b"\xab\xcd\xefMaxMind.com");
    let metadata = json!({
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1_700_000_000u64, "database_type": "Example-Country",
        "description": { "en": "made for a test" }, "ip_version": 6, "languages": ["en"], "node_count": count, "record_size": 32,
    });
    encode(&metadata, &mut out);
    out
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    let mut control = |kind: u8, size: usize| {
        let size = u8::try_from(size).ok().filter(|size| *size < 29).unwrap();
        if kind > 7 { out.extend([size, kind - 7]) } else { out.push(kind << 5 | size) }
    };
    match value {
        Value::String(text) => {
            control(2, text.len());
            out.extend_from_slice(text.as_bytes());
        }
        Value::Object(fields) => {
            control(7, fields.len());
            for (key, field) in fields {
                encode(&Value::String(key.clone()), out);
                match field.as_u64() {
                    Some(number) => unsigned(key, number, out),
                    None => encode(field, out),
                }
            }
        }
        Value::Array(items) => {
            control(11, items.len());
            items.iter().for_each(|item| encode(item, out));
        }
        other => panic!("{other}"),
    }
}

/// Unsigned integers have a type for each size, and the metadata's fields have set ones.
fn unsigned(key: &str, number: u64, out: &mut Vec<u8>) {
    let bytes: Vec<u8> = number.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    let size = u8::try_from(bytes.len()).unwrap();
    match key {
        "build_epoch" => out.extend([size, 9 - 7]),
        "node_count" | "autonomous_system_number" => out.push(6 << 5 | size),
        _ => out.push(5 << 5 | size),
    }
    out.extend_from_slice(&bytes);
}
