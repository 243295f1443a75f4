//! What a node says of itself.

use super::machine::{meminfo_total, os_name};

#[test]
fn memory_and_system_are_read_from_the_usual_files() {
    let text = "MemTotal:       24637052 kB\nMemFree:        1 kB\n";
    assert_eq!(meminfo_total(text), Some(24_637_052 * 1024));
    assert_eq!(meminfo_total("nothing"), None);
    assert_eq!(os_name("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n"), "Debian GNU/Linux 13");
}
