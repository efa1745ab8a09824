//! Baskets from a file: one a line (FIMI), or a table with a row per basket and item (CSV).

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::EvalError;
use super::item_labels::{FIRST_WORD, Words, direct_number, numbered};
use super::table_rows::{BLOCK, each_row, nameless, opened, too_large, unreadable};
use crate::models::rules::Baskets;

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
        if reading.ends.is_empty() {
            return Err(EvalError::Nothing {
                file: self.file().display().to_string(),
                problem: "it has no basket with an item".to_owned(),
                mend: "give a file with one basket a line, or --format csv with --id and --item".to_owned(),
            });
        }
        reading.finish(self.file())
    }
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
        let mut columns: Vec<(&str, &'static str)> = ids.iter().map(|id| (id.as_str(), "--id")).collect();
        columns.push((item, "--item"));
        let mut baskets: HashMap<Vec<u8>, u32> = HashMap::new();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        let mut key = Vec::new();
        each_row(path, &columns, |row| {
            let text = row.cell(ids.len()).trim_ascii();
            if text.is_empty() {
                return Err(nameless(path, row.line(), item));
            }
            row.key(ids.len(), &mut key);
            let next = baskets.len() as u32;
            let basket = match baskets.get(&key) {
                Some(basket) => *basket,
                None => *baskets.entry(key.clone()).or_insert(next),
            };
            pairs.push((basket, self.words.code(text)));
            Ok(())
        })?;
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
    fn finish(self, path: &Path) -> Result<BasketFile, EvalError> {
        let Self { words, mut entries, ends } = self;
        let labels = numbered(words, &mut entries, path)?;
        let baskets = Baskets::from_rows(entries, &ends, labels.len() as u32).map_err(EvalError::Rules)?;
        Ok(BasketFile { baskets, labels })
    }
}

#[cfg(test)]
#[path = "basket_file_tests.rs"]
mod tests;
