//! Baskets from a file: one a line (FIMI), or a table with a row per basket and item (CSV).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use rayon::prelude::*;

use super::EvalError;
use crate::models::rules::Baskets;

/// Bytes that a thread parses at a time.
const BLOCK: usize = 1 << 20;
/// Whole numbers below this are their own code; others, and words, have the codes from here on, as they come.
const FIRST_WORD: u32 = 1 << 22;

/// Where baskets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BasketSource {
    /// One basket a line, items parted by blanks.
    Fimi(PathBuf),
    /// One row per basket and item.
    Csv {
        /// The file.
        file: PathBuf,
        /// Columns that together name a basket.
        ids: Vec<String>,
        /// The column of the item.
        item: String,
    },
}

/// What was read.
#[derive(Debug)]
pub struct BasketFile {
    /// The baskets; items are numbered in the order of their labels.
    pub baskets: Baskets,
    /// How items are written: ascending as numbers where all of them are, else as text.
    pub labels: Vec<String>,
}

impl BasketSource {
    /// The file.
    pub fn file(&self) -> &Path {
        match self {
            Self::Fimi(file) | Self::Csv { file, .. } => file,
        }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// The file cannot be read, lacks a column, has a cell that names nothing, or no basket at all.
    pub fn read(&self) -> Result<BasketFile, EvalError> {
        let mut reading = Reading::default();
        match self {
            Self::Fimi(file) => reading.fimi(file)?,
            Self::Csv { file, ids, item } => reading.csv(file, ids, item)?,
        }
        let name = self.file().display().to_string();
        if reading.ends.is_empty() {
            return Err(EvalError::Nothing {
                file: name,
                problem: "it has no basket with an item".to_owned(),
                mend: "give a file with one basket a line, or --format csv with --id and --item".to_owned(),
            });
        }
        reading.finish(&name)
    }
}

/// Codes of items that are no small numbers, as they come.
#[derive(Default)]
struct Words(HashMap<Box<[u8]>, u32>);

impl Words {
    fn code(&mut self, text: &[u8]) -> u32 {
        direct_number(text).unwrap_or_else(|| self.code_of_word(text))
    }

    fn code_of_word(&mut self, text: &[u8]) -> u32 {
        let next = FIRST_WORD + self.0.len() as u32;
        self.0.get(text).copied().unwrap_or_else(|| *self.0.entry(text.into()).or_insert(next))
    }
}

/// The number that a text is, where its digits are how that number is written.
fn direct_number(text: &[u8]) -> Option<u32> {
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

/// Whole lines, parsed.
struct Block<'t> {
    /// Codes of the items; the words of the block have codes of their own.
    entries: Vec<u32>,
    /// Where in `entries` each basket ends.
    ends: Vec<usize>,
    words: Vec<&'t [u8]>,
}

impl<'t> Block<'t> {
    fn parsed(text: &'t [u8]) -> Self {
        let mut block = Self { entries: Vec::new(), ends: Vec::new(), words: Vec::new() };
        let mut known: HashMap<&[u8], u32> = HashMap::new();
        let mut at = 0;
        while at < text.len() {
            if text[at].is_ascii_whitespace() {
                if text[at] == b'\n' {
                    block.end_basket();
                }
                at += 1;
                continue;
            }
            let start = at;
            while at < text.len() && !text[at].is_ascii_whitespace() {
                at += 1;
            }
            let word = &text[start..at];
            let code = direct_number(word).unwrap_or_else(|| {
                *known.entry(word).or_insert_with(|| {
                    block.words.push(word);
                    FIRST_WORD + block.words.len() as u32 - 1
                })
            });
            block.entries.push(code);
        }
        block.end_basket();
        block
    }

    fn end_basket(&mut self) {
        if self.entries.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.entries.len());
        }
    }
}

/// Parts a text into about `n` parts of whole lines.
fn parted(text: &[u8], n: usize) -> Vec<&[u8]> {
    let size = text.len().div_ceil(n).max(1);
    let (mut parts, mut rest) = (Vec::with_capacity(n), text);
    while !rest.is_empty() {
        let least = size.min(rest.len());
        let end = rest[least - 1..].iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| least + at);
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

#[derive(Default)]
struct Reading {
    words: Words,
    /// Codes of the items, basket after basket.
    entries: Vec<u32>,
    ends: Vec<u32>,
}

impl Reading {
    fn fimi(&mut self, path: &Path) -> Result<(), EvalError> {
        let mut input = opened(path)?;
        let n = rayon::current_num_threads();
        // Begins with the line that the block before broke off in.
        let mut text = Vec::with_capacity(n * BLOCK);
        loop {
            let before = text.len();
            let read = input.by_ref().take((n * BLOCK) as u64).read_to_end(&mut text);
            read.map_err(|source| unreadable(path, &source))?;
            let ended = text.len() < before + n * BLOCK;
            let newline = || text.iter().rposition(|byte| *byte == b'\n');
            let whole = if ended { text.len() } else { newline().map_or(0, |at| at + 1) };
            let blocks: Vec<Block> = parted(&text[..whole], n).into_par_iter().map(Block::parsed).collect();
            for block in &blocks {
                self.append(block, path)?;
            }
            text.drain(..whole);
            if ended {
                return Ok(());
            }
        }
    }

    fn append(&mut self, block: &Block, path: &Path) -> Result<(), EvalError> {
        let start = self.entries.len();
        if u32::try_from(start + block.entries.len()).is_err() {
            return Err(too_large(path));
        }
        if block.words.is_empty() {
            self.entries.extend_from_slice(&block.entries);
        } else {
            let codes: Vec<u32> = block.words.iter().map(|word| self.words.code_of_word(word)).collect();
            let code = |code: &u32| code.checked_sub(FIRST_WORD).map_or(*code, |word| codes[word as usize]);
            self.entries.extend(block.entries.iter().map(code));
        }
        self.ends.extend(block.ends.iter().map(|end| (start + end) as u32));
        Ok(())
    }

    fn csv(&mut self, path: &Path, ids: &[String], item: &str) -> Result<(), EvalError> {
        let file = path.display().to_string();
        let mut reader = csv::Reader::from_reader(opened(path)?);
        let fail = |error: csv::Error| EvalError::Row {
            file: file.clone(),
            line: error.position().map_or(0, csv::Position::line),
            problem: error.to_string(),
        };
        let head = reader.byte_headers().map_err(fail)?.clone();
        let names: Vec<String> = head.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let column = |name: &str, option| {
            names.iter().position(|known| known == name).ok_or_else(|| EvalError::NoColumn {
                file: file.clone(),
                column: name.to_owned(),
                option,
                help: format!("its columns are {}", names.join(", ")),
            })
        };
        let ids = ids.iter().map(|id| column(id, "--id")).collect::<Result<Vec<usize>, _>>()?;
        let item_column = column(item, "--item")?;
        let mut baskets: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let (mut row, mut key) = (csv::ByteRecord::new(), Vec::new());
        while reader.read_byte_record(&mut row).map_err(fail)? {
            key.clear();
            for id in &ids {
                // The length before each part keeps `a,bc` and `ab,c` apart.
                let part = &row[*id];
                key.extend_from_slice(&(part.len() as u32).to_le_bytes());
                key.extend_from_slice(part);
            }
            let text = row[item_column].trim_ascii();
            if text.is_empty() {
                return Err(EvalError::Cell(Box::new(super::CellFault {
                    file,
                    line: row.position().map_or(0, csv::Position::line),
                    column: item.to_owned(),
                    found: String::new(),
                    problem: "an item without a name".to_owned(),
                    mend: "name it or drop the row".to_owned(),
                })));
            }
            let next = baskets.len() as u32;
            let basket = match baskets.get(&key) {
                Some(basket) => *basket,
                None => *baskets.entry(key.clone()).or_insert(next),
            };
            pairs.push((basket, self.words.code(text)));
        }
        if pairs.len() > u32::MAX as usize {
            return Err(too_large(path));
        }
        pairs.sort_unstable();
        for (at, (basket, item)) in pairs.iter().enumerate() {
            self.entries.push(*item);
            if pairs.get(at + 1).is_none_or(|(next, _)| next != basket) {
                self.ends.push(at as u32 + 1);
            }
        }
        Ok(())
    }

    /// Numbers the items in the order of their labels.
    fn finish(self, file: &str) -> Result<BasketFile, EvalError> {
        let Self { words, mut entries, ends } = self;
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
                file: file.to_owned(),
                problem: format!("the item `{}` is no UTF-8 text", String::from_utf8_lossy(error.as_bytes())),
                mend: "save the file as UTF-8".to_owned(),
            })?;
            labels.push((text, code));
        }
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
        if labels.iter().all(|(text, _)| number(text).is_some()) {
            labels.sort_by_key(|(text, _)| number(text));
        } else {
            labels.sort();
        }
        let mut place = vec![0; largest + 1];
        for (new, (_, code)) in labels.iter().enumerate() {
            place[*code as usize] = new as u32;
        }
        entries.par_iter_mut().for_each(|item| *item = place[*item as usize]);
        let baskets = Baskets::from_rows(entries, &ends, labels.len() as u32).map_err(EvalError::Rules)?;
        Ok(BasketFile { baskets, labels: labels.into_iter().map(|(text, _)| text).collect() })
    }
}

fn opened(path: &Path) -> Result<Box<dyn Read>, EvalError> {
    let file = BufReader::with_capacity(BLOCK, File::open(path).map_err(|source| unreadable(path, &source))?);
    let packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn unreadable(path: &Path, source: &std::io::Error) -> EvalError {
    EvalError::Nothing {
        file: path.display().to_string(),
        problem: format!("it cannot be read: {source}"),
        mend: "check the path and its permissions".to_owned(),
    }
}

fn too_large(path: &Path) -> EvalError {
    EvalError::Nothing {
        file: path.display().to_string(),
        problem: format!("it has more than {} items in baskets", u32::MAX),
        mend: "give a shorter window".to_owned(),
    }
}

#[cfg(test)]
#[path = "basket_file_tests.rs"]
mod tests;
