//! Lists of indexes of a job, such as `0,3-5`.

/// How many indexes a list names, of a job that has so many completions.
pub(super) fn count(list: &str, completions: i64) -> Result<i64, String> {
    if list.is_empty() {
        return Ok(0);
    }
    let (mut last, mut total) = (None, 0);
    for part in list.split(',') {
        let (first, end) = interval(part, completions)?;
        if let Some(last) = last.filter(|last| *last >= first) {
            return Err(not_rising(last, first));
        }
        total += end - first + 1;
        last = Some(end);
    }
    Ok(total)
}

/// The first index that two lists name. What cannot be read of either names nothing.
pub(super) fn first_of_both(one: &str, other: &str, completions: i64) -> Option<i64> {
    let intervals = |list: &str| -> Vec<(i64, i64)> {
        list.split(',').filter_map(|part| interval(part, completions).ok()).collect()
    };
    let (one, other) = (intervals(one), intervals(other));
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    while let (Some(&&(first, end)), Some(&&(others_first, others_end))) =
        (one.peek(), other.peek())
    {
        if first <= others_end && others_first <= end {
            return Some(first.max(others_first));
        }
        if first <= others_first {
            one.next()
        } else {
            other.next()
        };
    }
    None
}

/// The first and the last index of `3-5` or `3`.
fn interval(text: &str, completions: i64) -> Result<(i64, i64), String> {
    let parts: Vec<&str> = text.split('-').collect();
    match parts.as_slice() {
        [one] => index(one, completions).map(|one| (one, one)),
        [first, last] => {
            let (first, last) = (index(first, completions)?, index(last, completions)?);
            if first < last { Ok((first, last)) } else { Err(not_rising(first, last)) }
        }
        _ => Err(format!(
            "the fragment {text:?} violates the requirement that an index interval can have at most two parts separated \
             by '-'"
        )),
    }
}

fn index(text: &str, completions: i64) -> Result<i64, String> {
    let index: i64 = text
        .parse()
        .map_err(|_| format!("cannot convert string to integer for index: {text:?}"))?;
    if index < completions { Ok(index) } else { Err(format!("too large index: {text:?}")) }
}

fn not_rising(previous: i64, current: i64) -> String {
    format!("non-increasing order, previous: {previous}, current: {current}")
}

#[cfg(test)]
mod tests;
