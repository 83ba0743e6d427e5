//! Families of legal forms: what one language calls `SA` another calls `AG`, `AO` or `plc`, and lists translate them.

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

/// Whether two legal forms are of one family.
pub(super) fn kin(a: &[u8], b: &[u8]) -> bool {
    let both = |family: &[&str]| family.iter().any(|f| f.as_bytes() == a) && family.iter().any(|f| f.as_bytes() == b);
    a == b || both(SHARES) || both(LIMITED)
}

#[cfg(test)]
mod tests {
    use super::kin;

    #[test]
    fn forms_of_one_family_are_kin() {
        assert!(kin(b"sa", b"jsc") && kin(b"gmbh", b"llc") && kin(b"wll", b"wll"));
        assert!(!kin(b"gmbh", b"ag") && !kin(b"wll", b"llc"));
    }
}
