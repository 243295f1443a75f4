//! Rules of the shapes that well-known kinds have.

use serde_json::{Value, json};

use super::*;

/// Checks that rules about values of a schema are right.
fn accepts(schema: &Value, rules: &[&str]) {
    let own = Type::of_schema(schema, true, "selfType", Reader::Rule);
    let declarations = Declarations::default().with("self", own.clone()).with("oldSelf", own);
    for rule in rules {
        let found = Expression::check(rule, &declarations, Wanted::Bool);
        if let Err(refusal) = found {
            panic!("{rule}: {refusal}");
        }
    }
}

fn list(items: &Value) -> Value {
    json!({ "type": "array", "items": items })
}

fn object(properties: Value) -> Value {
    json!({ "type": "object", "properties": properties })
}

#[test]
fn routes_of_a_gateway() {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let header = object(json!({ "name": text, "value": text }));
    let reference = object(json!({ "group": text, "kind": text, "name": text, "port": number }));
    let filter = object(json!({ "type": text,
        "requestMirror": object(json!({ "backendRef": reference, "percent": number })),
        "requestRedirect": object(json!({ "scheme": text, "statusCode": number,
            "path": object(json!({ "type": text, "replacePrefixMatch": text, "replaceFullPath": text })) })),
        "urlRewrite": object(json!({ "hostname": text })) }));
    let rule =
        object(json!({ "name": text, "filters": list(&filter), "backendRefs": list(&reference),
        "matches": list(&object(json!({ "path": object(json!({ "type": text, "value": text })),
            "headers": list(&header), "method": text }))),
        "timeouts": object(json!({ "request": text, "backendRequest": text })) }));
    let listener =
        object(json!({ "name": text, "port": number, "protocol": text, "hostname": text,
        "tls": object(json!({ "mode": text, "certificateRefs": list(&reference),
            "options": { "type": "object", "additionalProperties": text } })) }));
    let schema = object(
        json!({ "rules": list(&rule), "listeners": list(&listener), "parentRefs": list(&reference),
        "addresses": list(&object(json!({ "type": text, "value": text }))) }),
    );
    accepts(
        &schema,
        &[
            "self.listeners.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)",
            "self.listeners.all(l, (l.protocol == 'HTTPS' && has(l.tls)) ? (l.tls.mode == '' || l.tls.mode == 'Terminate') : true)",
            "self.listeners.all(l1, self.listeners.exists_one(l2, l1.name == l2.name))",
            "self.listeners.all(l1, self.listeners.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))",
            "self.listeners.all(l, has(l.tls) && l.tls.mode == 'Terminate' ? size(l.tls.certificateRefs) > 0 || size(l.tls.options) > 0 : true)",
            "self.addresses.all(a1, a1.type == 'IPAddress' && has(a1.value) ? self.addresses.exists_one(a2, a2.type == a1.type && a2.value == a1.value) : true)",
            "self.addresses.all(a, a.type != 'Hostname' || a.value.matches(r\"^(\\*\\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]+)*$\"))",
            "self.rules.all(r, !has(r.filters) || r.filters.filter(f, f.type == 'RequestRedirect').size() <= 1)",
            "self.rules.all(r, (has(r.filters) ? r.filters.map(f, f.type).exists(t, t == 'URLRewrite') : false) || true)",
            "self.rules.all(r, !(has(r.backendRefs) && r.backendRefs.size() > 0) || !r.filters.exists(f, has(f.requestRedirect) && has(f.requestRedirect.path) && f.requestRedirect.path.type == 'ReplacePrefixMatch' && has(f.requestRedirect.path.replacePrefixMatch)))",
            "self.rules.all(r, !has(r.timeouts) || !has(r.timeouts.request) || duration(r.timeouts.backendRequest) <= duration(r.timeouts.request))",
            "self.rules.all(r, r.matches.all(m, m.path.type in ['Exact', 'PathPrefix'] ? m.path.value.startsWith('/') && !m.path.value.contains('//') : true))",
            "self.rules.all(r, r.matches.all(m, m.headers.all(h, h.name.size() < 256 && m.headers.exists_one(g, g.name == h.name))))",
            "(self.rules.size() > 0 ? self.rules[0].matches.size() : 0) + (self.rules.size() > 1 ? self.rules[1].matches.size() : 0) <= 128",
            "self.rules.all(l1, !has(l1.name) || self.rules.exists_one(l2, has(l2.name) && l1.name == l2.name))",
            "self.parentRefs.all(p1, self.parentRefs.exists_one(p2, p1.group == p2.group && p1.kind == p2.kind && p1.name == p2.name && ((!has(p1.port) || p1.port == 0) == (!has(p2.port) || p2.port == 0))))",
        ],
    );
}

#[test]
fn clusters_and_their_machines() {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let condition = object(json!({ "type": text, "status": text,
        "lastTransitionTime": { "type": "string", "format": "date-time" } }));
    let variable =
        object(json!({ "name": text, "value": { "x-kubernetes-preserve-unknown-fields": true } }));
    let schema = object(json!({
        "spec": object(json!({ "replicas": number, "version": text, "paused": { "type": "boolean" },
            "clusterName": text, "controlPlaneEndpoint": object(json!({ "host": text, "port": number })),
            "maxUnhealthy": { "x-kubernetes-int-or-string": true },
            "nodeStartupTimeout": { "type": "string", "format": "duration" },
            "network": object(json!({ "pods": object(json!({ "cidrBlocks": list(&text) })) })),
            "variables": list(&variable),
            "infrastructureRef": { "type": "object", "x-kubernetes-embedded-resource": true,
                "x-kubernetes-preserve-unknown-fields": true } })),
        "status": object(json!({ "conditions": list(&condition), "replicas": number })),
    }));
    accepts(
        &schema,
        &[
            "self.spec.clusterName == oldSelf.spec.clusterName",
            "!has(oldSelf.spec.controlPlaneEndpoint) || self.spec.controlPlaneEndpoint == oldSelf.spec.controlPlaneEndpoint",
            "self.metadata.name.size() <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "has(self.spec.replicas) == has(oldSelf.spec.replicas)",
            "self.spec.version.startsWith('v') && semver(self.spec.version, true).major() >= 1",
            "!(has(self.spec.paused) && self.spec.paused) || self.spec.replicas == 0",
            "self.spec.controlPlaneEndpoint.port >= 0 && self.spec.controlPlaneEndpoint.port <= 65535",
            "self.spec.network.pods.cidrBlocks.all(c, isCIDR(c) && cidr(c).prefixLength() < 30)",
            "type(self.spec.maxUnhealthy) == string ? self.spec.maxUnhealthy.matches('^[0-9]+%$') : self.spec.maxUnhealthy >= 0",
            "self.spec.maxUnhealthy == 1 || self.spec.maxUnhealthy == '40%'",
            "self.spec.nodeStartupTimeout == duration('0s') || self.spec.nodeStartupTimeout > duration('30s')",
            "self.status.conditions.filter(c, c.type == 'Ready').all(c, c.status != 'Unknown' || c.lastTransitionTime < timestamp('2100-01-01T00:00:00Z'))",
            "self.spec.variables.exists(v, v.name == 'size' && v.value == 3)",
            "self.spec.infrastructureRef.kind.endsWith('Cluster') && self.spec.infrastructureRef.apiVersion != ''",
            "self.spec.infrastructureRef.metadata.name == self.metadata.name",
            "self.status.conditions.map(c, c.type).distinct().size() == self.status.conditions.size()",
            "oldSelf.spec.replicas - self.spec.replicas <= int(double(oldSelf.spec.replicas) * 0.5)",
        ],
    );
}

#[test]
fn certificates_and_pools_of_nodes() {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "integer" }));
    let requirement = object(
        json!({ "key": text, "operator": text, "values": list(&text), "minValues": number }),
    );
    let budget = object(
        json!({ "nodes": text, "schedule": text, "duration": text, "reasons": list(&text) }),
    );
    let schema = object(json!({
        "secretName": text, "duration": text, "renewBefore": text, "isCA": { "type": "boolean" },
        "dnsNames": list(&text), "ipAddresses": list(&text), "uris": list(&text),
        "privateKey": object(json!({ "algorithm": text, "size": number })),
        "requirements": list(&requirement), "budgets": list(&budget),
        "labels": { "type": "object", "additionalProperties": text },
        "limits": { "type": "object", "additionalProperties": { "x-kubernetes-int-or-string": true } },
        "weight": number, "consolidateAfter": text, "expireAfter": text,
        "metadataOptions": object(json!({ "httpTokens": text, "httpPutResponseHopLimit": number })),
        "blockDeviceMappings": list(&object(json!({ "rootVolume": { "type": "boolean" }, "deviceName": text,
            "ebs": object(json!({ "volumeSize": { "x-kubernetes-int-or-string": true }, "iops": number })) }))),
        "selectorTerms": list(&object(json!({ "id": text, "alias": text,
            "tags": { "type": "object", "additionalProperties": text } }))),
    }));
    accepts(
        &schema,
        &[
            "self.dnsNames.size() + self.ipAddresses.size() + self.uris.size() > 0",
            "self.ipAddresses.all(a, isIP(a) && !ip(a).isLoopback())",
            "self.uris.all(u, isURL(u) && url(u).getScheme() in ['https', 'spiffe'])",
            "!has(self.privateKey.size) || (self.privateKey.algorithm == 'RSA' ? self.privateKey.size in [2048, 4096, 8192] : self.privateKey.size in [256, 384, 521])",
            "duration(self.renewBefore) < duration(self.duration)",
            "!has(self.isCA) || !self.isCA || self.dnsNames.size() == 0",
            "self.requirements.all(r, r.operator in ['In', 'NotIn'] ? r.values.size() > 0 : true)",
            "self.requirements.all(r, r.operator in ['Gt', 'Lt'] ? r.values.size() == 1 && int(r.values[0]) >= 0 : true)",
            "self.requirements.all(r, !has(r.minValues) || r.values.size() >= r.minValues)",
            "self.requirements.all(r, !r.key.matches('.*karpenter.sh/nodepool.*') && r.key.find('([^/]+)').endsWith('io'))",
            "self.labels.all(k, k in ['example.com/a', 'example.com/b'] || !k.find('^([^/]+)').endsWith('kubernetes.io'))",
            "self.labels.all(k, k != 'kubernetes.io/hostname') && size(self.labels) <= 100",
            "self.budgets.all(b, has(b.schedule) == has(b.duration))",
            "self.budgets.all(b, b.nodes.endsWith('%') ? int(b.nodes.replace('%', '')) <= 100 : int(b.nodes) >= 0)",
            "self.selectorTerms.size() != 0 && self.selectorTerms.all(t, has(t.tags) || has(t.id) || has(t.alias))",
            "self.selectorTerms.exists(t, has(t.alias)) ? self.selectorTerms.size() == 1 : true",
            "self.selectorTerms.all(t, !has(t.alias) || t.alias.split('@')[0] in ['al2023', 'bottlerocket'])",
            "self.selectorTerms.all(t, t.tags.all(k, k != '' && t.tags[k] != ''))",
            "self.blockDeviceMappings.filter(b, has(b.rootVolume) ? b.rootVolume == true : false).size() <= 1",
            "self.blockDeviceMappings.all(b, !has(b.ebs) || quantity(string(b.ebs.volumeSize)).isGreaterThan(quantity('1Gi')))",
            "self.limits.all(k, quantity(string(self.limits[k])).sign() >= 0)",
            "self.metadataOptions.?httpTokens.orValue('required') == 'required'",
            "self.consolidateAfter == 'Never' || duration(self.consolidateAfter) >= duration('0s')",
            "!has(self.weight) || (self.weight >= 1 && self.weight <= 100)",
        ],
    );
}
