//! Where a series of logarithms takes steps that neither a line, nor a year, nor its inertia explain.

/// What a step must explain, in variances of the noise: about 4 ln(104).
const PENALTY: f64 = 20.0;
/// Most steps looked for.
const MAX_STEPS: usize = 6;

/// Regression on line, year and steps with autocorrelated noise; the method is described at
/// [`super::level_shifts::level_shifts`].
pub(super) struct StepRegression {
    /// One value per block; where none was observed, a stand-in that has no weight.
    pub x: Vec<f64>,
    pub observed: Vec<bool>,
    /// Blocks per year.
    pub year: f64,
}

impl StepRegression {
    /// Blocks at which a new level begins.
    pub fn steps(&self, min_blocks: usize) -> Vec<usize> {
        let n = self.x.len();
        let mut edges: Vec<usize> = Vec::new();
        while edges.len() < MAX_STEPS {
            let apart = |edge: &usize| edges.iter().all(|other| edge.abs_diff(*other) >= min_blocks);
            let candidates: Vec<usize> = (min_blocks..(n + 1).saturating_sub(min_blocks)).filter(apart).collect();
            // Autocorrelation is judged with the best step in the model: without it, the step itself looks like one.
            let Some((edge, _)) = self.best_step(&edges, &candidates, 0.0) else { break };
            let with: Vec<usize> = edges.iter().copied().chain([edge]).collect();
            let correlation = self.autocorrelation(&with);
            match self.best_step(&edges, &candidates, correlation) {
                Some((edge, gain)) if gain > PENALTY => edges.push(edge),
                _ => break,
            }
        }
        edges.sort_unstable();
        edges
    }

    /// Line, year and the given steps, one column each.
    fn columns(&self, edges: &[usize]) -> Vec<Vec<f64>> {
        let n = self.x.len();
        let mut columns = vec![vec![1.0; n], (0..n).map(|j| j as f64 / n as f64).collect()];
        // Half a year shows one wave, a whole one two.
        let waves = if self.year < 8.0 { 0 } else { ((2.0 * n as f64 / self.year) as usize).min(2) };
        for wave in 1..=waves {
            let angle = |j: usize| std::f64::consts::TAU * (wave * j) as f64 / self.year;
            columns.push((0..n).map(|j| angle(j).cos()).collect());
            columns.push((0..n).map(|j| angle(j).sin()).collect());
        }
        columns.extend(edges.iter().map(|edge| self.step(*edge)));
        columns
    }

    fn step(&self, edge: usize) -> Vec<f64> {
        (0..self.x.len()).map(|j| f64::from(u8::from(j >= edge))).collect()
    }

    /// What is left of a column after what the block before it tells; nothing where the block was not observed.
    fn whiten(&self, column: &[f64], correlation: f64) -> Vec<f64> {
        let first = (1.0 - correlation * correlation).sqrt();
        (0..column.len())
            .map(|j| match (self.observed[j], j > 0 && self.observed[j - 1]) {
                (false, _) => 0.0,
                (true, true) => column[j] - correlation * column[j - 1],
                (true, false) => first * column[j],
            })
            .collect()
    }

    /// An orthonormal basis of the whitened columns, and what they leave of x.
    fn fit(&self, edges: &[usize], correlation: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for column in self.columns(edges) {
            let column = self.whiten(&column, correlation);
            let size = norm(&column);
            let rest = without(column, &basis);
            if norm(&rest) > 1e-8 * size {
                let length = norm(&rest).sqrt();
                basis.push(rest.iter().map(|value| value / length).collect());
            }
        }
        let rest = without(self.whiten(&self.x, correlation), &basis);
        (basis, rest)
    }

    /// The candidate that explains most, and how many variances of the remaining noise that is.
    fn best_step(&self, edges: &[usize], candidates: &[usize], correlation: f64) -> Option<(usize, f64)> {
        let (basis, rest) = self.fit(edges, correlation);
        let freedom = self.observed.iter().filter(|seen| **seen).count() as f64 - basis.len() as f64 - 1.0;
        let mut own: Vec<f64> =
            self.products_with_steps(&self.whiten(&vec![1.0; rest.len()], correlation), correlation);
        for (j, own) in own.iter_mut().enumerate() {
            // The product with the constant lacks the jump's own square.
            let jump = self.jump(j, correlation);
            *own += jump * (1.0 - correlation) + jump * jump;
        }
        let whole = own.clone();
        for direction in &basis {
            for (own, product) in own.iter_mut().zip(self.products_with_steps(direction, correlation)) {
                *own -= product * product;
            }
        }
        let products = self.products_with_steps(&rest, correlation);
        let best = candidates
            .iter()
            // A step that the other columns already hold explains nothing of its own.
            .filter(|edge| own[**edge] > 1e-6 * whole[**edge])
            .map(|edge| (*edge, products[*edge].powi(2) / own[*edge]))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        // Rounding is noise too: a series without any must not divide by zero.
        let variance = (norm(&rest) - best.1).max(1e-12 * norm(&self.x).max(1e-300)) / freedom;
        (freedom >= 1.0).then_some((best.0, best.1 / variance))
    }

    /// Products of a column with the whitened steps at every block, in one pass: a whitened step is the whitened constant
    /// from its edge on, and higher by the [`StepRegression::jump`] at the edge.
    fn products_with_steps(&self, column: &[f64], correlation: f64) -> Vec<f64> {
        let constant = self.whiten(&vec![1.0; column.len()], correlation);
        let mut products = vec![0.0; column.len()];
        let mut sum = 0.0;
        for j in (0..column.len()).rev() {
            sum += constant[j] * column[j];
            products[j] = sum + self.jump(j, correlation) * column[j];
        }
        products
    }

    fn jump(&self, j: usize, correlation: f64) -> f64 {
        if j > 0 && self.observed[j] && self.observed[j - 1] { correlation } else { 0.0 }
    }

    /// First autocorrelation of what is left, freed of its bias: (1 + 4ρ)/n (Marriott and Pope, Biometrika 41 (1954),
    /// 390-402) and one more 1/n for each column beyond the mean.
    fn autocorrelation(&self, edges: &[usize]) -> f64 {
        let (basis, rest) = self.fit(edges, 0.0);
        let n = rest.len() as f64;
        let products: f64 = rest.windows(2).map(|pair| pair[0] * pair[1]).sum();
        let raw = products / norm(&rest).max(1e-300);
        (raw + (1.0 + 4.0 * raw) / n + (basis.len() as f64 - 1.0) / n).clamp(0.0, 0.95)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a)
}

/// A column without its part in an orthonormal basis.
fn without(mut column: Vec<f64>, basis: &[Vec<f64>]) -> Vec<f64> {
    for direction in basis {
        let share = dot(&column, direction);
        for (value, part) in column.iter_mut().zip(direction) {
            *value -= share * part;
        }
    }
    column
}
