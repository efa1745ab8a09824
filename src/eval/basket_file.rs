//! Baskets from a file: one a line (FIMI), or a table with a row per basket and item (CSV).

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::EvalError;
use crate::models::rules::Baskets;

/// Bytes read at a time.
const CHUNK: usize = 1 << 18;
/// Whole numbers below this are looked up in a table; others, and words, by their text.
const LARGEST_DIRECT: usize = 1 << 22;
/// Not seen yet.
const UNSEEN: u32 = u32::MAX;

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

/// Items numbered as they come.
#[derive(Default)]
struct Items {
    direct: Vec<u32>,
    by_text: HashMap<Box<[u8]>, u32>,
    n: u32,
}

impl Items {
    fn of_number(&mut self, number: usize) -> u32 {
        if number >= self.direct.len() {
            self.direct.resize((number + 1).next_power_of_two(), UNSEEN);
        }
        if self.direct[number] == UNSEEN {
            self.direct[number] = self.n;
            self.n += 1;
        }
        self.direct[number]
    }

    fn of_text(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = direct_number(text) {
            return self.of_number(number);
        }
        self.by_text.get(text).copied().unwrap_or_else(|| {
            self.by_text.insert(text.into(), self.n);
            self.n += 1;
            self.n - 1
        })
    }

    /// The labels in order, and the new number of each item. `Err`: one that is no UTF-8 text.
    fn in_order(self) -> Result<Ordered, String> {
        let mut labels: Vec<(String, u32)> = Vec::with_capacity(self.n as usize);
        let seen = self.direct.iter().enumerate().filter(|(_, item)| **item != UNSEEN);
        labels.extend(seen.map(|(number, item)| (number.to_string(), *item)));
        for (text, item) in self.by_text {
            match String::from_utf8(text.into_vec()) {
                Ok(text) => labels.push((text, item)),
                Err(error) => return Err(String::from_utf8_lossy(error.as_bytes()).into_owned()),
            }
        }
        let number = |text: &str| text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
        if labels.iter().all(|(text, _)| number(text).is_some()) {
            labels.sort_by_key(|(text, _)| number(text));
        } else {
            labels.sort();
        }
        let mut place = vec![0; labels.len()];
        for (new, (_, item)) in labels.iter().enumerate() {
            place[*item as usize] = new as u32;
        }
        Ok(Ordered { labels: labels.into_iter().map(|(text, _)| text).collect(), place })
    }
}

struct Ordered {
    labels: Vec<String>,
    /// By old number.
    place: Vec<u32>,
}

/// The number that a text is, where its digits are how that number is written.
fn direct_number(text: &[u8]) -> Option<usize> {
    if text.is_empty() || text.len() > 7 || (text[0] == b'0' && text.len() > 1) || !text.iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    let number = text.iter().fold(0, |number, digit| 10 * number + usize::from(digit - b'0'));
    (number < LARGEST_DIRECT).then_some(number)
}

#[derive(Default)]
struct Reading {
    items: Items,
    entries: Vec<u32>,
    ends: Vec<u32>,
}

impl Reading {
    fn fimi(&mut self, path: &Path) -> Result<(), EvalError> {
        let mut input = opened(path)?;
        let mut chunk = vec![0; CHUNK];
        // What stands of a word at the end of a chunk; a number that fits is not copied.
        let mut word: Vec<u8> = Vec::new();
        loop {
            let n = input.read(&mut chunk).map_err(|source| unreadable(path, &source))?;
            if n == 0 {
                break;
            }
            let bytes = &chunk[..n];
            let mut at = 0;
            while at < n {
                let start = at;
                while at < n && !bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                if at == n {
                    word.extend_from_slice(&bytes[start..]);
                    break;
                }
                if word.is_empty() {
                    if at > start {
                        self.entries.push(self.items.of_text(&bytes[start..at]));
                    }
                } else {
                    word.extend_from_slice(&bytes[start..at]);
                    self.entries.push(self.items.of_text(&word));
                    word.clear();
                }
                if bytes[at] == b'\n' {
                    self.end_basket(path)?;
                }
                at += 1;
            }
        }
        if !word.is_empty() {
            self.entries.push(self.items.of_text(&word));
        }
        self.end_basket(path)
    }

    fn end_basket(&mut self, path: &Path) -> Result<(), EvalError> {
        let before = self.ends.last().copied().unwrap_or(0);
        let end = u32::try_from(self.entries.len()).map_err(|_| too_large(path))?;
        if end > before {
            self.ends.push(end);
        }
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
            pairs.push((basket, self.items.of_text(text)));
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

    fn finish(self, file: &str) -> Result<BasketFile, EvalError> {
        let Self { items, mut entries, ends } = self;
        let Ordered { labels, place } = items.in_order().map_err(|text| EvalError::Nothing {
            file: file.to_owned(),
            problem: format!("the item `{text}` is no UTF-8 text"),
            mend: "save the file as UTF-8".to_owned(),
        })?;
        for item in &mut entries {
            *item = place[*item as usize];
        }
        let baskets = Baskets::from_rows(entries, &ends, labels.len() as u32).map_err(EvalError::Rules)?;
        Ok(BasketFile { baskets, labels })
    }
}

fn opened(path: &Path) -> Result<Box<dyn Read>, EvalError> {
    let file = BufReader::with_capacity(CHUNK, File::open(path).map_err(|source| unreadable(path, &source))?);
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
