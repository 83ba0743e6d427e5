//! Words of Arabic and Hebrew script that are in no dictionary: their consonants, and what two words written as one are made of.

use super::{Class, Folds, Reader, Scope, Script, Token};

/// What family names end in, Persian, Pashto, Turkic and Arabic, as they are written and as lists spell them. The dictionary has them too,
/// for those that are written apart.
const ENDINGS: [(&str, &str); 53] = [
    ("نژاد", "nejad"),
    ("زاده", "zadeh"),
    ("زادگان", "zadegan"),
    ("پور", "pour"),
    ("خواه", "khah"),
    ("خواهان", "khahan"),
    ("پناه", "panah"),
    ("وند", "vand"),
    ("مند", "mand"),
    ("منش", "manesh"),
    ("دوست", "doust"),
    ("پرست", "parast"),
    ("اباد", "abad"),
    ("ابادي", "abadi"),
    ("فروش", "foroush"),
    ("تبار", "tabar"),
    ("نسب", "nasab"),
    ("شناس", "shenas"),
    ("نويس", "nevis"),
    ("پسند", "pasand"),
    ("طلب", "talab"),
    ("بخش", "bakhsh"),
    ("بيگي", "beigi"),
    ("بيگ", "beig"),
    ("بيك", "beik"),
    ("خاني", "khani"),
    ("خان", "khan"),
    ("وردي", "verdi"),
    ("قلي", "gholi"),
    ("اوغلو", "oghlu"),
    ("اوغلي", "oghli"),
    ("پناهي", "panahi"),
    ("زهي", "zehi"),
    ("زايي", "zaei"),
    ("زاي", "zai"),
    ("زي", "zai"),
    ("خيل", "khel"),
    ("يار", "yar"),
    ("فر", "far"),
    ("نيا", "nia"),
    ("راد", "rad"),
    ("كيا", "kia"),
    ("مهر", "mehr"),
    ("ساز", "saz"),
    ("كار", "kar"),
    ("گر", "gar"),
    ("دار", "dar"),
    ("چي", "chi"),
    ("لو", "lou"),
    ("الله", "ullah"),
    ("اللهي", "ollahi"),
    ("الدين", "uddin"),
    ("الديني", "uddini"),
];

/// Given names and titles that are written on to the name behind them: `محمدحسین`, `عبدالقدیر`.
const HEADS: [(&str, &str); 17] = [
    ("عبدال", "abdul"),
    ("محمد", "mohammad"),
    ("احمد", "ahmad"),
    ("امير", "amir"),
    ("غلام", "gholam"),
    ("سيد", "seyed"),
    ("علي", "ali"),
    ("حاجي", "haji"),
    ("شيخ", "sheikh"),
    ("ملا", "mullah"),
    ("ابو", "abu"),
    ("نور", "nur"),
    ("شاه", "shah"),
    ("مير", "mir"),
    ("شير", "shir"),
    ("گل", "gul"),
    ("پور", "pour"),
];

/// Given names that are written on to the name before them: `علیرضا`, `گل‌محمد`.
const SECONDS: [(&str, &str); 7] =
    [("رضا", "reza"), ("علي", "ali"), ("حسين", "hossein"), ("حسن", "hassan"), ("محمد", "mohammad"), ("احمد", "ahmad"), ("اكبر", "akbar")];

/// Names of Latin letters as Arabic and Persian write them: `جي ام آي` is GMI. `في` is left out: it is `in` more often than v.
const LETTERS: [(&str, char); 26] = [
    ("ايه", 'a'),
    ("بي", 'b'),
    ("سي", 'c'),
    ("دي", 'd'),
    ("اي", 'i'),
    ("اف", 'f'),
    ("جي", 'g'),
    ("اتش", 'h'),
    ("ايتش", 'h'),
    ("جيه", 'j'),
    ("كي", 'k'),
    ("كيه", 'k'),
    ("ال", 'l'),
    ("ام", 'm'),
    ("ان", 'n'),
    ("او", 'o'),
    ("پي", 'p'),
    ("كيو", 'q'),
    ("ار", 'r'),
    ("اس", 's'),
    ("تي", 't'),
    ("يو", 'u'),
    ("دبليو", 'w'),
    ("اكس", 'x'),
    ("واي", 'y'),
    ("زد", 'z'),
];

/// Endings of one adjective or noun: feminine and masculine, Arabic and Persian.
const FORMS: [(&str, &str); 5] = [("ية", "ي"), ("يه", "ي"), ("ي", "ية"), ("ه", "ة"), ("ة", "ه")];

impl Reader<'_, '_> {
    /// Hebrew without points: consonants, and the letters that may be vowels by their place.
    pub(super) fn hebrew(&mut self, run: &str) {
        let last = run.chars().count().saturating_sub(1);
        let mut before = ' ';
        for (n, c) in run.chars().enumerate() {
            let next = run.chars().nth(n + 1);
            match c {
                'ו' if n > 0 && before != 'ו' && next != Some('ו') => self.line.text.push('o'),
                'ו' if before == 'ו' => {}
                'י' if n > 0 => self.line.text.push('i'),
                'ה' if n == last && n > 0 => self.line.text.push('a'),
                'כ' if n > 0 => self.line.text.push_str("kh"),
                'פ' if n > 0 => self.line.text.push('p'),
                _ => self.letter(c),
            }
            before = c;
        }
    }

    /// Two names of letters or more in the name of a body, as the one word that they spell. Answers the bytes read.
    pub(super) fn letter_names(&mut self, rest: &str) -> Option<usize> {
        if self.scope != Scope::NativeCompany {
            return None;
        }
        let start = self.line.text.len();
        let (mut at, mut end, mut count) = (0, 0, 0);
        for word in rest.split([' ', '.']) {
            if !word.is_empty() {
                let Some((_, letter)) = LETTERS.into_iter().find(|(name, _)| *name == word) else { break };
                self.line.text.push(letter);
                (end, count) = (at + word.len(), count + 1);
            }
            at += word.len() + 1;
        }
        if count < 2 {
            self.line.text.truncate(start);
            return None;
        }
        self.line.close(start, Class::Name, 0);
        Some(end)
    }

    /// A word of Arabic script that is in no dictionary: article and conjunction first, then its consonants.
    /// `len` is the length of the word. Answers the bytes read.
    pub(super) fn arabic(&mut self, rest: &str, len: usize) -> usize {
        *self.folds |= Folds::ARABIC;
        let word = rest.get(..len).unwrap_or_default();
        for (prefix, read) in [("وال", &["and", "al"][..]), ("ال", &["al"]), ("لل", &["al"])] {
            let Some(tail) = word.strip_prefix(prefix) else { continue };
            // `الوز` is Al-Wazz; in a body's name so short a word is seldom a name with the article.
            if tail.chars().nth(if self.scope == Scope::NativePerson && prefix == "ال" { 1 } else { 2 }).is_none() {
                continue;
            }
            read.iter().for_each(|word| self.line.push(word, Class::Name, 0));
            let ahead = rest.get(prefix.len()..).unwrap_or_default();
            if let Some(taken) = self.phrase(Script::Arabic, ahead) {
                return prefix.len() + taken;
            }
            self.unknown_word(tail, rest.get(len..).unwrap_or_default());
            return len;
        }
        self.unknown_word(word, rest.get(len..).unwrap_or_default());
        len
    }

    /// A word in no dictionary, and what stands behind it.
    fn unknown_word(&mut self, word: &str, behind: &str) {
        if let Some(value) = self.inflected(word) {
            self.words.record(value).for_each(|(class, text)| self.line.push(text, class, 0));
        } else if !self.written_together(word) {
            let start = self.line.text.len();
            self.letters_of(word);
            // Before a word with the article the feminine ending is heard: `عصبة الأنصار` is Asbat al-Ansar.
            if word.ends_with('ة') && self.scope == Scope::NativeCompany && behind.trim_start().starts_with("ال") {
                self.line.text.push('t');
            }
            self.line.close(start, Class::Name, Token::ABJAD);
        }
    }

    /// The record of a word of bodies of which the dictionary has another form: the Persian plural's singular (`پروژه‌های`), the masculine
    /// of an adjective or its feminine, and the feminine ending as Persian writes it.
    fn inflected(&self, word: &str) -> Option<u64> {
        if self.scope != Scope::NativeCompany || word.chars().nth(3).is_none() {
            return None;
        }
        let known = |form: &str| self.whole_name(form).or_else(|| self.generic(form));
        if let Some(head) = word.strip_suffix("هاي").or_else(|| word.strip_suffix("ها")) {
            return known(head);
        }
        let mut form = String::with_capacity(word.len() + 2);
        FORMS.into_iter().find_map(|(ending, other)| {
            form.clear();
            form.push_str(word.strip_suffix(ending)?);
            form.push_str(other);
            self.generic(&form)
        })
    }

    /// The record of a word that says little of a body.
    fn generic(&self, word: &str) -> Option<u64> {
        let (_, value) = self.longest(self.scope, Script::Arabic, word).filter(|(len, _)| *len == word.len())?;
        self.words.record(value).next().filter(|(class, _)| *class == Class::Generic).map(|_| value)
    }

    /// A name that is written as one word and made of two, of which the dictionary has the first or the second.
    fn written_together(&mut self, word: &str) -> bool {
        if self.scope != Scope::NativePerson {
            return false;
        }
        let longest = ENDINGS.iter().filter(|(ending, _)| word.ends_with(ending)).max_by_key(|(ending, _)| ending.len());
        if let Some((ending, read)) = longest
            && let Some(head) = word.strip_suffix(ending)
        {
            let start = self.line.text.len();
            let known = self.whole_name(head);
            if let Some(value) = known {
                self.words.record(value).for_each(|(_, text)| self.line.text.push_str(text));
            } else if head.chars().nth(1).is_some() && ending.chars().nth(2).is_some() {
                self.letters_of(head);
            } else {
                // Two letters may end any word.
                return false;
            }
            self.line.text.push_str(read);
            self.line.close(start, Class::Name, if known.is_some() { 0 } else { Token::ABJAD });
            return true;
        }
        for (head, read) in HEADS {
            let Some(value) = word.strip_prefix(head).and_then(|rest| self.whole_name(rest)) else { continue };
            self.line.push(read, Class::Name, 0);
            self.words.record(value).for_each(|(class, text)| self.line.push(text, class, 0));
            return true;
        }
        for (second, read) in SECONDS {
            let Some(value) = word.strip_suffix(second).and_then(|head| self.whole_name(head)) else { continue };
            self.words.record(value).for_each(|(class, text)| self.line.push(text, class, 0));
            self.line.push(read, Class::Name, 0);
            return true;
        }
        // Two names without the blank between: `اکبرطباطبایی`.
        for (at, _) in word.char_indices().skip(3) {
            let (head, tail) = word.split_at(at);
            if tail.chars().nth(2).is_none() {
                break;
            }
            let (Some(first), Some(second)) = (self.whole_name(head), self.whole_name(tail)) else { continue };
            for value in [first, second] {
                self.words.record(value).for_each(|(class, text)| self.line.push(text, class, 0));
            }
            return true;
        }
        false
    }

    /// The record of a name that the dictionary has as it is.
    fn whole_name(&self, word: &str) -> Option<u64> {
        let (_, value) = self.longest(self.scope, Script::Arabic, word).filter(|(len, _)| *len == word.len())?;
        self.words.record(value).next().filter(|(class, _)| matches!(class, Class::Name | Class::Title)).map(|_| value)
    }

    /// Waw and ya are consonants at the head of a word and beside alef, else the vowels u and i; ayn is heard only at the head. Two letters
    /// that together would be read as one sound (`th`, `sh`, `ts`) get the vowel that stands between them: `تهامی` is no `thami`.
    fn letters_of(&mut self, word: &str) {
        let start = self.line.text.len();
        let mut before = None;
        let mut chars = word.chars().peekable();
        while let Some(c) = chars.next() {
            let beside = before == Some('ا') || matches!(chars.peek(), Some('ا' | 'ة'));
            let text = &mut self.line.text;
            match c {
                'و' => text.push(if before.is_none() || beside { 'w' } else { 'u' }),
                'ي' => text.push(if before.is_none() || beside { 'y' } else { 'i' }),
                'ع' if before.is_some() => {}
                _ => {
                    let read = text.get(start..).unwrap_or_default();
                    let merges = match c {
                        'ه' | 'ح' => read.ends_with(['t', 'd', 's', 'k', 'g', 'z', 'p']),
                        'س' | 'ص' | 'ش' | 'ز' | 'ظ' => read.ends_with('t'),
                        _ => false,
                    };
                    if merges {
                        text.push('e');
                    }
                    self.letter(c);
                }
            }
            before = Some(c);
        }
    }
}
