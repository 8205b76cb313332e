//! Ownership in Rust, in one file.
//!
//! Every value has exactly one owner. When the owner goes out of scope, the value is dropped and
//! its memory is freed; there is no garbage collector. Assigning a `String` or passing it to a
//! function *moves* it, and the old name can no longer be used.
//!
//! To let someone look without giving the value away, lend it. There may be any number of shared
//! borrows (`&T`), or one mutable borrow (`&mut T`), but never both at the same time. The borrow
//! checker proves this at compile time.

/// Takes ownership: the caller cannot use `text` afterwards.
fn consume(text: String) -> usize {
    text.len()
} // `text` is dropped here.

/// Borrows: the caller keeps the value.
fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or("")
}

/// Borrows mutably: the caller sees the change.
fn shout(text: &mut String) {
    text.push('!');
}

fn main() {
    let mut greeting = String::from("hello world");
    println!("{}", first_word(&greeting));
    shout(&mut greeting);

    let copy = greeting.clone(); // A deep copy, made on purpose.
    println!("{}", consume(greeting));
    // println!("{greeting}"); // error[E0382]: borrow of moved value
    println!("{copy}");
}
