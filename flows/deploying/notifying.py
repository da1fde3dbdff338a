"""Automations as code, and the channels through which they tell data ops: webhook, Slack, e-mail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal
from uuid import UUID

from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.notifications import CustomWebhookNotificationBlock, SlackWebhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore
from prefect.exceptions import ObjectNotFound
from prefect.types import SecretDict
from pydantic import SecretStr, ValidationError

from flows.blocks import MailNotification
from flows.deploying.changing import Change, LeftOver
from flows.settings import Settings

Channel = Literal["webhook", "slack", "email"]
#: Names of our automations begin so: what does and stands in no file is left over.
PREFIX = "strata "
#: Stands for a block that is yet to be made, in a dry run.
NOBODY = UUID(int=0)


def block(channel: Channel, address: SecretStr) -> NotificationBlock:
    """The block that reaches a channel.

    `webhook` posts {"subject": ..., "body": ...} to the address; `slack` takes the address of an incoming webhook;
    `email` an address of Apprise, such as mailtos://user:password@smtp.example.com:587?from=a@example.com&to=b@...
    """
    if channel == "webhook":
        # Prefect keeps `url` in the open, and `secrets` under its key.
        return CustomWebhookNotificationBlock(
            name="strata",
            url="{{address}}",
            json_data={"subject": "{{subject}}", "body": "{{body}}"},
            secrets=SecretDict({"address": address.get_secret_value()}),
            headers=None,
            cookies=None,
        )
    if channel == "slack":
        return SlackWebhook(url=address)
    return MailNotification(url=address)


def name_of(channel: Channel) -> str:
    """Name of the channel's block on the server."""
    return f"strata-{channel}"


_SLUGS: Mapping[Channel, str] = {
    "webhook": CustomWebhookNotificationBlock.get_block_type_slug(),
    "slack": SlackWebhook.get_block_type_slug(),
    "email": MailNotification.get_block_type_slug(),
}


def channels(client: SyncPrefectClient, settings: Settings) -> Iterator[Change]:
    """Blocks of the channels that the settings name, where they are not there or differ."""
    for channel, address in settings.notify.items():
        wanted = block(channel, address)
        there = _document(client, channel)
        if there is not None and _secrets(wanted) == there.data:
            continue
        save = partial(wanted.save, name_of(channel), overwrite=True)
        yield Change(f"channel {channel}", "new" if there is None else "changed", save)


def _document(client: SyncPrefectClient, channel: Channel) -> Any:
    try:
        return client.read_block_document_by_name(name_of(channel), _SLUGS[channel], include_secrets=True)
    except ObjectNotFound:
        return None


def _secrets(wanted: NotificationBlock) -> dict[str, Any]:
    data = wanted.model_dump(mode="json", context={"include_secrets": True}, exclude_unset=True)
    return {name: value for name, value in data.items() if name != "block_type_slug"}


def automations(
    client: SyncPrefectClient, settings: Settings, entries: Sequence[Mapping[str, Any]]
) -> Iterator[Change]:
    """Automations that are not there or differ, by name; one that somebody switched off stays off."""
    ids = _ids(client, settings)
    for entry in entries:
        wanted = automation(entry, ids)
        if wanted is None:
            continue
        there = client.read_automations_by_name(wanted.name)
        if not there:
            yield Change(f"automation {wanted.name}", "new", partial(client.create_automation, wanted))
            continue
        kept = wanted.model_copy(update={"enabled": there[0].enabled})
        if _plain(there[0]) != _plain(wanted):
            update = partial(client.update_automation, there[0].id, kept)
            yield Change(f"automation {wanted.name}", f"changed: {_differing(there[0], wanted)}", update)
        for again in there[1:]:  # somebody made it by hand a second time
            delete = partial(client.delete_automation, again.id)
            yield Change(f"automation {wanted.name}", "twice on the server: one goes", delete)


def automation(entry: Mapping[str, Any], ids: Mapping[Channel, UUID]) -> AutomationCore | None:
    """An entry of automations.yaml with its messages to all channels; None where it would do nothing.

    Raises:
        ValueError: Prefect does not take it; the text says where.
    """
    data = dict(entry)
    message = data.pop("notify", None)
    told = [{"type": "send-notification", "block_document_id": str(one), **message} for one in ids.values() if message]
    data["actions"] = [*data.get("actions", ()), *told]
    if not data["actions"]:
        return None
    return AutomationCore.model_validate(data)


def faults(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Name of each automation that Prefect would not take, or whose name is not ours, and why."""
    for entry in entries:
        name = str(entry.get("name"))
        if not name.startswith(PREFIX):
            yield name, f"its name does not begin with `{PREFIX.strip()}`: it would never be left over"
        try:
            automation(entry, {"webhook": NOBODY})
        except ValidationError as error:
            said = "; ".join(
                f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False)
            )
            yield name, said


def silent(settings: Settings, entries: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Names of automations that tell nobody, since no channel is set up."""
    return () if settings.notify else tuple(entry["name"] for entry in entries if "notify" in entry)


def left_over_automations(
    client: SyncPrefectClient, settings: Settings, entries: Sequence[Mapping[str, Any]]
) -> Iterator[LeftOver]:
    """Automations of ours that no file names, or that have nobody left to tell."""
    mute = silent(settings, entries)
    named = {entry["name"] for entry in entries if entry["name"] not in mute or entry.get("actions")}
    for there in client.read_automations():
        if there.name.startswith(PREFIX) and there.name not in named:
            yield LeftOver(f"automation {there.name}", partial(client.delete_automation, there.id))


def _ids(client: SyncPrefectClient, settings: Settings) -> dict[Channel, UUID]:
    found: dict[Channel, UUID] = {}
    for channel in settings.notify:
        there = _document(client, channel)
        found[channel] = NOBODY if there is None else there.id
    return found


_KEYS = {"name", "description", "trigger", "actions", "actions_on_trigger", "actions_on_resolve", "tags"}


def _plain(one: Automation | AutomationCore) -> dict[str, Any]:
    """What counts of it: the server gives triggers ids of their own, and sets of names come in any order."""
    data = json.loads(one.model_dump_json(include=_KEYS & set(type(one).model_fields)))
    return {key: _comparable(value) for key, value in data.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _comparable(child) for key, child in value.items() if key != "id"}
    if not isinstance(value, list):
        return value
    return sorted(value) if all(isinstance(one, str) for one in value) else [_comparable(one) for one in value]


def _differing(there: Automation, wanted: AutomationCore) -> str:
    before, now = _plain(there), _plain(wanted)
    return ", ".join(key for key in now if before.get(key) != now[key])
