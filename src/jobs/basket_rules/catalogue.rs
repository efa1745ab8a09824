//! What is known of the products of a store, in its order.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsResult};

use super::RuleLevel;
use super::basket_store::{BasketStore, DayBaskets, Sale};
use super::facts::ProductFacts;
use super::frames::BasketFrames;
use super::level_items::LevelItems;
use crate::frames::{days, integers, texts};
use crate::quantities::Count;

/// What is known of the products of a store, in its order.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub products: Vec<ProductFacts>,
    pub has_products: bool,
    /// The day of the newest stock count.
    pub stock_day: Option<i32>,
    number_of: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Category paths are cut at `depth` parts.
    pub fn new(frames: &BasketFrames, depth: Option<Count>) -> PolarsResult<Self> {
        let ids = &frames.baskets.product_ids;
        let number_of = ids.iter().enumerate().map(|(number, id)| (id.clone(), number)).collect();
        let mut catalogue = Self {
            products: vec![ProductFacts::default(); ids.len()],
            has_products: frames.products.is_some(),
            stock_day: None,
            number_of,
        };
        if let Some(products) = &frames.products {
            catalogue.add_products(products, depth)?;
        }
        if let Some(stock) = &frames.stock {
            catalogue.add_stock(stock)?;
        }
        Ok(catalogue)
    }

    fn add_products(&mut self, frame: &DataFrame, depth: Option<Count>) -> PolarsResult<()> {
        let (known, names, brands) = (texts(frame, "product_id")?, texts(frame, "name")?, texts(frame, "brand"));
        let (paths, costs) = (texts(frame, "category_path")?, integers(frame, "unit_cost")?);
        // A dataset may leave brands out.
        let brands = brands.unwrap_or_else(|_| vec![None; known.len()]);
        for row in 0..known.len() {
            let Some(number) = known[row].and_then(|id| self.number_of.get(id)) else { continue };
            let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
            self.products[*number] = ProductFacts {
                name: names[row].map(str::to_owned),
                category: filled(paths[row].map(|path| cut_at(path, depth))),
                brand: filled(brands[row]),
                unit_cost: costs[row],
                in_stock: None,
            };
        }
        Ok(())
    }

    fn add_stock(&mut self, frame: &DataFrame) -> PolarsResult<()> {
        let (counted, known, on_hand) =
            (days(frame, "snapshot_on")?, texts(frame, "product_id")?, integers(frame, "on_hand")?);
        self.stock_day = counted.iter().flatten().max().copied();
        for row in (0..known.len()).filter(|row| counted[*row] == self.stock_day) {
            let Some(number) = known[row].and_then(|id| self.number_of.get(id)) else { continue };
            let in_stock = &mut self.products[*number].in_stock;
            *in_stock = Some(in_stock.unwrap_or(false) || on_hand[row].is_some_and(|units| units > 0));
        }
        Ok(())
    }

    /// What is known of a product by its id.
    pub fn product(&self, id: &str) -> Option<&ProductFacts> {
        self.number_of.get(id).map(|number| &self.products[*number])
    }

    /// What people call an item.
    pub fn name_of(&self, level: RuleLevel, id: &str) -> String {
        match level {
            RuleLevel::Category => id.rsplit('/').next().unwrap_or(id).to_owned(),
            RuleLevel::Brand => id.to_owned(),
            RuleLevel::Product => {
                self.product(id).and_then(|facts| facts.name.clone()).unwrap_or_else(|| id.to_owned())
            }
        }
    }

    /// Margin of the sales of each item in minor currency units; `None` where a product has no cost.
    pub fn margins(&self, store: &BasketStore, items: &LevelItems) -> Vec<Option<f64>> {
        let mut sums: Vec<Option<i128>> = vec![Some(0); items.ids.len()];
        for sale in store.days.values().flat_map(DayBaskets::sales) {
            let Some(item) = items.item_of[sale.product as usize] else { continue };
            let sum = &mut sums[item as usize];
            *sum = sum.zip(self.margin(sale)).map(|(sum, margin)| sum + margin);
        }
        sums.into_iter().map(|sum| sum.map(|thousandths| thousandths as f64 / 1000.0)).collect()
    }

    /// The margin of sales in thousandths of a minor currency unit; `None` without a cost.
    fn margin(&self, sale: &Sale) -> Option<i128> {
        let cost = self.products[sale.product as usize].unit_cost?;
        Some(1000 * i128::from(sale.net_amount) - i128::from(cost) * i128::from(sale.quantity))
    }
}

/// The first `depth` parts of a category path.
fn cut_at(path: &str, depth: Option<Count>) -> &str {
    let Some(depth) = depth else { return path };
    path.match_indices('/').nth(depth.get().max(1) as usize - 1).map_or(path, |(end, _)| &path[..end])
}
