//! The grammar of the API: documents, schemas, quantities, selectors, patches, codecs, errors.
