//! What the quantities of a product are counted in, and that pieces and kilograms are never added up.

use std::collections::BTreeMap;

use super::daily_sales::DailySales;
use crate::datasets::{Counted, Product};

/// The unit of a product that names none and was only sold whole.
pub(super) const PIECES: &str = "pieces";
/// The unit of a product that names none and is sold by weight, length or volume.
pub(super) const MEASURED: &str = "measured units";

/// The unit of every product with sales: the one it names, else what its sales say.
pub(super) fn units_of(sales: &DailySales, products: &BTreeMap<String, Product>) -> BTreeMap<String, String> {
    let mut sold: BTreeMap<&str, Counted> = BTreeMap::new();
    for series in &sales.series {
        let counted = sold.entry(&series.product).or_default();
        series.sold.iter().for_each(|day| counted.look_at(day.quantity));
    }
    let unit_of = |(id, sold): (&str, Counted)| {
        let named = products.get(id).and_then(|product| product.unit.as_deref()).map(str::trim);
        let seen = if sold.is_measured() { MEASURED } else { PIECES };
        (id.to_owned(), named.filter(|unit| !unit.is_empty()).unwrap_or(seen).to_owned())
    };
    sold.into_iter().map(unit_of).collect()
}

/// `Dairy/Cheese in kg`: the part of a node that is counted in one of its units.
pub(super) fn in_unit(name: &str, unit: &str) -> String {
    format!("{name} in {unit}")
}

/// What belongs to each unit, the unit with most first; alike where they have the same number by name.
pub(super) fn by_unit<'u, T>(all: impl IntoIterator<Item = T>, unit: impl Fn(&T) -> &'u str) -> Vec<(&'u str, Vec<T>)> {
    let mut parts: BTreeMap<&str, Vec<T>> = BTreeMap::new();
    for one in all {
        parts.entry(unit(&one)).or_default().push(one);
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, members)| std::cmp::Reverse(members.len()));
    parts
}

#[cfg(test)]
mod tests {
    use super::super::daily_sales::{Sold, SoldSeries};
    use super::*;

    fn sold(product: &str, milli: &[i64]) -> SoldSeries {
        let sold = milli.iter().map(|quantity| Sold { quantity: *quantity, ..Sold::default() }).collect();
        SoldSeries { product: product.to_owned(), sold, ..SoldSeries::default() }
    }

    #[test]
    fn what_is_sold_in_fractions_is_measured_and_a_named_unit_holds() {
        let series = vec![sold("cheese", &[0, 1250, 2000]), sold("milk", &[0, 3000]), sold("nuts", &[1000, 2000])];
        let sales = DailySales { series, ..DailySales::default() };
        let nuts = Product {
            product_id: "nuts".to_owned(),
            name: "Nuts".to_owned(),
            unit: Some(" kg".to_owned()),
            category_path: None,
            brand: None,
            unit_cost: None,
            list_price: None,
            supplier_id: None,
            pack_size: None,
            min_order_quantity: None,
            shelf_life_days: None,
            launched_on: None,
            discontinued_on: None,
            presentation_quantity: None,
        };
        let units = units_of(&sales, &BTreeMap::from([("nuts".to_owned(), nuts)]));
        let expected = [("cheese", MEASURED), ("milk", PIECES), ("nuts", "kg")];
        assert_eq!(units.iter().map(|(id, unit)| (id.as_str(), unit.as_str())).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_unit_with_most_comes_first() {
        let parts = by_unit([("kg", 1), ("pieces", 2), ("pieces", 3), ("kg", 4), ("l", 5)], |(unit, _)| unit);
        assert_eq!(
            parts.iter().map(|(unit, members)| (*unit, members.len())).collect::<Vec<_>>(),
            [("kg", 2), ("pieces", 2), ("l", 1)]
        );
    }
}
