//! The five fields of a schedule, and the words that stand for them.

/// What one field may hold.
struct Field {
    least: u32,
    most: u32,
    names: &'static [&'static str],
}

const MONTHS: &[&str] =
    &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Minute, hour, day of the month, month, day of the week.
const FIELDS: [Field; 5] = [
    Field { least: 0, most: 59, names: &[] },
    Field { least: 0, most: 23, names: &[] },
    Field { least: 1, most: 31, names: &[] },
    Field { least: 1, most: 12, names: MONTHS },
    Field { least: 0, most: 6, names: DAYS },
];

const DESCRIPTORS: &[&str] =
    &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

/// What is wrong with a schedule, in the words of the parser everybody knows.
pub(super) fn check(schedule: &str) -> Result<(), String> {
    let zoned = ["TZ=", "CRON_TZ="].iter().find_map(|prefix| schedule.strip_prefix(prefix));
    let zoned = zoned.and_then(|zoned| zoned.split_once(' '));
    if let Some((zone, _)) = zoned.filter(|(zone, _)| jiff::tz::TimeZone::get(zone).is_err()) {
        return Err(format!("provided bad location {zone}: unknown time zone {zone}"));
    }
    let schedule = zoned.map_or(schedule, |(_, schedule)| schedule.trim());
    if schedule.starts_with('@') {
        return check_descriptor(schedule);
    }
    let given: Vec<&str> = schedule.split_whitespace().collect();
    if given.len() != FIELDS.len() {
        return Err(format!(
            "expected exactly {} fields, found {}: [{}]",
            FIELDS.len(),
            given.len(),
            given.join(" ")
        ));
    }
    let check_all = |(text, field): (&str, &Field)| {
        text.split(',').filter(|part| !part.is_empty()).try_for_each(|part| field.check(part))
    };
    given.into_iter().zip(&FIELDS).try_for_each(check_all)
}

fn check_descriptor(word: &str) -> Result<(), String> {
    if let Some(every) = word.strip_prefix("@every ") {
        return if is_duration(every) {
            Ok(())
        } else {
            let cause = format!("time: invalid duration {every:?}");
            Err(format!("failed to parse duration {word}: {cause}"))
        };
    }
    if DESCRIPTORS.contains(&word) {
        Ok(())
    } else {
        Err(format!("unrecognized descriptor: {word}"))
    }
}

/// Whether Go reads the text as a duration: numbers, each with a unit.
fn is_duration(text: &str) -> bool {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return true;
    }
    let mut units = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, unit) = rest.split_at(end);
        if !number.bytes().any(|byte| byte.is_ascii_digit()) || number.matches('.').count() > 1 {
            return false;
        }
        let Some(unit) = ["ns", "us", "µs", "ms", "s", "m", "h"].iter().find(|known| {
            unit.strip_prefix(**known).is_some_and(|after| {
                after.is_empty() || after.starts_with(|c: char| c.is_ascii_digit())
            })
        }) else {
            return false;
        };
        rest = &rest[end + unit.len()..];
        units += 1;
    }
    units > 0
}

impl Field {
    /// Checks `*`, `?`, `3`, `mon`, `1-5`, each with an optional `/step`.
    fn check(&self, text: &str) -> Result<(), String> {
        let slashed: Vec<&str> = text.split('/').collect();
        let hyphened: Vec<&str> = slashed[0].split('-').collect();
        let (mut start, mut end) = (self.least, self.most);
        let everything = matches!(hyphened[0], "*" | "?");
        if !everything {
            start = self.number(hyphened[0])?;
            end = match hyphened.as_slice() {
                [_] if slashed.len() == 2 => self.most,
                [_] => start,
                [_, last] => self.number(last)?,
                _ => return Err(format!("too many hyphens: {text}")),
            };
        }
        let step = match slashed.as_slice() {
            [_] => 1,
            [_, step] => number(step)?,
            _ => return Err(format!("too many slashes: {text}")),
        };
        if start < self.least {
            return Err(format!(
                "beginning of range ({start}) below minimum ({}): {text}",
                self.least
            ));
        }
        if end > self.most {
            return Err(format!("end of range ({end}) above maximum ({}): {text}", self.most));
        }
        if start > end {
            return Err(format!(
                "beginning of range ({start}) beyond end of range ({end}): {text}"
            ));
        }
        if step == 0 {
            return Err(format!("step of range should be a positive number: {text}"));
        }
        Ok(())
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let lower = text.to_lowercase();
        match (0..).zip(self.names).find(|(_, name)| **name == lower) {
            Some((index, _)) => Ok(self.least + index),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    match text.parse::<i64>() {
        Ok(number) => u32::try_from(number)
            .map_err(|_| format!("negative number ({number}) not allowed: {text}")),
        Err(_) => Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
        )),
    }
}

#[cfg(test)]
mod tests;
