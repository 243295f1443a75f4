use aws_lc_rs::hkdf::{HKDF_SHA256, Prk};
use base::Random;
use prost::Message;

use super::{Dek, DekSource, EncryptedObject};

#[test]
fn a_value_opens_with_its_key_in_its_place_only() {
    let random = Random::seeded(1);
    let (seed, dek) = Dek::generate(&random);
    let again = Dek::new(DekSource::Seed.into(), &seed).unwrap();
    let (_, other) = Dek::generate(&random);
    for value in [b"".to_vec(), b"swordfish".to_vec(), vec![7; 100_000]] {
        let sealed = dek.seal("/registry/secrets/a/b", &value, &random);
        assert_eq!(sealed.len(), 32 + 12 + value.len() + 16);
        assert_eq!(again.open("/registry/secrets/a/b", &sealed).as_ref(), Some(&value));
        assert_eq!(again.open("/registry/secrets/a/c", &sealed), None);
        assert_eq!(other.open("/registry/secrets/a/b", &sealed), None);
        for cut in [0, 31, 43, sealed.len() - 1] {
            assert_eq!(again.open("/registry/secrets/a/b", &sealed[..cut]), None, "{cut}");
        }
    }
    let key = Dek::new(DekSource::AesGcmKey.into(), &seed).unwrap();
    let sealed = key.seal("p", b"v", &random);
    assert_eq!(sealed.len(), 12 + 1 + 16);
    assert_eq!(key.open("p", &sealed).unwrap(), b"v");
}

/// Test case 1 of RFC 5869: a key derived here is what others derive.
#[test]
fn keys_are_derived_as_hkdf_says() {
    struct Length(usize);
    impl aws_lc_rs::hkdf::KeyType for Length {
        fn len(&self) -> usize {
            self.0
        }
    }
    let prk = "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5";
    let prk = Prk::new_less_safe(HKDF_SHA256, &hex(prk));
    let info = hex("f0f1f2f3f4f5f6f7f8f9");
    let mut key = [0; 42];
    prk.expand(&[&info], Length(42)).unwrap().fill(&mut key).unwrap();
    let expected =
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865";
    assert_eq!(key.to_vec(), hex(expected));
}

#[test]
fn a_stored_value_has_the_fields_that_kubernetes_gives_it() {
    let object = EncryptedObject {
        encrypted_data: b"data".to_vec(),
        key_id: "k".to_owned(),
        encrypted_dek_source: b"dek".to_vec(),
        annotations: [("a.b".to_owned(), b"v".to_vec())].into(),
        encrypted_dek_source_type: DekSource::Seed.into(),
    };
    let expected = b"\x0a\x04data\x12\x01k\x1a\x03dek\x22\x08\x0a\x03a.b\x12\x01v\x28\x01";
    assert_eq!(object.encode_to_vec(), expected);
    assert_eq!(EncryptedObject::decode(&expected[..]).unwrap(), object);
    assert_eq!(object.check(), Ok(()));
}

#[test]
fn what_a_plugin_says_is_held_to_its_limits() {
    let good = EncryptedObject {
        key_id: "k".to_owned(),
        encrypted_dek_source: vec![1],
        ..EncryptedObject::default()
    };
    let long = |bytes: usize| "x".repeat(bytes);
    for (object, expected) in [
        (EncryptedObject { key_id: String::new(), ..good.clone() }, "the key ID is empty"),
        (EncryptedObject { key_id: long(1025), ..good.clone() }, "the key ID is longer"),
        (
            EncryptedObject { encrypted_dek_source: vec![], ..good.clone() },
            "the sealed key is empty",
        ),
        (
            EncryptedObject { encrypted_dek_source: vec![0; 1025], ..good.clone() },
            "the sealed key is longer",
        ),
        (EncryptedObject { encrypted_dek_source_type: 7, ..good.clone() }, "kind of key"),
        (
            EncryptedObject {
                annotations: [("a".to_owned(), vec![0; 32 << 10])].into(),
                ..good.clone()
            },
            "annotations",
        ),
    ] {
        let wrong = object.check().unwrap_err();
        assert!(wrong.contains(expected), "{wrong}");
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
