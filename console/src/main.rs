//! To come.

mod text;

fn main() {
    let _ = text::harmless("");
}
