//! Links the specification into a program that has nothing under it: no standard library, no heap,
//! no operating system. Whatever the specification needed from one would be an undefined symbol.
#![no_std]
#![no_main]

use bindproof::bank::binding::{self, Asked, Binding, Input};
use bindproof::policy::Policy;
use bindproof::wallet::operation::{self, Terms};

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}

/// Runs a step of each server, on inputs that the compiler cannot foresee.
#[unsafe(no_mangle)]
pub extern "C" fn _start(asked: &Asked, view: &operation::View, input: &operation::Input) -> usize {
    let verdict = binding::step(Binding::ABSENT, Input::Asked(*asked));
    let terms = Terms { policy: &Policy::DEFAULT, limits: &bindproof::limits::Limits::DEFAULT };
    let decided = operation::step(terms, *view, *input);
    verdict.orders().count() + decided.orders().count()
}
