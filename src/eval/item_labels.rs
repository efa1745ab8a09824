//! Items of a file as numbers: small whole numbers are their own code while it is read, words get one as they come, and at the end
//! all are numbered in the order of their labels.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::EvalError;

/// Whole numbers below this are their own code; others, and words, have the codes from here on, as they come.
pub(super) const FIRST_WORD: u32 = 1 << 22;

/// Codes of items that are no small numbers, as they come.
#[derive(Default)]
pub(super) struct Words(HashMap<Box<[u8]>, u32>);

impl Words {
    /// Of any item.
    pub fn code(&mut self, text: &[u8]) -> u32 {
        direct_number(text).unwrap_or_else(|| self.code_of_word(text))
    }

    /// Of one that is no small number.
    pub fn code_of_word(&mut self, text: &[u8]) -> u32 {
        let next = FIRST_WORD + self.0.len() as u32;
        self.0.get(text).copied().unwrap_or_else(|| *self.0.entry(text.into()).or_insert(next))
    }
}

/// The number that a text is, where its digits are how that number is written.
pub(super) fn direct_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 7 || (text[0] == b'0' && text.len() > 1) {
        return None;
    }
    let mut number = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = 10 * number + u32::from(digit);
    }
    (number < FIRST_WORD).then_some(number)
}

/// Replaces the codes of all `entries` by numbers in the order of the labels, which are returned: ascending as numbers where all of
/// them are, else as text.
///
/// # Errors
/// An item that is no UTF-8 text.
pub(super) fn numbered(words: Words, entries: &mut [u32], path: &Path) -> Result<Vec<String>, EvalError> {
    let largest = entries.par_iter().max().map_or(0, |code| *code as usize);
    let seen = |codes: &[u32]| {
        let mut seen = vec![false; FIRST_WORD.min(largest as u32 + 1) as usize];
        for code in codes {
            if let Some(seen) = seen.get_mut(*code as usize) {
                *seen = true;
            }
        }
        seen
    };
    let both = |one: Vec<bool>, other: Vec<bool>| one.iter().zip(other).map(|(one, other)| *one || other).collect();
    let parts = entries.par_chunks(entries.len().div_ceil(rayon::current_num_threads()).max(1));
    let seen = parts.map(seen).reduce_with(both).unwrap_or_default();
    let numbers = (0..).zip(&seen).filter(|(_, seen)| **seen).map(|(code, _): (u32, _)| (code.to_string(), code));
    let mut labels: Vec<(String, u32)> = numbers.collect();
    for (text, code) in words.0 {
        let text = String::from_utf8(text.into_vec()).map_err(|error| EvalError::Nothing {
            file: path.display().to_string(),
            problem: format!("the item `{}` is no UTF-8 text", String::from_utf8_lossy(error.as_bytes())),
            mend: "save the file as UTF-8".to_owned(),
        })?;
        labels.push((text, code));
    }
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
    if labels.iter().all(|(text, _)| number(text).is_some()) {
        labels.sort_by_cached_key(|(text, _)| number(text));
    } else {
        labels.sort();
    }
    let mut place = vec![0; largest + 1];
    for (new, (_, code)) in labels.iter().enumerate() {
        place[*code as usize] = new as u32;
    }
    entries.par_iter_mut().for_each(|item| *item = place[*item as usize]);
    Ok(labels.into_iter().map(|(text, _)| text).collect())
}
