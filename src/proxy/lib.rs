//! Turns Services and EndpointSlices into the switch's tables.
