//! What a UDP socket remembers of virtual addresses it talks to.
