use super::*;

fn check(accept: &str, expected: Result<Form, u16>) {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, accept.parse().unwrap());
    let form = Form::negotiate(&headers, &Query::default());
    assert_eq!(form.map_err(|error| error.code()), expected, "{accept}");
}

#[test]
fn clients_get_what_they_ask_for() {
    let plain = Form::default();
    let table = Form { shape: Shape::Table("v1"), ..plain };
    check("application/json", Ok(plain));
    check("application/vnd.kubernetes.protobuf,application/json", Ok(plain));
    check(
        "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
        Ok(table),
    );
    check(
        "application/json;g=meta.k8s.io;v=v1;as=PartialObjectMetadataList,application/json",
        Ok(Form { shape: Shape::Metadata, ..plain }),
    );
    check("application/yaml", Ok(Form { yaml: true, ..plain }));
    check("text/html,*/*;q=0.8", Ok(plain));
    check("application/json;pretty=1", Ok(Form { pretty: true, ..plain }));
}

#[test]
fn what_cannot_be_given_is_refused() {
    check("text/html", Err(406));
    check("application/json;q=0", Err(406));
}
