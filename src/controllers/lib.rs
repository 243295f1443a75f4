//! One file per controller, each a pure reconcile.
