//! Amounts of what nodes have and pods ask for, as plain numbers.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// An amount of each resource; what is not named is zero. Each pod's fits into 64 bits; the numbers here have more, so
/// that what is taken from a sum is just what was added to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Thousandths of a processor.
    pub cpu_milli: i128,
    /// Bytes of memory.
    pub memory_bytes: i128,
    /// Bytes of local disk.
    pub ephemeral_bytes: i128,
    /// Everything else by its name, in whole units.
    pub others: BTreeMap<String, i128>,
}

/// Quantities as objects carry them.
pub(crate) type Quantities = BTreeMap<String, Quantity>;

impl Resources {
    /// Reads what an object says; what is not a quantity counts as zero, since the server admits none such.
    pub(crate) fn read(quantities: &Quantities) -> Self {
        let mut resources = Self::default();
        for (name, quantity) in quantities {
            let Ok(amount) = quantity.0.parse::<machinery::Quantity>() else { continue };
            match name.as_str() {
                "cpu" => resources.cpu_milli = amount.milli().into(),
                "memory" => resources.memory_bytes = amount.value().into(),
                "ephemeral-storage" => resources.ephemeral_bytes = amount.value().into(),
                _ => {
                    resources.others.insert(name.clone(), amount.value().into());
                }
            }
        }
        resources
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, |mine, others| mine + others);
    }

    pub(crate) fn subtract(&mut self, other: &Self) {
        self.combine(other, |mine, others| mine - others);
        self.others.retain(|_, amount| *amount != 0);
    }

    /// Raises each amount to at least the other's.
    pub(crate) fn raise_to(&mut self, other: &Self) {
        self.combine(other, i128::max);
    }

    fn combine(&mut self, other: &Self, join: impl Fn(i128, i128) -> i128) {
        self.cpu_milli = join(self.cpu_milli, other.cpu_milli);
        self.memory_bytes = join(self.memory_bytes, other.memory_bytes);
        self.ephemeral_bytes = join(self.ephemeral_bytes, other.ephemeral_bytes);
        for (name, amount) in &other.others {
            let mine = self.others.entry(name.clone()).or_default();
            *mine = join(*mine, *amount);
        }
    }
}
