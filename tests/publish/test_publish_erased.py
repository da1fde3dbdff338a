"""Who is erased goes from the bundles that lie in the publish root, too."""

from __future__ import annotations

import pytest

from tasks.objects import open_store
from tasks.publish.erased import forget_bundles
from tasks.publish.pointer import read_pointer
from tasks.publish.publication import publish
from tasks.publish.reading import bundles_prefix

WITHOUT, WITHOUT_TWO = "a" * 64, "b" * 64


@pytest.fixture
def root(place, made):
    """Publishes a month by a list of erased people; each publication gets a bundle of a team."""

    class Root:
        store, mode = place

        def publish(self, tombstones, seed="a", as_of="2021-02-20"):
            staged, manifest = made(seed, as_of)
            manifest = manifest.model_copy(update={"tombstones": tombstones})
            manifest = manifest.model_copy(update={"publication": manifest.derived_id()})
            publish(self.store, staged, manifest, pointer_mode=self.mode, who="ops")
            self.store.replace(bundles_prefix("DE", manifest.publication) + "crm/DE.zip", b"PK")
            self.store.replace(bundles_prefix("DE", manifest.publication) + "crm/links/x.html", b"<p>")
            return manifest

        def bundles(self):
            keys = [info.key for info in self.store.list("country=DE/deliveries/")]
            return {key.split("/")[2] for key in keys}

    return Root()


def test_bundles_of_a_superseded_publication_go_when_another_list_of_erased_people_replaces_it(root):
    before, after = root.publish(None), root.publish(WITHOUT)
    assert before.publication != after.publication
    assert root.bundles() == {after.publication}


def test_each_longer_list_takes_the_bundles_of_all_before_it(root):
    root.publish(None)
    root.publish(WITHOUT)
    last = root.publish(WITHOUT_TWO)
    assert root.bundles() == {last.publication}


def test_bundles_of_the_same_list_and_of_other_dates_stay(root):
    january, first, second = root.publish(None, as_of="2021-01-20"), root.publish(WITHOUT), root.publish(WITHOUT, "b")
    assert root.bundles() == {january.publication, first.publication, second.publication}


def test_without_a_list_nothing_is_deleted(root):
    first, second = root.publish(None), root.publish(None, "b")
    assert root.bundles() == {first.publication, second.publication}


def test_who_died_between_pointer_and_deletion_is_made_good_by_asking_again(root):
    before, after = root.publish(None), root.publish(WITHOUT)
    root.store.replace(bundles_prefix("DE", before.publication) + "crm/DE.zip", b"PK")
    pointer = read_pointer(root.store, "DE").pointer
    assert forget_bundles(root.store, pointer, before) == 0, "what counts no more deletes nothing"
    assert forget_bundles(root.store, pointer, after) == 1
    assert root.bundles() == {after.publication}


def test_a_bundle_whose_publication_is_gone_goes_too(tmp_path, made):
    store = open_store(tmp_path / "published")
    before = made("b")
    publish(store, *before, who="ops")
    store.replace(bundles_prefix("DE", before[1].publication) + "crm/DE.zip", b"PK")
    for info in list(store.list("country=DE/as_of=")):
        store.delete(info.key)
    staged, manifest = made()
    manifest = manifest.model_copy(update={"tombstones": WITHOUT})
    publish(store, staged, manifest.model_copy(update={"publication": manifest.derived_id()}), who="ops")
    assert list(store.list("country=DE/deliveries/")) == []
