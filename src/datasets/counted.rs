//! Whether goods are counted in whole units or measured, as their quantities say.

/// The share of quantities with a fraction above which goods are measured; one slip of the pen makes no kilograms.
const MEASURED_SHARE: f64 = 0.01;

/// Quantities of one product, looked at one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    seen: usize,
    with_fraction: usize,
    /// The greatest common divisor of all of them, in thousandths; 0 before the first.
    step: i64,
}

impl Counted {
    /// Looks at a quantity in thousandths of a unit; nothing says nothing.
    pub fn look_at(&mut self, milli: i64) {
        if milli != 0 {
            self.seen += 1;
            self.with_fraction += usize::from(milli % 1000 != 0);
            self.step = greatest_common_divisor(self.step, milli.saturating_abs());
        }
    }

    /// Whether it is sold by weight, length or volume.
    pub fn is_measured(&self) -> bool {
        self.with_fraction as f64 > MEASURED_SHARE * self.seen as f64
    }

    /// The smallest quantity that makes sense, in thousandths: a whole unit of what is counted, the common step of what is measured.
    pub fn unit(&self) -> i64 {
        if self.is_measured() { self.step.max(1) } else { 1000 }
    }
}

fn greatest_common_divisor(left: i64, right: i64) -> i64 {
    if right == 0 { left } else { greatest_common_divisor(right, left % right) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(milli: &[i64]) -> Counted {
        let mut counted = Counted::default();
        for milli in milli {
            counted.look_at(*milli);
        }
        counted
    }

    #[test]
    fn what_is_sold_in_fractions_is_measured_in_its_own_step_and_one_slip_is_not() {
        assert!(!counted(&[]).is_measured());
        assert_eq!(counted(&[0, 3000, -1000]).unit(), 1000);
        assert_eq!(counted(&[0, 1250, 2000]).unit(), 250);
        assert_eq!(counted(&[2034, 1777]).unit(), 1);
        let mut slip = vec![2000; 200];
        slip[7] = 500;
        assert!(!counted(&slip).is_measured());
        assert_eq!(counted(&slip).unit(), 1000);
    }
}
