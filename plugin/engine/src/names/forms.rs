//! Families of legal forms: what one language calls `SA` another calls `AG`, `AO` or `plc`, and lists translate them. And of words for
//! bodies, which one translator puts for another.

/// Companies of shares.
const SHARES: &[&str] = &[
    "jsc",
    "pjsc",
    "ojsc",
    "cjsc",
    "npjsc",
    "prjsc",
    "pubjsc",
    "sa",
    "ag",
    "as",
    "asa",
    "spa",
    "ab",
    "oyj",
    "plc",
    "nv",
    "dd",
    "ad",
    "ae",
    "rt",
    "zrt",
    "nyrt",
    "spolkaakcyjna",
    "sha",
    "ksc",
    "bsc",
    "saog",
    "saoc",
    "sae",
    "qpsc",
    "gufenyouxiangongsi",
    "ctcp",
    "kk",
    "jusikhoesa",
    "se",
    "bhd",
    "pcl",
    "sacv",
    "sau",
    "hf",
    "inc",
    "corp",
];

/// Companies whose members are liable for their share.
const LIMITED: &[&str] = &[
    "ltd",
    "llc",
    "gmbh",
    "sarl",
    "srl",
    "sl",
    "ltda",
    "bv",
    "ou",
    "sia",
    "kft",
    "doo",
    "eood",
    "sro",
    "spzoo",
    "shpk",
    "epe",
    "uab",
    "pte",
    "pty",
    "pvt",
    "ltdsti",
    "tnhh",
    "youxianzerengongsi",
    "yk",
    "gk",
    "sprl",
    "aps",
    "ehf",
    "sdnbhd",
    "srlcv",
    "oy",
    "ug",
    "ike",
];

/// What one translator calls a department another calls an office, and so on.
const BODIES: &[&[&str]] = &[
    &["department", "office", "bureau", "directorate", "direction", "administration", "agency", "ministry", "authority", "service"],
    &["institute", "est", "foundation", "organization", "center"],
    &["plant", "factory", "mill", "combine", "enterprise"],
    &["association", "union", "society", "organization", "league", "federation"],
    &["group", "holding", "concern", "corp"],
    &["committee", "commission", "council", "board"],
    &["movement", "front", "organization"],
    &["army", "force", "corps", "soldier"],
    &["brigade", "battalion", "division"],
    &["foundation", "charity", "relief", "welfare"],
    &["machine", "mechanical", "engineering", "machinebuilding"],
    &["science", "research", "technical", "technology"],
    &["industry", "production", "manufacturing"],
    &["commerce", "trade"],
    &["arms", "ammunition", "weapon"],
    &["supply", "procurement", "logistics"],
    &["police", "guard"],
    &["prison", "detention"],
    &["instruments", "devices"],
    &["safety", "protection"],
    &["metal", "metallurgy"],
    &["agricultural", "farm"],
    &["information", "intelligence", "news", "media"],
];

fn both(family: &[&str], a: &[u8], b: &[u8]) -> bool {
    family.iter().any(|f| f.as_bytes() == a) && family.iter().any(|f| f.as_bytes() == b)
}

/// Whether two legal forms are of one family.
pub(super) fn kin(a: &[u8], b: &[u8]) -> bool {
    a == b || both(SHARES, a, b) || both(LIMITED, a, b)
}

/// Whether two words for a body are translated by one another.
pub(super) fn alike(a: &[u8], b: &[u8]) -> bool {
    BODIES.iter().any(|family| both(family, a, b))
}

#[cfg(test)]
mod tests {
    use super::{alike, kin};

    #[test]
    fn forms_of_one_family_are_kin() {
        assert!(kin(b"sa", b"jsc") && kin(b"gmbh", b"llc") && kin(b"wll", b"wll"));
        assert!(!kin(b"gmbh", b"ag") && !kin(b"wll", b"llc"));
    }

    #[test]
    fn words_for_bodies_are_alike_in_one_family_only() {
        assert!(alike(b"office", b"bureau") && alike(b"est", b"institute") && alike(b"organization", b"union"));
        assert!(!alike(b"office", b"institute") && !alike(b"bank", b"credit"));
    }
}
