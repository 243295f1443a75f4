//! What was measured, as a table for people.

use std::fmt;

/// A topic's table.
#[derive(Debug, Default)]
pub(super) struct Section {
    title: String,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// One figure.
#[derive(Debug, Default)]
pub(super) struct Row {
    what: String,
    figure: String,
    spread: String,
    against: String,
    missed: bool,
}

impl Section {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    pub(super) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// A sentence below the table.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }
}

impl Row {
    pub(super) fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self { what: what.into(), figure: figure.into(), ..Self::default() }
    }

    pub(super) fn spread(mut self, spread: impl Into<String>) -> Self {
        self.spread = spread.into();
        self
    }

    /// How many times better than what it was measured against.
    pub(super) fn against(mut self, times: f64, what: impl fmt::Display) -> Self {
        self.say(&format!("{times:.1}x {what}"));
        self
    }

    /// An aim, and whether it was reached.
    pub(super) fn aim(mut self, reached: bool, aim: &str) -> Self {
        self.missed |= !reached;
        self.say(&format!("aim {aim}"));
        self
    }

    fn say(&mut self, text: &str) {
        if !self.against.is_empty() {
            self.against += "; ";
        }
        self.against += text;
    }

    fn cells(&self) -> [String; 4] {
        let mark = if self.missed { "*" } else { "" };
        [
            self.what.clone(),
            format!("{}{mark}", self.figure),
            self.spread.clone(),
            self.against.clone(),
        ]
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<[String; 4]> = self.rows.iter().map(Row::cells).collect();
        let width = |column: usize| {
            rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
        };
        let (first, second, third) = (width(0), width(1), width(2));
        write!(f, "\n{}", self.title)?;
        for [what, figure, spread, against] in &rows {
            let line = format!("  {what:first$}  {figure:>second$}  {spread:third$}  {against}");
            write!(f, "\n{}", line.trim_end())?;
        }
        for note in &self.notes {
            write!(f, "\n  {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
