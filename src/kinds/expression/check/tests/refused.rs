//! What is said of what is wrong, in the words of cel-go.

use expect_test::expect;

use super::super::super::Expression;
use super::{Declarations, Type, Wanted, typed};

#[test]
fn a_problem_is_told_with_its_place() {
    expect![[r"
        ERROR: <input>:1:10: undefined field 'nmae'
         | self.spec.nmae == 'a'
         | .........^"]]
    .assert_eq(&typed("self.spec.nmae == 'a'"));
    expect![[r"
        ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'
         | 1 + 'a'
         | ..^"]]
    .assert_eq(&typed("1 + 'a'"));
    expect![[r"
        ERROR: <input>:2:8: undeclared reference to 'foo' (in container '')
         |   1 == foo // said
         | .......^"]]
    .assert_eq(&typed("true &&\n  1 == foo // said\n && true // not said"));
}

#[test]
fn wide_letters_have_wide_dots() {
    expect![[r"
        ERROR: <input>:1:12: undefined field 'b'
         | 'é' == self.b
         | .．.........^"]]
    .assert_eq(&typed("'é' == self.b"));
}

#[test]
fn every_problem_is_told_once() {
    expect![[r"
        ERROR: <input>:1:5: undefined field 'a'
         | self.a == 1 && self.b == 2 && self.spec.list.all(x, x.c == x.d)
         | ....^
        ERROR: <input>:1:20: undefined field 'b'
         | self.a == 1 && self.b == 2 && self.spec.list.all(x, x.c == x.d)
         | ...................^
        ERROR: <input>:1:54: undefined field 'c'
         | self.a == 1 && self.b == 2 && self.spec.list.all(x, x.c == x.d)
         | .....................................................^
        ERROR: <input>:1:61: undefined field 'd'
         | self.a == 1 && self.b == 2 && self.spec.list.all(x, x.c == x.d)
         | ............................................................^"]]
    .assert_eq(&typed("self.a == 1 && self.b == 2 && self.spec.list.all(x, x.c == x.d)"));
}

/// Where it is, and what it says, without the line.
fn briefly(source: &str) -> String {
    let told = typed(source);
    let first = told.lines().next().unwrap_or_default();
    first.strip_prefix("ERROR: <input>:").unwrap_or(first).to_owned()
}

#[test]
fn what_does_not_fit_is_refused() {
    let none = |name: &str, types: &str| {
        format!("found no matching overload for '{name}' applied to '{types}'")
    };
    for (source, place, what) in [
        ("1 + 1.5", "1:3", none("_+_", "(int, double)")),
        ("1 + 1u", "1:3", none("_+_", "(int, uint)")),
        ("'a' - 'b'", "1:5", none("_-_", "(string, string)")),
        ("self.spec.count + 'x'", "1:17", none("_+_", "(int, string)")),
        ("self.spec.count == '1'", "1:17", none("_==_", "(int, string)")),
        ("self.spec.share == 1", "1:17", none("_==_", "(double, int)")),
        ("self.spec.count != null", "1:17", none("_!=_", "(int, null)")),
        ("self.spec.name > 1", "1:16", none("_>_", "(string, int)")),
        ("!self.spec.count", "1:1", none("!_", "(int)")),
        ("-'a'", "1:1", none("-_", "(string)")),
        ("self.spec.on && self.spec.count", "1:14", none("_&&_", "(bool, int)")),
        ("self.spec.name ? 1 : 2", "1:16", none("_?_:_", "(string, int, int)")),
        ("true ? 1 : 'a'", "1:6", none("_?_:_", "(bool, int, string)")),
        ("1 in self.spec.names", "1:3", none("@in", "(int, list(string))")),
        ("1 in self.spec.labels", "1:3", none("@in", "(int, map(string, string))")),
        ("self.spec.names['a']", "1:16", none("_[_]", "(list(string), string)")),
        ("self.spec.labels[0]", "1:17", none("_[_]", "(map(string, string), int)")),
        ("self.spec[0]", "1:10", none("_[_]", "(selfType.spec, int)")),
        ("self.spec.names + self.spec.counts", "1:17", none("_+_", "(list(string), list(int))")),
        ("self.spec.count.size()", "1:21", none("size", "int.()")),
        ("size(1)", "1:5", none("size", "(int)")),
        ("self.spec.name.startsWith(1)", "1:26", none("startsWith", "string.(int)")),
        ("startsWith('a', 'b')", "1:11", none("startsWith", "(string, string)")),
        ("self.spec.name.contains('a', 'b')", "1:24", none("contains", "string.(string, string)")),
        ("self.spec.counts.join(',')", "1:22", none("join", "list(int).(string)")),
        ("self.spec.names.sum()", "1:20", none("sum", "list(string).()")),
        ("'a'.format('b')", "1:11", none("format", "string.(string)")),
        ("quantity(1)", "1:9", none("quantity", "(int)")),
        (
            "quantity('1') > quantity('2')",
            "1:15",
            none("_>_", "(kubernetes.Quantity, kubernetes.Quantity)"),
        ),
        (
            "quantity('1').isGreaterThan(1)",
            "1:28",
            none("isGreaterThan", "kubernetes.Quantity.(int)"),
        ),
        ("cidr('10.0.0.0/8').containsIP(1)", "1:30", none("containsIP", "net.CIDR.(int)")),
        ("duration('1h') > 5", "1:16", none("_>_", "(duration, int)")),
        ("self.spec.since > '2024'", "1:17", none("_>_", "(timestamp, string)")),
        ("self.spec.raw == 'abc'", "1:15", none("_==_", "(bytes, string)")),
        (
            "self.spec.list == self.spec.names",
            "1:16",
            none("_==_", "(list(selfType.spec.list.@idx), list(string))"),
        ),
        ("self.spec.?count.orValue('a')", "1:25", none("orValue", "optional_type(int).(string)")),
        ("self.spec.?name == 'a'", "1:17", none("_==_", "(optional_type(string), string)")),
        ("self.spec.list.all(x, x.weight)", "1:19", none("_&&_", "(bool, int)")),
        ("self.spec.names.map(x, x > 1)", "1:26", none("_>_", "(string, int)")),
        ("sets.contains(['a'], [1])", "1:14", none("sets.contains", "(list(string), list(int))")),
        (
            "math.abs({}.sortBy(x, -x))",
            "1:19",
            none("@sortByAssociatedKeys", "map(dyn, dyn).(list(dyn))"),
        ),
        (
            "self.spec.list.sortBy(x, x)",
            "1:22",
            none(
                "@sortByAssociatedKeys",
                "list(selfType.spec.list.@idx).(list(selfType.spec.list.@idx))",
            ),
        ),
        ("self.spec.list.min()", "1:19", none("min", "list(selfType.spec.list.@idx).()")),
        ("self.spec.list.sort()", "1:20", none("sort", "list(selfType.spec.list.@idx).()")),
        ("[[1]].isSorted()", "1:15", none("isSorted", "list(list(int)).()")),
        ("math.greatest('a', 'b')", "1:14", none("math.@max", "(string, string)")),
        ("math.least(self.spec.names)", "1:11", none("math.@min", "(list(string))")),
        ("cel.bind(n, 1, n + 'a')", "1:18", none("_+_", "(int, string)")),
        (
            "authorizer.check('get')",
            "1:17",
            none("check", "kubernetes.authorization.Authorizer.(string)"),
        ),
    ] {
        assert_eq!(briefly(source), format!("{place}: {what}"), "{source}");
    }
}

#[test]
fn what_does_not_exist_is_refused() {
    for (source, what) in [
        ("self.spac", "1:5: undefined field 'spac'"),
        ("self.metadata.labels", "1:14: undefined field 'labels'"),
        ("has(self.spec.nope)", "1:4: undefined field 'nope'"),
        ("self.spec.?nope", "1:10: undefined field 'nope'"),
        ("self.spec.open.field", "1:15: undefined field 'field'"),
        ("self.spec.list[0].nope", "1:18: undefined field 'nope'"),
        ("self.spec.template.metadata.labels", "1:28: undefined field 'labels'"),
        ("self.spec.name.first", "1:15: type 'string' does not support field selection"),
        (
            "self.spec.list.name",
            "1:15: type 'list(selfType.spec.list.@idx)' does not support field selection",
        ),
        ("quantity('1').value", "1:14: undefined field 'value'"),
        ("nobody", "1:1: undeclared reference to 'nobody' (in container '')"),
        ("nothing(1)", "1:8: undeclared reference to 'nothing' (in container '')"),
        ("self.spec.name.nothing()", "1:23: undeclared reference to 'nothing' (in container '')"),
        ("Widget{a: 1}", "1:7: undeclared reference to 'Widget' (in container '')"),
        (
            "self.spec.count.all(x, x)",
            "1:20: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
        ),
        ("self.spec.list.all(i, x, x.weight)", "1:27: expected type 'bool' but found 'int'"),
        (
            "self.spec.names.transformMapEntry(i, v, v)",
            "1:41: expected type 'map(dyn, dyn)' but found 'string'",
        ),
        ("[?1]", "1:3: expected type 'optional_type(int)' but found 'int'"),
        (
            "JSONPatch{op: 1, path: 'a'}",
            "1:13: expected type of field 'op' is 'string' but provided type is 'int'",
        ),
        ("JSONPatch{opp: 'a'}", "1:14: undefined field 'opp'"),
    ] {
        assert_eq!(briefly(source), what, "{source}");
    }
}

#[test]
fn an_expression_must_come_to_what_is_wanted() {
    let declarations = Declarations::default().with("object", Type::Dyn);
    let found = |source, wanted| {
        Expression::check(source, &declarations, wanted)
            .map_or_else(|refusal| refusal.to_string(), |_| String::new())
    };
    for (source, wanted) in [
        ("true", Wanted::Bool),
        ("object.on", Wanted::Bool),
        ("'a'", Wanted::Text),
        ("null", Wanted::TextOrNull),
        ("object.on ? 'a' : null", Wanted::TextOrNull),
        ("object.on ? Object{} : Object{spec: Object.spec{a: 1}}", Wanted::Object),
        ("[JSONPatch{op: 'test', path: '/a', value: 1}]", Wanted::Patch),
        ("object.on ? [JSONPatch{op: 'remove', path: '/a'}] : []", Wanted::Patch),
        ("[]", Wanted::Patch),
        ("object.list.map(x, JSONPatch{op: 'remove', path: '/' + x})", Wanted::Patch),
    ] {
        assert_eq!(found(source, wanted), "", "{source}");
    }
    assert_eq!(found("1", Wanted::Bool), "must evaluate to bool");
    assert_eq!(found("1", Wanted::Text), "must evaluate to string");
    assert_eq!(found("1", Wanted::TextOrNull), "must evaluate to one of [string null_type]");
    assert_eq!(found("{'a': 1}", Wanted::Object), "must evaluate to Object");
    assert_eq!(found("['a']", Wanted::Patch), "must evaluate to list(JSONPatch)");
}

#[test]
fn types_do_not_grow_without_bound() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let nested = names
        .windows(2)
        .map(|pair| format!("cel.bind({}, {{{}: {}}}, ", pair[1], pair[0], pair[0]));
    let source = format!("cel.bind(a, [0], {}l{}", nested.collect::<String>(), ")".repeat(12));
    assert!(typed(&source).len() < 2_048, "{}", typed(&source));
    let lists = format!("{}{}", "[".repeat(60), "]".repeat(60));
    assert!(typed(&format!("{lists} == {lists}")) == "bool");
}
