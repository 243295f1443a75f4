use rcgen::{BasicConstraints, DistinguishedName};
use rcgen::{CertificateParams, DnType, IsCa, PublicKeyData};

use super::*;

const SUBJECT_OF_TWO_GROUPS: &[(&[u8], &str)] =
    &[(&[0x55, 0x04, 0x0a], "one"), (&[0x55, 0x04, 0x0a], "two"), (&[0x55, 0x04, 0x03], "ada")];

fn signer() -> (Signer, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let pem = params.self_signed(&key).unwrap().pem();
    (Signer::new(&pem, &key.serialize_pem()).unwrap(), pem)
}

#[test]
fn a_certificate_keeps_every_group_of_its_subject_and_the_authority_vouches_for_it() {
    let (signer, authority) = signer();
    let parts: Vec<Vec<u8>> = SUBJECT_OF_TWO_GROUPS
        .iter()
        .map(|(id, text)| {
            let pair = der::sequence(&[&der::identifier(id), &der::tagged(0x0c, text.as_bytes())]);
            der::tagged(0x31, &pair)
        })
        .collect();
    let subject = der::sequence(&[&parts.concat()]);
    let key = KeyPair::generate().unwrap().subject_public_key_info();
    let wanted = Wanted {
        subject: &subject,
        public_key: &key,
        alternative_names: None,
        usages: &BTreeSet::from(["digital signature", "key encipherment", "client auth"]),
        not_before: "2026-01-01T00:00:00Z".parse().unwrap(),
        not_after: "2051-01-01T00:00:00Z".parse().unwrap(),
    };
    let pem = signer.issue(&wanted, &base::Random::seeded(1)).unwrap();
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let (rest, certificate) = X509Certificate::from_der(&der).unwrap();
    assert!(rest.is_empty());
    let authority = CertificateDer::from_pem_slice(authority.as_bytes()).unwrap();
    let (_, authority) = X509Certificate::from_der(&authority).unwrap();
    certificate.verify_signature(Some(authority.public_key())).unwrap();
    let groups: Vec<_> =
        certificate.subject().iter_organization().map(|group| group.as_str().unwrap()).collect();
    assert_eq!(groups, ["one", "two"]);
    let usage = certificate.key_usage().unwrap().unwrap().value;
    assert!(usage.digital_signature() && usage.key_encipherment() && !usage.key_cert_sign());
    let purposes = certificate.extended_key_usage().unwrap().unwrap().value;
    assert!(purposes.client_auth && !purposes.server_auth);
    assert!(!certificate.is_ca());
    let year = certificate.validity().not_after.to_datetime().year();
    assert_eq!(year, 2051);
}

#[test]
fn lengths_and_numbers_are_encoded_as_they_must_be() {
    assert_eq!(der::tagged(0x04, &[7; 127])[..2], [0x04, 0x7f]);
    assert_eq!(der::tagged(0x04, &[7; 128])[..3], [0x04, 0x81, 0x80]);
    assert_eq!(der::tagged(0x04, &[7; 300])[..4], [0x04, 0x82, 0x01, 0x2c]);
    assert_eq!(der::integer(&[0x80]), [0x02, 0x02, 0x00, 0x80]);
    assert_eq!(der::integer(&[0, 0, 1]), [0x02, 0x01, 0x01]);
    assert_eq!(der::integer(&[]), [0x02, 0x01, 0x00]);
    assert_eq!(der::named_bits(0b1010_0000), [0x03, 0x02, 0x05, 0b1010_0000]);
}
