use ::redb::Builder;
use ::redb::backends::InMemoryBackend;

use super::*;

fn database() -> Result<Database, Error> {
    let database = Builder::new().create_with_backend(InMemoryBackend::new()).map_err(failed)?;
    let transaction = database.begin_write().map_err(failed)?;
    transaction.open_table(crate::redb::tables::META).map_err(failed)?;
    transaction.commit().map_err(failed)?;
    Ok(database)
}

#[test]
fn nobody_sees_what_could_not_be_caught_up_with() {
    let medium = Medium::new(database().unwrap(), database);
    medium.snapshot().unwrap();
    assert!(medium.reopen(|_| Err(Error::Closed)).is_err());
    assert!(medium.snapshot().is_err() && medium.begin_write().is_err());
    assert!(medium.is_well().is_err());
    medium.reopen(|_| Ok(())).unwrap();
    medium.snapshot().unwrap();
}
