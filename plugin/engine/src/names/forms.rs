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
    &["plant", "mill", "combine", "enterprise"],
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

/// Families that legal forms belong to; the others are of words for bodies.
pub(super) const OF_FORMS: u32 = 0b11;

/// All families, those of legal forms first.
fn all() -> impl Iterator<Item = &'static [&'static str]> {
    [SHARES, LIMITED].into_iter().chain(BODIES.iter().copied())
}

fn is_in(family: &[&str], word: &[u8]) -> bool {
    family.iter().any(|other| other.as_bytes() == word)
}

/// The families that a word belongs to, one bit each.
pub(super) fn families(word: &[u8]) -> u32 {
    all().enumerate().fold(0, |mask, (n, family)| mask | u32::from(is_in(family, word)) << n)
}

/// Whether a word belongs to one of these families.
pub(super) fn belongs(word: &[u8], families: u32) -> bool {
    all().enumerate().any(|(n, family)| families >> n & 1 == 1 && is_in(family, word))
}

#[cfg(test)]
mod tests {
    use super::{BODIES, OF_FORMS, belongs, families};

    fn of_one_family(a: &str, b: &str, of: u32) -> bool {
        belongs(b.as_bytes(), families(a.as_bytes()) & of)
    }

    #[test]
    fn forms_of_one_family_are_kin() {
        let kin = |a, b| of_one_family(a, b, OF_FORMS);
        assert!(kin("sa", "jsc") && kin("gmbh", "llc"));
        assert!(!kin("gmbh", "ag") && !kin("wll", "llc"));
    }

    #[test]
    fn words_for_bodies_are_alike_in_one_family_only() {
        assert!(BODIES.len() + 2 <= 32);
        let alike = |a, b| of_one_family(a, b, !OF_FORMS);
        assert!(alike("office", "bureau") && alike("est", "institute") && alike("organization", "union"));
        assert!(!alike("office", "institute") && !alike("bank", "credit"));
    }
}
