//! What is known of the products of a store, in its order.

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

use super::RuleLevel;
use super::basket_store::{BasketStore, DayBaskets, Sale};
use super::facts::ProductFacts;
use super::frames::BasketFrames;
use super::level_items::LevelItems;
use crate::category_path::leaf;
use crate::contract::ContractError;
use crate::datasets::{Product, StockLevel};
use crate::day::Day;
use crate::quantities::Count;

/// What is known of the products of a store, in its order.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub products: Vec<ProductFacts>,
    pub has_products: bool,
    /// The day of the newest stock count.
    pub stock_day: Option<Day>,
    number_of: BTreeMap<String, usize>,
}

impl Catalogue {
    /// Category paths are cut at `depth` levels.
    pub fn new(frames: &BasketFrames, depth: Option<Count>) -> Result<Self, ContractError> {
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

    fn add_products(&mut self, frame: &DataFrame, depth: Option<Count>) -> Result<(), ContractError> {
        let depth = depth.map_or(usize::MAX, |depth| depth.get() as usize);
        for product in Product::read(frame)? {
            let Some(number) = self.number_of.get(&product.product_id) else { continue };
            self.products[*number] = ProductFacts {
                name: Some(product.name),
                category: product.category_path.map(|path| path.cut(depth).to_owned()),
                brand: product.brand.filter(|brand| !brand.is_empty()),
                unit_cost: product.unit_cost,
                in_stock: None,
            };
        }
        Ok(())
    }

    fn add_stock(&mut self, frame: &DataFrame) -> Result<(), ContractError> {
        self.stock_day = StockLevel::read(frame)?.map(|level| level.snapshot_on).max();
        for level in StockLevel::read(frame)?.filter(|level| Some(level.snapshot_on) == self.stock_day) {
            let Some(number) = self.number_of.get(level.product_id) else { continue };
            let in_stock = &mut self.products[*number].in_stock;
            *in_stock = Some(in_stock.unwrap_or(false) || level.on_hand > 0);
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
            RuleLevel::Category => leaf(id).to_owned(),
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
