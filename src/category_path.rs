//! Paths of categories, from the top: `Grocery/Dairy/Milk`.
//!
//! A retailer's texts come with blanks around the slashes and with levels that are left empty; [`CategoryPath::parse`] is the one
//! place that cleans them, so that `Food / Tea` and `Food/Tea` are one category for every kind of job.

use std::fmt;

use serde::Serialize;

/// A clean path: at least one level, none empty, no blanks around a level.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CategoryPath(String);

impl CategoryPath {
    /// Cleans a text; `None` where no level is left. A text that is clean stays as it is.
    pub fn parse(text: &str) -> Option<Self> {
        let levels: Vec<&str> = text.split('/').map(str::trim).filter(|level| !level.is_empty()).collect();
        (!levels.is_empty()).then(|| Self(levels.join("/")))
    }

    /// The whole path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Every category it lies in, from the top, itself last: `Grocery`, `Grocery/Dairy`, `Grocery/Dairy/Milk`.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = &str> {
        levels(&self.0)
    }

    /// The category that it lies in at `depth`, counted from 1; `None` where it is not so deep.
    pub fn at_depth(&self, depth: usize) -> Option<&str> {
        self.levels().nth(depth.checked_sub(1)?)
    }

    /// The first `depth` levels, at least one; the whole path where it is not so deep.
    pub fn cut(&self, depth: usize) -> &str {
        self.at_depth(depth.max(1)).unwrap_or(&self.0)
    }

    /// Whether it is this category or lies in it.
    pub fn is_within(&self, category: &Self) -> bool {
        is_within(&self.0, &category.0)
    }
}

impl AsRef<str> for CategoryPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CategoryPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// How many levels a clean path has.
pub fn depth(path: &str) -> usize {
    path.matches('/').count() + 1
}

/// Every category that a clean path lies in, from the top, itself last.
pub fn levels(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| end).chain([path.len()]).map(|end| &path[..end])
}

/// The last level of a clean path.
pub fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The category above a clean path; `None` at the top.
pub fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(above, _)| above)
}

/// Whether a clean path is a category or lies in it; `Food` does not hold `Foodstuff`.
pub fn is_within(path: &str, category: &str) -> bool {
    path.strip_prefix(category).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> CategoryPath {
        CategoryPath::parse(text).unwrap()
    }

    #[test]
    fn blanks_around_levels_and_empty_levels_do_not_make_another_category() {
        for text in ["Food/Tea", " Food / Tea ", "/Food//Tea/", "Food/ \t/Tea"] {
            assert_eq!(path(text).as_str(), "Food/Tea", "{text:?}");
        }
        assert_eq!(path("Loose tea/Green  tea").as_str(), "Loose tea/Green  tea");
        for text in ["", "  ", "/", " / / "] {
            assert_eq!(CategoryPath::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_path_knows_its_levels() {
        let milk = path("Grocery/Dairy/Milk");
        assert_eq!(milk.levels().collect::<Vec<_>>(), ["Grocery", "Grocery/Dairy", "Grocery/Dairy/Milk"]);
        assert_eq!(milk.levels().rev().nth(1), parent(milk.as_str()));
        assert_eq!((depth(milk.as_str()), leaf(milk.as_str())), (3, "Milk"));
        assert_eq!((milk.at_depth(0), milk.at_depth(2), milk.at_depth(4)), (None, Some("Grocery/Dairy"), None));
        assert_eq!((milk.cut(0), milk.cut(2), milk.cut(9)), ("Grocery", "Grocery/Dairy", "Grocery/Dairy/Milk"));
        assert_eq!(parent("Grocery"), None);
    }

    #[test]
    fn a_category_holds_what_lies_below_it_and_nothing_beside_it() {
        let holds = |category: &str| path("Food/Tea/Green").is_within(&path(category));
        assert!(holds("Food") && holds("Food/Tea") && holds("Food/Tea/Green"));
        assert!(!holds("Foo") && !holds("Food/Te") && !holds("Food/Tea/Green/Sencha") && !holds("Tea"));
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_as_it_is(text in "[a-c /]{0,12}") {
            if let Some(once) = CategoryPath::parse(&text) {
                prop_assert_eq!(CategoryPath::parse(once.as_str()), Some(once.clone()));
                prop_assert_eq!(once.levels().count(), depth(once.as_str()));
                prop_assert_eq!(once.levels().last(), Some(once.as_str()));
                prop_assert!(once.levels().all(|level| is_within(once.as_str(), level)));
            }
        }
    }
}
