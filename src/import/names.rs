//! Names that SQL can be written with: the headings and file names of other people, in snake case.

use std::collections::BTreeMap;

use super::{ENDINGS, ImportError};

/// The table a file is loaded into: its name without the ending, in snake case; `None` for other kinds of files.
pub fn table_name(file: &str) -> Option<String> {
    ENDINGS
        .iter()
        .filter_map(|ending| file.strip_suffix(ending))
        .min_by_key(|stem| stem.len())
        .map(snake_case)
        .filter(|name| !name.is_empty())
}

/// `InvoiceNo` becomes `invoice_no`, `CustomerID` becomes `customer_id`, `Größe (cm)` becomes `groesse_cm`.
///
/// A word starts at a capital that follows a small letter or a digit, and at the last capital of a run that a small
/// letter follows. Everything that is not a letter or a digit separates words; other alphabets do too, as not every
/// warehouse takes them in a name. A name that would start with a digit gets an underscore in front.
pub fn snake_case(original: &str) -> String {
    let letters: Vec<char> = original.chars().collect();
    let mut name = String::with_capacity(original.len() + 4);
    for (index, &letter) in letters.iter().enumerate() {
        let previous = index.checked_sub(1).map(|before| letters[before]);
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_ascii_digit()
                    || (before.is_uppercase() && letters.get(index + 1).is_some_and(|after| after.is_lowercase()))
            });
        if starts_word {
            separate(&mut name);
        }
        match plain(letter) {
            Some(text) => name.push_str(&text),
            None => separate(&mut name),
        }
    }
    let name = name.trim_matches('_');
    if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name.to_owned() }
}

/// Column names for the headings of `file`, in order.
///
/// # Errors
/// When a heading is empty, or two headings give one name.
pub fn column_names(file: &str, headings: &[String]) -> Result<Vec<String>, ImportError> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::from([(super::ROW_COLUMN.to_owned(), super::ROW_COLUMN)]);
    let mut names = Vec::with_capacity(headings.len());
    for (index, heading) in headings.iter().enumerate() {
        // The column that the import adds is not taken by a heading of the same look.
        let name = if heading == super::ROW_COLUMN { heading.clone() } else { snake_case(heading) };
        if name.is_empty() {
            return Err(ImportError::Heading { file: file.to_owned(), number: index + 1, heading: heading.clone() });
        }
        if let Some(first) = seen.insert(name.clone(), heading) {
            let (first, second) = (first.to_owned(), heading.clone());
            return Err(ImportError::SameName { file: file.to_owned(), first, second, name });
        }
        names.push(name);
    }
    Ok(names)
}

fn separate(name: &mut String) {
    if !name.ends_with('_') {
        name.push('_');
    }
}

/// The letter without its accent, in small ASCII; `None` for what separates words.
fn plain(letter: char) -> Option<String> {
    let small = letter.to_lowercase().next()?;
    if small.is_ascii_alphanumeric() {
        return Some(small.to_string());
    }
    let text = match small {
        'ä' | 'æ' => "ae",
        'ö' | 'œ' | 'ø' => "oe",
        'ü' => "ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ù' | 'ú' | 'û' => "u",
        _ => return None,
    };
    Some(text.to_owned())
}
