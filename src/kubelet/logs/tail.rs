//! Where the last lines of a log begin.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

/// How much is read at once while looking for line ends.
const BLOCK: u64 = 32 << 10;

/// The first file to read and the place in it, for the last `lines` lines of files given oldest first.
pub(super) fn start_of_last(files: &[PathBuf], lines: usize) -> io::Result<(usize, u64)> {
    let Some(newest) = files.len().checked_sub(1) else { return Ok((0, 0)) };
    let mut wanted = lines;
    for number in (0..=newest).rev() {
        let mut file = File::open(&files[number])?;
        let length = file.metadata()?.len();
        if wanted == 0 {
            return Ok(if number == newest { (number, length) } else { (number + 1, 0) });
        }
        if let Some(place) = place_before_last(&mut file, length, &mut wanted)? {
            return Ok((number, place));
        }
    }
    Ok((0, 0))
}

/// The place where the last `wanted` lines begin; none when the file has fewer, which are then
/// taken off.
fn place_before_last(file: &mut File, length: u64, wanted: &mut usize) -> io::Result<Option<u64>> {
    let mut end = length;
    let mut block = Vec::new();
    // The line end at the very end closes the last line; it begins none.
    let mut seen = 0;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        block.clear();
        file.seek(SeekFrom::Start(start))?;
        io::Read::by_ref(file).take(end - start).read_to_end(&mut block)?;
        for (place, byte) in block.iter().enumerate().rev() {
            if *byte == b'\n' {
                if seen == *wanted {
                    return Ok(Some(start + place as u64 + 1));
                }
                seen += 1;
            }
        }
        end = start;
    }
    *wanted -= seen.min(*wanted);
    Ok((*wanted == 0).then_some(0))
}
