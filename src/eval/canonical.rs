//! What miners find, as lines that can be compared.

use std::io::Write as _;
use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::EvalError;
use crate::models::rules::SequenceRule;
use crate::words::hex;

/// The canonical lines, as one text.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    /// The first eight bytes of each line, as a number; where it begins and ends.
    spans: Vec<(u64, u32, u32)>,
}

impl Lines {
    /// Lines so far.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// `i1 i2:count`.
    pub fn set(&mut self, labels: &[String], items: &[u32], count: u32) {
        let start = self.text.len();
        self.items(labels, items);
        self.counts(&[count]);
        self.end(start);
    }

    /// `i1 i2 -> i3:count`.
    pub fn sequence(&mut self, labels: &[String], steps: &[&[u32]], count: u32) {
        let start = self.text.len();
        self.steps(labels, steps);
        self.counts(&[count]);
        self.end(start);
    }

    /// `i1 i2 -> i3 => i4:n_both:n_before:n_next`.
    pub fn sequence_rule(&mut self, labels: &[String], rule: &SequenceRule<'_>) {
        let start = self.text.len();
        self.steps(labels, &rule.before);
        self.text.extend_from_slice(b" => ");
        self.items(labels, rule.next);
        self.counts(&[rule.n_both, rule.n_before, rule.n_next]);
        self.end(start);
    }

    fn steps(&mut self, labels: &[String], steps: &[&[u32]]) {
        for (at, step) in steps.iter().enumerate() {
            if at > 0 {
                self.text.extend_from_slice(b" -> ");
            }
            self.items(labels, step);
        }
    }

    fn items(&mut self, labels: &[String], items: &[u32]) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.text.push(b' ');
            }
            self.text.extend_from_slice(labels[*item as usize].as_bytes());
        }
    }

    fn counts(&mut self, counts: &[u32]) {
        for count in counts {
            self.text.push(b':');
            self.number(*count);
        }
    }

    /// `i1 i2 => i3:n_both:n_body:n_head`.
    pub fn rule(&mut self, labels: &[String], body: impl Iterator<Item = u32>, head: u32, counts: [u32; 3]) {
        let start = self.text.len();
        for item in body {
            self.text.extend_from_slice(labels[item as usize].as_bytes());
            self.text.push(b' ');
        }
        self.text.extend_from_slice(b"=> ");
        self.text.extend_from_slice(labels[head as usize].as_bytes());
        self.counts(&counts);
        self.end(start);
    }

    fn number(&mut self, number: u32) {
        let mut digits = [0; 10];
        let (mut at, mut rest) = (digits.len(), number);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text.extend_from_slice(&digits[at..]);
    }

    fn end(&mut self, start: usize) {
        let line = &self.text[start..];
        let mut first = [0; 8];
        let known = line.len().min(8);
        first[..known].copy_from_slice(&line[..known]);
        self.spans.push((u64::from_be_bytes(first), start as u32, self.text.len() as u32));
    }

    /// Sorts, hashes, and writes where that is wanted.
    pub fn sorted(&mut self, output: Option<&PathBuf>) -> Result<String, EvalError> {
        let text = &self.text;
        let line = |span: &(u64, u32, u32)| &text[span.1 as usize..span.2 as usize];
        self.spans.par_sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| line(a).cmp(line(b))));
        let mut hash = Sha256::new();
        let mut block: Vec<u8> = Vec::with_capacity(1 << 16);
        let fail = |path: &PathBuf, source: std::io::Error| EvalError::Write {
            path: path.display().to_string(),
            source: Box::new(source),
        };
        let mut file = match output {
            Some(path) => Some((path, std::fs::File::create(path).map_err(|error| fail(path, error))?)),
            None => None,
        };
        for (at, span) in self.spans.iter().enumerate() {
            block.extend_from_slice(line(span));
            block.push(b'\n');
            if block.len() >= 1 << 16 || at + 1 == self.spans.len() {
                hash.update(&block);
                if let Some((path, file)) = &mut file {
                    file.write_all(&block).map_err(|error| fail(path, error))?;
                }
                block.clear();
            }
        }
        Ok(hex(&hash.finalize()))
    }
}
