//! Expressions over documents.

use serde_json::{Value, json};

use super::*;

const NAMES: Names<'static> = Names { roots: &["object", "variables"], variables: &["known"] };

fn run(source: &str, object: &Value) -> Result<Value, String> {
    let expression = Expression::compile(source, &NAMES)?;
    let functions = Functions::new(|_| ());
    let mut scope = functions.scope(&Arc::new(Budget::new()));
    scope.set("object", from_json(object));
    to_json(&scope.evaluate(&expression)?)
}

#[test]
fn documents_are_read_as_they_are() {
    let object = json!({
        "spec": {"replicas": 3, "namespace": "n", "a-b": true, "list": [1, 2]},
        "labels": {"app.kubernetes.io/name": "x"},
    });
    for (source, value) in [
        ("object.spec.replicas", json!(3)),
        ("object.spec.__namespace__", json!("n")),
        ("object.spec.namespace", json!("n")),
        ("object.spec.a__dash__b", json!(true)),
        ("object.labels['app.kubernetes.io/name']", json!("x")),
        ("has(object.spec.absent)", json!(false)),
        ("object.?spec.?absent.orValue(7)", json!(7)),
        ("object.spec.list.exists(x, x == 2)", json!(true)),
        ("object.spec.list.map(x, x * 2)", json!([2, 4])),
        ("object.spec.list.filter(x, x > 1)", json!([2])),
        ("quantity('1Gi').isGreaterThan(quantity('1Mi'))", json!(true)),
        ("'a,b'.split(',').join('-')", json!("a-b")),
        ("'banana'.replace('a', 'o', 2)", json!("bonona")),
        ("dyn(1)", json!(1)),
        ("cel.bind(n, object.spec.replicas, n * n + cel.bind(n, 1, n))", json!(10)),
        ("[3, 1, 2].sortBy(x, -x)", json!([3, 2, 1])),
        ("['bb', 'a'].sortBy(s, size(s)).join()", json!("abb")),
        ("['a', 'b'].transformList(i, v, v + string(i))", json!(["a0", "b1"])),
        ("['a', 'b'].transformList(i, v, i > 0, v)", json!(["b"])),
        ("{'a': 1}.all(k, v, k == 'a' && v == 1)", json!(true)),
        ("[1, 2].exists(i, v, i == v)", json!(false)),
        ("[1, 2].existsOne(i, v, i + v == 3)", json!(true)),
        ("{'a': 1, 'b': 2}.transformMap(k, v, k != 'b', v + 1)", json!({"a": 2})),
        ("['a'].transformMapEntry(i, v, {v: i})", json!({"a": 0})),
        ("[[1, 2], [3]].all(i, inner, inner.all(j, v, v == i * 2 + j + 1))", json!(true)),
        ("type(1) == int && type('a') == string && type(type(1)) == type", json!(true)),
        ("type([]) == map || type(null) != null_type", json!(false)),
    ] {
        assert_eq!(run(source, &object), Ok(value), "{source}");
    }
}

#[test]
fn values_are_converted() {
    for (source, value) in [
        ("string(true) + string(1.5) + string(ip('10.0.0.1'))", json!("true1.510.0.0.1")),
        ("string(timestamp('2024-06-01T12:00:00+02:00'))", json!("2024-06-01T12:00:00+02:00")),
        ("string(timestamp('2024-06-01T12:00:00Z'))", json!("2024-06-01T12:00:00Z")),
        ("string(duration('1m')) + string(duration('1.5s'))", json!("60s1.5s")),
        ("int(timestamp('1970-01-01T00:01:00Z'))", json!(60)),
        ("int(duration('1s'))", json!(1_000_000_000)),
        ("timestamp(60) == timestamp('1970-01-01T00:01:00Z')", json!(true)),
        ("timestamp(timestamp(60)) == timestamp(60)", json!(true)),
        (
            "duration(1000) == duration('1us') && duration(duration('1s')) == duration('1s')",
            json!(true),
        ),
        ("bytes(bytes('a')) == b'a'", json!(true)),
    ] {
        assert_eq!(run(source, &json!({})), Ok(value), "{source}");
    }
}

#[test]
fn text_that_cannot_be_converted_is_told_as_elsewhere() {
    for (source, to) in [
        ("duration('xx')", "google.protobuf.Duration"),
        ("timestamp('xx')", "google.protobuf.Timestamp"),
        ("int('xx')", "int"),
    ] {
        let told = format!("type conversion error from 'string' to '{to}'");
        assert_eq!(run(source, &json!({})), Err(told), "{source}");
    }
}

#[test]
fn signs_undo_each_other() {
    for (source, value) in [
        ("!!object.on", json!(true)),
        ("!!!object.on", json!(false)),
        ("! ! (!!object.on && !object.on)", json!(false)),
        ("--object.n", json!(3)),
        ("---object.n", json!(-3)),
        ("--1", json!(1)),
        ("-(-1)", json!(1)),
        ("-(--1) - -1", json!(0)),
        ("4--1", json!(5)),
        ("4 - --1", json!(3)),
        ("'!!' + string(!object.on)", json!("!!false")),
    ] {
        assert_eq!(run(source, &json!({ "on": true, "n": 3 })), Ok(value), "{source}");
    }
}

#[test]
fn optional_values_are_mapped() {
    let object = json!({ "a": { "b": 2 } });
    for (source, value) in [
        ("object.?a.optMap(a, a.b + 1).orValue(0)", json!(3)),
        ("object.?c.optMap(c, c.b + 1).orValue(0)", json!(0)),
        ("object.?a.optFlatMap(a, a.?b).orValue(0)", json!(2)),
        ("object.?a.optFlatMap(a, a.?c).hasValue()", json!(false)),
        ("object.?c.optFlatMap(c, c.?d).optMap(d, d).hasValue()", json!(false)),
    ] {
        assert_eq!(run(source, &object), Ok(value), "{source}");
    }
}

#[test]
fn moments_are_told_in_utc_or_where_it_is_asked() {
    let noon = "timestamp('2024-03-01T00:30:15.250+02:00')";
    for (part, value) in [
        ("getFullYear()", 2024),
        ("getMonth()", 1),
        ("getDate()", 29),
        ("getDayOfMonth()", 28),
        ("getDayOfYear()", 59),
        ("getDayOfWeek()", 4),
        ("getHours()", 22),
        ("getHours('+02:00')", 0),
        ("getMonth('+02:00')", 2),
        ("getMinutes('-00:45')", 45),
        ("getSeconds('UTC')", 15),
        ("getMilliseconds()", 250),
    ] {
        assert_eq!(run(&format!("{noon}.{part}"), &json!({})), Ok(json!(value)), "{part}");
    }
    assert_eq!(
        run("duration('90m').getHours() + duration('90m').getMinutes()", &json!({})),
        Ok(json!(91))
    );
    assert!(run(&format!("{noon}.getHours('Nowhere/Land')"), &json!({})).is_err());
}

#[test]
fn typed_objects_become_documents() {
    assert_eq!(
        run(
            "Object{spec: Object.spec{replicas: 2, list: [Object.spec.list{name: 'a'}]}}",
            &json!({})
        ),
        Ok(json!({"spec": {"replicas": 2, "list": [{"name": "a"}]}}))
    );
    assert_eq!(
        run("[JSONPatch{op: 'remove', path: '/a'}]", &json!({})),
        Ok(json!([{"op": "remove", "path": "/a"}]))
    );
    let unknown = run("Other{a: 1}", &json!({})).unwrap_err();
    assert!(unknown.ends_with("undeclared reference to 'Other' (in container '')"), "{unknown}");
}

#[test]
fn what_is_not_known_does_not_compile() {
    for source in
        ["absent", "object.map(x, y)", "unknown(1)", "object.unknown()", "variables.other"]
    {
        assert!(Expression::compile(source, &NAMES).is_err(), "{source}");
    }
    Expression::compile("object.all(object, object > 1)", &NAMES).unwrap();
    let deep = format!("{}1{}", "(".repeat(500), ")".repeat(500));
    assert!(Expression::compile(&deep, &NAMES).is_err());
    let long = format!("'{}'", "x".repeat(20_000));
    assert!(Expression::compile(&long, &NAMES).unwrap_err().contains("longer than"));
}

#[test]
fn an_error_counts_only_where_nothing_else_decides() {
    let object = json!({ "list": [{}, { "kind": "A" }, { "kind": "B" }], "n": [1, 0, 2] });
    for (source, outcome) in [
        ("object.list.exists(x, x.kind == 'B')", Ok(true)),
        ("object.list.exists(x, x.kind == 'C')", Err("no such key: kind")),
        ("object.list.all(x, x.kind == 'A')", Ok(false)),
        ("object.list.all(x, x.kind != 'C')", Err("no such key: kind")),
        ("object.list.exists(i, x, i == 2 && x.kind == 'B')", Ok(true)),
        ("object.list.exists_one(x, x.kind == 'B')", Err("no such key: kind")),
        ("object.n.all(x, 2 / x >= 1)", Err("Division by zero of Int(2)")),
        ("object.n.exists(x, object.list.exists(y, y.kind == 'B' && 2 / x == 1))", Ok(true)),
        ("object.list.exists(x, x)", Err("no such overload")),
        ("object.absent || true", Ok(true)),
        ("object.list.all(x, x.kind == 'C' || x.kind != 'C') || true", Ok(true)),
    ] {
        let outcome = outcome.map(Value::from).map_err(str::to_owned);
        assert_eq!(run(source, &object), outcome, "{source}");
    }
}

#[test]
fn a_sum_overflows_loudly() {
    let error = run("[9223372036854775807, 1].sum()", &json!({})).unwrap_err();
    assert!(error.contains("integer overflow"), "{error}");
    assert_eq!(run("[1, 2, 3].sum() == 6 && [].sum() == 0", &json!({})), Ok(json!(true)));
}

#[test]
fn a_chain_is_as_deep_as_it_is_long() {
    let chains =
        [("1", "+1"), ("object", ".a"), ("object", "[0]"), ("object", ".size()"), ("1", "<1")];
    for (start, link) in chains {
        let compiled =
            |links: usize| Expression::compile(&format!("{start}{}", link.repeat(links)), &NAMES);
        let most = (SOURCE_BYTES_MAX - start.len()) / link.len();
        for links in [DEPTH_MAX, 1_000, most] {
            assert_eq!(
                compiled(links).map(drop),
                Err(format!("compilation failed: {TOO_DEEP}")),
                "{links} × {link}"
            );
        }
        let functions = Functions::new(|_| ());
        let mut scope = functions.scope(&Arc::new(Budget::new()));
        scope.set("object", from_json(&json!({})));
        // What it comes to is another matter; that it comes to an end is this one.
        let _ = scope.evaluate(&compiled(DEPTH_MAX - 1).unwrap());
    }
    let sum = format!("1{}", "+1".repeat(DEPTH_MAX - 1));
    assert_eq!(run(&sum, &json!({})), Ok(json!(DEPTH_MAX)));
    // The parser balances these.
    assert_eq!(run(&format!("false{}", "||false".repeat(1_000)), &json!({})), Ok(json!(false)));
}

#[test]
fn nothing_grows_without_bound() {
    let exhausted = |source: &str| {
        let error = run(source, &json!({})).unwrap_err();
        assert!(error.contains("actual cost limit exceeded"), "{source}: {error}");
    };
    let text = "x".repeat(4_000);
    exhausted(&format!("lists.range(10000).map(i, '{text}').join('{text}')"));
    exhausted(&format!("'{text}'.replace('x', '{text}').replace('x', '{text}')"));
    let loops = "lists.range(2000)";
    exhausted(&format!("{loops}.all(a, {loops}.all(b, a + b >= 0))"));
    assert!(run("lists.range(1000000000)", &json!({})).is_err());
}

#[test]
fn copies_are_paid_for_as_they_are_made() {
    let large = json!({ "spec": vec![7; 100_000] });
    let exhausted = |source: &str| {
        let error = run(source, &large).unwrap_err();
        assert!(error.contains(EXHAUSTED), "{source}: {error}");
    };
    exhausted(&format!("[{}].size() > 0", vec!["object"; 2_000].join(",")));
    exhausted(&format!("{{{}}}.size() > 0", vec!["'a': object"; 1_000].join(",")));
    let tenfold = |name: &str| format!("[{}]", [name; 10].join(","));
    let bound = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].windows(2);
    let bound = bound.map(|pair| format!("cel.bind({}, {}, ", pair[1], tenfold(pair[0])));
    let bound = bound.collect::<String>();
    exhausted(&format!("cel.bind(a, {}, {bound}i.size(){}", tenfold("0"), ")".repeat(9)));
    let encoded = (0..28).fold("'x'".to_owned(), |inner, _| format!("strings.quote({inner})"));
    exhausted(&encoded);
    // Each reading copies, though nothing is kept of it.
    let read = vec!["object == object"; 800].join(" && ");
    assert!(run(&read, &large).is_err_and(|error| error.contains(EXHAUSTED)));
    // What ran out stays out, whatever else is true.
    exhausted(&format!("[{}].size() > 0 || true", vec!["object"; 2_000].join(",")));
}

#[test]
fn a_scope_belongs_to_one_request() {
    fn is_send<T: Send>() {}
    is_send::<Scope<'static>>();
}
