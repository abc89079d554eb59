//! What ends a join.

/// Why vectors could not be joined or searched.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// A row is no unit vector of the table's dimension.
    #[error(
        "row {row} of the vectors cannot be compared: {fault}. Cosines need finite vectors of \
         length 1; normalise the rows, or leave this one out"
    )]
    Row {
        /// The number of the row, from 0.
        row: usize,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// The vector asked for is no unit vector of the table's dimension.
    #[error("the vector to look for cannot be compared: {fault}. Normalise it to length 1 first")]
    Query {
        /// What is wrong with it.
        fault: RowFault,
    },
    /// Row numbers are 32 bits wide.
    #[error("{rows} vectors are too many for one join (at most 4,294,967,295); join them in parts")]
    TooManyRows {
        /// Number of rows in the table.
        rows: usize,
    },
    /// The flags of the fresh rows are for another table.
    #[error("{flags} flags say which rows are new, but the table has {rows} rows")]
    Fresh {
        /// Number of flags given.
        flags: usize,
        /// Number of rows in the table.
        rows: usize,
    },
    /// The engine that was asked for cannot keep the budget.
    #[error(
        "the {engine} engine needs about {needs} MiB for {rows} vectors, but the budget leaves \
         {memory}. Raise `runtime.memory_budget_mib`, or take `exact`, which needs less"
    )]
    Memory {
        /// The word for the engine.
        engine: &'static str,
        /// MiB that it would need.
        needs: u64,
        /// Number of rows in the table.
        rows: usize,
        /// MiB that it may take.
        memory: u64,
    },
    /// There are more pairs than fit into the memory that the plan allows.
    #[error(
        "more than {most} pairs are at or above the threshold, which {memory} MiB do not hold. \
         Raise the threshold, or `runtime.memory_budget_mib`"
    )]
    TooManyPairs {
        /// How many would fit.
        most: usize,
        /// MiB that the join may take.
        memory: u64,
    },
    /// A value of the plan is out of its range.
    #[error("{name} is {value}, but must be {wanted}")]
    Plan {
        /// The field of the plan.
        name: &'static str,
        /// The value it has.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
}

/// What is wrong with a vector.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum RowFault {
    /// It holds a NaN or an infinity, or is so large that its square is one.
    #[error("it holds a value that is not finite")]
    NotFinite,
    /// Its length is not 1.
    #[error("the square of its length is {0}, not 1")]
    NotUnit(
        /// The square of its length.
        f32,
    ),
    /// It has another dimension than the table says.
    #[error("it has {found} values, not {wanted}")]
    Dimension {
        /// Number of values it has.
        found: usize,
        /// Number of values a row of the table has.
        wanted: usize,
    },
}
