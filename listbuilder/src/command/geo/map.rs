//! A map of one equal tile for each country: small ones are seen, and no shape is needed. The layout is our own; neighbours
//! stand near each other where the grid allows it.

use std::collections::BTreeMap;
use std::fmt::Write;

/// One row of the grid a line; `--` is sea.
const TILES: &str = "\
-- -- -- -- -- -- -- -- GL -- -- -- -- SJ -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- -- --
-- -- CA -- -- PM -- -- -- -- IS -- FO -- NO SE FI AX -- -- RU -- -- -- -- -- -- -- -- -- --
-- -- US -- -- BM -- -- -- -- -- IE IM GB DK -- EE LV LT BY -- KZ -- MN -- -- -- -- -- -- --
UM -- MX -- BS TC -- -- -- -- -- GG JE NL DE PL CZ SK UA MD GE UZ KG CN KP KR JP -- -- -- --
-- -- GT BZ CU KY DO PR VI VG AI -- BE LU CH LI AT HU RO AZ AM TM TJ BT HK MO TW -- -- -- --
-- -- SV HN JM HT BL MF SX KN AG -- FR MC IT SM SI HR RS BG TR IR AF NP BD LA VN PH -- GU MP
-- -- -- NI CR PA MS GP DM MQ LC PT ES AD VA MT BA ME XK MK SY IQ PK IN MM TH KH -- -- FM MH
-- -- -- -- AW CW BQ VC GD BB -- GI -- -- -- -- -- AL GR CY LB JO KW LK -- MY BN PW -- NR KI
-- -- -- CO VE TT -- -- -- -- -- MA DZ TN LY EG PS IL SA BH QA AE OM MV -- SG ID TL PG SB TV
-- -- EC PE GY SR GF -- CV -- EH MR ML NE TD SD ER YE -- -- -- -- -- IO -- CX -- -- VU FJ WS
-- -- -- BO BR -- -- -- SN GM GW GN BF NG CF SS ET DJ SO -- SC -- -- -- CC -- AU -- NC WF TO
-- -- -- PY UY -- -- -- -- SL LR CI GH TG BJ CM UG KE -- KM YT -- -- -- -- -- NF -- NU CK AS
-- -- -- CL AR -- -- -- -- -- ST GQ GA CG CD RW BI TZ -- MG MU RE -- -- -- -- NZ -- TK PF PN
-- -- -- -- FK GS -- -- -- SH -- -- AO ZM MW MZ -- -- -- -- -- -- -- -- -- -- -- -- -- -- --
-- -- -- -- -- -- -- BV -- -- -- -- NA BW ZW SZ -- -- TF HM -- -- -- -- -- -- -- -- -- -- --
-- -- -- -- -- -- -- -- -- -- -- -- -- ZA LS -- -- -- AQ -- -- -- -- -- -- -- -- -- -- -- --";

const TILE: usize = 30;
const GAP: usize = 3;

/// How a country is shown.
pub(super) struct Tile {
    /// 0 (bad) to 1 (good); `None` = no data.
    pub(super) good: Option<f64>,
    /// Whether the policy refuses it: a heavy border.
    pub(super) refused: bool,
    /// Beside the code, when the pointer rests on it.
    pub(super) note: String,
}

/// The map as SVG, with a legend.
pub(super) fn svg(tiles: &BTreeMap<String, Tile>, measure: &str) -> String {
    let step = TILE + GAP;
    let columns = TILES.lines().map(|line| line.split(' ').count()).max().unwrap_or(0);
    let (width, height) = (columns * step + GAP, (TILES.lines().count() + 3) * step);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"World map of tiles\" \
         font-family=\"sans-serif\" font-size=\"11\" text-anchor=\"middle\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n"
    );
    for (row, line) in TILES.lines().enumerate() {
        for (column, code) in line.split(' ').enumerate().filter(|(_, code)| *code != "--") {
            let (x, y) = (GAP + column * step, GAP + row * step);
            let tile = tiles.get(code);
            let fill = colour(tile.and_then(|tile| tile.good));
            let border = if tile.is_some_and(|tile| tile.refused) { "stroke=\"#111\" stroke-width=\"3\"" } else { "stroke=\"#fff\"" };
            let note = tile.map_or_else(|| "no addresses".to_owned(), |tile| tile.note.clone());
            let _ = writeln!(
                out,
                "<g><title>{code}: {note}</title><rect x=\"{x}\" y=\"{y}\" width=\"{TILE}\" height=\"{TILE}\" rx=\"3\" fill=\"{fill}\" {border}/>\
                 <text x=\"{}\" y=\"{}\">{code}</text></g>",
                x + TILE / 2,
                y + TILE / 2 + 4
            );
        }
    }
    let y = height - 2 * step - GAP;
    let legend = [
        (Some(1.0), "99 % or more"),
        (Some(0.95), "95 %"),
        (Some(0.85), "85 %"),
        (Some(0.5), "50 %"),
        (Some(0.0), "less"),
        (None, "no addresses"),
    ];
    for (at, (good, label)) in legend.iter().enumerate() {
        let x = GAP + at * step * 4;
        let _ = writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{TILE}\" height=\"{TILE}\" rx=\"3\" fill=\"{}\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"start\">{label}</text>",
            colour(*good),
            x + TILE + GAP,
            y + TILE / 2 + 4
        );
    }
    let (x, y) = (GAP, y + step);
    let _ = writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{TILE}\" height=\"{TILE}\" rx=\"3\" fill=\"#fff\" stroke=\"#111\" stroke-width=\"3\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"start\">refused by the policy, whole or in part; colour: {measure}</text>\n</svg>",
        x + TILE + GAP,
        y + TILE / 2 + 4
    );
    out
}

/// From orange to blue, which the colour-blind tell apart; grey without data.
fn colour(good: Option<f64>) -> &'static str {
    match good {
        None => "#d9d9d9",
        Some(good) if good >= 0.99 => "#6baed6",
        Some(good) if good >= 0.95 => "#bdd7e7",
        Some(good) if good >= 0.85 => "#fdd0a2",
        Some(good) if good >= 0.5 => "#fdae6b",
        Some(_) => "#e6550d",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_has_one_tile() {
        let mut codes: Vec<&str> = TILES.split_whitespace().filter(|code| *code != "--").collect();
        codes.sort_unstable();
        let mut expected: Vec<String> = weighbridge_policy::countries().map(|place| place.to_string()).collect();
        expected.sort();
        let missing: Vec<_> = expected.iter().filter(|code| !codes.contains(&code.as_str())).collect();
        let twice: Vec<_> = codes.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(missing.is_empty() && twice.is_empty() && codes.len() == expected.len(), "missing {missing:?}, twice {twice:?}");
        let widths: Vec<usize> = TILES.lines().map(|line| line.split(' ').count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
    }
}
