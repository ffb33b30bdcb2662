//! What the domain says of recorded answers and of hostile input, from outside.

mod gsm8k;
mod hostile;
mod parity;
mod reference;
