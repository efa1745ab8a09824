//! Rows of frames as structs: a field is the column of its name.
//!
//! A row struct is declared with [`typed_rows`] beside the schema that it belongs to. Each name stands once, as a field; the field's
//! type says what the column has to hold, and a struct that does not agree with its schema does not compile.

use polars::prelude::{
    BooleanChunked, DataFrame, DataType, Float64Chunked, GroupsIndicator, Int32Chunked, Int64Chunked, Logical,
    PolarsResult, Series, StringChunked,
};

use crate::category_path::CategoryPath;
use crate::contract::{ContractError, Fault};
use crate::day::{Day, Instant};
use crate::quantities::{PublishedMoney, Quantity};
use crate::table::{ColumnType, TableSchema};

/// A Rust type that stands for the values of a column.
pub(crate) trait ColumnValue {
    /// The type of the column.
    const KIND: ColumnType;
    /// Whether it has a place for NULL.
    const NULLABLE: bool;
}

/// A value that is not NULL, and how it is read; lives as long as the frame at most.
pub(crate) trait Stored<'f>: ColumnValue + Sized {
    /// The column as polars holds it.
    type Array: 'f;
    /// The column with its type known.
    fn array(series: &'f Series) -> PolarsResult<&'f Self::Array>;
    /// The value of a row; `None` for NULL.
    fn get(array: &'f Self::Array, row: usize) -> Option<Self>;
}

/// The type of a field in a row struct.
pub(crate) trait Field<'f>: Sized {
    /// Where its values are.
    type Column: Copy;
    /// Finds them.
    fn column(frame: &'f DataFrame, schema: &TableSchema<'_>, name: &str) -> Result<Self::Column, ContractError>;
    /// The value in a row.
    fn at(column: Self::Column, row: usize) -> Self;
}

macro_rules! stored {
    ($($kind:ident as $value:ty: $array:ty, $series:ident => $column:expr, $raw:ident => $converted:expr;)*) => {$(
        impl ColumnValue for $value {
            const KIND: ColumnType = ColumnType::$kind;
            const NULLABLE: bool = false;
        }

        impl<'f> Stored<'f> for $value {
            type Array = $array;
            fn array($series: &'f Series) -> PolarsResult<&'f $array> {
                $column
            }
            fn get(array: &'f $array, row: usize) -> Option<Self> {
                array.get(row).and_then(|$raw| $converted)
            }
        }
    )*};
}

stored! {
    Text as String: StringChunked, series => series.str(), text => Some(text.to_owned());
    Text as CategoryPath: StringChunked, series => series.str(), text => Self::parse(text);
    Integer as i64: Int64Chunked, series => series.i64(), number => Some(number);
    Real as f64: Float64Chunked, series => series.f64(), number => Some(number);
    Quantity as Quantity: Float64Chunked, series => series.f64(), units => Some(Self::from_units(units));
    Money as PublishedMoney: Float64Chunked, series => series.f64(), amount => Some(Self::new(amount));
    Date as Day: Int32Chunked, series => series.date().map(Logical::physical), day => Some(Self::from_number(day));
    Instant as Instant: Int64Chunked, series => series.i64(), micros => Some(Self::from_micros(micros));
    Flag as bool: BooleanChunked, series => series.bool(), flag => Some(flag);
}

impl ColumnValue for &str {
    const KIND: ColumnType = ColumnType::Text;
    const NULLABLE: bool = false;
}

impl<'f> Stored<'f> for &'f str {
    type Array = StringChunked;
    fn array(series: &'f Series) -> PolarsResult<&'f StringChunked> {
        series.str()
    }
    fn get(array: &'f StringChunked, row: usize) -> Option<Self> {
        array.get(row)
    }
}

impl<V: ColumnValue> ColumnValue for Option<V> {
    const KIND: ColumnType = V::KIND;
    const NULLABLE: bool = true;
}

/// A column that has to be there, without NULLs.
impl<'f, V: Stored<'f> + Default> Field<'f> for V {
    type Column = &'f V::Array;

    fn column(frame: &'f DataFrame, schema: &TableSchema<'_>, name: &str) -> Result<Self::Column, ContractError> {
        let fail = |fault| ContractError { origin: schema.name.to_owned(), fault };
        let Some(series) = find(frame, name) else {
            let doc = schema.column(name).map_or("", |column| column.doc).to_owned();
            let found = frame.get_column_names().iter().map(ToString::to_string).collect();
            return Err(fail(Fault::MissingColumn { name: name.to_owned(), doc, found }));
        };
        if series.null_count() > 0 {
            let row = series.is_null().iter().position(|null| null == Some(true)).unwrap_or(0) + 1;
            return Err(fail(Fault::Null { column: name.to_owned(), row }));
        }
        V::array(series).map_err(|_| fail(wrong_type::<V>(name, series)))
    }

    fn at(column: Self::Column, row: usize) -> Self {
        V::get(column, row).unwrap_or_default()
    }
}

/// A column that may hold NULL; where it is absent, every value is.
impl<'f, V: Stored<'f>> Field<'f> for Option<V> {
    type Column = Option<&'f V::Array>;

    fn column(frame: &'f DataFrame, schema: &TableSchema<'_>, name: &str) -> Result<Self::Column, ContractError> {
        let series = find(frame, name).filter(|series| *series.dtype() != DataType::Null);
        let fail = |fault| ContractError { origin: schema.name.to_owned(), fault };
        series.map(|series| V::array(series).map_err(|_| fail(wrong_type::<V>(name, series)))).transpose()
    }

    fn at(column: Self::Column, row: usize) -> Self {
        column.and_then(|array| V::get(array, row))
    }
}

fn find<'f>(frame: &'f DataFrame, name: &str) -> Option<&'f Series> {
    frame.column(name).ok().map(polars::prelude::Column::as_materialized_series)
}

fn wrong_type<V: ColumnValue>(name: &str, series: &Series) -> Fault {
    let found = format!("a column of {}", series.dtype());
    Fault::WrongType { column: name.to_owned(), expected: V::KIND, found, row: 1 }
}

/// Whether a field of this name and type can be read from every frame of a schema. `as_of` stands before the columns of what was
/// published on several dates.
pub(crate) const fn agrees<V: ColumnValue>(schema: &TableSchema<'_>, name: &str) -> bool {
    let mut at = 0;
    while at < schema.columns.len() {
        let column = &schema.columns[at];
        if is_same(column.name, name) {
            return is_same(column.kind.name(), V::KIND.name()) && (V::NULLABLE || !column.nullable);
        }
        at += 1;
    }
    is_same(name, "as_of") && is_same(V::KIND.name(), ColumnType::Date.name())
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Declares the struct of a row and how it is read.
///
/// ```text
/// typed_rows! {
///     /// What it is.
///     pub struct Sale<'f> of DAILY_SALES.schema {
///         /// With its unit.
///         pub quantity: i64,
///         ...
///     }
/// }
/// for sale in Sale::read(&frame)? { ... }
/// ```
/// Texts borrowed from the frame (`&'f str`) cost nothing, as tables of a million rows want it; owned texts (`String`, no `<'f>`)
/// outlive it. A column that may hold NULL is an `Option`.
macro_rules! typed_rows {
    ($(#[$doc:meta])* pub struct $row:ident<$frame:lifetime> of $schema:expr;
        { $($(#[$field_doc:meta])* pub $field:ident: $value:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        pub struct $row<$frame> { $($(#[$field_doc])* pub $field: $value,)* }

        impl<$frame> $row<$frame> {
            /// The rows of a frame, in its order.
            ///
            /// # Errors
            /// A column is missing, holds another type, or NULL where none is allowed.
            pub fn read(
                frame: &$frame polars::prelude::DataFrame,
            ) -> Result<impl ExactSizeIterator<Item = Self>, $crate::contract::ContractError> {
                $crate::frames::typed_rows!(@read frame, $schema, $($field: $value,)*)
            }
        }
    };
    ($(#[$doc:meta])* pub struct $row:ident of $schema:expr;
        { $($(#[$field_doc:meta])* pub $field:ident: $value:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $row { $($(#[$field_doc])* pub $field: $value,)* }

        impl $row {
            /// The rows of a frame, in its order.
            ///
            /// # Errors
            /// A column is missing, holds another type, or NULL where none is allowed.
            pub fn read(
                frame: &polars::prelude::DataFrame,
            ) -> Result<impl ExactSizeIterator<Item = Self>, $crate::contract::ContractError> {
                $crate::frames::typed_rows!(@read frame, $schema, $($field: $value,)*)
            }
        }
    };
    (@read $frame:expr, $schema:expr, $($field:ident: $value:ty,)*) => {{
        $(const {
            assert!(
                $crate::frames::agrees::<$value>(&$schema, stringify!($field)),
                concat!("`", stringify!($field), "` is no column of ", stringify!($schema), ", or of another type")
            );
        })*
        $(let $field = <$value as $crate::frames::Field<'_>>::column($frame, &$schema, stringify!($field))?;)*
        Ok((0..$frame.height()).map(move |row| Self {
            $($field: <$value as $crate::frames::Field<'_>>::at($field, row),)*
        }))
    }};
}

pub(crate) use typed_rows;

/// A number for every row: the same one where the columns hold the same, counted from 0 in the order in which they are first met.
///
/// # Errors
/// A column is missing.
pub(crate) fn numbered(
    frame: &DataFrame,
    schema: &TableSchema<'_>,
    columns: &[&str],
) -> Result<Vec<u32>, ContractError> {
    let groups = frame
        .group_by_stable(columns.iter().copied())
        .map_err(|error| ContractError { origin: schema.name.to_owned(), fault: Fault::Frame(error.to_string()) })?;
    let mut numbers = vec![0; frame.height()];
    for (number, group) in (0..).zip(groups.get_groups().iter()) {
        match group {
            GroupsIndicator::Idx((_, rows)) => {
                for row in rows.iter() {
                    numbers[*row as usize] = number;
                }
            }
            GroupsIndicator::Slice([first, length]) => numbers[first as usize..(first + length) as usize].fill(number),
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use polars::prelude::{Column as FrameColumn, df};

    use super::*;
    use crate::table::Column;

    const VISITS: TableSchema<'static> = TableSchema {
        name: "visits",
        doc: "one row per visit",
        grain: &[],
        columns: &[
            Column::new("customer_id", ColumnType::Text, "who came"),
            Column::new("came_on", ColumnType::Date, "the day"),
            Column::nullable("spent", ColumnType::Integer, "minor currency units"),
            Column::nullable("category_path", ColumnType::Text, "where"),
            Column::nullable("left_at", ColumnType::Instant, "when"),
        ],
    };

    typed_rows! {
        /// A visit.
        pub struct Visit<'f> of VISITS;
        {
            /// Who came.
            pub customer_id: &'f str,
            /// The day.
            pub came_on: Day,
            /// Minor currency units.
            pub spent: Option<i64>,
        }
    }

    typed_rows! {
        /// The same, kept.
        pub struct KeptVisit of VISITS;
        {
            /// Who came.
            pub customer_id: String,
            /// Where.
            pub category_path: Option<CategoryPath>,
            /// When.
            pub left_at: Option<Instant>,
        }
    }

    fn visits() -> DataFrame {
        let mut frame = df!("spent" => [Some(5_i64), None], "customer_id" => ["a", "b"],
            "category_path" => [Some(" Food / Tea"), Some("/")], "left_at" => [None, Some(-1_i64)])
        .unwrap();
        let days = FrameColumn::new("came_on".into(), [3, 4]).cast(&DataType::Date).unwrap();
        frame.with_column(days).unwrap();
        frame
    }

    fn message(frame: &DataFrame) -> String {
        Visit::read(frame).err().unwrap().to_string()
    }

    #[test]
    fn fields_are_read_by_name_whatever_the_order_of_the_columns() {
        let frame = visits();
        let rows: Vec<Visit<'_>> = Visit::read(&frame).unwrap().collect();
        assert_eq!(rows[0], Visit { customer_id: "a", came_on: Day::from_number(3), spent: Some(5) });
        assert_eq!(rows[1], Visit { customer_id: "b", came_on: Day::from_number(4), spent: None });
    }

    #[test]
    fn paths_are_cleaned_and_instants_known_as_such() {
        let rows: Vec<KeptVisit> = KeptVisit::read(&visits()).unwrap().collect();
        assert_eq!(rows[0].category_path.as_ref().map(CategoryPath::as_str), Some("Food/Tea"));
        assert_eq!(
            (rows[1].category_path.as_ref(), rows[1].left_at.map(Instant::day)),
            (None, Some(Day::from_number(-1)))
        );
    }

    #[test]
    fn a_column_that_may_be_null_may_be_absent() {
        let frame = visits().drop("spent").unwrap();
        assert!(Visit::read(&frame).unwrap().all(|row| row.spent.is_none()));
        assert_eq!(Visit::read(&frame.clear()).unwrap().len(), 0);
    }

    #[test]
    fn rows_are_numbered_in_the_order_in_which_they_are_first_met() {
        let frame = polars::prelude::df!("day" => [3, 1, 3, 1, 1], "id" => ["b", "a", "b", "b", "a"]).unwrap();
        assert_eq!(numbered(&frame, &VISITS, &["id"]).unwrap(), [0, 1, 0, 0, 1]);
        assert_eq!(numbered(&frame, &VISITS, &["day", "id"]).unwrap(), [0, 1, 0, 2, 1]);
        assert!(numbered(&frame.clear(), &VISITS, &["id"]).unwrap().is_empty());
        assert!(numbered(&frame, &VISITS, &["name"]).unwrap_err().to_string().contains("name"));
    }

    #[test]
    fn errors_name_the_table_the_column_and_the_row() {
        let frame = visits();
        assert_eq!(
            message(&frame.drop("came_on").unwrap()),
            "visits: column `came_on` (the day) is missing, found `spent`, `customer_id`, `category_path`, `left_at`"
        );
        let mut nulls = frame.clone();
        nulls.with_column(FrameColumn::new("customer_id".into(), [Some("a"), None])).unwrap();
        assert!(message(&nulls).starts_with("visits: row 2, column `customer_id`: NULL is not allowed"));
        let mut numbers = frame.clone();
        numbers.with_column(FrameColumn::new("spent".into(), [1.5, 2.5])).unwrap();
        assert_eq!(message(&numbers), "visits: row 1, column `spent`: expected an integer, found a column of f64");
    }

    #[test]
    fn a_field_has_to_agree_with_its_schema() {
        assert!(agrees::<&str>(&VISITS, "customer_id") && agrees::<Option<&str>>(&VISITS, "customer_id"));
        assert!(!agrees::<i64>(&VISITS, "spent"), "it may be NULL");
        assert!(!agrees::<Option<f64>>(&VISITS, "spent"), "another type");
        assert!(!agrees::<&str>(&VISITS, "customer"), "no such column");
        assert!(agrees::<Day>(&VISITS, "as_of"));
    }
}
