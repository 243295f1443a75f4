//! Types of what is right.

use super::are;

#[test]
fn literals_and_operators_have_types() {
    are(&[
        ("1", "int"),
        ("1u", "uint"),
        ("1.5", "double"),
        ("'a'", "string"),
        ("b'a'", "bytes"),
        ("null", "null"),
        ("true && !false || false", "bool"),
        ("1 + 2 * 3 - 4 / 2 % 3", "int"),
        ("1u + 2u", "uint"),
        ("1.0 / 2.0", "double"),
        ("-1", "int"),
        ("-(1.5)", "double"),
        ("'a' + 'b'", "string"),
        ("b'a' + b'b'", "bytes"),
        ("1 < 2.5 && 1u >= 1 && 2.5 > 1u", "bool"),
        ("'a' < 'b'", "bool"),
        ("true ? 1 : 2", "int"),
        ("true ? 'a' : null", "dyn"),
        ("true ? null : 'a'", "dyn"),
        ("true ? [] : ['a']", "list(string)"),
        ("1 == 1", "bool"),
        ("1 in [1, 2]", "bool"),
        ("'a' in {'a': 1}", "bool"),
        ("'a' in object", "bool"),
        ("type(1) == int", "bool"),
        ("[]", "list(dyn)"),
        ("[1, 2]", "list(int)"),
        ("[[1], []]", "list(list(int))"),
        ("[1, 'a']", "list(dyn)"),
        ("{}", "map(dyn, dyn)"),
        ("{'a': 1, 'b': 2}", "map(string, int)"),
        ("{'a': 1, 'b': 'c'}", "map(string, dyn)"),
        ("[1] + [2]", "list(int)"),
        ("[] + ['a']", "list(string)"),
        ("[1, 2][0]", "int"),
        ("{'a': 1}['a']", "int"),
        ("{'a': [1]}.a[0]", "int"),
        ("[?optional.of(1), 2]", "list(int)"),
        ("{?'a': optional.of(1)}", "map(string, int)"),
        ("dyn(1) + 'a'", "string"),
        ("dyn([])", "dyn"),
    ]);
}

#[test]
fn fields_have_the_types_of_their_schema() {
    are(&[
        ("self.spec", "selfType.spec"),
        ("self.apiVersion + self.kind", "string"),
        ("self.metadata.name.size() + self.metadata.generateName.size()", "int"),
        ("self.spec.name", "string"),
        ("self.spec.count", "int"),
        ("self.spec.share", "double"),
        ("self.spec.on", "bool"),
        ("self.spec.maybe == null", "bool"),
        ("self.spec.since", "timestamp"),
        ("self.spec.day", "timestamp"),
        ("self.spec.every", "duration"),
        ("self.spec.raw", "bytes"),
        ("self.spec.port", "dyn"),
        ("self.spec.any", "dyn"),
        ("self.spec.any.whatever[0]", "dyn"),
        ("self.spec.list", "list(selfType.spec.list.@idx)"),
        ("self.spec.list[0].weight", "int"),
        ("self.spec.names", "list(string)"),
        ("self.spec.labels", "map(string, string)"),
        ("self.spec.labels.anything", "string"),
        ("self.spec.labels['a']", "string"),
        ("self.spec.parts.one.tags.two", "string"),
        ("self.spec.template.metadata.name", "string"),
        ("self.spec.template.spec.a__dash__b", "string"),
        ("self.spec.under_score", "string"),
        ("self.spec.__namespace__", "string"),
        ("has(self.spec.name)", "bool"),
        ("self.spec.?name", "optional_type(string)"),
        ("self.?spec.list[0].name", "optional_type(string)"),
        ("self.spec.?labels[?'a'].orValue('b')", "string"),
        ("self.spec.labels[?'a']", "optional_type(string)"),
        ("self.spec.list[?0].name", "optional_type(string)"),
        ("self.spec == self.spec", "bool"),
        ("self.spec.list[0] in self.spec.list", "bool"),
        ("object.spec.whatever.list[3].name == 'x' && object.n > 3", "bool"),
        ("object.?a.?b.orValue(1)", "dyn"),
        ("object.?a.?b[?0]", "dyn"),
    ]);
}

#[test]
fn loops_have_types() {
    are(&[
        ("self.spec.list.all(x, x.weight > 0)", "bool"),
        ("self.spec.list.exists(x, x.name == 'a')", "bool"),
        ("self.spec.list.exists_one(x, x.name == 'a')", "bool"),
        ("self.spec.list.map(x, x.weight)", "list(int)"),
        ("self.spec.list.map(x, x.weight > 1, x.name)", "list(string)"),
        ("self.spec.list.filter(x, x.weight > 1)", "list(selfType.spec.list.@idx)"),
        ("self.spec.labels.all(key, key.startsWith('a') && self.spec.labels[key] != '')", "bool"),
        ("self.spec.labels.map(key, key)", "list(string)"),
        ("self.spec.list.map(x, x.tags.map(y, y.size()))", "list(list(int))"),
        ("self.spec.list.map(x, []).map(y, y)", "list(list(dyn))"),
        ("self.spec.list.all(i, x, i < x.weight)", "bool"),
        ("self.spec.labels.exists(k, v, k == v)", "bool"),
        ("self.spec.labels.existsOne(k, v, k == v)", "bool"),
        ("self.spec.names.transformList(i, v, v + string(i))", "list(string)"),
        ("self.spec.names.transformList(i, v, i > 0, v.size())", "list(int)"),
        ("self.spec.labels.transformMap(k, v, v.size())", "map(string, int)"),
        ("self.spec.names.transformMapEntry(i, v, {v: i})", "map(string, int)"),
        ("cel.bind(n, self.spec.count, n + n)", "int"),
        ("cel.bind(n, 'a', cel.bind(n, n.size(), n))", "int"),
        ("self.spec.list.sortBy(x, x.weight)", "list(selfType.spec.list.@idx)"),
        ("object.list.all(x, x.n > 0) && object.all(x, x)", "bool"),
        ("object.list.map(x, x.n)", "list(dyn)"),
        ("[].all(x, x > 0)", "bool"),
        ("self.spec.names.all(self, self.size() > 1)", "bool"),
    ]);
}

#[test]
fn libraries_have_types() {
    are(&[
        (
            "'abc'.contains('b') && 'a'.startsWith('a') && 'a'.endsWith('a') && 'a'.matches('a')",
            "bool",
        ),
        ("matches('a', 'b')", "bool"),
        ("'abc'.charAt(1) + 'abc'.substring(1) + 'abc'.substring(0, 2).trim()", "string"),
        ("'abc'.indexOf('b') + 'abc'.lastIndexOf('b', 2)", "int"),
        ("'aBc'.lowerAscii() + 'a'.upperAscii() + 'ab'.reverse()", "string"),
        ("'a'.replace('a', 'b') + 'a'.replace('a', 'b', 1)", "string"),
        ("'a,b'.split(',')", "list(string)"),
        ("'a,b'.split(',', 2).join('-') + ['a'].join()", "string"),
        ("'%s is %d of %v'.format([self.spec.name, self.spec.count, 1.5])", "string"),
        ("strings.quote('a')", "string"),
        ("'a1'.find('[0-9]')", "string"),
        ("'a1'.findAll('[0-9]', 1)", "list(string)"),
        ("base64.encode(b'a')", "string"),
        ("base64.decode('YQ==')", "bytes"),
        ("jsonpatch.escapeKey('a/b')", "string"),
        ("size('a') + size([1]) + size({}) + size(b'a') + 'a'.size() + [1].size()", "int"),
        ("self.spec.counts.sum() + self.spec.counts.max()", "int"),
        ("[1.5].sum()", "double"),
        ("self.spec.names.min()", "string"),
        ("self.spec.names.isSorted()", "bool"),
        ("self.spec.names.indexOf('a') + self.spec.names.lastIndexOf('a')", "int"),
        ("self.spec.names.distinct().sort().reverse().slice(0, 1)", "list(string)"),
        ("self.spec.names.first().orValue('a') + self.spec.names.last().value()", "string"),
        ("[[1], [2]].flatten()", "dyn"),
        ("lists.range(3)", "list(int)"),
        (
            "sets.contains(self.spec.names, ['a']) && sets.equivalent([1], [1]) && sets.intersects([], [])",
            "bool",
        ),
        ("optional.of(1).or(optional.none()).orValue(2)", "int"),
        ("optional.ofNonZeroValue('a').hasValue()", "bool"),
        ("optional.of('a').value()", "string"),
        ("self.spec.?count.optMap(n, string(n)).orValue('none')", "string"),
        ("self.spec.?template.optFlatMap(t, t.?spec).hasValue()", "bool"),
        ("math.abs(-1) + math.greatest(1, 2)", "int"),
        ("math.least(1, 2.5)", "dyn"),
        ("math.greatest(self.spec.counts)", "int"),
        ("math.least([1, 2]) + 1", "int"),
        ("[].sort().sortBy(x, x)", "list(int)"),
        ("math.ceil(1.5) + math.floor(1.5) + math.round(1.5)", "double"),
        ("math.bitAnd(1, 2)", "int"),
        ("math.isNaN(1.5)", "bool"),
        ("quantity('1Gi').add(quantity('1Mi')).sub(1).isGreaterThan(quantity('1'))", "bool"),
        (
            "quantity('1').compareTo(quantity('2')) + quantity('1').asInteger() + quantity('1').sign()",
            "int",
        ),
        ("isQuantity('1') && quantity('1').isInteger()", "bool"),
        ("quantity('1').asApproximateFloat()", "double"),
        ("semver('1.2.3').major() + semver('v1.2.3', true).minor()", "int"),
        ("isSemver('1.2.3') && semver('1.2.3').isLessThan(semver('2.0.0'))", "bool"),
        ("url('https://a.b/c').getHost() + url('https://a.b').getScheme()", "string"),
        ("url('https://a.b/c?d=e').getQuery()", "map(string, list(string))"),
        ("isURL('a')", "bool"),
        ("ip('10.0.0.1').family()", "int"),
        ("isIP('10.0.0.1') && ip.isCanonical('10.0.0.1') && ip('10.0.0.1').isLoopback()", "bool"),
        ("string(ip('10.0.0.1'))", "string"),
        (
            "cidr('10.0.0.0/8').containsIP('10.0.0.1') && cidr('10.0.0.0/8').containsIP(ip('10.0.0.1'))",
            "bool",
        ),
        ("cidr('10.0.0.0/8').containsCIDR(cidr('10.0.0.0/16')) && isCIDR('a')", "bool"),
        ("cidr('10.0.0.0/8').ip() == ip('10.0.0.0')", "bool"),
        ("cidr('10.0.0.0/8').masked().prefixLength()", "int"),
        ("format.dns1123Label().validate(self.spec.name)", "optional_type(list(string))"),
        ("format.named('uuid').value().validate('a').hasValue()", "bool"),
        (
            "authorizer.group('').resource('pods').namespace('a').name('b').check('get').allowed()",
            "bool",
        ),
        ("authorizer.path('/healthz').check('get').reason()", "string"),
        ("authorizer.requestResource.subresource('status').check('get').errored()", "bool"),
        (
            "authorizer.serviceAccount('a', 'b').group('').resource('pods').fieldSelector('a=b')",
            "kubernetes.authorization.ResourceCheck",
        ),
    ]);
}

#[test]
fn times_and_conversions_have_types() {
    are(&[
        ("timestamp('2024-01-01T00:00:00Z') + duration('1h')", "timestamp"),
        ("duration('1h') + timestamp('2024-01-01T00:00:00Z')", "timestamp"),
        ("self.spec.since - timestamp('2024-01-01T00:00:00Z')", "duration"),
        ("self.spec.since - duration('1h') > self.spec.day", "bool"),
        ("self.spec.since.getFullYear() + self.spec.since.getHours('UTC')", "int"),
        ("self.spec.every.getSeconds() + self.spec.every.getMilliseconds()", "int"),
        ("int('1') + int(1.5) + int(1u) + int(self.spec.since)", "int"),
        ("uint(1) + uint('1')", "uint"),
        ("double(1) + double('1.5')", "double"),
        (
            "string(1) + string(1.5) + string(true) + string(b'a') + string(self.spec.every)",
            "string",
        ),
        ("bytes('a')", "bytes"),
        ("duration(1) < duration('1s')", "bool"),
        ("timestamp(0)", "timestamp"),
    ]);
}

#[test]
fn everything_that_can_be_called_has_a_signature() {
    use super::super::super::functions::{KNOWN, QUALIFIED};
    let without = ["all", "math.greatest", "math.least"];
    for name in KNOWN.iter().chain(QUALIFIED).filter(|name| !without.contains(name)) {
        assert!(!super::super::signatures::of(name).is_empty(), "{name}");
    }
}
