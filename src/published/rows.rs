//! From the rows of a kind to a published table, column by column and by name.

use chrono::NaiveDate;
use polars::prelude::{Column, DataFrame, Int32Chunked, IntoColumn, PlSmallStr};

use super::Table;
use crate::day::Day;
use crate::frames::ColumnValue;
use crate::publication::PublishedTable;
use crate::quantities::{Currency, ExpectedMoney, ExpectedQuantity, Money, Quantity};
use crate::table::ColumnType;

/// Builds a published table from rows: one call per column, in whatever order.
///
/// ```text
/// Rows::of(&COUPON_DROPS, &drops)
///     .column("reason", |drop| drop.reason)
///     .column("customers", |drop| drop.customers)
///     ...
///     .publish()?
/// ```
/// Every column of the schema has to be given once, with values of its type, and NULL only where the schema allows it: the first fault
/// is told by [`Rows::publish`].
#[derive(Debug)]
pub struct Rows<'r, R> {
    /// What its rows are made from.
    source: &'r [R],
    /// What money is in.
    currency: Option<Currency>,
    given: Given,
}

/// The columns of a table that are given so far. Apart from [`Rows`], so that it is compiled once and not for each column.
#[derive(Debug)]
struct Given {
    table: &'static Table,
    /// One place per column of the table.
    columns: Vec<Option<Column>>,
    fault: Option<String>,
}

/// Rows that do not make the table they are meant for: a fault of ours, never of the data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("publishing `{table}`: {fault}")]
pub struct RowsError {
    /// The table.
    pub table: &'static str,
    /// What is wrong.
    pub fault: String,
}

impl<'r, R> Rows<'r, R> {
    /// Begins with the rows, in published order.
    pub fn of(table: &'static Table, rows: &'r [R]) -> Self {
        let given = Given { table, columns: vec![None; table.columns.len()], fault: None };
        Self { source: rows, currency: None, given }
    }

    /// Says what money is in, before the first column that holds some.
    #[must_use]
    pub fn in_currency(self, currency: Currency) -> Self {
        Self { currency: Some(currency), ..self }
    }

    /// Gives a column its values.
    #[must_use]
    pub fn column<V: Published>(mut self, name: &str, value_of: impl Fn(&'r R) -> V) -> Self {
        let values = V::column(name, &mut self.source.iter().map(value_of), self.currency);
        self.given.put(name, V::KIND, values);
        self
    }

    /// The table.
    ///
    /// # Errors
    /// A column is unknown, missing, given twice, of another type, or NULL where none is allowed.
    pub fn publish(self) -> Result<PublishedTable, RowsError> {
        self.given.publish(self.source.len())
    }
}

impl Given {
    /// Puts a column into its place; `None` for money in no currency.
    fn put(&mut self, name: &str, kind: ColumnType, values: Option<Column>) {
        let found = self.table.columns.iter().position(|column| column.name == name);
        let fault = match found {
            None => Some(format!(
                "`{name}` is not one of its columns: {}",
                quoted(self.table.columns.iter().map(|column| column.name))
            )),
            Some(place) if self.columns[place].is_some() => Some(format!("column `{name}` is given twice")),
            Some(place) if self.table.columns[place].kind != kind => {
                let wanted = self.table.columns[place].kind.name();
                Some(format!("column `{name}` is given values of type {}, its schema says {wanted}", kind.name()))
            }
            Some(place) => match values {
                Some(values) => {
                    self.columns[place] = Some(values);
                    None
                }
                None => Some(format!("column `{name}` is money: say in which currency (`Rows::in_currency`)")),
            },
        };
        if self.fault.is_none() {
            self.fault = fault;
        }
    }

    fn publish(self, n_rows: usize) -> Result<PublishedTable, RowsError> {
        let fail = |fault| RowsError { table: self.table.name(), fault };
        if let Some(fault) = self.fault {
            return Err(fail(fault));
        }
        let given = self.table.columns.iter().zip(&self.columns);
        let mut missing = given.filter(|(_, values)| values.is_none()).map(|(column, _)| column.name).peekable();
        if missing.peek().is_some() {
            return Err(fail(format!("these columns are not given: {}", quoted(missing))));
        }
        let columns = self.columns.into_iter().flatten().collect();
        let frame = DataFrame::new(n_rows, columns).map_err(|error| fail(error.to_string()))?;
        self.table.check(&frame).map_err(fail)?;
        Ok(PublishedTable { table: self.table, frame })
    }
}

fn quoted<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A value that can be published.
pub trait Published: Sized {
    /// The type of its column.
    const KIND: ColumnType;
    /// The column of values; `None` for money without a currency. The iterator is behind a pointer because there is one for every
    /// column of every table.
    fn column(name: &str, values: &mut dyn Iterator<Item = Self>, currency: Option<Currency>) -> Option<Column>;
}

/// A value that is published as another one.
macro_rules! published_as {
    ($($value:ty as $shown:ty: $raw:ident => $converted:expr;)*) => {$(
        impl Published for $value {
            const KIND: ColumnType = <$shown as Published>::KIND;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, currency: Option<Currency>) -> Option<Column> {
                <$shown as Published>::column(name, &mut values.map(|$raw| $converted), currency)
            }
        }

        impl Published for Option<$value> {
            const KIND: ColumnType = <$shown as Published>::KIND;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, currency: Option<Currency>) -> Option<Column> {
                <Option<$shown> as Published>::column(name, &mut values.map(|value| value.map(|$raw| $converted)), currency)
            }
        }
    )*};
}

/// A value that polars holds as it is.
macro_rules! published {
    ($($value:ty,)*) => {$(
        impl Published for $value {
            const KIND: ColumnType = <$value as ColumnValue>::KIND;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, _: Option<Currency>) -> Option<Column> {
                Some(Column::new(PlSmallStr::from_str(name), values.collect::<Vec<_>>()))
            }
        }

        impl Published for Option<$value> {
            const KIND: ColumnType = <$value as ColumnValue>::KIND;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, _: Option<Currency>) -> Option<Column> {
                Some(Column::new(PlSmallStr::from_str(name), values.collect::<Vec<_>>()))
            }
        }
    )*};
}

published! { String, &str, i64, f64, bool, }

published_as! {
    u32 as i64: number => i64::from(number);
    i32 as i64: number => i64::from(number);
    u64 as i64: number => i64::try_from(number).unwrap_or(i64::MAX);
    usize as i64: number => i64::try_from(number).unwrap_or(i64::MAX);
    ExpectedQuantity as f64: quantity => quantity.units();
    ExpectedMoney as Money: money => money.rounded();
    NaiveDate as Day: date => Day::from(date);
}

impl Published for Day {
    const KIND: ColumnType = ColumnType::Date;
    fn column(name: &str, values: &mut dyn Iterator<Item = Self>, currency: Option<Currency>) -> Option<Column> {
        <Option<Self> as Published>::column(name, &mut values.map(Some), currency)
    }
}

impl Published for Option<Day> {
    const KIND: ColumnType = ColumnType::Date;
    fn column(name: &str, values: &mut dyn Iterator<Item = Self>, _: Option<Currency>) -> Option<Column> {
        let numbers: Int32Chunked = values.map(|day| day.map(Day::number)).collect();
        Some(numbers.with_name(PlSmallStr::from_str(name)).into_date().into_column())
    }
}

/// Where they are exact, quantities and money are published as the decimals that people write.
macro_rules! published_decimal {
    ($($value:ty: $kind:ident, ($raw:ident, $currency:ident) => $converted:expr;)*) => {$(
        impl Published for $value {
            const KIND: ColumnType = ColumnType::$kind;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, currency: Option<Currency>) -> Option<Column> {
                <Option<Self> as Published>::column(name, &mut values.map(Some), currency)
            }
        }

        impl Published for Option<$value> {
            const KIND: ColumnType = ColumnType::$kind;
            fn column(name: &str, values: &mut dyn Iterator<Item = Self>, $currency: Option<Currency>) -> Option<Column> {
                let decimal = |value: Option<$value>| match value {
                    None => Some(None),
                    Some($raw) => $converted.map(Some),
                };
                Some(Column::new(PlSmallStr::from_str(name), values.map(decimal).collect::<Option<Vec<Option<f64>>>>()?))
            }
        }
    )*};
}

published_decimal! {
    Quantity: Quantity, (quantity, _currency) => Some(quantity.units());
    Money: Money, (money, currency) => currency.map(|currency| money.in_currency(currency));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published::{Kept, Seen};
    use crate::table::{Column as Described, TableSchema};

    const LIST: Table = Table {
        schema: TableSchema {
            name: "list",
            doc: "a list",
            grain: &["id"],
            columns: &[
                Described::new("id", ColumnType::Text, "who"),
                Described::new("sent_on", ColumnType::Date, "when"),
                Described::nullable("worth", ColumnType::Money, "what it brought"),
                Described::nullable("note", ColumnType::Text, "a word"),
            ],
        },
        created_in: 1,
        seen: Seen::Newest,
        kept: Kept::Newest,
        may_shrink: false,
        reaches_people: false,
    };

    struct Sent {
        id: String,
        on: Day,
        worth: Option<Money>,
    }

    fn sent() -> Vec<Sent> {
        let row = |id: &str, on, worth| Sent { id: id.to_owned(), on: Day::from_number(on), worth };
        vec![row("a", 3, Some(Money::from_minor(250))), row("b", 4, None)]
    }

    fn without_note(rows: &[Sent]) -> Rows<'_, Sent> {
        Rows::of(&LIST, rows)
            .in_currency(Currency::new("EUR").unwrap())
            .column("worth", |row| row.worth)
            .column("sent_on", |row| row.on)
            .column("id", |row| row.id.as_str())
    }

    #[test]
    fn columns_are_found_by_name_in_whatever_order_they_come() {
        let rows = sent();
        let table = without_note(&rows).column("note", |_| None::<&str>).publish().unwrap();
        LIST.check(&table.frame).unwrap();
        let worth: Vec<_> = table.frame.column("worth").unwrap().f64().unwrap().iter().collect();
        assert_eq!(worth, [Some(2.5), None]);
        let days: Vec<_> = table.frame.column("sent_on").unwrap().date().unwrap().physical().iter().collect();
        assert_eq!(days, [Some(3), Some(4)]);
    }

    #[test]
    fn no_rows_are_a_table_too() {
        let table = without_note(&[]).column("note", |_| "").publish().unwrap();
        assert_eq!((table.frame.height(), table.frame.width()), (0, 4));
        LIST.check(&table.frame).unwrap();
    }

    #[test]
    fn whatever_does_not_fit_is_told_by_name() {
        let rows = sent();
        let told = |rows: Rows<'_, Sent>| rows.publish().unwrap_err().to_string();
        assert_eq!(told(without_note(&rows)), "publishing `list`: these columns are not given: `note`");
        assert_eq!(
            told(without_note(&rows).column("remark", |_| "")),
            "publishing `list`: `remark` is not one of its columns: `id`, `sent_on`, `worth`, `note`"
        );
        assert_eq!(
            told(without_note(&rows).column("id", |row| row.id.clone())),
            "publishing `list`: column `id` is given twice"
        );
        assert_eq!(
            told(without_note(&rows).column("note", |row| row.on)),
            "publishing `list`: column `note` is given values of type date, its schema says text"
        );
        let euros = Rows::of(&LIST, &rows).in_currency(Currency::new("EUR").unwrap());
        let without_id = euros.column("sent_on", |row| row.on).column("worth", |row| row.worth);
        let no_currency = Rows::of(&LIST, &rows).column("worth", |row| row.worth);
        assert_eq!(
            told(no_currency),
            "publishing `list`: column `worth` is money: say in which currency (`Rows::in_currency`)"
        );
        let nulls = without_id.column("id", |row| row.worth.map(|_| row.id.as_str())).column("note", |_| "");
        assert_eq!(told(nulls), "publishing `list`: `list.id` has 1 NULLs, none is allowed");
    }

    #[test]
    fn dates_quantities_and_counts_are_published_as_the_schema_holds_them() {
        let date = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        let column = Published::column("d", &mut [Some(date), None].into_iter(), None).unwrap();
        assert_eq!(
            column.date().unwrap().physical().iter().collect::<Vec<_>>(),
            [Some(Day::from(date).number()), None]
        );
        let column = Quantity::column("q", &mut std::iter::once(Quantity::from_thousandths(-1500)), None).unwrap();
        assert_eq!(column.f64().unwrap().get(0), Some(-1.5));
        let money = [Some(ExpectedMoney::from_minor(1234.5)), None];
        let column = Published::column("m", &mut money.into_iter(), Currency::new("EUR").ok()).unwrap();
        assert_eq!(column.f64().unwrap().iter().collect::<Vec<_>>(), [Some(12.35), None]);
        let column = u64::column("n", &mut std::iter::once(u64::MAX), None).unwrap();
        assert_eq!(column.i64().unwrap().get(0), Some(i64::MAX));
    }
}
