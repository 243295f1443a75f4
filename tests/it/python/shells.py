"""A kopf operator: gives each Shell a ConfigMap of its size, and tells in its status what it did."""

import logging

import kopf
from kubernetes import client, config

config.load_kube_config()


@kopf.on.startup()
def configure(settings, **_):
    settings.posting.level = logging.INFO
    settings.peering.standalone = True


@kopf.on.create("shells.isopod.test")
def made(spec, name, namespace, body, patch, **_):
    settings = {"metadata": {"name": name}, "data": {"size": str(spec["size"])}}
    kopf.adopt(settings, owner=body)
    client.CoreV1Api().create_namespaced_config_map(namespace, settings)
    patch.status["size"] = spec["size"]
    kopf.info(body, reason="Made", message="the shell has settings")


@kopf.on.update("shells.isopod.test", field="spec.size")
def changed(new, name, namespace, patch, **_):
    client.CoreV1Api().patch_namespaced_config_map(name, namespace, {"data": {"size": str(new)}})
    patch.status["size"] = new


@kopf.on.delete("shells.isopod.test")
def ended(name, namespace, **_):
    client.CoreV1Api().create_namespaced_config_map(namespace, {"metadata": {"name": f"{name}-was-here"}})
